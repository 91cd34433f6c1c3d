package jinja

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// percent is Python's text % values.
func (st *state) percent(format string, v Value) (Value, error) {
	v, err := st.force(v)
	if err != nil {
		return nil, err
	}
	if HasUnknown(v) {
		return Unknown{}, nil
	}
	p := &percentFormat{rest: format, args: []Value{v}}
	if t, ok := v.(Tuple); ok {
		p.args = t
	}
	p.dict, _ = v.(*Dict)
	_, p.list = v.(*List)
	for p.rest != "" {
		i := strings.IndexByte(p.rest, '%')
		if i < 0 {
			break
		}
		p.b.WriteString(p.rest[:i])
		p.rest = p.rest[i+1:]
		if err := p.directive(); err != nil {
			return nil, err
		}
		if p.b.Len() > maxText {
			return nil, errTooLong
		}
	}
	if p.used < len(p.args) && p.dict == nil && !p.list {
		return nil, errors.New("not all arguments converted during string formatting")
	}
	return p.b.String() + p.rest, nil
}

type percentFormat struct {
	list bool // the values are a list, all of which need not be used
	b    strings.Builder
	rest string
	args []Value
	used int
	dict *Dict
}

func (p *percentFormat) directive() error {
	var v Value
	named := false
	if strings.HasPrefix(p.rest, "(") {
		name, rest, ok := strings.Cut(p.rest[1:], ")")
		if !ok {
			return errors.New("incomplete format key")
		}
		if p.dict == nil {
			return errors.New("format requires a mapping")
		}
		if v, ok = p.dict.Get(name); !ok {
			return fmt.Errorf("there is no key %s", Repr(name))
		}
		p.rest, named = rest, true
	}
	var s formatSpec
	flags := len(p.rest) - len(strings.TrimLeft(p.rest, "#0- +"))
	s.flags(p.rest[:flags])
	p.rest = p.rest[flags:]
	if err := p.widths(&s); err != nil {
		return err
	}
	p.rest = strings.TrimLeft(p.rest, "hlL")
	if p.rest == "" {
		return errors.New("incomplete format")
	}
	s.verb = p.rest[0]
	p.rest = p.rest[1:]
	if s.verb == '%' {
		p.b.WriteByte('%')
		return nil
	}
	if !named {
		var err error
		if v, err = p.argument(); err != nil {
			return err
		}
	}
	text, err := s.percentText(v)
	p.b.WriteString(text)
	return err
}

func (p *percentFormat) argument() (Value, error) {
	if p.used >= len(p.args) {
		return nil, errors.New("not enough arguments for format string")
	}
	p.used++
	return p.args[p.used-1], nil
}

func (p *percentFormat) widths(s *formatSpec) (err error) {
	if s.width, err = p.number(); err != nil {
		return err
	}
	if s.width < 0 {
		s.align, s.width = '<', -s.width
	}
	if strings.HasPrefix(p.rest, ".") {
		p.rest = p.rest[1:]
		s.hasPrecision = true
		s.precision, err = p.number()
	}
	return err
}

func (p *percentFormat) number() (int, error) {
	if strings.HasPrefix(p.rest, "*") {
		p.rest = p.rest[1:]
		v, err := p.argument()
		n, ok := smallInt(v)
		if err != nil || !ok || n > maxWidth || n < -maxWidth {
			return 0, errors.Join(err, errors.New("* wants int"))
		}
		return int(n), nil
	}
	n, rest, err := leadingInt(p.rest)
	p.rest = rest
	return n, err
}

// maxWidth is the widest field that a format may ask for.
const maxWidth = 1_000_000

func leadingInt(s string) (n int, rest string, err error) {
	end := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if end == 0 {
		return 0, s, nil
	}
	if n, err = strconv.Atoi(s[:end]); err != nil || n > maxWidth {
		return 0, s, errors.New("the width of the format is too large")
	}
	return n, s[end:], nil
}

// formatSpec is how one value is to be written, by % or by format().
type formatSpec struct {
	fill         string
	align        byte // < > = ^, or 0 for the type's own
	sign         byte // + - or a blank
	alt, zero    bool
	comma        byte // , or _ between thousands
	width        int
	hasPrecision bool
	precision    int
	verb         byte // 0 where none is given
}

func (s *formatSpec) flags(text string) {
	for _, c := range []byte(text) {
		switch c {
		case '#':
			s.alt = true
		case '0':
			s.zero = true
		case '-':
			s.align = '<'
		case '+':
			s.sign = '+'
		case ' ':
			if s.sign == 0 {
				s.sign = ' '
			}
		}
	}
}

func (s *formatSpec) percentText(v Value) (string, error) {
	switch s.verb {
	case 's', 'r', 'a':
		text := Str(v)
		if s.verb != 's' {
			text = Repr(v)
		}
		s.zero = false
		if s.align == 0 {
			s.align = '>'
		}
		return s.padText(text), nil
	case 'd', 'i', 'u':
		if f, ok := v.(float64); ok {
			n, err := floatToInt(f)
			if err != nil {
				return "", err
			}
			v = n
		}
		s.verb = 'd'
	case 'x', 'X', 'o', 'e', 'E', 'f', 'F', 'g', 'G', 'c':
	default:
		return "", fmt.Errorf("unsupported format character '%c'", s.verb)
	}
	if text, isText := v.(string); s.verb == 'c' && runeLen(text) == 1 && isText {
		return s.padText(text), nil
	}
	if !isNumber(v) {
		return "", fmt.Errorf("%%%c format: a real number is required, not %s", s.verb, TypeName(v))
	}
	return s.numberText(v)
}

