package jinja

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// finish makes a result of a value: a deep copy in which templates are evaluated, tuples and ranges of keys are lists, and omitted elements are gone.
// An undefined value is an error, and so is one that is no data (a method, a range, a loop).
func (st *state) finish(v Value) (Value, error) {
	switch x := v.(type) {
	case string, int64, bool, nil, float64, *big.Int, Unknown, Omit:
		return v, nil
	case *Undefined:
		return nil, x.err()
	case *dateTime:
		return x.String(), nil
	case *timeDelta:
		return x.String(), nil
	}
	if st.values++; st.values > maxValues {
		return nil, errTooMany
	}
	switch x := v.(type) {
	case *List:
		return st.finishItems(x.items)
	case Tuple:
		return st.finishItems(x)
	case *Dict:
		return st.finishDict(x)
	case *rangeValue:
		return st.finishRange(x)
	case *Template, *ScopeMap:
		f, err := st.forceAll(v)
		if err != nil {
			return nil, err
		}
		return st.finish(f)
	}
	return nil, st.notData(v)
}

// finishRange makes a list of a range, as Ansible did before 2.19, which refuses it.
func (st *state) finishRange(r *rangeValue) (Value, error) {
	if !st.lenient("a range is no data; it is taken as a list (write | list after it)") {
		return nil, st.notData(r)
	}
	vs, err := st.iterate(r)
	if err != nil {
		return nil, st.fail(0, err)
	}
	return st.finishItems(vs)
}

// lenient warns of what older releases of Ansible accepted and 2.19 refuses. It is false where the Env is strict: then it is refused.
func (st *state) lenient(format string, args ...any) bool {
	if st.t == nil || st.t.env.strict {
		return false
	}
	if warn := st.t.env.warn; warn != nil {
		warn(diag.Warnf(st.t.place(0), format, args...))
	}
	return true
}

func (st *state) notData(v Value) error {
	err := fmt.Errorf("a value of type '%s' is no data", TypeName(v))
	switch v.(type) {
	case *rangeValue:
		err = fmt.Errorf("%w (write | list after it)", err)
	case *method:
		err = fmt.Errorf("%w (call it with parentheses, or use ['…'] for the key)", err)
	}
	if st.t != nil {
		return st.fail(0, err)
	}
	return err
}

func (st *state) finishItems(vs []Value) (Value, error) {
	items := make([]Value, 0, len(vs))
	for _, e := range vs {
		f, err := st.finish(e)
		if err != nil {
			return nil, err
		}
		if _, omitted := f.(Omit); !omitted {
			items = append(items, f)
		}
	}
	return &List{items: items}, nil
}

func (st *state) finishDict(d *Dict) (Value, error) {
	out := &Dict{entries: make([]entry, 0, d.Len())}
	for k, v := range d.Items {
		f, err := st.finish(v)
		if err != nil {
			return nil, err
		}
		if _, omitted := f.(Omit); !omitted {
			out.entries = append(out.entries, entry{k, f})
		}
	}
	out.reindex()
	return out, nil
}

// output collects what a template prints. One piece stays the value that it is; of several the text is kept.
type output struct {
	n       int
	nones   int // how many times None was printed
	first   Value
	b       strings.Builder
	unknown bool
	muted   bool // after extends: what the child prints outside of its blocks is not shown
}

// add prints a value; None prints nothing.
func (o *output) add(st *state, at int, v Value) error {
	switch x := v.(type) {
	case nil:
		o.nones++
		return nil
	case *Undefined:
		if !x.blank {
			return x.err()
		}
	}
	if o.muted {
		return nil
	}
	o.n++
	if o.n == 1 {
		o.first = v
		return nil
	}
	if o.n == 2 {
		if err := o.text(st, at, o.first); err != nil {
			return err
		}
		o.first = nil
	}
	return o.text(st, at, v)
}

func (o *output) text(st *state, at int, v Value) error {
	s, known, err := st.textOf(v)
	if err != nil {
		return st.fail(at, err)
	}
	if !known {
		o.unknown = true
		return nil
	}
	if o.b.Len()+len(s) > maxText {
		return st.errorf(at, "the text is too long: more than %d MiB", maxText>>20)
	}
	o.b.WriteString(s)
	return nil
}

// textOf gives the text that a value prints; known is false where it is unknown.
func (st *state) textOf(v Value) (text string, known bool, err error) {
	switch x := v.(type) {
	case string:
		return x, true, nil
	case int64, bool, float64, nil:
		return Str(v), true, nil
	case *Undefined:
		if x.blank {
			return "", true, nil
		}
	case *module:
		return x.text, !x.unknown, nil
	}
	f, err := st.finish(v)
	if err != nil {
		return "", false, err
	}
	if HasUnknown(f) {
		return "", false, nil
	}
	return Str(f), true, nil
}

// value gives what was printed.
func (o *output) value(st *state) (Value, error) {
	switch {
	case o.unknown:
		return Unknown{}, nil
	case o.n == 0 && st.t.kind >= kindFile && o.nones != 1:
		return "", nil
	case o.n == 0:
		return nil, nil
	case o.n == 1:
		return o.first, nil
	}
	return o.b.String(), nil
}
