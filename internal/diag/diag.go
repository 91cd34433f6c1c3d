// Package diag says where something is wrong and what to do about it: source positions, the lines around them, hints, and lists of errors that are reported together.
//
// Every loader of pfrun (YAML, playbook, inventory, expressions) collects diagnostics instead of stopping at the first, because a person fixes a file once.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Source is a text that positions point into: a file, or a string given on the command line.
type Source struct {
	Name string // as the user wrote the path, or a word in angle brackets such as "<-e>"
	Text string
	// Hidden says that the text was encrypted: no line of it is shown.
	Hidden bool
}

// Pos is a place in a source. Line and Column count from 1; Column counts characters, not bytes. The zero Pos is "no place known".
type Pos struct {
	Source       *Source
	Line, Column int
}

// IsValid reports whether the position names a place.
func (p Pos) IsValid() bool { return p.Source != nil && p.Line > 0 }

// String gives file:line:column, or what of it is known.
func (p Pos) String() string {
	switch {
	case p.Source == nil:
		return ""
	case p.Line == 0:
		return p.Source.Name
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.Source.Name, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.Source.Name, p.Line, p.Column)
}

// Severity tells an error from a warning.
type Severity int

// The zero severity is Error, so that a forgotten field is never a silent pass.
const (
	Error Severity = iota
	Warning
)

// Diagnostic is one thing that is wrong, for the person who has to mend it. It is an error, so that it can travel as one.
type Diagnostic struct {
	Pos      Pos
	Severity Severity
	Message  string // what is wrong: lower case, no full stop
	Hint     string // what to do about it; may be empty
	Err      error  // the cause, for errors.Is and errors.As; may be nil
	Stage    Stage  // of an error in a playbook
}

// Errorf makes an error diagnostic at a position.
func Errorf(pos Pos, format string, args ...any) *Diagnostic {
	return &Diagnostic{Pos: pos, Message: fmt.Sprintf(format, args...)}
}

// Warnf makes a warning at a position.
func Warnf(pos Pos, format string, args ...any) *Diagnostic {
	return &Diagnostic{Pos: pos, Severity: Warning, Message: fmt.Sprintf(format, args...)}
}

// WithHint sets the hint and returns the diagnostic.
func (d *Diagnostic) WithHint(format string, args ...any) *Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// Error gives the diagnostic on one line: place, message, hint in brackets.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if d.Pos.IsValid() {
		b.WriteString(d.Pos.String() + ": ")
	}
	b.WriteString(d.Message)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return b.String()
}

// Unwrap gives the cause.
func (d *Diagnostic) Unwrap() error { return d.Err }

// List is a collection of diagnostics. The zero List is empty and ready to use.
type List []*Diagnostic

// Add appends diagnostics.
func (l *List) Add(ds ...*Diagnostic) { *l = append(*l, ds...) }

// AddError appends an error: the diagnostics in it where it carries some, else a diagnostic at pos.
func (l *List) AddError(pos Pos, err error) {
	switch e := err.(type) {
	case nil:
	case List:
		*l = append(*l, e...)
	case *Diagnostic:
		*l = append(*l, e)
	default:
		*l = append(*l, &Diagnostic{Pos: pos, Message: err.Error(), Err: err})
	}
}

// Errors gives the entries that are errors, in order of file, line and column.
func (l List) Errors() List { return l.only(Error) }

// Warnings gives the entries that are warnings, in order of file, line and column.
func (l List) Warnings() List { return l.only(Warning) }

func (l List) only(s Severity) List {
	var out List
	for _, d := range l {
		if d.Severity == s {
			out = append(out, d)
		}
	}
	out.Sort()
	return out
}

// Err gives the errors of the list as an error, or nil where there is none.
func (l List) Err() error {
	if errs := l.Errors(); len(errs) > 0 {
		return errs
	}
	return nil
}

// Sort orders by file, line and column; entries at one place keep their order.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b *Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Pos.name(), b.Pos.name()), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
}

func (p Pos) name() string {
	if p.Source == nil {
		return ""
	}
	return p.Source.Name
}

// Error gives one line a diagnostic.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the diagnostics, for errors.Is and errors.As.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, d := range l {
		errs[i] = d
	}
	return errs
}
