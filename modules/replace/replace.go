// Package replace is the module replace: it replaces all that a regular expression matches in a text file.
//
// What differs from Ansible: a backup is named after the hash of its content; only UTF-8, ASCII and Latin-1 are known as encodings.
package replace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/pyre"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Path     string `arg:"path,required,alias=dest,alias=destfile,alias=name" doc:"File to edit."`
	Regexp   string `arg:"regexp,required" doc:"Python regular expression; ^ and $ match at the ends of lines, and the dot no line end. Every match is replaced."`
	Replace  string `arg:"replace" doc:"What takes the place of a match, with \\1 and \\g<name> for its groups. Without it matches are removed."`
	After    string `arg:"after" doc:"Regular expression: only what follows its match is edited. The dot matches line ends."`
	Before   string `arg:"before" doc:"Regular expression: only what stands before its match is edited. The dot matches line ends."`
	Encoding string `arg:"encoding" doc:"Encoding of the file: utf-8, ascii or latin-1."`
	modules.Edit
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:   "replace",
		Short:  "replace what a regular expression matches in a text file",
		Long:   "Replaces every match of a regular expression. A second run should find nothing to replace: the expression must not match what it puts there.",
		New:    func() modules.Task { return &Task{Encoding: "utf-8"} },
		Probes: modules.DeliverProbes(),
	}
}

// Validate checks the arguments.
func (t *Task) Validate() error {
	re, err := pyre.Compile(t.Regexp, pyre.Multiline)
	if err != nil {
		return fmt.Errorf("regexp: %w", err)
	}
	if _, err := re.Template(t.Replace); err != nil {
		return fmt.Errorf("Unable to process replace due to error: %w", err) //nolint:staticcheck // Ansible's words
	}
	if _, err := t.section(); err != nil {
		return fmt.Errorf("after, before: %w", err)
	}
	if _, ok := decoders[t.Encoding]; !ok {
		return fmt.Errorf("encoding %q is not supported: utf-8, ascii and latin-1 are", t.Encoding)
	}
	return modules.CheckValidate(t.ValidateWith)
}

// pattern gives the expression for the part that is edited; empty: all.
func (t *Task) pattern() string {
	switch {
	case t.After != "" && t.Before != "":
		return t.After + "(?P<subsection>.*?)" + t.Before
	case t.After != "":
		return t.After + "(?P<subsection>.*)"
	case t.Before != "":
		return "(?P<subsection>.*)" + t.Before
	}
	return ""
}

func (t *Task) section() (*pyre.Regexp, error) { return pyre.Compile(t.pattern(), pyre.DotAll) }

// decoders read a file as characters: true for one a byte.
var decoders = map[string]bool{"utf-8": false, "utf8": false, "ascii": false, "us-ascii": false, "latin-1": true, "latin1": true, "iso-8859-1": true}

func decode(data string, bytewise bool) (string, error) {
	if !bytewise {
		if !utf8.ValidString(data) {
			return "", errors.New("the file is not of its encoding")
		}
		return data, nil
	}
	var b strings.Builder
	for i := range len(data) {
		b.WriteRune(rune(data[i]))
	}
	return b.String(), nil
}

func encode(text string, bytewise bool) (string, error) {
	if !bytewise {
		return text, nil
	}
	var b strings.Builder
	for _, r := range text {
		if r > 0xff {
			return "", fmt.Errorf("%q cannot be written in the encoding of the file", r)
		}
		b.WriteByte(byte(r))
	}
	return b.String(), nil
}

// Plan looks at the file and gives the edit of it.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	f, err := t.Open(ctx, r, t.Path, false)
	if err != nil {
		return nil, err
	}
	bytewise := decoders[t.Encoding]
	old, err := decode(f.Text(), bytewise)
	if err != nil {
		return nil, fmt.Errorf("Unable to read the contents of %s: %w", f.Name, err) //nolint:staticcheck // Ansible's words
	}
	text, n, found, err := t.edit(old)
	if err != nil {
		return nil, err
	}
	if !found {
		return &modules.Plan{Result: map[string]any{"rc": int64(0), "msg": "Pattern for before/after params did not match the given file: " + t.pattern()}}, nil
	}
	msg := ""
	if text != old {
		msg = fmt.Sprintf("%d replacements made", n)
	}
	if text, err = encode(text, bytewise); err != nil {
		return nil, err
	}
	p, err := t.Save(ctx, r, f, text, msg)
	if err == nil {
		p.Result["rc"] = int64(0)
	}
	return p, err
}

// edit gives the new text, and how many matches were replaced. found says that there is a part to edit.
func (t *Task) edit(text string) (out string, n int, found bool, err error) {
	re, err := pyre.Compile(t.Regexp, pyre.Multiline)
	if err != nil {
		return "", 0, false, err
	}
	before, part, after := "", text, ""
	if t.pattern() != "" {
		section, err := t.section()
		if err != nil {
			return "", 0, false, err
		}
		m, err := section.Search(text)
		if err != nil || m == nil {
			return text, 0, false, err
		}
		g, _ := section.Group("subsection")
		runes := []rune(text)
		part = m.Groups[g].Text
		before, after = string(runes[:m.Starts[g]]), string(runes[m.Starts[g]+utf8.RuneCountInString(part):])
	}
	part, n, err = re.Replace(part, t.Replace, 0)
	return before + part + after, n, true, err
}
