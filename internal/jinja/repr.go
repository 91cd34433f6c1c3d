package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// maxText is the size in bytes at which a text made by a template is refused.
const maxText = 64 << 20

// maxNesting is how deep a value may be nested.
const maxNesting = 1000

// Str gives the text of a value as Python's str does; the text of an undefined value is empty.
func Str(v Value) string {
	switch x := v.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case *Undefined:
		return ""
	}
	return Repr(v)
}

// Repr gives Python's repr of a value.
func Repr(v Value) string {
	var r reprWriter
	r.write(v, 0)
	return r.b.String()
}

// reprWriter writes the repr of nested values. It stops when the text is too long; whoever makes a text checks its length.
type reprWriter struct{ b strings.Builder }

func (r *reprWriter) write(v Value, depth int) {
	if depth > maxNesting || r.b.Len() > maxText {
		r.b.WriteString("...")
		return
	}
	switch x := v.(type) {
	case nil:
		r.b.WriteString("None")
	case bool:
		r.b.WriteString(boolText(x))
	case int64:
		r.b.WriteString(strconv.FormatInt(x, 10))
	case *big.Int:
		r.b.WriteString(x.String())
	case float64:
		r.b.WriteString(FormatFloat(x))
	case string:
		r.b.WriteString(reprString(x))
	case *List:
		r.seq("[", x.items, "]", depth)
	case Tuple:
		end := ")"
		if len(x) == 1 {
			end = ",)"
		}
		r.seq("(", x, end, depth)
	case *Dict:
		r.dict(x, depth)
	default:
		r.b.WriteString(reprOther(v))
	}
}

func boolText(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func (r *reprWriter) seq(open string, vs []Value, end string, depth int) {
	r.b.WriteString(open)
	for i, e := range vs {
		if i > 0 {
			r.b.WriteString(", ")
		}
		r.write(e, depth+1)
	}
	r.b.WriteString(end)
}

func (r *reprWriter) dict(d *Dict, depth int) {
	r.b.WriteByte('{')
	for i, e := range d.entries {
		if i > 0 {
			r.b.WriteString(", ")
		}
		r.write(e.key, depth+1)
		r.b.WriteString(": ")
		r.write(e.value, depth+1)
	}
	r.b.WriteByte('}')
}

func reprOther(v Value) string {
	switch x := v.(type) {
	case *Undefined:
		return "Undefined"
	case Unknown:
		return "<unknown>"
	case Omit:
		return "<Omit>"
	case int:
		return strconv.Itoa(x)
	case *Template:
		return reprString(x.src)
	case fmt.Stringer:
		return x.String()
	}
	return "<" + TypeName(v) + " object>"
}

// FormatFloat gives a float as Python prints it: 1.0, 1e+16, 1e-05, inf, nan.
func FormatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	case f == 0 || math.Abs(f) >= 1e-4 && math.Abs(f) < 1e16:
		s := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	return strconv.FormatFloat(f, 'e', -1, 64)
}

// reprString quotes as Python does: single quotes unless the text holds one and no double quote.
func reprString(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(quote)
	for _, c := range s {
		writeReprRune(&b, c, quote)
	}
	b.WriteByte(quote)
	return b.String()
}

func writeReprRune(b *strings.Builder, c rune, quote byte) {
	switch {
	case c == rune(quote) || c == '\\':
		b.WriteByte('\\')
		b.WriteRune(c)
	case c == '\n':
		b.WriteString(`\n`)
	case c == '\r':
		b.WriteString(`\r`)
	case c == '\t':
		b.WriteString(`\t`)
	case c < ' ' || c >= 0x7f && c < 0x100 && !unicode.IsPrint(c):
		fmt.Fprintf(b, `\x%02x`, c)
	case unicode.IsPrint(c):
		b.WriteRune(c)
	case c < 0x10000:
		fmt.Fprintf(b, `\u%04x`, c)
	default:
		fmt.Fprintf(b, `\U%08x`, c)
	}
}
