// Package find is the module find: it lists paths of the host by name, kind, age, size, mode and content.
//
// What differs from Ansible: the paths of a folder are told in the order of their names, files before folders, times in whole seconds, and only UTF-8 is known as an encoding.
package find

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// FileType is a kind of path to look for.
type FileType string

// Enum gives the kinds.
func (FileType) Enum() []string { return []string{"any", "directory", "file", "link"} }

// AgeStamp is a time that age is counted from.
type AgeStamp string

// Enum gives the times.
func (AgeStamp) Enum() []string { return []string{"atime", "ctime", "mtime"} }

// Task is one use of the module.
type Task struct {
	Paths         []string      `arg:"paths,required,alias=name,alias=path" doc:"Folders to look in."`
	Patterns      []string      `arg:"patterns,alias=pattern" doc:"Patterns of names, as a shell has them, or regular expressions with use_regex. One of them must match. Without any, all names."`
	Excludes      []string      `arg:"excludes,alias=exclude" doc:"Patterns of names that are left out."`
	UseRegex      bool          `arg:"use_regex" doc:"Take patterns and excludes for Python regular expressions, matched from the beginning of a name."`
	Contains      *string       `arg:"contains" doc:"Python regular expression that a line of a file must match from its beginning."`
	ReadWholeFile bool          `arg:"read_whole_file" doc:"Search contains in the whole file, not line by line."`
	FileType      FileType      `arg:"file_type" doc:"Kind of path to look for."`
	Age           *string       `arg:"age" doc:"Only what is at least that old, or with a minus at most: seconds, or a number with s, m, h, d or w."`
	AgeStamp      AgeStamp      `arg:"age_stamp" doc:"Which time the age is counted from."`
	Size          *string       `arg:"size" doc:"Only files that are at least that large, or with a minus at most: bytes, or a number with b, k, m, g or t."`
	Recurse       bool          `arg:"recurse" doc:"Look in the folders below too."`
	Depth         int           `arg:"depth" doc:"How deep to look with recurse: 1 is the folder itself."`
	Hidden        bool          `arg:"hidden" doc:"Tell of names that begin with a dot too."`
	Follow        bool          `arg:"follow" doc:"Look in folders that links lead to."`
	GetChecksum   bool          `arg:"get_checksum" doc:"Tell the checksum of files."`
	Mode          *modules.Mode `arg:"mode" doc:"Only what has these permissions."`
	ExactMode     bool          `arg:"exact_mode" doc:"With no, one of the bits of mode is enough."`
	Encoding      string        `arg:"encoding" doc:"Encoding of files whose content is looked at: utf-8."`
	Limit         *int          `arg:"limit" doc:"How many paths to tell at most."`

	ChecksumAlgorithm modules.ChecksumAlgorithm `arg:"checksum_algorithm,alias=checksum,alias=checksum_algo" doc:"Algorithm of the checksum."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "find",
		Short: "list paths of the host",
		Long:  "Lists what is in folders and matches every condition: files tells of each path what stat tells, matched how many there are, examined how many were looked at. It changes nothing.",
		New: func() modules.Task {
			return &Task{FileType: "file", AgeStamp: "mtime", ExactMode: true, ChecksumAlgorithm: "sha1"}
		},
		Probes: append(modules.ExpandProbes(), host.Probe{Argv: []string{"sh", "-c", look, "sh", "*", "*", "*"}}),
	}
}

// Validate checks the arguments.
func (t *Task) Validate() error {
	if _, err := number(t.Age, ages); err != nil {
		return fmt.Errorf("failed to process age: %w", err)
	}
	if _, err := number(t.Size, sizes); err != nil {
		return fmt.Errorf("failed to process size: %w", err)
	}
	if t.Limit != nil && *t.Limit <= 0 {
		return fmt.Errorf("limit cannot be %d (use None for unlimited)", *t.Limit)
	}
	if t.Encoding != "" && t.Encoding != "utf-8" && t.Encoding != "utf8" {
		return fmt.Errorf("encoding %q is not supported: utf-8 is", t.Encoding)
	}
	if t.Contains != nil {
		if _, err := pyre.Compile(*t.Contains, 0); err != nil {
			return fmt.Errorf("contains: %w", err)
		}
	}
	_, _, err := t.names()
	return err
}

var (
	withUnit = pyre.Must(`^(-?[0-9]+)([a-z])?$`, 0)
	ages     = map[string]int64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
	sizes    = map[string]int64{"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
)

// number reads a number with a unit; nil: there is none.
func number(text *string, units map[string]int64) (*int64, error) {
	if text == nil {
		return nil, nil
	}
	m := withUnit.Groups(strings.ToLower(*text))
	if m == nil || units[m[2]] == 0 {
		return nil, fmt.Errorf("%q", *text)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	n *= units[m[2]]
	return &n, err
}

// within compares a value with a bound that is a least, or if negative a greatest.
func within(value int64, bound *int64) bool {
	switch {
	case bound == nil:
		return true
	case *bound >= 0:
		return value >= *bound
	}
	return value <= -*bound
}

// names gives the expressions of patterns and excludes.
func (t *Task) names() (patterns, excludes []*pyre.Regexp, err error) {
	for _, list := range []struct {
		from []string
		to   *[]*pyre.Regexp
	}{{t.Patterns, &patterns}, {t.Excludes, &excludes}} {
		for _, p := range list.from {
			if !t.UseRegex {
				p = glob(p)
			}
			re, err := pyre.Compile(p, pyre.DotAll*b2f(!t.UseRegex))
			if err != nil {
				return nil, nil, fmt.Errorf("pattern %q: %w", p, err)
			}
			*list.to = append(*list.to, re)
		}
	}
	return patterns, excludes, nil
}

func b2f(b bool) pyre.Flags {
	if b {
		return 1
	}
	return 0
}

// glob makes a regular expression of a pattern, as Python's fnmatch does.
func glob(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[':
			end := strings.IndexByte(pattern[min(i+2, len(pattern)):], ']')
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			set := strings.ReplaceAll(pattern[i+1:i+2+end], `\`, `\\`)
			if strings.HasPrefix(set, "!") {
				set = "^" + set[1:]
			}
			b.WriteString("[" + set + "]")
			i += 2 + end
		default:
			n := 1
			for i+n < len(pattern) && pattern[i+n]&0xc0 == 0x80 {
				n++
			}
			b.WriteString(pyre.Escape(pattern[i : i+n]))
			i += n - 1
		}
	}
	return b.String() + `\Z`
}