// padText fills a text up to the width.
func (s *formatSpec) padText(text string) string {
	if s.hasPrecision {
		if rs := []rune(text); len(rs) > s.precision {
			text = string(rs[:s.precision])
		}
	}
	align := s.align
	if align == 0 || align == '=' {
		align = '<'
	}
	return fillTo(text, s.width, align, s.fillText(" "))
}

func (s *formatSpec) fillText(def string) string {
	if s.fill != "" {
		return s.fill
	}
	return def
}

func fillTo(text string, width int, align byte, fill string) string {
	if align == '^' {
		missing := max(width-runeLen(text), 0)
		return strings.Repeat(fill, missing/2) + text + strings.Repeat(fill, missing-missing/2)
	}
	return pad(text, width, align, fill)
}

// numberText writes a number with sign, thousands and filling.
func (s *formatSpec) numberText(v Value) (string, error) {
	digits, prefix, err := s.digits(v)
	if err != nil {
		return "", err
	}
	sign := ""
	switch {
	case strings.HasPrefix(digits, "-"):
		sign, digits = "-", digits[1:]
	case s.sign == '+' || s.sign == ' ':
		sign = string(s.sign)
	}
	if s.comma != 0 {
		digits = thousands(digits, s.comma)
	}
	align, fill := s.align, s.fillText(" ")
	if s.zero && align == 0 {
		align, fill = '=', "0"
	}
	switch align {
	case '=':
		return sign + prefix + fillTo(digits, s.width-len(sign)-len(prefix), '>', fill), nil
	case 0:
		align = '>'
	}
	return fillTo(sign+prefix+digits, s.width, align, fill), nil
}

func (s *formatSpec) digits(v Value) (digits, prefix string, err error) {
	base := 10
	switch s.verb {
	case 'x', 'X':
		base, prefix = 16, "0"+string(s.verb)
	case 'o':
		base, prefix = 8, "0o"
	case 'b':
		base, prefix = 2, "0b"
	case 'c':
		n, ok := smallInt(v)
		if !ok || n < 0 || n > unicode.MaxRune {
			return "", "", errors.New("%c arg not in range(0x110000)")
		}
		return string(rune(n)), "", nil
	case 's':
		return "", "", fmt.Errorf("unknown format code 's' for object of type '%s'", TypeName(v))
	}
	if !s.alt {
		prefix = ""
	}
	b, isInt := bigInt(v)
	switch s.verb {
	case 'd', 'x', 'X', 'o', 'b':
		if !isInt {
			return "", "", fmt.Errorf("unknown format code '%c' for object of type '%s'", s.verb, TypeName(v))
		}
		return s.intDigits(b, base), prefix, nil
	case 0, 'n':
		if isInt {
			return b.String(), "", nil
		}
	}
	f, _ := toFloat(v)
	return s.floatDigits(f), "", nil
}

func (s *formatSpec) intDigits(b *big.Int, base int) string {
	text := b.Text(base)
	if s.verb == 'X' {
		text = strings.ToUpper(text)
	}
	return text
}

func (s *formatSpec) floatDigits(f float64) string {
	precision := 6
	if s.hasPrecision {
		precision = min(s.precision, 1000)
	}
	switch s.verb {
	case 0, 'n':
		if !s.hasPrecision {
			return FormatFloat(f)
		}
		return generalFloat(f, max(precision, 1), s.alt)
	case '%':
		return strconv.FormatFloat(f*100, 'f', precision, 64) + "%"
	case 'g', 'G':
		text := generalFloat(f, max(precision, 1), s.alt)
		if s.verb == 'G' {
			text = strings.ToUpper(text)
		}
		return text
	case 'F':
		return strconv.FormatFloat(f, 'f', precision, 64)
	}
	return strconv.FormatFloat(f, s.verb, precision, 64)
}

// generalFloat is the verb g: precision significant digits, without zeros at the end.
func generalFloat(f float64, precision int, alt bool) string {
	text := strconv.FormatFloat(f, 'e', precision-1, 64)
	i := strings.IndexByte(text, 'e')
	if i < 0 {
		return text
	}
	exp, _ := strconv.Atoi(text[i+1:])
	if exp < -4 || exp >= precision {
		mantissa := text[:i]
		if !alt && strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		return mantissa + text[i:]
	}
	text = strconv.FormatFloat(f, 'f', precision-1-exp, 64)
	if !alt && strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// thousands puts a separator between groups of three digits before the point.
func thousands(digits string, sep byte) string {
	end := strings.IndexAny(digits, ".e%")
	if end < 0 {
		end = len(digits)
	}
	var b strings.Builder
	for i, c := range []byte(digits[:end]) {
		if i > 0 && (end-i)%3 == 0 {
			b.WriteByte(sep)
		}
		b.WriteByte(c)
	}
	return b.String() + digits[end:]
}
