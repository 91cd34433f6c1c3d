package jinja

import "slices"

// set holds values, those too that no dict can have as keys.
type set struct {
	keys map[any]bool
	rest []Value
}

// add adds a value and reports whether it was new.
func (s *set) add(v Value) bool {
	if s.has(v) {
		return false
	}
	if k, ok := hashKey(v); ok {
		if s.keys == nil {
			s.keys = map[any]bool{}
		}
		s.keys[k] = true
	} else {
		s.rest = append(s.rest, v)
	}
	return true
}

func (s *set) has(v Value) bool {
	if k, ok := hashKey(v); ok {
		return s.keys[k]
	}
	return slices.ContainsFunc(s.rest, func(e Value) bool { return Equal(e, v) })
}

func filterUnique(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	get := folded(c.getter(1), c.Bool(0, false))
	var seen set
	out := &List{}
	for _, v := range vs {
		k, err := get(v)
		if err != nil {
			return nil, err
		}
		if seen.add(k) {
			out.Append(v)
		}
	}
	return out, nil
}

// two gives the elements of the input and of the argument.
func (c *Call) two() (a, b []Value, err error) {
	if a, err = c.elements(); err != nil {
		return nil, nil, err
	}
	b, err = c.st.iterate(c.args[0])
	return a, b, err
}

// kept gives the different elements for which keep holds.
func kept(vs []Value, keep func(Value) bool) []Value {
	var seen set
	out := []Value{}
	for _, v := range vs {
		if keep(v) && seen.add(v) {
			out = append(out, v)
		}
	}
	return out
}

func setOf(vs []Value) *set {
	s := &set{}
	for _, v := range vs {
		s.add(v)
	}
	return s
}

// setFilter is an operation of two sets. Where Python's order is known it is that; else elements stand in the order of the lists.
func setFilter(python func(a, b *pySet) *pySet, plain func(a, b []Value) []Value) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		a, b, err := c.two()
		if err != nil {
			return nil, err
		}
		sa, ok := pySetOf(a)
		if sb, okB := pySetOf(b); ok && okB {
			return NewList(python(sa, sb).values()...), nil
		}
		return NewList(plain(a, b)...), nil
	}
}

func plainDifference(a, b []Value) []Value {
	other := setOf(b)
	return kept(a, func(v Value) bool { return !other.has(v) })
}

func plainIntersection(a, b []Value) []Value { return kept(a, setOf(b).has) }

func plainUnion(a, b []Value) []Value {
	return kept(slices.Concat(a, b), func(Value) bool { return true })
}

func plainSymmetric(a, b []Value) []Value {
	sa, sb := setOf(a), setOf(b)
	return kept(slices.Concat(a, b), func(v Value) bool { return !(sa.has(v) && sb.has(v)) })
}
