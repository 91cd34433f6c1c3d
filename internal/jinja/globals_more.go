package jinja

import (
	"errors"
	"fmt"
	"strings"
)

// cycler is what cycler(…) makes.
type cycler struct {
	items []Value
	i     int
}

func (c *cycler) attr(name string) (Value, bool) {
	switch name {
	case "current":
		return c.items[c.i], true
	case "next":
		return &innerFunc{name, func(*state, []Value, *Dict) (Value, error) {
			v := c.items[c.i]
			c.i = (c.i + 1) % len(c.items)
			return v, nil
		}}, true
	case "reset":
		return &innerFunc{name, func(*state, []Value, *Dict) (Value, error) { c.i = 0; return nil, nil }}, true
	}
	return nil, false
}

func globalCycler(_ *state, args []Value, _ *Dict) (Value, error) {
	if len(args) == 0 {
		return nil, errors.New("at least one item has to be provided")
	}
	return &cycler{items: args}, nil
}

func globalJoiner(_ *state, args []Value, kwargs *Dict) (Value, error) {
	sep := Value(", ")
	if len(args) > 0 {
		sep = args[0]
	} else if kwargs != nil {
		if v, ok := kwargs.GetString("sep"); ok {
			sep = v
		}
	}
	used := false
	return &innerFunc{"joiner", func(*state, []Value, *Dict) (Value, error) {
		if !used {
			used = true
			return "", nil
		}
		return sep, nil
	}}, nil
}

const loremWords = `lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam quis
nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure in reprehenderit voluptate velit esse cillum fugiat nulla pariatur excepteur
sint occaecat cupidatat non proident sunt culpa qui officia deserunt mollit anim id est laborum`

// globalLipsum gives paragraphs of filler text.
func globalLipsum(st *state, args []Value, kwargs *Dict) (Value, error) {
	c := &Call{st: st, name: "lipsum"}
	s := sign("n=, html=, min=, max=")
	if err := c.bind(&s, args, kwargs); err != nil {
		return nil, err
	}
	var nums [3]int64
	for i, def := range []struct {
		arg  int
		want int64
	}{{0, 5}, {2, 20}, {3, 100}} {
		n, err := c.Int(def.arg, def.want)
		if err != nil || n < 0 || n > 10_000 {
			return nil, errors.Join(err, errors.New("lipsum takes small numbers"))
		}
		nums[i] = n
	}
	if nums[2] <= nums[1] {
		return nil, fmt.Errorf("max must be more than min")
	}
	paragraphs := make([]string, nums[0])
	for i := range paragraphs {
		paragraphs[i] = paragraph(int(nums[1] + systemRandom{}.Below(nums[2]-nums[1])))
	}
	if !c.Bool(1, true) {
		return strings.Join(paragraphs, "\n\n"), nil
	}
	return "<p>" + strings.Join(paragraphs, "</p>\n<p>") + "</p>", nil
}

func paragraph(words int) string {
	all := strings.Fields(loremWords)
	out := make([]string, words)
	for i := range out {
		out[i] = all[systemRandom{}.Below(int64(len(all)))]
		if i == 0 || strings.HasSuffix(out[i-1], ".") {
			out[i] = capitalized(out[i])
		}
		if i%13 == 12 || i == words-1 {
			out[i] += "."
		}
	}
	return strings.Join(out, " ")
}
