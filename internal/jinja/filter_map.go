package jinja

import (
	"errors"
	"fmt"
)

// filterMap is map('filter', …) and map(attribute='a', default=…).
func filterMap(c *Call) (Value, error) {
	vs, err := c.selected()
	if err != nil {
		return nil, err
	}
	apply, err := c.mapping()
	if err != nil {
		return nil, err
	}
	out := make([]Value, len(vs))
	for i, v := range vs {
		if out[i], err = apply(v); err != nil {
			return nil, err
		}
	}
	return &List{items: out}, nil
}

func (c *Call) mapping() (func(Value) (Value, error), error) {
	if len(c.rest) > 0 {
		name := Str(c.rest[0])
		def := c.st.t.env.filters[plainName(name)]
		if def == nil {
			return nil, fmt.Errorf("no filter named %q", name)
		}
		return func(v Value) (Value, error) { return c.st.filter(def, v, c.rest[1:], c.more, false) }, nil
	}
	if c.more == nil {
		return nil, errors.New("map wants the name of a filter, or attribute=")
	}
	attr, ok := c.more.Get("attribute")
	if !ok {
		return nil, errors.New("map wants the name of a filter, or attribute=")
	}
	for k := range c.more.Items {
		if k != "attribute" && k != "default" {
			return nil, fmt.Errorf("there is no argument '%s'", Str(k))
		}
	}
	def, hasDefault := c.more.Get("default")
	get := c.attribute(attr)
	return func(v Value) (Value, error) {
		v, err := get(v)
		if _, missing := v.(*Undefined); missing && hasDefault {
			return def, err
		}
		return v, err
	}, nil
}

// filterSelect is select, reject, selectattr and rejectattr.
func filterSelect(byAttr, want bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		vs, err := c.selected()
		if err != nil {
			return nil, err
		}
		holds, err := c.selection(byAttr)
		if err != nil {
			return nil, err
		}
		out := []Value{}
		for _, v := range vs {
			t, known, err := holds(v)
			switch {
			case err != nil:
				return nil, err
			case !known:
				return Unknown{}, nil
			case t == want:
				out = append(out, v)
			}
		}
		return &List{items: out}, nil
	}
}

func (c *Call) selection(byAttr bool) (func(Value) (truth, known bool, err error), error) {
	args := c.rest
	get := func(v Value) (Value, error) { return v, nil }
	if byAttr {
		if len(args) == 0 {
			return nil, errors.New("the name of the attribute is missing")
		}
		get, args = c.attribute(args[0]), args[1:]
	}
	check := func(v Value) (bool, bool, error) {
		if _, ok := v.(*Undefined); ok && byAttr {
			return false, true, v.(*Undefined).err()
		}
		return Truth(v)
	}
	if len(args) > 0 {
		name := Str(args[0])
		def := c.st.t.env.tests[plainName(name)]
		if def == nil {
			return nil, fmt.Errorf("no test named %q", name)
		}
		check = func(v Value) (bool, bool, error) { return c.st.test(def, v, args[1:], c.more, false) }
	}
	return func(v Value) (bool, bool, error) {
		v, err := get(v)
		if err != nil {
			return false, true, err
		}
		return check(v)
	}, nil
}

// selected gives the elements of the input; None has none.
// selected gives the elements of the input; none where it is false, as Jinja2 has it.
func (c *Call) selected() ([]Value, error) {
	if t, known, err := Truth(c.In); err == nil && known && !t {
		return nil, nil
	}
	return c.elements()
}
