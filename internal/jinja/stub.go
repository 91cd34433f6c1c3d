package jinja

import "context"

type expr interface{ eval(*state) (Value, error) }
type stmt interface{ exec(*state) error }
type state struct {
	t   *Template
	out *output
}
type output struct{}

func (o *output) value(*state) (Value, error)        { return nil, nil }
func newState(ctx context.Context, s Scope) *state   { return &state{} }
func (st *state) finish(v Value) (Value, error)      { return v, nil }
func (st *state) force(v Value) (Value, error)       { return v, nil }
func execAll(st *state, body []stmt) (signal, error) { return 0, nil }

type signal int
type filterDef struct{}
type testDef struct{}

func builtinFilters() map[string]*filterDef { return nil }
func builtinTests() map[string]*testDef     { return nil }
func builtinGlobals() map[string]Value      { return map[string]Value{} }
func (t *Template) compile() error          { return nil }
func otherTypeName(v Value) string          { return "object" }

// FromGo makes a value of Go data: map[string]any (keys sorted), []any, []string, ints, floats, strings; values of this package are kept as they are.
func FromGo(v any) Value { return v }

// ToGo makes Go data of a value: map[string]any, []any, int64, float64, string, bool, nil. Unknown stays.
func ToGo(v Value) any { return v }

// Truth gives Python's truth of a value. Known is false for Unknown; an undefined value is an error.
func Truth(v Value) (truth, known bool, err error) { return false, true, nil }

// Conditional gives the outcome of a condition. A value that is not a boolean is accepted as older releases of Ansible did, with the text of a warning.
func Conditional(v Value) (truth, known bool, warn string, err error) { return false, true, "", nil }

// Str gives the text of a value as Python's str does.
func Str(v Value) string { return "" }

// Repr gives Python's repr of a value.
func Repr(v Value) string { return "" }

// Equal reports whether two values are equal as in Python; Unknown equals nothing.
func Equal(a, b Value) bool { return false }

// HasUnknown reports whether a value is Unknown or holds one.
func HasUnknown(v Value) bool { return false }
