package jinja

import (
	"fmt"
	"strings"
	"time"
)

// dateTime is Python's datetime.
type dateTime struct{ t time.Time }

// timeDelta is Python's timedelta.
type timeDelta struct{ d time.Duration }

// String is the text that Python prints.
func (d *dateTime) String() string { return d.iso(" ") }

func (d *dateTime) iso(sep string) string {
	s := d.t.Format("2006-01-02" + sep + "15:04:05")
	if us := d.t.Nanosecond() / 1000; us != 0 {
		s += fmt.Sprintf(".%06d", us)
	}
	return s
}

func (d *dateTime) attr(name string) (Value, bool) {
	number := map[string]int{
		"year": d.t.Year(), "month": int(d.t.Month()), "day": d.t.Day(), "hour": d.t.Hour(), "minute": d.t.Minute(), "second": d.t.Second(),
		"microsecond": d.t.Nanosecond() / 1000,
	}
	if n, ok := number[name]; ok {
		return int64(n), true
	}
	fn, ok := map[string]func(args []Value) (Value, error){
		"strftime":  func(args []Value) (Value, error) { return formatTime(Str(first(args)), d.t) },
		"isoformat": func([]Value) (Value, error) { return d.iso("T"), nil },
		"timestamp": func([]Value) (Value, error) { return float64(d.t.UnixMicro()) / 1e6, nil },
		"date":      func([]Value) (Value, error) { return d.t.Format(time.DateOnly), nil },
		"weekday":   func([]Value) (Value, error) { return int64(d.t.Weekday()+6) % 7, nil },
		"isoweekday": func([]Value) (Value, error) {
			return int64(d.t.Weekday()+6)%7 + 1, nil
		},
	}[name]
	if !ok {
		return nil, false
	}
	return &innerFunc{name, func(_ *state, args []Value, _ *Dict) (Value, error) { return fn(args) }}, true
}

func first(args []Value) Value {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (d *dateTime) subtract(v Value) (Value, error) {
	switch x := v.(type) {
	case *dateTime:
		return &timeDelta{d.t.Sub(x.t)}, nil
	case *timeDelta:
		return &dateTime{d.t.Add(-x.d)}, nil
	}
	return nil, unsupported(opSub, d, v)
}

const day = 24 * time.Hour

// split gives days, which may be negative, and the seconds and microseconds of the rest, which are not.
func (d *timeDelta) split() (days, seconds, micros int64) {
	days = int64(d.d / day)
	if d.d%day < 0 {
		days--
	}
	rest := d.d - time.Duration(days)*day
	return days, int64(rest / time.Second), int64(rest % time.Second / time.Microsecond)
}

func (d *timeDelta) attr(name string) (Value, bool) {
	days, seconds, micros := d.split()
	switch name {
	case "days":
		return days, true
	case "seconds":
		return seconds, true
	case "microseconds":
		return micros, true
	case "total_seconds":
		return &innerFunc{name, func(*state, []Value, *Dict) (Value, error) { return d.d.Seconds(), nil }}, true
	}
	return nil, false
}

// String is the text that Python prints.
func (d *timeDelta) String() string {
	days, seconds, micros := d.split()
	s := fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if micros != 0 {
		s += fmt.Sprintf(".%06d", micros)
	}
	switch days {
	case 0:
		return s
	case 1, -1:
		return fmt.Sprintf("%d day, %s", days, s)
	}
	return fmt.Sprintf("%d days, %s", days, s)
}

// compareTimes orders two dates or two spans.
func compareTimes(a, b Value) (int, bool) {
	switch x := a.(type) {
	case *dateTime:
		if y, ok := b.(*dateTime); ok {
			return x.t.Compare(y.t), true
		}
	case *timeDelta:
		if y, ok := b.(*timeDelta); ok {
			return int(min(max(x.d-y.d, -1), 1)), true
		}
	}
	return 0, false
}

func filterStrftime(c *Call) (Value, error) {
	t := c.st.t.env.control.now()
	if v := c.Arg(0, nil); v != nil {
		f, err := pyFloat(v)
		if err != nil || f > 1e11 || f < -1e11 {
			return nil, fmt.Errorf("Invalid value for epoch value (%s)", Str(v))
		}
		t = time.Unix(int64(f), 0).In(t.Location())
	}
	if c.Bool(1, false) {
		t = t.UTC()
	}
	return formatTime(c.input(), t)
}

func filterToDatetime(c *Call) (Value, error) {
	t, err := parseTime(c.input(), c.Text(0, "%Y-%m-%d %H:%M:%S"))
	if err != nil {
		return nil, err
	}
	return &dateTime{t}, nil
}

func globalNow(st *state, args []Value, kwargs *Dict) (Value, error) {
	c := &Call{st: st, name: "now"}
	s := sign("utc=, fmt=")
	if err := c.bind(&s, args, kwargs); err != nil {
		return nil, err
	}
	t := st.t.env.control.now()
	if c.Bool(0, false) {
		t = t.UTC()
	}
	if f := c.Text(1, ""); f != "" {
		return formatTime(f, t)
	}
	return &dateTime{t}, nil
}

// timeFields are the simple directives of strftime, by Go's layout.
var timeFields = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'd': "02", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006",
	'z': "-0700", 'Z': "MST", 'F': "2006-01-02", 'D': "01/02/06", 'x': "01/02/06", 'T': "15:04:05", 'X': "15:04:05", 'R': "15:04", 'r': "03:04:05 PM", 'e': "_2",
	'c': "Mon Jan _2 15:04:05 2006",
}

// maxFormat is how long the format of a date may be.
const maxFormat = 100_000

// formatTime is strftime, with the flags of the C library (%-d, %_H, %^a).
func formatTime(format string, t time.Time) (string, error) {
	if len(format) > maxFormat {
		return "", errTooLong
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		flag := byte(0)
		if strings.IndexByte("-_0^#", format[i]) >= 0 && i+1 < len(format) {
			flag = format[i]
			i++
		}
		text, ok := timeField(format[i], t)
		if !ok {
			b.WriteString(format[i-1 : i+1])
			continue
		}
		b.WriteString(flagged(text, flag))
	}
	return b.String(), nil
}

func flagged(text string, flag byte) string {
	switch flag {
	case '-':
		if short := strings.TrimLeft(text, "0 "); short != "" {
			return short
		}
		return "0"
	case '_':
		short := strings.TrimLeft(text[:len(text)-1], "0") + text[len(text)-1:]
		return strings.Repeat(" ", len(text)-len(short)) + short
	case '^':
		return strings.ToUpper(text)
	}
	return text
}

func timeField(c byte, t time.Time) (string, bool) {
	if layout, ok := timeFields[c]; ok {
		return t.Format(layout), true
	}
	isoYear, isoWeek := t.ISOWeek()
	weekday := int(t.Weekday())
	two := func(n int) (string, bool) { return fmt.Sprintf("%02d", n), true }
	switch c {
	case 'C':
		return two(t.Year() / 100)
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), true
	case 'g':
		return two(isoYear % 100)
	case 'G':
		return fmt.Sprint(isoYear), true
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 'n':
		return "\n", true
	case 's':
		return fmt.Sprint(t.Unix()), true
	case 't':
		return "\t", true
	case 'u':
		return fmt.Sprint((weekday+6)%7 + 1), true
	case 'U':
		return two((t.YearDay() + 6 - weekday) / 7)
	case 'V':
		return two(isoWeek)
	case 'w':
		return fmt.Sprint(weekday), true
	case 'W':
		return two((t.YearDay() + 6 - (weekday+6)%7) / 7)
	case '%':
		return "%", true
	}
	return "", false
}
