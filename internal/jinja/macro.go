package jinja

import (
	"errors"
	"fmt"
)

type (
	// macroStmt is a macro, or the body of a call.
	macroStmt struct {
		name     string
		params   []string
		defaults []expr // by parameter; nil where there is none
		body     []stmt
		caller   bool // the body reads caller, varargs, kwargs: else a call may not give them
		varargs  bool
		kwargs   bool
		at       int
	}
	callStmt struct {
		call *callNode
		body *macroStmt
		at   int
	}
	doStmt   struct{ x expr }
	jumpStmt struct{ err error }
)

var (
	errBreak    = errors.New("{% break %} outside of a loop")
	errContinue = errors.New("{% continue %} outside of a loop")
)

func (s *doStmt) exec(st *state) error {
	_, err := s.x.eval(st)
	return err
}

func (s *jumpStmt) exec(*state) error { return s.err }

// macro is a macro as a value, with the variables around its definition.
type macro struct {
	def    *macroStmt
	t      *Template
	frame  *frame
	world  *world
	family *family
}

func (st *state) macro(def *macroStmt) *macro {
	return &macro{def: def, t: st.t, frame: st.frame, world: st.world, family: st.family}
}

func (s *macroStmt) exec(st *state) error {
	if st.frame == nil {
		st.push()
	}
	st.set(s.name, st.macro(s))
	return nil
}

// place is where an evaluation stands: it moves to another template and back.
type place struct {
	t      *Template
	out    *output
	frame  *frame
	family *family
	world  *world
}

func (st *state) leave() place { return place{st.t, st.out, st.frame, st.family, st.world} }

func (st *state) back(p place) {
	st.t, st.out, st.frame, st.family, st.world = p.t, p.out, p.frame, p.family, p.world
	st.calls--
}

func (m *macro) call(st *state, args []Value, kwargs *Dict) (Value, error) {
	if err := st.enter(); err != nil {
		return nil, err
	}
	defer st.back(st.leave())
	st.t, st.frame, st.family, st.world = m.t, &frame{parent: m.frame}, m.family, m.world
	st.out = &output{}
	err := m.bind(st, args, kwargs)
	if err == nil {
		err = execAll(st, m.def.body)
	}
	if errors.Is(err, errUnknown) {
		return Unknown{}, nil
	}
	if err != nil {
		return nil, err
	}
	v, err := st.out.value(st)
	if v == nil && err == nil {
		v = ""
	}
	return v, err
}

// bind gives the parameters their values: the arguments, then the defaults, which may use the parameters before them.
func (m *macro) bind(st *state, args []Value, kwargs *Dict) error {
	d := m.def
	given := make(map[string]bool, len(d.params))
	for i, v := range args[:min(len(args), len(d.params))] {
		st.frame.set(d.params[i], v)
		given[d.params[i]] = true
	}
	if len(args) > len(d.params) && !d.varargs {
		return fmt.Errorf("macro '%s' takes not more than %d argument(s), %d were given", d.name, len(d.params), len(args))
	}
	more, err := m.keywords(st, given, kwargs)
	if err != nil {
		return err
	}
	for i, name := range d.params {
		switch {
		case given[name]:
		case d.defaults[i] != nil:
			v, err := st.whole(d.defaults[i])
			if err != nil {
				return err
			}
			st.frame.set(name, v)
		default:
			st.frame.set(name, &Undefined{what: name, msg: fmt.Sprintf("parameter '%s' was not provided", name), at: d.at, src: m.t})
		}
	}
	if d.varargs {
		st.frame.set("varargs", Tuple(args[min(len(args), len(d.params)):]))
	}
	if d.kwargs {
		st.frame.set("kwargs", more)
	}
	return nil
}

// keywords binds the arguments given by name and gives those that are left for kwargs.
func (m *macro) keywords(st *state, given map[string]bool, kwargs *Dict) (*Dict, error) {
	d, more := m.def, NewDict()
	if d.caller {
		st.frame.set("caller", &Undefined{what: "caller", msg: "no caller defined", at: d.at, src: m.t})
	}
	if kwargs == nil {
		return more, nil
	}
	for k, v := range kwargs.Items {
		name := Str(k)
		switch {
		case given[name]:
			return nil, fmt.Errorf("macro '%s' got two values for the argument '%s'", d.name, name)
		case d.has(name):
			st.frame.set(name, v)
			given[name] = true
		case name == "caller" && d.caller:
			st.frame.set(name, v)
		case d.kwargs:
			more.Set(name, v)
		default:
			return nil, fmt.Errorf("macro '%s' takes no keyword argument '%s'", d.name, name)
		}
	}
	return more, nil
}

func (s *macroStmt) has(param string) bool {
	for _, p := range s.params {
		if p == param {
			return true
		}
	}
	return false
}

// attr gives what a macro says of itself.
func (m *macro) attr(name string) (Value, bool) {
	switch name {
	case "name":
		return m.def.name, true
	case "arguments":
		t := make(Tuple, len(m.def.params))
		for i, p := range m.def.params {
			t[i] = p
		}
		return t, true
	case "caller":
		return m.def.caller, true
	case "catch_varargs":
		return m.def.varargs, true
	case "catch_kwargs":
		return m.def.kwargs, true
	}
	return nil, false
}

func (s *callStmt) exec(st *state) error {
	fn, err := st.operand(s.call.fn)
	if err != nil {
		return err
	}
	args, kwargs, _, err := s.call.args.eval(st, s.call.at)
	if err != nil {
		return err
	}
	if isUnknown(fn) {
		return st.out.add(st, s.at, fn)
	}
	if kwargs == nil {
		kwargs = NewDict()
	}
	if _, ok := kwargs.GetString("caller"); ok {
		return st.errorf(s.call.at, "the argument 'caller' is given twice")
	}
	kwargs.Set("caller", st.macro(s.body))
	v, err := st.call(fn, args, kwargs)
	if err != nil {
		return st.fail(s.call.at, err)
	}
	return st.out.add(st, s.at, v)
}
