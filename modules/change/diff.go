//go:build !helper

package change

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// Diff gives a change as people read it: a unified diff in Ansible's form for content, a line for everything else. It ends in a newline.
func Diff(c Change) string {
	switch c := c.(type) {
	case WriteFile:
		if c.Backup {
			return fmt.Sprintf("+ %s (backup)\n", c.Path)
		}
		if c.Replaces != nil {
			return "- " + c.Replaces.describe(c.Path) + contentDiff(c.Path, nil, &File{c.Content, c.Meta})
		}
		return contentDiff(c.Path, c.Before, &File{c.Content, c.Meta})
	case Remove:
		return removeDiff(c)
	case Mkdir:
		return "+ " + Node{Kind: DirNode, Meta: c.Meta, Below: c.Below}.describe(c.Path) + c.Below.lines("+ ", c.Path)
	case Symlink:
		return c.Before.gone(c.Path) + "+ " + Node{Kind: LinkNode, Meta: c.Meta, Target: c.Target}.describe(c.Path)
	case Hardlink:
		return c.Before.gone(c.Path) + fmt.Sprintf("+ %s (hard link to %s)\n", c.Path, c.Source)
	case SetMeta:
		return metaDiff(c.Path, c.Before, c.Meta) + timesDiff(c.Path, c.Times)
	case Service:
		return fmt.Sprintf("~ service %s: %s%s\n", c.Name, c.Action, stateDiff(c))
	case User:
		return userDiff(c)
	case Group:
		return groupDiff(c)
	case Exec:
		return fmt.Sprintf("+ %s\n", c.Summary())
	}
	panic(fmt.Sprintf("change.Diff: unknown kind %T", c))
}

func removeDiff(c Remove) string {
	if f := c.Node.File(); c.Before != nil || f != nil {
		if f == nil {
			f = c.Before
		}
		return contentDiff(c.Path, f, nil)
	}
	return c.Node.gone(c.Path)
}

func contentDiff(path string, before, after *File) string {
	from, to := fmt.Sprintf("before: %s (content)", path), fmt.Sprintf("after: %s (content)", path)
	var b strings.Builder
	switch oldText, newText, ok := texts(before, after); {
	case ok && oldText == "" && newText == "" && before == nil:
		fmt.Fprintf(&b, "+ %s (empty file)\n", path)
	case ok && oldText == "" && newText == "" && after == nil:
		fmt.Fprintf(&b, "- %s (empty file)\n", path)
	case ok:
		b.WriteString(udiff.Unified(from, to, oldText, newText))
	default:
		fmt.Fprintf(&b, "--- %s\n+++ %s\n%s", from, to, opaque(before, after))
	}
	if before != nil && after != nil {
		b.WriteString(metaDiff(path, before.Meta, after.Meta))
	}
	return b.String()
}

// texts gives both contents where both can be shown as text.
func texts(before, after *File) (oldText, newText string, ok bool) {
	text := func(f *File) (string, bool) {
		if f == nil {
			return "", true
		}
		data, held := f.Content.Data()
		return string(data), held && utf8.Valid(data) && !bytes.ContainsRune(data, 0)
	}
	oldText, okOld := text(before)
	newText, okNew := text(after)
	return oldText, newText, okOld && okNew
}

// opaque describes contents that are not text, or too large to be held.
func opaque(before, after *File) string {
	line := func(sign string, f *File) string {
		if f == nil {
			return ""
		}
		return fmt.Sprintf("%s%d bytes, sha256 %s\n", sign, f.Content.Size, f.Content.SHA256)
	}
	return line("-", before) + line("+", after)
}

func metaDiff(path string, before, after Meta) string {
	if before.Same(after) {
		return ""
	}
	return fmt.Sprintf("--- before: %s (mode and owner)\n+++ after: %s (mode and owner)\n-%s\n+%s\n", path, path, before, after)
}

// timesDiff tells what times become. What they were is left out: of a file that is planned too nobody knows when it will have been made.
func timesDiff(path string, t *Times) string {
	if t == nil {
		return ""
	}
	line := func(what string, m Moment, before time.Time) string {
		will := "now"
		if !m.Now {
			will = m.At.UTC().Format(timeForm)
		}
		if m.Zero() || !m.Now && m.At.Equal(before) {
			return ""
		}
		return fmt.Sprintf("~ %s: %s time %s\n", path, what, will)
	}
	return line("modification", t.Modify, t.BeforeModify) + line("access", t.Access, t.BeforeAccess)
}

// timeForm is how times are shown: as far as file systems know them.
const timeForm = "2006-01-02T15:04:05.999999999Z"

func stateDiff(c Service) string {
	after := c.After()
	switch {
	case c.Before.Running != after.Running:
		return fmt.Sprintf(" (%s -> %s)", running(c.Before), running(after))
	case c.Before.Enabled != after.Enabled:
		return fmt.Sprintf(" (%s -> %s)", enabled(c.Before), enabled(after))
	}
	return ""
}

func running(s ServiceState) string {
	if s.Running {
		return "started"
	}
	return "stopped"
}

func enabled(s ServiceState) string {
	if s.Enabled {
		return "enabled"
	}
	return "disabled"
}
