package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// timeReader is strptime: it reads a text after a format.
type timeReader struct {
	rest                                         string
	year, month, day, hour, minute, second, nano int
	yearDay                                      int
	half                                         string // AM or PM
	zone                                         *time.Location
}

func parseTime(text, format string) (time.Time, error) {
	r := &timeReader{rest: text, year: 1900, month: 1, day: 1, zone: time.UTC}
	if !r.read(format) || r.rest != "" {
		return time.Time{}, fmt.Errorf("time data %s does not match format %s", Repr(text), Repr(format))
	}
	switch r.half {
	case "pm":
		r.hour = r.hour%12 + 12
	case "am":
		r.hour %= 12
	}
	t := time.Date(r.year, time.Month(r.month), r.day, r.hour, r.minute, r.second, r.nano, r.zone)
	if r.yearDay > 0 {
		t = time.Date(r.year, 1, r.yearDay, r.hour, r.minute, r.second, r.nano, r.zone)
	} else if t.Day() != r.day {
		return time.Time{}, fmt.Errorf("day is out of range for month: %s", Repr(text))
	}
	return t, nil
}

var longForms = strings.NewReplacer("%%", "%%", "%F", "%Y-%m-%d", "%T", "%H:%M:%S", "%D", "%m/%d/%y", "%R", "%H:%M", "%X", "%H:%M:%S", "%x", "%m/%d/%y", "%c", "%a %b %d %H:%M:%S %Y",
	"%h", "%b")

func (r *timeReader) read(format string) bool {
	format = longForms.Replace(format)
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == '%' && i+1 < len(format):
			i++
			if !r.field(format[i]) {
				return false
			}
		case unicode.IsSpace(rune(c)):
			short := strings.TrimLeftFunc(r.rest, unicode.IsSpace)
			if short == r.rest {
				return false
			}
			r.rest = short
		default:
			if r.rest == "" || !strings.EqualFold(r.rest[:1], string(c)) {
				return false
			}
			r.rest = r.rest[1:]
		}
	}
	return true
}

// number reads up to n digits of a number from low to high.
func (r *timeReader) number(into *int, n, low, high int) bool {
	k := 0
	for k < len(r.rest) && k < n && r.rest[k] >= '0' && r.rest[k] <= '9' {
		k++
	}
	for ; k > 0; k-- {
		if v, err := strconv.Atoi(r.rest[:k]); err == nil && v >= low && v <= high {
			*into, r.rest = v, r.rest[k:]
			return true
		}
	}
	return false
}

// word reads one of some names and gives its place.
func (r *timeReader) word(names ...string) (int, bool) {
	best := -1
	for i, n := range names {
		if len(r.rest) >= len(n) && strings.EqualFold(r.rest[:len(n)], n) && (best < 0 || len(n) > len(names[best])) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	r.rest = r.rest[len(names[best]):]
	return best, true
}

func monthNames(short bool) []string {
	names := make([]string, 12)
	for i := range names {
		names[i] = time.Month(i + 1).String()
		if short {
			names[i] = names[i][:3]
		}
	}
	return names
}

func dayNames(short bool) []string {
	names := make([]string, 7)
	for i := range names {
		names[i] = time.Weekday(i).String()
		if short {
			names[i] = names[i][:3]
		}
	}
	return names
}

func (r *timeReader) field(c byte) bool {
	ignored := 0
	switch c {
	case 'Y':
		return len(r.rest) >= 4 && r.number(&r.year, 4, 1, 9999)
	case 'y':
		ok := r.number(&r.year, 2, 0, 99)
		if r.year < 69 {
			r.year += 100
		}
		r.year += 1900
		return ok
	case 'm':
		return r.number(&r.month, 2, 1, 12)
	case 'd', 'e':
		return r.number(&r.day, 2, 1, 31)
	case 'H', 'k':
		return r.number(&r.hour, 2, 0, 23)
	case 'I', 'l':
		return r.number(&r.hour, 2, 1, 12)
	case 'M':
		return r.number(&r.minute, 2, 0, 59)
	case 'S':
		return r.number(&r.second, 2, 0, 61)
	case 'j':
		return r.number(&r.yearDay, 3, 1, 366)
	case 'u', 'w':
		return r.number(&ignored, 1, 0, 7)
	case 'f':
		return r.fraction()
	case 'b', 'B':
		i, ok := r.word(monthNames(c == 'b')...)
		r.month = i + 1
		return ok
	case 'a', 'A':
		_, ok := r.word(dayNames(c == 'a')...)
		return ok
	case 'p':
		i, ok := r.word("am", "pm")
		r.half = []string{"am", "pm"}[i]
		return ok
	case 'Z':
		_, ok := r.word("UTC", "GMT")
		return ok
	case 'z':
		return r.offset()
	case '%':
		_, ok := r.word("%")
		return ok
	}
	return false
}

func (r *timeReader) fraction() bool {
	k := 0
	for k < len(r.rest) && k < 6 && r.rest[k] >= '0' && r.rest[k] <= '9' {
		k++
	}
	if k == 0 {
		return false
	}
	n, err := strconv.Atoi((r.rest[:k] + "000000")[:6])
	r.nano, r.rest = n*1000, r.rest[k:]
	return err == nil
}

// offset reads Z, +hhmm or +hh:mm.
func (r *timeReader) offset() bool {
	if rest, ok := strings.CutPrefix(r.rest, "Z"); ok {
		r.rest = rest
		return true
	}
	if r.rest == "" || r.rest[0] != '+' && r.rest[0] != '-' {
		return false
	}
	sign := 1
	if r.rest[0] == '-' {
		sign = -1
	}
	r.rest = r.rest[1:]
	h, m := 0, 0
	if !r.number(&h, 2, 0, 23) {
		return false
	}
	r.rest = strings.TrimPrefix(r.rest, ":")
	if !r.number(&m, 2, 0, 59) {
		return false
	}
	r.zone = time.FixedZone("", sign*(h*3600+m*60))
	return true
}
