package jinja

import (
	"fmt"
)

// stmt is a part of a template that has been compiled.
type stmt interface {
	exec(st *state) error
}

type (
	textStmt  struct{ text Value } // a string, made a Value once
	printStmt struct {
		x  expr
		at int
	}
	branch struct {
		cond expr
		body []stmt
	}
	ifStmt struct {
		branches  []branch
		otherwise []stmt
	}
	setStmt struct {
		target target
		x      expr
		at     int
	}
	setBlock struct {
		target target
		filter expr // nil where there is none
		body   []stmt
		at     int
	}
	filterStmt struct {
		body []stmt
		x    expr
		at   int
	}
	withStmt struct {
		targets []target
		values  []expr
		body    []stmt
		at      int
	}
)

// pieceNode is the text of a block, as the input of the filters after it.
type pieceNode struct{}

// piece is the name under which the text of a block is kept; no template can write it.
const piece = "{piece}"

func (*pieceNode) eval(st *state) (Value, error) { return st.lookup(piece, 0) }

func execAll(st *state, body []stmt) error {
	for _, s := range body {
		if err := s.exec(st); err != nil {
			return err
		}
	}
	return nil
}

func (s *textStmt) exec(st *state) error { return st.out.add(st, 0, s.text) }

func (s *printStmt) exec(st *state) error {
	v, err := s.x.eval(st)
	if err != nil {
		return err
	}
	return st.out.add(st, s.at, v)
}

func (s *ifStmt) exec(st *state) error {
	for _, b := range s.branches {
		v, err := b.cond.eval(st)
		if err != nil {
			return err
		}
		t, known, err := Truth(v)
		switch {
		case err != nil:
			return err
		case !known:
			return errUnknown
		case t:
			return execAll(st, b.body)
		}
	}
	return execAll(st, s.otherwise)
}

func (s *setStmt) exec(st *state) error {
	v, err := st.whole(s.x)
	if err != nil {
		return err
	}
	return st.assign(s.target, v)
}

// assign gives a target its value; several targets take the elements of one.
func (st *state) assign(t target, v Value) error {
	switch {
	case t.list != nil:
		return st.unpack(t, v)
	case t.attr == "":
		st.set(t.name, v)
		return nil
	}
	obj, err := st.lookup(t.name, t.at)
	if err != nil {
		return err
	}
	ns, ok := obj.(*Namespace)
	if !ok {
		return st.errorf(t.at, "cannot assign an attribute of '%s': it is no namespace", t.name)
	}
	ns.values.Set(t.attr, v)
	return nil
}

func (st *state) unpack(t target, v Value) error {
	if isUnknown(v) {
		for _, e := range t.list {
			if err := st.assign(e, v); err != nil {
				return err
			}
		}
		return nil
	}
	vs, err := st.iterate(v)
	if err != nil {
		return st.fail(t.at, fmt.Errorf("cannot unpack: %w", err))
	}
	if len(vs) != len(t.list) {
		return st.errorf(t.at, "cannot unpack %d values into %d names", len(vs), len(t.list))
	}
	for i, e := range t.list {
		if err := st.assign(e, vs[i]); err != nil {
			return err
		}
	}
	return nil
}

// capture gives what a body prints.
func (st *state) capture(body []stmt) (Value, error) {
	old := st.out
	st.out = &output{}
	defer func() { st.out = old }()
	if err := execAll(st, body); err != nil {
		return nil, err
	}
	v, err := st.out.value(st)
	if v == nil && err == nil {
		return "", nil
	}
	return v, err
}

// captureText gives the text that a body prints.
func (st *state) captureText(body []stmt, at int) (Value, error) {
	v, err := st.capture(body)
	if err != nil {
		return nil, err
	}
	s, known, err := st.textOf(v)
	switch {
	case err != nil:
		return nil, st.fail(at, err)
	case !known:
		return Unknown{}, nil
	}
	return s, nil
}

// filtered gives the value of filters whose input is v.
func (st *state) filtered(x expr, v Value) (Value, error) {
	st.push().set(piece, v)
	defer st.pop()
	return x.eval(st)
}

func (s *setBlock) exec(st *state) error {
	st.push()
	v, err := st.captureText(s.body, s.at)
	st.pop()
	if err == nil && s.filter != nil {
		v, err = st.filtered(s.filter, v)
	}
	if err != nil {
		return err
	}
	return st.assign(s.target, v)
}

func (s *filterStmt) exec(st *state) error {
	st.push()
	v, err := st.captureText(s.body, s.at)
	st.pop()
	if err != nil {
		return err
	}
	if v, err = st.filtered(s.x, v); err != nil {
		return err
	}
	return st.out.add(st, s.at, v)
}

func (s *withStmt) exec(st *state) error {
	vs, err := st.evalAll(s.values)
	if err != nil {
		return err
	}
	st.push()
	defer st.pop()
	for i, t := range s.targets {
		if err := st.assign(t, vs[i]); err != nil {
			return err
		}
	}
	return execAll(st, s.body)
}
