package jinja

import (
	"fmt"
	"math/big"
	"strings"
)

// attributer is an object of the engine with attributes: a loop, a namespace, a date.
type attributer interface {
	attr(name string) (Value, bool)
}

// attr gives obj.name: a method first, then the key of a dict; what is missing is undefined.
func (st *state) attr(obj Value, name string, at int) (Value, error) {
	switch x := obj.(type) {
	case *Dict:
		if len(name) <= longestDictMethod && dictMethods[name] != nil {
			return &method{obj, name}, nil
		}
		if v, ok := x.GetString(name); ok {
			return st.forceShallow(v, name)
		}
	case *Undefined:
		if x.blank {
			return nil, x.err()
		}
		return obj, nil
	case Unknown:
		return obj, nil
	case *ScopeMap:
		if dictMethods[name] != nil {
			return &method{obj, name}, nil
		}
		if v, ok, err := st.scopeValue(x, name); ok || err != nil {
			return v, err
		}
	case string:
		if stringMethods[name] != nil {
			return &method{obj, name}, nil
		}
	case *List:
		if listMethods[name] != nil {
			return &method{obj, name}, nil
		}
	case Tuple:
		if name == "count" || name == "index" {
			return &method{obj, name}, nil
		}
	case int64, bool, float64, *big.Int:
		if v, ok := numberAttr(obj, name); ok {
			return v, nil
		}
	case attributer:
		if v, ok := x.attr(name); ok {
			return v, nil
		}
	}
	if strings.HasPrefix(name, "__") {
		return nil, st.errorf(at, "access to attribute '%s' of '%s' object is unsafe", name, TypeName(obj))
	}
	return st.missing(obj, name, at), nil
}

// missing is the undefined value of an attribute or an item.
func (st *state) missing(obj, key Value, at int) *Undefined {
	u := &Undefined{what: Str(key), msg: fmt.Sprintf("object of type '%s' has no attribute %s", TypeName(obj), Repr(key)), at: at, src: st.t}
	switch x := obj.(type) {
	case *Dict:
		u.near = func() []string {
			names := make([]string, 0, x.Len())
			for k := range x.Items {
				names = append(names, Str(k))
			}
			return names
		}
	case *ScopeMap:
		u.near = x.names
	}
	return u
}

// item gives obj[key]: the item first, then the attribute.
func (st *state) item(obj, key Value, at int) (Value, error) {
	switch k := key.(type) {
	case *Undefined:
		return nil, k.err()
	case Unknown:
		return k, nil
	}
	if s, ok := key.(*sliceValue); ok {
		v, err := st.slice(obj, s)
		if err != nil {
			return nil, st.fail(at, err)
		}
		return v, nil
	}
	switch x := obj.(type) {
	case *Dict:
		if v, ok := x.Get(key); ok {
			return st.forceShallow(v, Str(key))
		}
	case *Undefined, Unknown:
		return obj, nil
	case *ScopeMap:
		if name, ok := key.(string); ok {
			if v, ok, err := st.scopeValue(x, name); ok || err != nil {
				return v, err
			}
		}
	default:
		if i, ok := smallInt(key); ok {
			return st.index(obj, i, at)
		}
	}
	if name, ok := key.(string); ok {
		return st.attr(obj, name, at)
	}
	return st.missing(obj, key, at), nil
}

// index gives the element of a sequence; a negative index counts from the end.
func (st *state) index(obj Value, i int64, at int) (Value, error) {
	switch x := obj.(type) {
	case *List:
		if j, ok := inRange(i, len(x.items)); ok {
			return st.forceShallow(x.items[j], "")
		}
	case Tuple:
		if j, ok := inRange(i, len(x)); ok {
			return st.forceShallow(x[j], "")
		}
	case string:
		rs := []rune(x)
		if j, ok := inRange(i, len(rs)); ok {
			return string(rs[j]), nil
		}
	case *rangeValue:
		if j, ok := inRange(i, x.length()); ok {
			return x.at(j), nil
		}
	}
	return st.missing(obj, i, at), nil
}

