package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// signature is the parameters of a filter, a test, a method or a function.
type signature struct {
	params        []string
	positional    int // how many of them may be given without their names
	required      int
	variadic      bool // *args
	keywords      bool // **kwargs
	undefinedArgs bool // an argument may be undefined
}

// sign reads a signature as Python writes it: "a, b=, *args, **kw". A parameter with = is optional; its default is the callee's. Those after *args have names only.
func sign(text string) signature {
	var s signature
	s.positional = -1
	for p := range strings.SplitSeq(text, ",") {
		p = strings.TrimSpace(p)
		switch {
		case p == "":
		case strings.HasPrefix(p, "**"):
			s.keywords = true
		case strings.HasPrefix(p, "*"):
			s.variadic, s.positional = true, len(s.params)
		case strings.HasSuffix(p, "="):
			s.params = append(s.params, strings.TrimSuffix(p, "="))
		default:
			s.params = append(s.params, p)
			s.required = len(s.params)
		}
	}
	if s.positional < 0 {
		s.positional = len(s.params)
	}
	return s
}

func (s *signature) index(name string) int { return slices.Index(s.params, name) }

// Has reports whether the argument i was given.
func (c *Call) Has(i int) bool { return c.args[i] != unset{} }

// Arg gives the argument i, or def where it was not given.
func (c *Call) Arg(i int, def Value) Value {
	if c.args[i] == (unset{}) {
		return def
	}
	return c.args[i]
}

// Text gives the argument i as text, or def where it was not given or is None.
func (c *Call) Text(i int, def string) string {
	v := c.Arg(i, nil)
	if v == nil {
		return def
	}
	return Str(v)
}

// Bool gives the truth of the argument i, or def where it was not given.
func (c *Call) Bool(i int, def bool) bool {
	v := c.args[i]
	if v == (unset{}) {
		return def
	}
	t, _, err := Truth(v)
	return t && err == nil
}

// Int gives the argument i as an integer, or def where it was not given or is None.
func (c *Call) Int(i int, def int64) (int64, error) {
	v := c.Arg(i, nil)
	if v == nil {
		return def, nil
	}
	if n, ok := smallInt(v); ok {
		return n, nil
	}
	return 0, fmt.Errorf("an integer is wanted, not '%s'", TypeName(v))
}

// input gives the input as text; a number or a list is written as Python writes it.
func (c *Call) input() string {
	if u := undefinedIn(c.In); u != nil {
		panic(raised{u.err()})
	}
	return Str(c.In)
}

// raised is an error that ends a call from where none can be returned.
type raised struct{ err error }

// undefinedIn gives an element of a list or tuple that is undefined, or nil.
func undefinedIn(v Value) *Undefined {
	var vs []Value
	switch x := v.(type) {
	case *List:
		vs = x.items
	case Tuple:
		vs = x
	}
	for _, e := range vs {
		if u, ok := e.(*Undefined); ok {
			return u
		}
	}
	return nil
}

// elements gives the elements of the input.
func (c *Call) elements() ([]Value, error) { return c.st.iterate(c.In) }

// filterDef is a filter.
type filterDef struct {
	name string
	signature
	fn           func(c *Call) (Value, error)
	takesUnset   bool // the input may be undefined
	takesUnknown bool // the input may hold something unknown (but not be Unknown): the filter only moves elements
	wantsText    bool // the input must be a text
}

// testDef is a test.
type testDef struct {
	name string
	signature
	fn           func(c *Call) (bool, error)
	takesUnset   bool
	takesUnknown bool // the test decides by itself about Unknown
	asWritten    bool // of a variable it gets an encrypted text as it stands, undecrypted
}

// methodDef is a method of strings, lists or dicts.
type methodDef struct {
	signature
	fn methodFunc
}

func (n *filterNode) eval(st *state) (Value, error) {
	in, err := st.whole(n.in)
	if err != nil {
		return nil, err
	}
	args, kwargs, unknown, err := n.args.eval(st, n.at)
	if err != nil {
		return nil, err
	}
	v, err := st.filter(n.def, in, args, kwargs, unknown)
	if err != nil {
		return nil, n.fail(st, err)
	}
	return v, nil
}

// fail names the filter, unless the error is about an undefined value or has a place already.
func (n *filterNode) fail(st *state, err error) error {
	if errors.Is(err, errUnknown) {
		return err
	}
	return st.fail(n.at, fmt.Errorf("filter '%s': %w", n.def.name, err))
}

// filter calls a filter. Unknown says that an argument is unknown.
func (st *state) filter(def *filterDef, in Value, args []Value, kwargs *Dict, unknown bool) (v Value, err error) {
	if u, ok := in.(*Undefined); ok && !def.takesUnset {
		return nil, u.err()
	}
	if isUnknown(in) || unknown || !def.takesUnknown && HasUnknown(in) {
		return Unknown{}, nil
	}
	if _, isText := in.(string); def.wantsText && !isText {
		return nil, fmt.Errorf("the input must be a str, not '%s'", TypeName(in))
	}
	c := &Call{st: st, In: in, name: def.name}
	if err := c.bind(&def.signature, args, kwargs); err != nil {
		return nil, err
	}
	defer recovered(&err)
	return def.fn(c)
}

func (n *testNode) eval(st *state) (Value, error) {
	in, err := n.input(st)
	if err != nil {
		return nil, err
	}
	args, kwargs, unknown, err := n.args.eval(st, n.at)
	if err != nil {
		return nil, err
	}
	t, known, err := st.test(n.def, in, args, kwargs, unknown)
	if err != nil {
		return nil, st.fail(n.at, fmt.Errorf("test '%s': %w", n.def.name, err))
	}
	if !known {
		return Unknown{}, nil
	}
	return t, nil
}

// input computes what is tested.
func (n *testNode) input(st *state) (Value, error) {
	if name, ok := n.in.(*nameNode); ok && n.def.asWritten && st.scope != nil {
		if v, ok := st.scope.Lookup(name.name); ok && IsEncrypted(v) {
			return v, nil
		}
	}
	return n.in.eval(st)
}

// test calls a test; known is false where it depends on something unknown.
func (st *state) test(def *testDef, in Value, args []Value, kwargs *Dict, unknown bool) (truth, known bool, err error) {
	if u, ok := in.(*Undefined); ok && !def.takesUnset {
		return false, true, u.err()
	}
	if unknown {
		return false, false, nil
	}
	if !def.takesUnknown {
		if in, err = st.force(in); err != nil {
			return false, false, err
		}
		if HasUnknown(in) {
			return false, false, nil
		}
	}
	c := &Call{st: st, In: in, name: def.name}
	if err := c.bind(&def.signature, args, kwargs); err != nil {
		return false, false, err
	}
	defer recovered(&err)
	truth, err = def.fn(c)
	if errors.Is(err, errUnknown) {
		return false, false, nil
	}
	return truth, true, err
}
