package jinja

import (
	"errors"
	"fmt"
)

func filterDefault(c *Call) (Value, error) {
	_, undefined := c.In.(*Undefined)
	if !undefined && c.Bool(1, false) {
		t, known, err := Truth(c.In)
		if err != nil || !known {
			return Unknown{}, err
		}
		undefined = !t
	}
	if undefined {
		return c.Arg(0, ""), nil
	}
	return c.In, nil
}

func filterMandatory(c *Call) (Value, error) {
	u, ok := c.In.(*Undefined)
	if !ok {
		return c.In, nil
	}
	if msg := c.Arg(0, nil); msg != nil {
		return nil, errors.New(Str(msg))
	}
	if u.what == "" {
		return nil, errors.New("mandatory variable not defined")
	}
	return nil, fmt.Errorf("mandatory variable '%s' not defined", u.what)
}

func filterTypeDebug(c *Call) (Value, error) {
	if _, ok := c.In.(*Undefined); ok {
		return "UndefinedMarker", nil
	}
	return TypeName(c.In), nil
}

func filterTernary(c *Call) (Value, error) {
	if c.In == nil && c.Has(2) {
		if v := c.args[2]; v != nil {
			return v, nil
		}
	}
	t, known, err := Truth(c.In)
	switch {
	case err != nil || !known:
		return Unknown{}, err
	case t:
		return c.args[0], nil
	}
	return c.args[1], nil
}
