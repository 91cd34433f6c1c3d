package argspec

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/jinja"
)

// parseLiteral reads a value as Python writes it: {'a': [1, None], "b": True}. Nothing in it is evaluated.
func parseLiteral(text string) (jinja.Value, bool) {
	p := literal{rest: text}
	v, ok := p.value(0)
	p.skip()
	return v, ok && p.rest == ""
}

// maxDepth is how deep a literal may be nested.
const maxDepth = 200

// literal is what is left to read.
type literal struct{ rest string }

func (p *literal) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take reads a text if it comes next.
func (p *literal) take(text string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, text)
	p.rest = rest
	return ok
}

var literalWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*`)

func (p *literal) value(depth int) (jinja.Value, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch {
	case p.take("{"):
		return p.dict(depth)
	case p.take("["):
		items, _, ok := p.items("]", depth)
		return jinja.NewList(items...), ok
	case p.take("("):
		items, comma, ok := p.items(")", depth)
		if ok && len(items) == 1 && !comma {
			return items[0], true
		}
		return jinja.Tuple(items), ok
	case strings.HasPrefix(p.rest, "'") || strings.HasPrefix(p.rest, `"`):
		return p.text()
	}
	if word := literalWord.FindString(p.rest); word != "" {
		p.rest = p.rest[len(word):]
		v, ok := map[string]jinja.Value{"True": true, "False": false, "None": nil}[word]
		return v, ok
	}
	return p.number()
}

func (p *literal) dict(depth int) (jinja.Value, bool) {
	d := jinja.NewDict()
	for !p.take("}") {
		key, ok := p.value(depth + 1)
		if !ok || !p.take(":") {
			return nil, false
		}
		switch key.(type) {
		case *jinja.List, *jinja.Dict:
			return nil, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		d.Set(key, v)
		if !p.take(",") {
			return d, p.take("}")
		}
	}
	return d, true
}

// items reads up to the closing bracket; comma says whether there was one at the end.
func (p *literal) items(end string, depth int) (items []jinja.Value, comma, ok bool) {
	for !p.take(end) {
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false, false
		}
		items = append(items, v)
		if !p.take(",") {
			return items, false, p.take(end)
		}
	}
	return items, len(items) > 0, true
}

var literalNumber = regexp.MustCompile(`^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?`)

func (p *literal) number() (jinja.Value, bool) {
	text := literalNumber.FindString(p.rest)
	p.rest = p.rest[len(text):]
	digits := strings.TrimLeft(text, "+-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return nil, false
	}
	if !strings.ContainsAny(text, ".eE") {
		i, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil, false
		}
		return small(i), true
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// text reads a quoted text.
func (p *literal) text() (jinja.Value, bool) {
	quote := rune(p.rest[0])
	p.rest = p.rest[1:]
	var b strings.Builder
	for p.rest != "" {
		c, size := utf8.DecodeRuneInString(p.rest)
		p.rest = p.rest[size:]
		switch c {
		case quote:
			return b.String(), true
		case '\n':
			return nil, false
		case '\\':
			if !p.escape(&b) {
				return nil, false
			}
		default:
			b.WriteString(string(c))
		}
	}
	return nil, false
}

var escapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\\': `\`, '\'': "'", '"': `"`, '\n': "", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v"}

// hexDigits are the lengths of the escapes that name a character.
var hexDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// escape reads what follows a backslash; one that means nothing stays.
func (p *literal) escape(b *strings.Builder) bool {
	if p.rest == "" {
		return false
	}
	c := p.rest[0]
	if text, ok := escapes[c]; ok {
		p.rest = p.rest[1:]
		b.WriteString(text)
		return true
	}
	n := hexDigits[c]
	if n == 0 {
		b.WriteByte('\\')
		return true
	}
	if len(p.rest) < n+1 {
		return false
	}
	code, err := strconv.ParseUint(p.rest[1:n+1], 16, 32)
	p.rest = p.rest[n+1:]
	b.WriteRune(rune(code))
	return err == nil
}
