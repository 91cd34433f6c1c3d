package jinja

import (
	"errors"
	"fmt"
)

// filterCombinations is itertools.combinations, and permutations where order counts.
func filterCombinations(ordered bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		vs, err := c.elements()
		if err != nil {
			return nil, err
		}
		r, err := c.Int(0, int64(len(vs)))
		if err != nil {
			return nil, err
		}
		if r < 0 {
			return nil, errors.New("r must be non-negative")
		}
		p := &picker{vs: vs, r: int(min(r, int64(len(vs))+1)), ordered: ordered, used: make([]bool, len(vs))}
		if err := p.pick(0); err != nil {
			return nil, err
		}
		return NewList(p.out...), nil
	}
}

// picker lists the ways to pick r of some values.
type picker struct {
	vs      []Value
	r       int
	ordered bool
	used    []bool
	picked  Tuple
	out     []Value
	cells   int
}

func (p *picker) pick(from int) error {
	if len(p.picked) == p.r {
		if p.cells += p.r + 1; p.cells > maxRange {
			return fmt.Errorf("there are too many combinations: more than %d elements", maxRange)
		}
		p.out = append(p.out, append(Tuple{}, p.picked...))
		return nil
	}
	for i := from; i < len(p.vs); i++ {
		if p.used[i] || !p.ordered && len(p.vs)-i < p.r-len(p.picked) {
			continue
		}
		p.used[i] = true
		p.picked = append(p.picked, p.vs[i])
		next := i + 1
		if p.ordered {
			next = 0
		}
		err := p.pick(next)
		p.used[i], p.picked = false, p.picked[:len(p.picked)-1]
		if err != nil {
			return err
		}
	}
	return nil
}

// filterProduct is itertools.product.
func filterProduct(c *Call) (Value, error) {
	cols, _, _, err := c.columns()
	if err != nil {
		return nil, err
	}
	n, err := c.Int(0, 1)
	if err != nil || n < 0 || n > 100 {
		return nil, errors.Join(err, errors.New("repeat must be a small number"))
	}
	var all [][]Value
	for range n {
		all = append(all, cols...)
	}
	rows, err := Product(all)
	return NewList(rows...), err
}

// Product gives every row that takes one element of each column, as tuples; the last column turns fastest.
func Product(cols [][]Value) ([]Value, error) {
	rows := []Value{Tuple{}}
	for _, col := range cols {
		if len(col) > 0 && len(rows) > maxRange/len(col) {
			return nil, fmt.Errorf("the product has more than %d rows", maxRange)
		}
		next := make([]Value, 0, len(rows)*len(col))
		for _, row := range rows {
			for _, v := range col {
				t := row.(Tuple)
				next = append(next, append(t[:len(t):len(t)], v))
			}
		}
		rows = next
	}
	return rows, nil
}

func filterRekey(c *Call) (Value, error) {
	in := c.In
	if d, ok := in.(*Dict); ok {
		in = NewList(d.Values()...)
	}
	if _, ok := in.(string); ok {
		return nil, errors.New("type is not a valid list, set, or dict")
	}
	vs, err := c.st.iterate(in)
	if err != nil {
		return nil, err
	}
	duplicates := c.Text(1, "error")
	if duplicates != "error" && duplicates != "overwrite" {
		return nil, fmt.Errorf("duplicates must be error or overwrite, not %s", duplicates)
	}
	out := NewDict()
	for _, v := range vs {
		item, ok := v.(*Dict)
		if !ok {
			return nil, fmt.Errorf("list item is not a valid dict: %s", Repr(v))
		}
		key, ok := item.Get(c.args[0])
		if !ok {
			return nil, fmt.Errorf("key %s was not found", Str(c.args[0]))
		}
		if _, taken := out.Get(key); taken && duplicates == "error" {
			return nil, fmt.Errorf("key %s is not unique, cannot correctly turn into dict", Str(key))
		}
		out.Set(key, item)
	}
	return out, nil
}

func filterExtract(c *Call) (Value, error) {
	keys := []Value{c.In}
	switch more := c.Arg(1, nil).(type) {
	case nil:
	case *List:
		keys = append(keys, more.items...)
	default:
		keys = append(keys, more)
	}
	v := c.args[0]
	for _, k := range keys {
		var err error
		if v, err = c.st.item(v, k, 0); err != nil {
			return nil, err
		}
	}
	return v, nil
}
