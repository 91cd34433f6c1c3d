package file

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

func isPlanned(err error) bool { return errors.Is(err, host.ErrPlanned) }

// field is a directive of strptime that is a number: its greatest length and its range.
type field struct{ digits, from, to int }

var fields = map[byte]field{
	'Y': {4, 1, 9999}, 'm': {2, 1, 12}, 'd': {2, 1, 31}, 'H': {2, 0, 23}, 'I': {2, 1, 12}, 'M': {2, 0, 59}, 'S': {2, 0, 61}, 'y': {2, 0, 99}, 'j': {3, 1, 366},
}

// strptime reads a time as Python's time.strptime does. What is not given is that of the first second of 1900.
func strptime(text, format string) (time.Time, error) {
	got := map[byte]int{'Y': 1900, 'm': 1, 'd': 1}
	mismatch := fmt.Errorf("time data %q does not match format %q", text, format)
	rest := text
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c != '%' || i+1 == len(format) {
			switch {
			case c == ' ':
				rest = strings.TrimLeft(rest, " ")
			case rest == "" || rest[0] != c:
				return time.Time{}, mismatch
			default:
				rest = rest[1:]
			}
			continue
		}
		i++
		var ok bool
		var err error
		if rest, ok, err = directive(rest, format[i], got); err != nil {
			return time.Time{}, err
		}
		if !ok {
			return time.Time{}, mismatch
		}
	}
	if rest != "" {
		return time.Time{}, mismatch
	}
	return assemble(got, mismatch)
}

// directive reads what a directive stands for from the beginning of a text.
func directive(text string, d byte, got map[byte]int) (rest string, ok bool, err error) {
	if f, ok := fields[d]; ok {
		n := 0
		for n < len(text) && n < f.digits && '0' <= text[n] && text[n] <= '9' {
			n++
		}
		for ; n > 0; n-- { // as many digits as give a number in range
			v, _ := strconv.Atoi(text[:n])
			if f.from <= v && v <= f.to {
				got[d] = v
				return text[n:], d != 'Y' || n == f.digits, nil
			}
		}
		return text, false, nil
	}
	switch d {
	case '%':
		rest, ok = strings.CutPrefix(text, "%")
		return rest, ok, nil
	case 'b', 'B', 'h':
		for m := time.January; m <= time.December; m++ {
			for _, name := range []string{m.String(), m.String()[:3]} {
				if len(text) >= len(name) && strings.EqualFold(text[:len(name)], name) && (d == 'B') == (len(name) > 3 || m == time.May) {
					got['m'] = int(m)
					return text[len(name):], true, nil
				}
			}
		}
		return text, false, nil
	case 'p':
		if len(text) < 2 || !strings.EqualFold(text[1:2], "m") || !strings.ContainsAny(text[:1], "aApP") {
			return text, false, nil
		}
		got['p'] = 1
		if strings.ContainsAny(text[:1], "pP") {
			got['p'] = 2
		}
		return text[2:], true, nil
	}
	return text, false, fmt.Errorf("the directive %%%c of its form is not supported", d)
}

// assemble makes a time of what was read, in no zone.
func assemble(got map[byte]int, mismatch error) (time.Time, error) {
	year, hour := got['Y'], got['H']
	if y, ok := got['y']; ok {
		year = 2000 + y
		if y >= 69 {
			year = 1900 + y
		}
	}
	if h, ok := got['I']; ok {
		hour = h % 12
		if got['p'] == 2 {
			hour += 12
		}
	}
	if j, ok := got['j']; ok {
		return time.Date(year, 1, j, hour, got['M'], got['S'], 0, time.UTC), nil
	}
	t := time.Date(year, time.Month(got['m']), got['d'], hour, got['M'], got['S'], 0, time.UTC)
	if t.Day() != got['d'] {
		return t, mismatch
	}
	return t, nil
}
