package jinja

import (
	"context"
	"errors"
	"fmt"

	"github.com/pfrun/pfrun/internal/diag"
)

// method is a method of a value, not yet called.
type method struct {
	obj  Value
	name string
}

// inner is a callable of the engine, which needs the evaluation.
type inner interface {
	call(st *state, args []Value, kwargs *Dict) (Value, error)
}

// innerFunc is a function of the engine as a value.
type innerFunc struct {
	name string
	fn   func(st *state, args []Value, kwargs *Dict) (Value, error)
}

func (f *innerFunc) call(st *state, args []Value, kwargs *Dict) (Value, error) {
	return f.fn(st, args, kwargs)
}

// methodFunc is a method of a type; self is never changed but by a method of a list or a dict that is made for it.
type methodFunc func(st *state, self Value, c *Call) (Value, error)

func (m *method) call(st *state, args []Value, kwargs *Dict) (Value, error) {
	var def *methodDef
	switch m.obj.(type) {
	case string:
		def = stringMethods[m.name]
	case *List, Tuple:
		def = listMethods[m.name]
	case *Dict, *ScopeMap:
		def = dictMethods[m.name]
	}
	if def == nil {
		return nil, fmt.Errorf("'%s' object has no method '%s'", TypeName(m.obj), m.name)
	}
	c := &Call{st: st, In: m.obj, name: m.name}
	if err := c.bind(&def.signature, args, kwargs); err != nil {
		return nil, err
	}
	return def.fn(st, m.obj, c)
}

func (n *callNode) eval(st *state) (Value, error) {
	fn, err := st.operand(n.fn)
	if err != nil {
		return nil, err
	}
	args, kwargs, unknown, err := n.args.eval(st, n.at)
	if err != nil {
		return nil, err
	}
	if isUnknown(fn) || unknown && !keepsUnknown(fn) {
		return Unknown{}, nil
	}
	v, err := st.call(fn, args, kwargs)
	if err != nil {
		return nil, st.fail(n.at, err)
	}
	return v, nil
}

// keepsUnknown reports whether a function only stores its arguments.
func keepsUnknown(fn Value) bool {
	switch f := fn.(type) {
	case *method:
		switch f.obj.(type) {
		case *List, *Dict:
			return storing[f.name]
		}
	case *macro, *loopState:
		return true
	case *innerFunc:
		return f.name == "dict" || f.name == "namespace"
	}
	return false
}

// storing are the methods that keep what they are given.
var storing = map[string]bool{"append": true, "extend": true, "insert": true, "update": true, "setdefault": true}

// call calls a value. A panic of the callee is an error.
func (st *state) call(fn Value, args []Value, kwargs *Dict) (v Value, err error) {
	defer recovered(&err)
	switch f := fn.(type) {
	case inner:
		return f.call(st, args, kwargs)
	case Callable:
		return f.Call(st.ctx, args, kwargs)
	case *Undefined:
		return nil, f.err()
	}
	return nil, fmt.Errorf("'%s' object is not callable", TypeName(fn))
}

// recovered makes an error of a panic, so that a fault of one filter does not end the program.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case raised:
		*err = p.err
	default:
		*err = fmt.Errorf("a fault in pfrun: %v", p)
	}
}

// eval evaluates arguments. Unknown says that one of them is unknown or holds something unknown. An argument may be undefined: the callee decides.
func (a *arguments) eval(st *state, at int) (pos []Value, kw *Dict, unknown bool, err error) {
	if len(a.pos) > 0 || a.star != nil {
		if pos, err = st.argValues(a.pos); err != nil {
			return nil, nil, false, err
		}
	}
	if a.star != nil {
		v, err := st.operand(a.star)
		if err != nil {
			return nil, nil, false, err
		}
		more, err := st.iterate(v)
		if err != nil {
			return nil, nil, false, st.fail(at, err)
		}
		pos = append(pos, more...)
	}
	if len(a.names) > 0 || a.stars != nil {
		if kw, err = a.keywords(st, at); err != nil {
			return nil, nil, false, err
		}
	}
	unknown = lookAll(pos)&foundUnknown != 0 || kw != nil && HasUnknown(kw)
	return pos, kw, unknown, nil
}

// argValues evaluates arguments. One that is all of hostvars stays what it is: nobody wants every variable of every host, and some hosts are there only by their name.
func (st *state) argValues(es []expr) ([]Value, error) {
	vs := make([]Value, len(es))
	for i, e := range es {
		v, err := e.eval(st)
		if err != nil {
			return nil, err
		}
		if m, ok := v.(*ScopeMap); !ok || !m.ofScopes() {
			if v, err = st.force(v); err != nil {
				return nil, err
			}
		}
		vs[i] = v
	}
	return vs, nil
}

func (a *arguments) keywords(st *state, at int) (*Dict, error) {
	kw := NewDict()
	for i, name := range a.names {
		v, err := st.whole(a.kw[i])
		if err != nil {
			return nil, err
		}
		kw.Set(name, v)
	}
	if a.stars == nil {
		return kw, nil
	}
	v, err := st.whole(a.stars)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return nil, st.errorf(at, "what follows ** must be a dict, not '%s'", TypeName(v))
	}
	for k, e := range d.Items {
		kw.Set(Str(k), e)
	}
	return kw, nil
}

// Call is one call of a filter, a test, a method or a function: the input, and the arguments bound to the parameters of its signature.
type Call struct {
	In   Value
	st   *state
	name string
	args []Value // by parameter; unset where it was not given
	rest []Value // of *args
	more *Dict   // of **kwargs
}

// unset is the value of a parameter that was not given.
type unset struct{}

// Context gives the context of the run.
func (c *Call) Context() context.Context { return c.st.ctx }

// bind puts the arguments into the slots of the signature.
func (c *Call) bind(s *signature, args []Value, kwargs *Dict) error {
	c.args = make([]Value, len(s.params))
	for i := range c.args {
		c.args[i] = unset{}
	}
	n := copy(c.args[:s.positional], args)
	if n < len(args) {
		if !s.variadic {
			return fmt.Errorf("takes at most %d arguments, %d were given", s.positional, len(args))
		}
		c.rest = args[n:]
	}
	if kwargs != nil {
		if err := c.bindKeywords(s, kwargs, n); err != nil {
			return err
		}
	}
	for i := range s.required {
		if c.args[i] == (unset{}) {
			return fmt.Errorf("the argument '%s' is missing", s.params[i])
		}
	}
	return c.defined(s)
}

func (c *Call) bindKeywords(s *signature, kwargs *Dict, given int) error {
	for k, v := range kwargs.Items {
		i := s.index(Str(k))
		switch {
		case i >= 0 && i < given:
			return fmt.Errorf("the argument '%s' is given twice", s.params[i])
		case i >= 0:
			c.args[i] = v
		case s.keywords:
			if c.more == nil {
				c.more = NewDict()
			}
			c.more.Set(k, v)
		default:
			msg := fmt.Sprintf("there is no argument '%s'", Str(k))
			if hint := diag.DidYouMean(Str(k), s.params); hint != "" {
				msg += "; " + hint
			}
			return errors.New(msg)
		}
	}
	return nil
}

// defined refuses undefined arguments.
func (c *Call) defined(s *signature) error {
	if s.undefinedArgs {
		return nil
	}
	for _, list := range [][]Value{c.args, c.rest} {
		for _, v := range list {
			if u, ok := v.(*Undefined); ok {
				return u.err()
			}
		}
	}
	if c.more != nil {
		for _, v := range c.more.Items {
			if u, ok := v.(*Undefined); ok {
				return u.err()
			}
		}
	}
	return nil
}
