// Package postfix knows Postfix's configuration as text: it reads and edits main.cf without disturbing what it does not change, reads master.cf,
// expands $name, and holds the tables of which parameters there are, which values Postfix refuses and what a change of each needs (nothing, a
// reload, a restart).
//
// It is pure: text in, text out. What only a host can tell (the map types of `postconf -m`, the defaults of `postconf -d`) is handed in.
// The facts are those of Postfix 3.5 to 3.12.
package postfix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// blanks are the characters that Postfix takes for white space.
const blanks = " \t\n\v\f\r"

// Main is the text of a main.cf. The zero Main is an empty file.
type Main struct {
	lines   []string // physical lines, each with its line end
	entries []entry
}

// entry is one logical line: a parameter, or something that is none (name is "").
type entry struct {
	name, value string
	lines       []int // the physical lines that it is made of: the first, then the continuations; comments and blank lines between them are not in it
}

// Parameter is one setting of a main.cf.
type Parameter struct {
	Name  string
	Value string // as [Main.Lookup] gives it
	Line  int    // where it starts, from 1
}

// ParseMain reads a main.cf. It is lossless: String gives the text back byte for byte, comments, line ends and mistakes included.
//
// The error names every line with which Postfix's programs would stop (no `=`, no name) or which they would misread (a NUL byte), joined into
// one; the Main is there even so, and what is sound in it can be looked up.
func ParseMain(text string) (*Main, error) {
	m := &Main{lines: strings.SplitAfter(text, "\n")}
	if last := len(m.lines) - 1; m.lines[last] == "" {
		m.lines = m.lines[:last]
	}
	return m, m.scan()
}

// scan finds the entries. As in Postfix, a line that starts with white space continues the entry before it, over comments and blank lines too; one
// that has nothing to continue is ignored.
func (m *Main) scan() error {
	m.entries = nil
	var problems []error
	for i, line := range m.lines {
		if strings.IndexByte(line, 0) >= 0 {
			problems = append(problems, fmt.Errorf("line %d: a NUL byte: Postfix may ignore what follows it", i+1))
		}
		switch t := strings.TrimLeft(line, blanks); {
		case t == "" || t[0] == '#':
		case len(t) == len(line):
			m.entries = append(m.entries, entry{lines: []int{i}})
		case len(m.entries) > 0:
			last := &m.entries[len(m.entries)-1]
			last.lines = append(last.lines, i)
		}
	}
	for i := range m.entries {
		if err := m.entries[i].read(m.lines); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// read takes name and value from the lines of an entry.
func (e *entry) read(lines []string) error {
	var b strings.Builder
	for _, i := range e.lines {
		b.WriteString(strings.TrimSuffix(lines[i], "\n"))
	}
	logical := b.String()
	name, value, found := strings.Cut(logical, "=")
	name = strings.Trim(name, blanks)
	switch {
	case name == "":
		return fmt.Errorf("line %d: no parameter name before %q", e.lines[0]+1, "=")
	case !found || strings.ContainsAny(name, blanks):
		return fmt.Errorf("line %d: no %q after the parameter name in %q", e.lines[0]+1, "=", strings.Trim(logical, blanks))
	}
	e.name, e.value = name, strings.Trim(value, blanks)
	return nil
}

// String gives the text.
func (m *Main) String() string { return strings.Join(m.lines, "") }

// Lookup gives the value that Postfix uses: that of the last setting of the name, its lines joined as Postfix joins them, the line ends dropped and
// the white space of continuation lines kept, nothing around it. [Fold] gives it as postconf prints it. $name is not expanded.
func (m *Main) Lookup(name string) (value string, set bool) {
	if e := m.last(name); e != nil {
		return e.value, true
	}
	return "", false
}

// last gives the entry that counts, or nil.
func (m *Main) last(name string) *entry {
	for i, e := range slices.Backward(m.entries) {
		if e.name == name && name != "" {
			return &m.entries[i]
		}
	}
	return nil
}

// Lines gives the numbers, from 1, of the lines on which settings of the name start. The last one counts; of more than one, Postfix warns where
// the values differ.
func (m *Main) Lines(name string) []int {
	var out []int
	for _, e := range m.entries {
		if e.name == name && name != "" {
			out = append(out, e.lines[0]+1)
		}
	}
	return out
}

// Span gives over how many lines the setting of a name that counts is written, its continuation lines included; 0: it is not set.
func (m *Main) Span(name string) int {
	e := m.last(name)
	if e == nil {
		return 0
	}
	return len(e.lines)
}

// Parameters gives what is set, in the order of the file, every name once: with the setting that counts.
func (m *Main) Parameters() []Parameter {
	var out []Parameter
	for i := range m.entries {
		e := &m.entries[i]
		if e.name != "" && m.last(e.name) == e {
			out = append(out, Parameter{Name: e.name, Value: e.value, Line: e.lines[0] + 1})
		}
	}
	return out
}

// Fold makes runs of white space single blanks and drops them at the ends, as postconf does when it prints a value.
func Fold(value string) string {
	return strings.Join(strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(blanks, r) }), " ")
}

// literal are the parameters whose value is text to people or to a shell, in which a second blank is more than layout.
var literal = []string{
	"debugger_command", "default_rbl_reply", "fallback_transport", "local_command_shell", "mail_name", "mailbox_command", "postscreen_greet_banner",
	"postscreen_reject_footer", "smtpd_banner", "smtpd_reject_footer",
}

// SameValue reports whether two values of a parameter are the same to Postfix: equal, or but for the amount of white space where that is only layout.
func SameValue(name, a, b string) bool {
	if slices.Contains(literal, name) {
		return strings.Trim(a, blanks) == strings.Trim(b, blanks)
	}
	return Fold(a) == Fold(b)
}
