package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// getter gives what an attribute argument asks for: "a.b.0", or the value itself where the argument is absent.
func (c *Call) getter(i int) func(Value) (Value, error) {
	return c.attribute(c.Arg(i, nil))
}

func (c *Call) attribute(attr Value) func(Value) (Value, error) {
	if attr == nil {
		return func(v Value) (Value, error) { return v, nil }
	}
	keys := []Value{attr}
	if s, ok := attr.(string); ok {
		keys = keys[:0]
		for part := range strings.SplitSeq(s, ".") {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil && part[0] != '-' && part[0] != '+' {
				keys = append(keys, n)
			} else {
				keys = append(keys, part)
			}
		}
	}
	return func(v Value) (Value, error) {
		var err error
		for _, k := range keys {
			if v, err = c.st.item(v, k, 0); err != nil {
				return nil, err
			}
		}
		return v, nil
	}
}

// folded makes strings lower case for a comparison that takes no account of it.
func folded(get func(Value) (Value, error), caseSensitive bool) func(Value) (Value, error) {
	if caseSensitive {
		return get
	}
	return func(v Value) (Value, error) {
		v, err := get(v)
		if s, ok := v.(string); ok {
			v = strings.ToLower(s)
		}
		return v, err
	}
}

func filterLength(c *Call) (Value, error) {
	n, err := lengthOf(c.In)
	return int64(n), err
}

func filterList(c *Call) (Value, error) {
	vs, err := c.elements()
	return &List{items: slices.Clone(vs)}, err
}

func filterFirst(c *Call) (Value, error) { return c.end("first", 0) }
func filterLast(c *Call) (Value, error)  { return c.end("last", -1) }

func (c *Call) end(word string, i int) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	if len(vs) == 0 {
		return &Undefined{msg: fmt.Sprintf("no %s item, the sequence is empty", word), src: c.st.t}, nil
	}
	if i < 0 {
		i = len(vs) - 1
	}
	return vs[i], nil
}

func filterReverse(c *Call) (Value, error) {
	if s, ok := c.In.(string); ok {
		rs := []rune(s)
		slices.Reverse(rs)
		return string(rs), nil
	}
	vs, err := c.elements()
	vs = slices.Clone(vs)
	slices.Reverse(vs)
	return &List{items: vs}, err
}

func filterJoin(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	sep, get := c.Text(0, ""), c.getter(1)
	var b strings.Builder
	for i, v := range vs {
		if v, err = get(v); err != nil {
			return nil, err
		}
		if u, ok := v.(*Undefined); ok {
			return nil, u.err()
		}
		if i > 0 {
			b.WriteString(sep)
		}
		text, _, err := c.st.textOf(v)
		if err != nil {
			return nil, err
		}
		if b.WriteString(text); b.Len() > maxText {
			return nil, errTooLong
		}
	}
	return b.String(), nil
}

// sortValues sorts in place and keeps the order of equals.
func sortValues(vs []Value, reverse bool, get func(Value) (Value, error)) error {
	type keyed struct{ key, v Value }
	ks := make([]keyed, len(vs))
	for i, v := range vs {
		k, err := get(v)
		if err != nil {
			return err
		}
		if u, ok := k.(*Undefined); ok {
			return u.err()
		}
		ks[i] = keyed{k, v}
	}
	var failed error
	slices.SortStableFunc(ks, func(a, b keyed) int {
		if failed != nil {
			return 0
		}
		n, err := order(a.key, b.key, "<")
		if err != nil {
			failed = err
		}
		if reverse {
			return -n
		}
		return n
	})
	for i, k := range ks {
		vs[i] = k.v
	}
	return failed
}

// tupleGetter gives the values of several attributes, "a,b", as one key.
func (c *Call) tupleGetter(attr Value, caseSensitive bool) func(Value) (Value, error) {
	s, ok := attr.(string)
	if !ok || !strings.Contains(s, ",") {
		return folded(c.attribute(attr), caseSensitive)
	}
	var gets []func(Value) (Value, error)
	for part := range strings.SplitSeq(s, ",") {
		gets = append(gets, folded(c.attribute(strings.TrimSpace(part)), caseSensitive))
	}
	return func(v Value) (Value, error) {
		key := make(Tuple, len(gets))
		for i, get := range gets {
			k, err := get(v)
			if err != nil {
				return nil, err
			}
			key[i] = k
		}
		return key, nil
	}
}

