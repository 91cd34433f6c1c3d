package jinja

import (
	"errors"
	"fmt"
)

// forStmt is a for loop.
type forStmt struct {
	target    target
	over      expr
	filter    expr // nil where there is none
	body      []stmt
	otherwise []stmt
	recursive bool
	showLoop  bool // the body, its filter aside, reads the variable loop; else there is none, not even in an included file
	fresh     bool // each turn has variables of its own, because something may keep hold of them
	at        int
}

// loopState is the variable loop inside of a loop.
type loopState struct {
	stmt    *forStmt
	items   []Value
	i       int
	depth   int // of recursion, from 0
	changed Value
	frame   *frame // what surrounds the loop
}

func (s *forStmt) exec(st *state) error {
	v, err := st.operand(s.over)
	if err != nil {
		return err
	}
	return s.run(st, v, 0)
}

func (s *forStmt) run(st *state, v Value, depth int) error {
	if isUnknown(v) {
		return errUnknown
	}
	items, err := st.iterate(v)
	if err != nil {
		return st.fail(s.at, err)
	}
	if s.filter != nil {
		if items, err = s.selected(st, items); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return execAll(st, s.otherwise)
	}
	outer := st.frame
	defer func() { st.frame = outer }()
	l := &loopState{stmt: s, items: items, depth: depth, changed: unset{}, frame: outer}
	var own *frame
	for i, e := range items {
		if err := st.step(); err != nil {
			return st.fail(s.at, err)
		}
		l.i = i
		if i == 0 || s.fresh {
			own = &frame{parent: outer, vars: make([]binding, 0, 4)}
		}
		own.vars = own.vars[:0]
		st.frame = own
		if err := st.assign(s.target, e); err != nil {
			return err
		}
		if s.showLoop {
			st.frame.set("loop", l)
		}
		if err := execAll(st, s.body); err != nil {
			if errors.Is(err, errContinue) {
				continue
			}
			if errors.Is(err, errBreak) {
				return nil
			}
			return err
		}
	}
	return nil
}

// selected gives the elements that the loop's if lets through.
func (s *forStmt) selected(st *state, items []Value) ([]Value, error) {
	outer := st.frame
	defer func() { st.frame = outer }()
	out := make([]Value, 0, len(items))
	own := &frame{parent: outer, vars: make([]binding, 0, 2)}
	for _, e := range items {
		if err := st.step(); err != nil {
			return nil, st.fail(s.at, err)
		}
		own.vars = own.vars[:0]
		st.frame = own
		if err := st.assign(s.target, e); err != nil {
			return nil, err
		}
		v, err := s.filter.eval(st)
		if err != nil {
			return nil, err
		}
		t, known, err := Truth(v)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, errUnknown
		case t:
			out = append(out, e)
		}
	}
	return out, nil
}

// attr gives loop.index and the like.
func (l *loopState) attr(name string) (Value, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return int64(l.depth + 1), true
	case "depth0":
		return int64(l.depth), true
	case "previtem":
		return l.neighbour(l.i-1, "there is no previous item"), true
	case "nextitem":
		return l.neighbour(l.i+1, "there is no next item"), true
	case "cycle":
		return &innerFunc{"cycle", l.cycle}, true
	case "changed":
		return &innerFunc{"changed", l.hasChanged}, true
	}
	return nil, false
}

func (l *loopState) neighbour(i int, msg string) Value {
	if i < 0 || i >= len(l.items) {
		return &Undefined{msg: msg}
	}
	return l.items[i]
}

func (l *loopState) cycle(_ *state, args []Value, _ *Dict) (Value, error) {
	if len(args) == 0 {
		return nil, errors.New("no items for cycling given")
	}
	return args[l.i%len(args)], nil
}

func (l *loopState) hasChanged(_ *state, args []Value, _ *Dict) (Value, error) {
	old, ok := l.changed.(Tuple)
	l.changed = Tuple(args)
	return !ok || !Equal(old, Tuple(args)), nil
}

// call runs the body for other elements: loop(children) in a recursive loop.
func (l *loopState) call(st *state, args []Value, _ *Dict) (Value, error) {
	switch {
	case !l.stmt.recursive:
		return nil, errors.New("the loop is not marked as recursive")
	case len(args) != 1:
		return nil, fmt.Errorf("loop() takes one argument, %d were given", len(args))
	}
	if err := st.enter(); err != nil {
		return nil, err
	}
	defer func() { st.calls-- }()
	outer, out := st.frame, st.out
	st.frame, st.out = l.frame, &output{}
	defer func() { st.frame, st.out = outer, out }()
	if err := l.stmt.run(st, args[0], l.depth+1); err != nil {
		return nil, err
	}
	v, err := st.out.value(st)
	if v == nil {
		v = ""
	}
	return v, err
}
