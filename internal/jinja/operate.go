package jinja

import (
	"fmt"
	"strings"
)

func isUnknown(v Value) bool { _, ok := v.(Unknown); return ok }

func (n *binNode) eval(st *state) (Value, error) {
	a, err := st.operand(n.left)
	if err != nil {
		return nil, err
	}
	b, err := st.operand(n.right)
	if err != nil {
		return nil, err
	}
	if isUnknown(a) || isUnknown(b) {
		return Unknown{}, nil
	}
	v, err := st.binary(n.op, a, b)
	if err != nil {
		return nil, st.fail(n.at, err)
	}
	return v, nil
}

// binary computes a op b.
func (st *state) binary(op operator, a, b Value) (Value, error) {
	if isNumber(a) && isNumber(b) {
		return arithmetic(op, a, b)
	}
	switch op {
	case opAdd:
		if d, ok := b.(*timeDelta); ok {
			if x, ok := a.(*dateTime); ok {
				return &dateTime{x.t.Add(d.d)}, nil
			}
		}
		return st.add(a, b)
	case opMul:
		if n, ok := repeatCount(b); ok {
			return st.repeat(a, n, b)
		}
		if n, ok := repeatCount(a); ok {
			return st.repeat(b, n, a)
		}
	case opMod:
		if s, ok := a.(string); ok {
			return st.percent(s, b)
		}
	case opSub:
		if x, ok := a.(subtracter); ok {
			return x.subtract(b)
		}
	}
	return nil, unsupported(op, a, b)
}

// subtracter is an object with a minus: a date.
type subtracter interface{ subtract(Value) (Value, error) }

func unsupported(op operator, a, b Value) error {
	return fmt.Errorf("unsupported operand type(s) for %s: '%s' and '%s'", operatorText[op], TypeName(a), TypeName(b))
}

func (st *state) add(a, b Value) (Value, error) {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		if !ok {
			return nil, fmt.Errorf("can only concatenate str (not %q) to str; ~ joins any values", TypeName(b))
		}
		if len(x)+len(y) > maxText {
			return nil, errTooLong
		}
		return x + y, nil
	case *List:
		y, ok := b.(*List)
		if !ok {
			return nil, fmt.Errorf("can only concatenate list (not %q) to list", TypeName(b))
		}
		vs, err := st.joined(x.items, y.items)
		return &List{items: vs}, err
	case Tuple:
		if y, ok := b.(Tuple); ok {
			vs, err := st.joined(x, y)
			return Tuple(vs), err
		}
	}
	return nil, unsupported(opAdd, a, b)
}

func (st *state) joined(a, b []Value) ([]Value, error) {
	if len(a)+len(b) > maxValues {
		return nil, errTooMany
	}
	vs := make([]Value, 0, len(a)+len(b))
	for _, part := range [][]Value{a, b} {
		for _, e := range part {
			f, err := st.force(e)
			if err != nil {
				return nil, err
			}
			vs = append(vs, f)
		}
	}
	return vs, nil
}

var (
	errTooLong = fmt.Errorf("the text is too long: more than %d MiB", maxText>>20)
	errTooMany = fmt.Errorf("the value has more than %d elements, or is nested more than %d deep", maxValues, maxNesting)
)

func repeatCount(v Value) (int64, bool) { return smallInt(v) }

func (st *state) repeat(v Value, n int64, count Value) (Value, error) {
	n = max(n, 0)
	switch x := v.(type) {
	case string:
		if int64(len(x)) > 0 && n > maxText/int64(len(x)) {
			return nil, errTooLong
		}
		if x == "" {
			return "", nil
		}
		return strings.Repeat(x, int(n)), nil
	case *List:
		vs, err := st.repeatItems(x.items, n)
		return &List{items: vs}, err
	case Tuple:
		vs, err := st.repeatItems(x, n)
		return Tuple(vs), err
	}
	return nil, unsupported(opMul, v, count)
}

func (st *state) repeatItems(vs []Value, n int64) ([]Value, error) {
	if len(vs) == 0 {
		return nil, nil
	}
	if n > maxValues/int64(len(vs)) {
		return nil, errTooMany
	}
	vs, err := st.joined(vs, nil)
	if err != nil {
		return nil, err
	}
	out := make([]Value, 0, int(n)*len(vs))
	for range n {
		out = append(out, vs...)
	}
	return out, nil
}

func (n *concatNode) eval(st *state) (Value, error) {
	var b strings.Builder
	unknown := false
	for _, p := range n.parts {
		v, err := p.eval(st)
		if err != nil {
			return nil, err
		}
		s, known, err := st.textOf(v)
		if err != nil {
			return nil, st.fail(n.at, err)
		}
		unknown = unknown || !known
		if b.Len()+len(s) > maxText {
			return nil, st.fail(n.at, errTooLong)
		}
		b.WriteString(s)
	}
	if unknown {
		return Unknown{}, nil
	}
	return b.String(), nil
}

