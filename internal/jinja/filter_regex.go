package jinja

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// flags gives the flags of a pattern; the arguments are truths.
func regexFlags(ignoreCase, multiline bool) pyre.Flags {
	var f pyre.Flags
	if ignoreCase {
		f |= pyre.IgnoreCase
	}
	if multiline {
		f |= pyre.Multiline
	}
	return f
}

func filterRegexSearch(c *Call) (Value, error) {
	re, err := pyre.Compile(c.Text(0, ""), regexFlags(c.Bool(1, false), c.Bool(2, false)))
	if err != nil {
		return nil, err
	}
	m, err := re.Search(c.input())
	if err != nil || m == nil {
		return nil, err
	}
	if len(c.rest) == 0 {
		return m.Groups[0].Text, nil
	}
	out := &List{}
	for _, a := range c.rest {
		g, err := groupOf(re, Str(a))
		if err != nil {
			return nil, err
		}
		out.Append(groupValue(m.Groups[g]))
	}
	return out, nil
}

func groupValue(g pyre.Group) Value {
	if !g.OK {
		return nil
	}
	return g.Text
}

// groupOf reads \1 or \g<name>.
func groupOf(re *pyre.Regexp, s string) (int, error) {
	if name, ok := strings.CutPrefix(s, `\g<`); ok {
		name = strings.TrimSuffix(name, ">")
		if g, ok := re.Group(name); ok {
			return g, nil
		}
		s = `\` + name
	}
	g, err := strconv.Atoi(strings.TrimPrefix(s, `\`))
	if err != nil || !strings.HasPrefix(s, `\`) {
		return 0, fmt.Errorf("unknown argument %q: a group is written '\\1' or '\\g<name>'", s)
	}
	if g < 0 || g > re.Groups() {
		return 0, fmt.Errorf("the pattern has no group %d", g)
	}
	return g, nil
}

func filterRegexReplace(c *Call) (Value, error) {
	re, err := pyre.Compile(c.Text(0, ""), regexFlags(c.Bool(2, false), c.Bool(3, false)))
	if err != nil {
		return nil, err
	}
	count, err := c.Int(4, 0)
	if err != nil {
		return nil, err
	}
	want, err := c.Int(5, 0)
	if err != nil {
		return nil, err
	}
	s, n, err := re.Replace(c.input(), c.Text(1, ""), int(max(count, 0)))
	if err == nil && want > 0 && int64(n) != want {
		err = fmt.Errorf("%s should match %d times, but matches %d times", Repr(c.args[0]), want, n)
	}
	return s, err
}

func filterRegexFindall(c *Call) (Value, error) {
	re, err := pyre.Compile(c.Text(0, ""), regexFlags(c.Bool(2, false), c.Bool(1, false)))
	if err != nil {
		return nil, err
	}
	all, err := re.All(c.input(), 0)
	out := &List{}
	for _, m := range all {
		switch len(m.Groups) {
		case 1:
			out.Append(m.Groups[0].Text)
		case 2:
			out.Append(m.Groups[1].Text)
		default:
			t := make(Tuple, len(m.Groups)-1)
			for i, g := range m.Groups[1:] {
				t[i] = g.Text
			}
			out.Append(t)
		}
	}
	return out, err
}

func filterRegexEscape(c *Call) (Value, error) {
	switch t := c.Text(0, "python"); t {
	case "python":
		return pyre.Escape(c.input()), nil
	case "posix_basic":
		var b strings.Builder
		for _, r := range c.input() {
			if strings.ContainsRune(`].[$^*\`, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return b.String(), nil
	default:
		return nil, fmt.Errorf("invalid regex type (%s)", t)
	}
}
