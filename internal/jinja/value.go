package jinja

import (
	"context"
	"errors"
	"math/big"
)

// Value is a value of the language. It is one of: nil, bool, int64, *big.Int (only outside the range of int64), float64, string, *List, Tuple, *Dict, *Undefined,
// Unknown, Omit, *Template (in a scope's data only: forced on every access), *ScopeMap, Callable, and the engine's own iterators and loop objects.
type Value = any

// Unknown is the outcome of something that was only planned. It flows through expressions: a condition on it is neither true nor false.
type Unknown struct{}

// Omit is the value of the variable omit. As an element of a list or a value of a dict it is dropped from a result; as a whole result it is returned, for the
// caller to leave the argument out.
type Omit struct{}

// Undefined is the value of a name, an attribute or an item that does not exist. It may be tested with "is defined" and be given a default; any other use is an error that names it.
type Undefined struct {
	blank bool   // of "a if b" without else: empty in a text, false as a truth; only alone it is an error
	what  string // the variable's name, or the attribute or item that is missing
	msg   string // the whole sentence for the user
	at    int    // offset into src
	src   *Template
	near  func() []string // the names that might have been meant; nil where there are none
}

// ErrUndefined is wrapped by every error that comes of a value that is not defined. Its text is empty: the message around it names the value.
var ErrUndefined = errors.New("")

// Message says what is undefined.
func (u *Undefined) Message() string { return u.msg }

// Callable is a value that can be called. Args are positional, kwargs by name and in the order written; kwargs is nil where there are none.
type Callable interface {
	Call(ctx context.Context, args []Value, kwargs *Dict) (Value, error)
}

// Func is a Go function as a Callable.
type Func func(ctx context.Context, args []Value, kwargs *Dict) (Value, error)

// Call calls the function.
func (f Func) Call(ctx context.Context, args []Value, kwargs *Dict) (Value, error) {
	return f(ctx, args, kwargs)
}

// Tuple is Python's tuple. A result never holds one: tuples become lists there.
type Tuple []Value

// List is Python's list: a pointer, so that append is seen by everybody who holds it.
type List struct{ items []Value }

// NewList makes a list of the given values; the slice is kept, not copied.
func NewList(vs ...Value) *List { return &List{items: vs} }

// Len is the number of elements.
func (l *List) Len() int { return len(l.items) }

// Items gives the elements. The slice is the list's own: callers must not change it.
func (l *List) Items() []Value { return l.items }

// At gives the element at index i, which must be in range.
func (l *List) At(i int) Value { return l.items[i] }

// Append adds elements at the end.
func (l *List) Append(vs ...Value) { l.items = append(l.items, vs...) }

// Scope is where free names of an expression are looked up. The value may be, or hold in lists and dicts, *Template leaves: the evaluator forces them with the same
// scope when it reaches them. It must be safe for as many concurrent evaluations as share it, and its values must not change while one runs.
type Scope interface {
	Lookup(name string) (Value, bool)
}

// Namer is what a scope may be besides, for "did you mean" in errors and for the lookup varnames.
type Namer interface {
	Names() []string
}

// OrderedNamer is a scope whose names have an order that a template sees when it goes over them, such as the hosts of an inventory.
type OrderedNamer interface {
	OrderedNames() []string
}

// MapScope is the simplest scope.
type MapScope map[string]Value

// Lookup gives the value of a name.
func (m MapScope) Lookup(name string) (Value, bool) { v, ok := m[name]; return v, ok }

// Names gives the names, in no order.
func (m MapScope) Names() []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	return names
}

// ScopeMap shows a scope as a read-only dict whose values are evaluated in that scope when they are read: an element of hostvars.
type ScopeMap struct{ scope Scope }

// NewScopeMap makes the dict view of a scope. Its keys are known where the scope is a Namer.
func NewScopeMap(s Scope) *ScopeMap { return &ScopeMap{s} }

// ofScopes reports whether the elements are scopes themselves: hostvars, whose names have the order of the inventory.
func (m *ScopeMap) ofScopes() bool {
	_, ok := m.scope.(OrderedNamer)
	return ok
}

// TypeName gives Python's name of the value's type, as type_debug shows it.
func TypeName(v Value) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int, int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *List:
		return "list"
	case Tuple:
		return "tuple"
	case *Dict, *ScopeMap:
		return "dict"
	case *Undefined:
		return "Undefined"
	case Unknown:
		return "Unknown"
	case Omit:
		return "_OmitType"
	case *Template:
		return "Template"
	}
	return otherTypeName(v)
}
