package jinja

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// Equal reports whether two values are equal as in Python: 1 == 1.0 == True, '1' != 1. Unknown equals nothing.
func Equal(a, b Value) bool { return equal(a, b, 0) }

func equal(a, b Value, depth int) bool {
	if depth > maxNesting {
		return false
	}
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case nil:
		return b == nil
	case *List:
		y, ok := b.(*List)
		return ok && equalItems(x.items, y.items, depth)
	case Tuple:
		y, ok := b.(Tuple)
		return ok && equalItems(x, y, depth)
	case *Dict:
		y, ok := b.(*Dict)
		return ok && equalDicts(x, y, depth)
	case Unknown:
		return false
	}
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b) == 0
	}
	return identical(a, b)
}

// identical compares by identity what has no equality of its own.
func identical(a, b Value) bool {
	switch x := a.(type) {
	case *Undefined, *ScopeMap, *Namespace, *loopState, *macro, *module, Omit:
		return a == b
	case *rangeValue:
		y, ok := b.(*rangeValue)
		return ok && *x == *y
	case *dateTime, *timeDelta:
		n, ok := compareTimes(a, b)
		return ok && n == 0
	}
	return false
}

func equalItems(a, b []Value, depth int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i], depth+1) {
			return false
		}
	}
	return true
}

func equalDicts(a, b *Dict, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for k, v := range a.Items {
		w, ok := b.Get(k)
		if !ok || !equal(v, w, depth+1) {
			return false
		}
	}
	return true
}

// nanOrder is what compareNumbers gives where one is not a number: neither less, equal nor greater.
const nanOrder = 2

func compareNumbers(a, b Value) int {
	x, okx := smallInt(a)
	y, oky := smallInt(b)
	if okx && oky {
		return cmp.Compare(x, y)
	}
	_, fa := a.(float64)
	_, fb := b.(float64)
	if fa || fb {
		p, _ := toFloat(a)
		q, _ := toFloat(b)
		if math.IsNaN(p) || math.IsNaN(q) {
			return nanOrder
		}
		return cmp.Compare(p, q)
	}
	p, _ := bigInt(a)
	q, _ := bigInt(b)
	return p.Cmp(q)
}

// order compares two values for <, sorting, min and max. Values of types that Python does not order are an error that names both.
func order(a, b Value, op string) (int, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case *List:
		if y, ok := b.(*List); ok {
			return orderItems(x.items, y.items, op)
		}
	case Tuple:
		if y, ok := b.(Tuple); ok {
			return orderItems(x, y, op)
		}
	default:
		if isNumber(a) && isNumber(b) {
			return compareNumbers(a, b), nil
		}
		if n, ok := compareTimes(a, b); ok {
			return n, nil
		}
	}
	return 0, fmt.Errorf("'%s' not supported between instances of '%s' and '%s'", op, TypeName(a), TypeName(b))
}

func orderItems(a, b []Value, op string) (int, error) {
	for i := range min(len(a), len(b)) {
		if !Equal(a[i], b[i]) {
			return order(a[i], b[i], op)
		}
	}
	return cmp.Compare(len(a), len(b)), nil
}