func (n *signNode) eval(st *state) (Value, error) {
	v, err := st.operand(n.x)
	if err != nil || isUnknown(v) {
		return v, err
	}
	if !n.minus {
		if !isNumber(v) {
			return nil, st.errorf(n.at, "bad operand type for unary +: '%s'", TypeName(v))
		}
		return arithmeticOrSame(v), nil
	}
	r, err := negate(v)
	if err != nil {
		return nil, st.fail(n.at, err)
	}
	return r, nil
}

// arithmeticOrSame makes an integer of a boolean, as + does.
func arithmeticOrSame(v Value) Value {
	if i, ok := smallInt(v); ok {
		return i
	}
	return v
}

func (n *notNode) eval(st *state) (Value, error) {
	v, err := n.x.eval(st)
	if err != nil {
		return nil, err
	}
	t, known, err := Truth(v)
	if err != nil {
		return nil, err
	}
	if !known {
		return Unknown{}, nil
	}
	return !t, nil
}

// eval of and and or is Kleene's logic where a side is unknown: what decides alone decides.
func (n *andNode) eval(st *state) (Value, error) { return st.logic(n.left, n.right, false) }

func (n *orNode) eval(st *state) (Value, error) { return st.logic(n.left, n.right, true) }

func (st *state) logic(left, right expr, decides bool) (Value, error) {
	a, err := left.eval(st)
	if err != nil {
		return nil, err
	}
	t, known, err := Truth(a)
	if err != nil || known && t == decides {
		return a, err
	}
	b, err := right.eval(st)
	if err != nil || known {
		return b, err
	}
	t, known, err = Truth(b)
	if err != nil || known && t == decides {
		return b, err
	}
	return Unknown{}, nil
}

func (n *condNode) eval(st *state) (Value, error) {
	c, err := n.cond.eval(st)
	if err != nil {
		return nil, err
	}
	t, known, err := Truth(c)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return Unknown{}, nil
	case t:
		return n.yes.eval(st)
	case n.no != nil:
		return n.no.eval(st)
	}
	return &Undefined{blank: true, msg: "the inline if-expression is false and has no else", at: n.at, src: st.t}, nil
}

func (n *compareNode) eval(st *state) (Value, error) {
	a, err := st.operand(n.first)
	if err != nil {
		return nil, err
	}
	unknown := false
	for _, c := range n.rest {
		b, err := st.operand(c.x)
		if err != nil {
			return nil, err
		}
		t, known, err := st.compare(c.op, a, b)
		if err != nil {
			return nil, st.fail(c.at, err)
		}
		if known && !t {
			return false, nil
		}
		unknown = unknown || !known
		a = b
	}
	if unknown {
		return Unknown{}, nil
	}
	return true, nil
}

// compare computes one comparison; known is false where it depends on something unknown.
func (st *state) compare(op string, a, b Value) (truth, known bool, err error) {
	switch op {
	case "in", "not in":
		in, known, err := st.contains(b, a)
		return in == (op == "in"), known, err
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return orderHolds(op, strings.Compare(x, y)), true, nil
		}
	}
	if a, err = st.force(a); err != nil {
		return false, false, err
	}
	if b, err = st.force(b); err != nil {
		return false, false, err
	}
	if HasUnknown(a) || HasUnknown(b) {
		return false, false, nil
	}
	switch op {
	case "==":
		return Equal(a, b), true, nil
	case "!=":
		return !Equal(a, b), true, nil
	}
	c, err := order(a, b, op)
	return c != nanOrder && orderHolds(op, c), true, err
}

func orderHolds(op string, c int) bool {
	switch op {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// contains computes x in c.
func (st *state) contains(c, x Value) (in, known bool, err error) {
	if isUnknown(c) || isUnknown(x) {
		return false, false, nil
	}
	switch y := c.(type) {
	case string:
		s, ok := x.(string)
		if !ok {
			return false, true, fmt.Errorf("'in <string>' requires string as left operand, not %s", TypeName(x))
		}
		return strings.Contains(y, s), true, nil
	case *Dict:
		if _, ok := hashKey(x); !ok {
			return false, true, fmt.Errorf("unhashable type: '%s'", TypeName(x))
		}
		_, ok := y.Get(x)
		return ok, true, nil
	case *ScopeMap:
		s, ok := x.(string)
		if ok {
			_, ok = y.scope.Lookup(s)
		}
		return ok, true, nil
	case *rangeValue:
		return y.contains(x), true, nil
	}
	vs, err := st.iterate(c)
	if err != nil {
		return false, false, fmt.Errorf("argument of type '%s' is not iterable", TypeName(c))
	}
	if x, err = st.force(x); err != nil {
		return false, false, err
	}
	known = true
	for _, e := range vs {
		if Equal(e, x) {
			return true, true, nil
		}
		known = known && !HasUnknown(e)
	}
	return false, known && !HasUnknown(x), nil
}