func inRange(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// sliceValue is from:to:step in brackets; nil is left out.
type sliceValue struct{ bounds [3]*int64 }

// span gives the first index, the step and the number of elements of a slice of n elements.
func (s *sliceValue) span(n int) (start, step, count int, err error) {
	stride := int64(1)
	if s.bounds[2] != nil {
		stride = *s.bounds[2]
	}
	if stride == 0 {
		return 0, 0, 0, fmt.Errorf("slice step cannot be zero")
	}
	low, high := int64(0), int64(n)
	if stride < 0 {
		low, high = -1, int64(n)-1
	}
	clip := func(p *int64, def int64) int64 {
		if p == nil {
			return def
		}
		i := *p
		if i < 0 {
			i += int64(n)
		}
		return min(max(i, low), high)
	}
	from, to := low, high
	if stride < 0 {
		from, to = high, low
	}
	from, to = clip(s.bounds[0], from), clip(s.bounds[1], to)
	stride = min(max(stride, -int64(n)-1), int64(n)+1)
	if stride > 0 && to > from {
		count = int((to - from + stride - 1) / stride)
	} else if stride < 0 && from > to {
		count = int((from - to - stride - 1) / -stride)
	}
	return int(from), int(stride), count, nil
}

func (st *state) slice(obj Value, s *sliceValue) (Value, error) {
	switch x := obj.(type) {
	case *Undefined, Unknown:
		return obj, nil
	case string:
		rs := []rune(x)
		start, step, count, err := s.span(len(rs))
		out := make([]rune, count)
		for i := range out {
			out[i] = rs[start+i*step]
		}
		return string(out), err
	case *List:
		vs, err := st.sliceItems(x.items, s)
		return &List{items: vs}, err
	case Tuple:
		vs, err := st.sliceItems(x, s)
		return Tuple(vs), err
	case *rangeValue:
		vs, err := st.sliceItems(x.items(), s)
		return &List{items: vs}, err
	}
	return nil, fmt.Errorf("'%s' object cannot be sliced", TypeName(obj))
}

func (st *state) sliceItems(vs []Value, s *sliceValue) ([]Value, error) {
	start, step, count, err := s.span(len(vs))
	if err != nil {
		return nil, err
	}
	out := make([]Value, count)
	for i := range out {
		if out[i], err = st.force(vs[start+i*step]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// iterable is an object of the engine that can be iterated.
type iterable interface{ items() []Value }

// iterate gives the elements of a value: a dict's keys, a string's characters.
func (st *state) iterate(v Value) ([]Value, error) {
	switch x := v.(type) {
	case *List:
		return st.forced(x.items)
	case Tuple:
		return st.forced(x)
	case *Dict:
		return x.Keys(), nil
	case string:
		vs := make([]Value, 0, len(x))
		for _, c := range x {
			vs = append(vs, string(c))
		}
		return vs, nil
	case *ScopeMap:
		vs := []Value{}
		for _, n := range x.names() {
			vs = append(vs, n)
		}
		return vs, nil
	case *Undefined:
		if x.blank {
			return nil, nil
		}
		return nil, x.err()
	case iterable:
		return x.items(), nil
	}
	return nil, fmt.Errorf("'%s' object is not iterable", TypeName(v))
}

// forced gives elements in which nothing is lazy; the slice is the same where nothing was.
func (st *state) forced(vs []Value) ([]Value, error) {
	switch f := lookAll(vs); {
	case f&foundTooMuch != 0:
		return nil, errTooMany
	case f&foundLazy == 0:
		return vs, nil
	}
	return st.forceItems(vs)
}

// lengthOf gives the number of elements, or of characters.
func lengthOf(v Value) (int, error) {
	switch x := v.(type) {
	case string:
		return runeLen(x), nil
	case *List:
		return len(x.items), nil
	case Tuple:
		return len(x), nil
	case *Dict:
		return x.Len(), nil
	case *ScopeMap:
		return len(x.names()), nil
	case sized:
		return x.length(), nil
	}
	return 0, fmt.Errorf("object of type '%s' has no len()", TypeName(v))
}
