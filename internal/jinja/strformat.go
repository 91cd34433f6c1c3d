package jinja

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// formatMethod is str.format.
func formatMethod(st *state, self Value, c *Call) (Value, error) {
	f := &braceFormat{st: st, args: append(append([]Value{}, c.args...), c.rest...), named: c.more}
	text, err := f.format(self.(string), 0)
	if err != nil {
		return nil, err
	}
	return text, nil
}

// formatMapMethod is str.format_map.
func formatMapMethod(st *state, self Value, c *Call) (Value, error) {
	d, ok := c.args[0].(*Dict)
	if !ok {
		return nil, fmt.Errorf("format_map() wants a dict, not '%s'", TypeName(c.args[0]))
	}
	f := &braceFormat{st: st, named: d}
	text, err := f.format(self.(string), 0)
	return text, err
}

type braceFormat struct {
	st    *state
	args  []Value
	named *Dict
	auto  int
}

func (f *braceFormat) format(s string, depth int) (string, error) {
	if depth > 2 {
		return "", errors.New("max string recursion exceeded")
	}
	var b strings.Builder
	for {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			return b.String() + s, nil
		}
		b.WriteString(s[:i])
		if strings.HasPrefix(s[i+1:], s[i:i+1]) {
			b.WriteByte(s[i])
			s = s[i+2:]
			continue
		}
		if s[i] == '}' {
			return "", errors.New("single '}' encountered in format string")
		}
		end := closing(s[i:])
		if end < 0 {
			return "", errors.New("expected '}' before end of string")
		}
		text, err := f.field(s[i+1:i+end], depth)
		if err != nil {
			return "", err
		}
		if b.WriteString(text); b.Len() > maxText {
			return "", errTooLong
		}
		s = s[i+end+1:]
	}
}

// closing gives the index of the brace that closes the one at the beginning.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (f *braceFormat) field(field string, depth int) (string, error) {
	name, spec, _ := strings.Cut(field, ":")
	name, conversion, converted := strings.Cut(name, "!")
	v, err := f.value(name)
	if err != nil {
		return "", err
	}
	if converted {
		switch conversion {
		case "s":
			v = Str(v)
		case "r", "a":
			v = Repr(v)
		default:
			return "", fmt.Errorf("unknown conversion specifier %q", conversion)
		}
	}
	if spec, err = f.format(spec, depth+1); err != nil {
		return "", err
	}
	return formatValue(v, spec)
}

// value gives what a field names: an argument, then attributes and items of it.
func (f *braceFormat) value(name string) (Value, error) {
	end := strings.IndexAny(name, ".[")
	if end < 0 {
		end = len(name)
	}
	v, err := f.argument(name[:end])
	for rest := name[end:]; err == nil && rest != ""; {
		if rest[0] == '.' {
			part := rest[1:]
			if i := strings.IndexAny(part, ".["); i >= 0 {
				part = part[:i]
			}
			rest = rest[1+len(part):]
			v, err = f.st.attr(v, part, 0)
			continue
		}
		part, after, ok := strings.Cut(rest[1:], "]")
		if !ok {
			return nil, errors.New("missing ']' in format string")
		}
		rest = after
		var key Value = part
		if n, err := strconv.ParseInt(part, 10, 64); err == nil {
			key = n
		}
		v, err = f.st.item(v, key, 0)
	}
	if u, ok := v.(*Undefined); ok && err == nil {
		return nil, u.err()
	}
	return v, err
}

func (f *braceFormat) argument(name string) (Value, error) {
	i, err := strconv.Atoi(name)
	if name == "" {
		i, err = f.auto, nil
		f.auto++
	}
	if err == nil {
		if i < 0 || i >= len(f.args) {
			return nil, fmt.Errorf("replacement index %d out of range for positional args", i)
		}
		return f.args[i], nil
	}
	if f.named != nil {
		if v, ok := f.named.Get(name); ok {
			return v, nil
		}
	}
	return nil, fmt.Errorf("there is no argument %s", Repr(name))
}

// formatValue is Python's format(v, spec).
func formatValue(v Value, text string) (string, error) {
	if text == "" {
		return Str(v), nil
	}
	if _, isText := v.(string); !isText && !isNumber(v) {
		return "", fmt.Errorf("the format %s means nothing for a value of type '%s'", Repr(text), TypeName(v))
	}
	s, err := parseSpec(text)
	if err != nil {
		return "", err
	}
	if _, isFloat := v.(float64); s.hasPrecision && s.verb == 0 && isNumber(v) && !isFloat {
		return "", errors.New("precision not allowed in integer format specifier")
	}
	if _, isBool := v.(bool); isBool && s.verb == 0 {
		return s.padText(Str(v)), nil
	}
	if isNumber(v) {
		return s.numberText(v)
	}
	if s.verb != 0 && s.verb != 's' {
		return "", fmt.Errorf("unknown format code '%c' for object of type '%s'", s.verb, TypeName(v))
	}
	return s.padText(Str(v)), nil
}

// parseSpec reads [[fill]align][sign][#][0][width][,][.precision][type].
func parseSpec(text string) (*formatSpec, error) {
	s := &formatSpec{}
	rs := []rune(text)
	if len(rs) > 1 && strings.ContainsRune("<>=^", rs[1]) {
		s.fill, s.align, text = string(rs[0]), byte(rs[1]), string(rs[2:])
	} else if strings.ContainsRune("<>=^", rs[0]) {
		s.align, text = text[0], text[1:]
	}
	for text != "" && strings.IndexByte("+- #0", text[0]) >= 0 {
		switch c := text[0]; c {
		case '#':
			s.alt = true
		case '0':
			s.zero = true
		default:
			s.sign = c
		}
		text = text[1:]
	}
	var err error
	if s.width, text, err = leadingInt(text); err != nil {
		return nil, err
	}
	if text != "" && (text[0] == ',' || text[0] == '_') {
		s.comma, text = text[0], text[1:]
	}
	if strings.HasPrefix(text, ".") {
		s.hasPrecision = true
		if s.precision, text, err = leadingInt(text[1:]); err != nil {
			return nil, err
		}
	}
	if text != "" {
		s.verb, text = text[0], text[1:]
	}
	if text != "" || s.verb != 0 && strings.IndexByte("sdbcoxXneEfFgG%", s.verb) < 0 {
		return nil, errors.New("invalid format specifier")
	}
	return s, nil
}

// floatToInt cuts a float to an integer, as int() does.
func floatToInt(f float64) (Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("cannot convert float %s to integer", FormatFloat(f))
	}
	if math.Abs(f) < 1<<62 {
		return int64(f), nil
	}
	b, _ := big.NewFloat(f).Int(nil)
	return normalBig(b), nil
}
