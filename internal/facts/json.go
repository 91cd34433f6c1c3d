package facts

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/pfrun/pfrun/modules/change"
)

// This is read here and not by encoding/json, which would be a twentieth of the helper and be used for these files alone.

// parseJSON reads one JSON value: nil, a bool, an int64, a float64, a string, a []any or a Tree; a whole number that is too large is a change.Integer.
func parseJSON(text string) (any, bool) {
	p := &jsonReader{text: text}
	v, ok := p.value(0)
	p.blanks()
	return v, ok && p.at == len(text)
}

// jsonReader reads a text from a position on.
type jsonReader struct {
	text string
	at   int
}

// maxJSON bounds how deep lists and dicts may lie in one another, as encoding/json does.
const maxJSON = 10000

func (p *jsonReader) rest() string { return p.text[p.at:] }

func (p *jsonReader) blanks() {
	p.at = len(p.text) - len(strings.TrimLeft(p.rest(), " \t\r\n"))
}

// take goes past a word where it stands next.
func (p *jsonReader) take(word string) bool {
	found := strings.HasPrefix(p.rest(), word)
	if found {
		p.at += len(word)
	}
	return found
}

func (p *jsonReader) value(depth int) (any, bool) {
	p.blanks()
	switch {
	case depth > maxJSON:
		return nil, false
	case p.take("null"):
		return nil, true
	case p.take("true"):
		return true, true
	case p.take("false"):
		return false, true
	case p.take(`"`):
		return p.string()
	case p.take("["):
		return p.list(depth)
	case p.take("{"):
		return p.dict(depth)
	}
	return p.number()
}

func (p *jsonReader) list(depth int) (any, bool) {
	list := []any{}
	ok := p.items("]", func() bool {
		v, ok := p.value(depth + 1)
		list = append(list, v)
		return ok
	})
	return list, ok
}

func (p *jsonReader) dict(depth int) (any, bool) {
	dict := Tree{}
	ok := p.items("}", func() bool {
		p.blanks()
		if !p.take(`"`) {
			return false
		}
		key, ok := p.string()
		p.blanks()
		if !ok || !p.take(":") {
			return false
		}
		dict[key], ok = p.value(depth + 1)
		return ok
	})
	return dict, ok
}

// items reads what stands between commas up to an end.
func (p *jsonReader) items(end string, item func() bool) bool {
	if p.blanks(); p.take(end) {
		return true
	}
	for item() {
		p.blanks()
		if p.take(end) {
			return true
		}
		if !p.take(",") {
			return false
		}
	}
	return false
}

const jsonEscapes = "\"\\/bfnrt"

// string reads a text behind its opening quote.
func (p *jsonReader) string() (string, bool) {
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == '"':
			return b.String(), true
		case c < ' ':
			return "", false
		case c != '\\':
			b.WriteByte(c)
		case p.take("u"):
			r, ok := p.unicode()
			if !ok {
				return "", false
			}
			b.WriteRune(r)
		default:
			if p.at == len(p.text) || !strings.Contains(jsonEscapes, p.text[p.at:p.at+1]) {
				return "", false
			}
			b.WriteByte("\"\\/\b\f\n\r\t"[strings.IndexByte(jsonEscapes, p.text[p.at])])
			p.at++
		}
	}
	return "", false
}

// unicode reads the digits of \u, and those of a second where the two are one character. A half that stands alone is U+FFFD.
func (p *jsonReader) unicode() (rune, bool) {
	first, ok := p.hex()
	if !ok || !utf16.IsSurrogate(first) {
		return first, ok
	}
	before := p.at
	if p.take(`\u`) {
		second, ok := p.hex()
		if !ok {
			return 0, false
		}
		if r := utf16.DecodeRune(first, second); r != '\uFFFD' {
			return r, true
		}
		p.at = before
	}
	return '\uFFFD', true
}

func (p *jsonReader) hex() (rune, bool) {
	if len(p.rest()) < 4 {
		return 0, false
	}
	digits := p.rest()[:4]
	p.at += 4
	n, err := strconv.ParseUint(digits, 16, 16)
	return rune(n), err == nil
}

// digits goes past digits and gives how many there were.
func (p *jsonReader) digits() int {
	rest := strings.TrimLeft(p.rest(), "0123456789")
	n := len(p.rest()) - len(rest)
	p.at += n
	return n
}

func (p *jsonReader) number() (any, bool) {
	start := p.at
	p.take("-")
	zero := strings.HasPrefix(p.rest(), "0")
	if n := p.digits(); n == 0 || zero && n > 1 {
		return nil, false
	}
	whole := true
	if p.take(".") {
		whole = false
		if p.digits() == 0 {
			return nil, false
		}
	}
	if p.take("e") || p.take("E") {
		whole = false
		if !p.take("+") {
			p.take("-")
		}
		if p.digits() == 0 {
			return nil, false
		}
	}
	text := p.text[start:p.at]
	if !whole {
		f, _ := strconv.ParseFloat(text, 64) // one that is too large is infinite, as in Python
		return f, true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	return change.Integer(text), true
}
