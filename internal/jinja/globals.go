package jinja

import (
	"errors"
	"fmt"
)

// Namespace is what namespace() makes: an object whose attributes set may change inside of a loop.
type Namespace struct{ values *Dict }

func (n *Namespace) attr(name string) (Value, bool) { return n.values.GetString(name) }

// rangeValue is Python's range.
type rangeValue struct{ start, step, n int64 }

func (r *rangeValue) length() int    { return int(r.n) }
func (r *rangeValue) at(i int) Value { return r.start + int64(i)*r.step }

func (r *rangeValue) items() []Value {
	vs := make([]Value, r.n)
	for i := range vs {
		vs[i] = r.at(i)
	}
	return vs
}

func (r *rangeValue) contains(x Value) bool {
	if !isNumber(x) {
		return false
	}
	for i := range r.n {
		if Equal(r.at(int(i)), x) {
			return true
		}
	}
	return false
}

// maxRange is how many numbers range may give.
const maxRange = 1_000_000

// otherTypeName names what is not data.
func otherTypeName(v Value) string {
	switch v.(type) {
	case *rangeValue:
		return "range"
	case *method:
		return "method"
	case *innerFunc, Callable:
		return "function"
	case *Namespace:
		return "Namespace"
	case *loopState:
		return "LoopContext"
	case *sliceValue:
		return "slice"
	case *macro:
		return "Macro"
	case *module:
		return "TemplateModule"
	case *dateTime:
		return "datetime"
	case *timeDelta:
		return "timedelta"
	case *superRef:
		return "BlockReference"
	case *selfRef:
		return "TemplateReference"
	}
	return fmt.Sprintf("%T", v)
}

func builtinGlobals() map[string]Value {
	return map[string]Value{
		"range":     &innerFunc{"range", globalRange},
		"dict":      &innerFunc{"dict", globalDict},
		"namespace": &innerFunc{"namespace", globalNamespace},
		"undef":     &innerFunc{"undef", globalUndef},
		"lookup":    &innerFunc{"lookup", globalLookup},
		"query":     &innerFunc{"query", globalQuery},
		"q":         &innerFunc{"q", globalQuery},
		"omit":      Omit{},
		"now":       &innerFunc{"now", globalNow},
		"lipsum":    &innerFunc{"lipsum", globalLipsum},
		"cycler":    &innerFunc{"cycler", globalCycler},
		"joiner":    &innerFunc{"joiner", globalJoiner},
	}
}

func globalRange(_ *state, args []Value, _ *Dict) (Value, error) {
	ns := make([]int64, len(args))
	for i, a := range args {
		n, ok := smallInt(a)
		if !ok {
			return nil, fmt.Errorf("'%s' object cannot be interpreted as an integer", TypeName(a))
		}
		ns[i] = n
	}
	r := &rangeValue{step: 1}
	stop := int64(0)
	switch len(ns) {
	case 1:
		stop = ns[0]
	case 3:
		r.step = ns[2]
		fallthrough
	case 2:
		r.start, stop = ns[0], ns[1]
	default:
		return nil, fmt.Errorf("range takes 1 to 3 arguments, %d were given", len(args))
	}
	return r, r.count(stop)
}

// count sets how many numbers there are before stop, which may not be too many.
func (r *rangeValue) count(stop int64) error {
	if err := r.size(stop); err != nil {
		return err
	}
	if r.n > maxRange {
		return fmt.Errorf("the range has %d numbers, more than %d", r.n, maxRange)
	}
	return nil
}

// size sets how many numbers there are before stop.
func (r *rangeValue) size(stop int64) error {
	const huge = 1 << 61
	if r.step == 0 {
		return errors.New("range() arg 3 must not be zero")
	}
	if max(r.start, stop, r.step) > huge || min(r.start, stop, r.step) < -huge {
		return errors.New("range: the number is too large")
	}
	if r.step > 0 && stop > r.start {
		r.n = (stop - r.start + r.step - 1) / r.step
	} else if r.step < 0 && stop < r.start {
		r.n = (r.start - stop - r.step - 1) / -r.step
	}
	return nil
}

func globalDict(st *state, args []Value, kwargs *Dict) (Value, error) {
	d := NewDict()
	if len(args) > 1 {
		return nil, fmt.Errorf("dict takes at most 1 argument, %d were given", len(args))
	}
	if len(args) == 1 {
		if err := st.update(d, args[0]); err != nil {
			return nil, err
		}
	}
	if kwargs != nil {
		return d, st.update(d, kwargs)
	}
	return d, nil
}

// update sets the entries of a dict, or of pairs of key and value.
func (st *state) update(d *Dict, from Value) error {
	if isUnknown(from) {
		return errUnknown
	}
	from, err := st.force(from)
	if err != nil {
		return err
	}
	if src, ok := from.(*Dict); ok {
		for k, v := range src.Items {
			d.Set(k, v)
		}
		return nil
	}
	vs, err := st.iterate(from)
	if err != nil {
		return err
	}
	for i, e := range vs {
		pair, err := st.iterate(e)
		if err != nil || len(pair) != 2 {
			return fmt.Errorf("element %d is no pair of key and value", i)
		}
		if _, ok := hashKey(pair[0]); !ok {
			return fmt.Errorf("unhashable type: '%s'", TypeName(pair[0]))
		}
		d.Set(pair[0], pair[1])
	}
	return nil
}

func globalNamespace(st *state, args []Value, kwargs *Dict) (Value, error) {
	d, err := globalDict(st, args, kwargs)
	if err != nil {
		return nil, err
	}
	return &Namespace{d.(*Dict)}, nil
}

func globalUndef(st *state, args []Value, kwargs *Dict) (Value, error) {
	msg := "a value is wanted here"
	if len(args) > 0 {
		msg = Str(args[0])
	} else if kwargs != nil {
		if h, ok := kwargs.GetString("hint"); ok && h != nil {
			msg = Str(h)
		}
	}
	return &Undefined{msg: msg, src: st.t}, nil
}

// contextGlobal is a global that depends on the scope: vars.
func (st *state) contextGlobal(name string) (Value, bool) {
	if name != "vars" || st.scope == nil {
		return nil, false
	}
	return NewScopeMap(st.scope), true
}
