package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (c *Call) dict() (*Dict, error) {
	d, ok := c.In.(*Dict)
	if !ok {
		return nil, fmt.Errorf("the input must be a dict, not '%s'", TypeName(c.In))
	}
	return d, nil
}

func filterDict2Items(c *Call) (Value, error) {
	d, ok := c.In.(*Dict)
	if !ok {
		return nil, fmt.Errorf("dict2items requires a dictionary, not '%s'", TypeName(c.In))
	}
	out := &List{items: make([]Value, 0, d.Len())}
	key, value := c.Text(0, "key"), c.Text(1, "value")
	for k, v := range d.Items {
		e := NewDict()
		e.Set(key, k)
		e.Set(value, v)
		out.items = append(out.items, e)
	}
	return out, nil
}

func filterItems2Dict(c *Call) (Value, error) {
	if _, ok := c.In.(*List); !ok {
		return nil, fmt.Errorf("items2dict requires a list, not '%s'", TypeName(c.In))
	}
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	key, value := c.Arg(0, "key"), c.Arg(1, "value")
	d := NewDict()
	for i, e := range vs {
		var pair [2]Value
		for j, k := range []Value{key, value} {
			v, err := c.st.item(e, k, 0)
			if err != nil {
				return nil, err
			}
			if _, missing := v.(*Undefined); missing {
				if _, ok := e.(*Dict); !ok {
					return nil, fmt.Errorf("items2dict requires a list of dictionaries; element %d is '%s'", i, TypeName(e))
				}
				return nil, fmt.Errorf("items2dict requires each dictionary in the list to contain the keys %s and %s; element %d has no %s", Repr(key), Repr(value), i, Repr(k))
			}
			pair[j] = v
		}
		if _, ok := hashKey(pair[0]); !ok {
			return nil, fmt.Errorf("unhashable type: '%s'", TypeName(pair[0]))
		}
		d.Set(pair[0], pair[1])
	}
	return d, nil
}

var listMerges = []string{"replace", "keep", "append", "prepend", "append_rp", "prepend_rp"}

func filterCombine(c *Call) (Value, error) {
	recursive, merge := c.Bool(0, false), c.Text(1, "replace")
	if !slices.Contains(listMerges, merge) {
		return nil, fmt.Errorf("list_merge must be one of %s, not %q", strings.Join(listMerges, ", "), merge)
	}
	terms := flattened(nil, append([]Value{c.In}, c.rest...), 1, true)
	if len(terms) == 1 {
		return terms[0], nil
	}
	out := NewDict()
	for _, v := range terms {
		d, ok := v.(*Dict)
		if !ok {
			return nil, fmt.Errorf("failed to combine variables, expected dicts but got a '%s'", TypeName(v))
		}
		out = merged(out, d, recursive, merge)
	}
	return out, nil
}

// merged gives a with the entries of b, which win.
func merged(a, b *Dict, recursive bool, merge string) *Dict {
	if Equal(a, b) {
		return b.Copy()
	}
	out := a.Copy()
	for k, v := range b.Items {
		old, ok := out.Get(k)
		if !ok {
			out.Set(k, v)
			continue
		}
		od, bothDicts := old.(*Dict)
		vd, ok := v.(*Dict)
		if bothDicts = bothDicts && ok; bothDicts && recursive {
			out.Set(k, merged(od, vd, true, merge))
			continue
		}
		ol, okOld := old.(*List)
		vl, okNew := v.(*List)
		if okOld && okNew {
			v = mergedLists(ol, vl, merge)
		}
		out.Set(k, v)
	}
	return out
}

func mergedLists(a, b *List, merge string) *List {
	without := func(l, other *List) []Value {
		s := setOf(other.items)
		return slices.DeleteFunc(slices.Clone(l.items), s.has)
	}
	switch merge {
	case "keep":
		return a
	case "append":
		return NewList(slices.Concat(a.items, b.items)...)
	case "prepend":
		return NewList(slices.Concat(b.items, a.items)...)
	case "append_rp":
		return NewList(slices.Concat(without(a, b), b.items)...)
	case "prepend_rp":
		return NewList(slices.Concat(b.items, without(a, b))...)
	}
	return b
}

func filterDictSort(c *Call) (Value, error) {
	d, err := c.dict()
	if err != nil {
		return nil, err
	}
	i := int64(0)
	switch by := c.Text(1, "key"); by {
	case "key":
	case "value":
		i = 1
	default:
		return nil, errors.New("you can only sort by either 'key' or 'value'")
	}
	l := pairs(d)
	return l, sortValues(l.items, c.Bool(2, false), folded(c.attribute(i), c.Bool(0, false)))
}

func filterItems(c *Call) (Value, error) {
	d, err := c.dict()
	if err != nil {
		return nil, err
	}
	return pairs(d), nil
}

func filterAttr(c *Call) (Value, error) {
	name := c.Text(0, "")
	if _, ok := c.In.(*Dict); ok && dictMethods[name] == nil {
		return c.st.missing(c.In, name, 0), nil
	}
	return c.st.attr(c.In, name, 0)
}

func filterSubelements(c *Call) (Value, error) {
	in := c.In
	if d, ok := in.(*Dict); ok {
		in = NewList(d.Values()...)
	}
	if _, ok := in.(*List); !ok {
		return nil, fmt.Errorf("obj must be a list of dicts or a nested dict, not '%s'", TypeName(in))
	}
	var path []Value
	switch keys := c.args[0].(type) {
	case string:
		for key := range strings.SplitSeq(keys, ".") {
			path = append(path, key)
		}
	case *List:
		path = keys.items
	default:
		return nil, fmt.Errorf("subelements must be a list or a string, not '%s'", TypeName(keys))
	}
	vs, err := c.st.iterate(in)
	if err != nil {
		return nil, err
	}
	out := &List{}
	for _, e := range vs {
		l, err := subelements(e, path, c.Bool(1, false))
		if err != nil {
			return nil, err
		}
		for _, sub := range l.items {
			out.Append(Tuple{e, sub})
		}
	}
	return out, nil
}

// subelements gives the list that several keys lead to, one in the other; an empty one where a key is missing and may be.
func subelements(e Value, path []Value, skip bool) (*List, error) {
	v := e
	for _, key := range path {
		d, ok := v.(*Dict)
		if !ok {
			return nil, fmt.Errorf("the key %s should point to a dictionary, got %s", Str(key), Repr(v))
		}
		if v, ok = d.Get(key); !ok && skip {
			return &List{}, nil
		} else if !ok {
			return nil, fmt.Errorf("could not find %s key in iterated item %s", Repr(key), Repr(e))
		}
	}
	l, ok := v.(*List)
	if !ok {
		return nil, fmt.Errorf("the key %s should point to a list, got %s", Str(path[len(path)-1]), Repr(v))
	}
	return l, nil
}
