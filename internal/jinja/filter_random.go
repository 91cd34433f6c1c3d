package jinja

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/pfrun/pfrun/internal/pyrandom"
)

// chooser gives random numbers.
type chooser interface {
	Below(n int64) int64
	Shuffle(n int, swap func(i, j int))
}

// systemRandom draws from the system.
type systemRandom struct{}

// Below gives a number from 0 up to, and without, n.
func (systemRandom) Below(n int64) int64 {
	v, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err)
	}
	return v.Int64()
}

// Shuffle puts n things into random order.
func (r systemRandom) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(r.Below(int64(i+1))))
	}
}

// seeded gives the generator of a seed as Python's Random(seed), or that of the system where there is none.
func seeded(seed Value) (chooser, error) {
	switch x := seed.(type) {
	case nil:
		return systemRandom{}, nil
	case string:
		return pyrandom.FromString(x), nil
	case float64:
		if n, err := floatToInt(x); err == nil && Equal(n, x) {
			seed = n
		}
	}
	if n, ok := bigInt(seed); ok {
		return pyrandom.FromInt(n), nil
	}
	return nil, fmt.Errorf("the seed must be a text or an integer, not '%s'", TypeName(seed))
}

func filterRandom(c *Call) (Value, error) {
	r, err := seeded(c.Arg(2, nil))
	if err != nil {
		return nil, err
	}
	end, isNumber := smallInt(c.In)
	if isNumber {
		return c.randomNumber(r, end)
	}
	if c.Bool(0, false) || c.Bool(1, false) {
		return nil, errors.New("start and step can only be used with integer values")
	}
	vs, err := c.elements()
	if _, isDict := c.In.(*Dict); err != nil || isDict {
		return nil, errors.New("random can only be used on sequences and integers")
	}
	if len(vs) == 0 {
		return nil, errors.New("the sequence is empty")
	}
	return vs[r.Below(int64(len(vs)))], nil
}

func (c *Call) randomNumber(r chooser, end int64) (Value, error) {
	start, err := c.Int(0, 0)
	if err != nil {
		return nil, err
	}
	step, err := c.Int(1, 1)
	if err != nil {
		return nil, err
	}
	if step == 0 {
		step = 1
	}
	span := &rangeValue{start: start, step: step}
	if err := span.size(end); err != nil {
		return nil, err
	}
	if span.n <= 0 {
		return nil, fmt.Errorf("empty range for random: from %d to %d", start, end)
	}
	return start + step*r.Below(span.n), nil
}

func filterShuffle(c *Call) (Value, error) {
	seed := c.Arg(0, nil)
	if t, _, err := Truth(seed); !t || err != nil {
		seed = nil
	}
	r, err := seeded(seed)
	if err != nil {
		return nil, err
	}
	vs, err := c.elements()
	if err != nil {
		return c.In, nil
	}
	vs = slices.Clone(vs)
	r.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
	return NewList(vs...), nil
}