func filterSort(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	vs = slices.Clone(vs)
	err = sortValues(vs, c.Bool(0, false), c.tupleGetter(c.Arg(2, nil), c.Bool(1, false)))
	return &List{items: vs}, err
}

func filterFlatten(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	levels, err := c.Int(0, maxNesting)
	if err != nil {
		return nil, err
	}
	return NewList(flattened([]Value{}, vs, levels, c.Bool(1, true))...), nil
}

func flattened(out, vs []Value, levels int64, skipNulls bool) []Value {
	for _, v := range vs {
		var inner []Value
		switch x := v.(type) {
		case nil:
			if skipNulls {
				continue
			}
		case string:
			if skipNulls && (x == "None" || x == "null") {
				continue
			}
		case *List:
			inner = x.items
		case Tuple:
			inner = x
		}
		_, isList := v.(*List)
		_, isTuple := v.(Tuple)
		if (isList || isTuple) && levels > 0 {
			out = flattened(out, inner, levels-1, skipNulls)
		} else {
			out = append(out, v)
		}
	}
	return out
}

// columns gives the elements of the input and of all arguments, and the longest and the shortest length.
func (c *Call) columns() (cols [][]Value, longest, shortest int, err error) {
	for i, v := range append([]Value{c.In}, c.rest...) {
		vs, err := c.st.iterate(v)
		if err != nil {
			return nil, 0, 0, err
		}
		cols = append(cols, vs)
		longest = max(longest, len(vs))
		if i == 0 || len(vs) < shortest {
			shortest = len(vs)
		}
	}
	return cols, longest, shortest, nil
}

func rows(cols [][]Value, n int, fill Value) Value {
	out := make([]Value, n)
	for i := range out {
		row := make(Tuple, len(cols))
		for j, col := range cols {
			row[j] = fill
			if i < len(col) {
				row[j] = col[i]
			}
		}
		out[i] = row
	}
	return &List{items: out}
}

func (c *Call) named(name string) Value {
	if c.more == nil {
		return nil
	}
	v, _ := c.more.Get(name)
	return v
}

func filterZip(c *Call) (Value, error) {
	cols, longest, shortest, err := c.columns()
	if strict, _, _ := Truth(c.named("strict")); strict && longest != shortest {
		return nil, errors.New("the lists are not equally long")
	}
	return rows(cols, shortest, nil), err
}

func filterZipLongest(c *Call) (Value, error) {
	cols, longest, _, err := c.columns()
	return rows(cols, longest, c.named("fillvalue")), err
}

func filterBatch(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	n, err := c.Int(0, 0)
	if err != nil || n < 1 || n > maxWidth {
		return nil, errors.Join(err, errors.New("the number of items must be positive"))
	}
	out := &List{}
	for chunk := range slices.Chunk(vs, int(n)) {
		l := NewList(slices.Clone(chunk)...)
		for fill := c.Arg(1, nil); fill != nil && l.Len() < int(n); {
			l.Append(fill)
		}
		out.Append(l)
	}
	return out, nil
}

func filterSlice(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	n, err := c.Int(0, 0)
	if err != nil || n < 1 || n > maxWidth {
		return nil, errors.Join(err, errors.New("the number of slices must be positive"))
	}
	size, more := len(vs)/int(n), len(vs)%int(n)
	out := &List{}
	for i, start := 0, 0; i < int(n); i++ {
		end := start + size
		if i < more {
			end++
		}
		l := NewList(slices.Clone(vs[start:end])...)
		if fill := c.Arg(1, nil); fill != nil && i >= more {
			l.Append(fill)
		}
		out.Append(l)
		start = end
	}
	return out, nil
}

func filterGroupBy(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	attr, def := c.getter(0), c.Arg(1, nil)
	get := func(v Value) (Value, error) {
		k, err := attr(v)
		if _, ok := k.(*Undefined); ok && def != nil {
			k = def
		}
		return k, err
	}
	key := folded(get, c.Bool(2, false))
	vs = slices.Clone(vs)
	if err := sortValues(vs, false, key); err != nil {
		return nil, err
	}
	out := &List{}
	var last Value
	var group *List
	for _, v := range vs {
		k, err := key(v)
		if err != nil {
			return nil, err
		}
		if group == nil || !Equal(k, last) {
			shown, err := get(v)
			if err != nil {
				return nil, err
			}
			group, last = NewList(), k
			out.Append(Tuple{shown, group})
		}
		group.Append(v)
	}
	return out, nil
}
