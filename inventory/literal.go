package inventory

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func stringNode(text string, pos diag.Pos) *yamlsrc.Node {
	return &yamlsrc.Node{Kind: yamlsrc.String, Pos: pos, Text: text, Value: text}
}

var (
	errNoLiteral = errors.New("no Python literal")
	errPythonSet = errors.New("a Python set is not supported as a value; write a list: [a, b]")
)

// maxLiteralDepth bounds nested literals; a deeper one is taken as text.
const maxLiteralDepth = 100

// literal reads a value as Python's ast.literal_eval does: numbers, quoted strings, True, False, None, lists, tuples (a list here) and dicts. It gives
// nil where the text is no literal, and then the text itself is the value.
func literal(text string, pos diag.Pos) (*yamlsrc.Node, error) {
	if text == "" || strings.IndexByte("'\"([{-+.0123456789TFNrRbBuU", text[0]) < 0 {
		return nil, nil
	}
	p := &literalParser{text: text, pos: pos}
	n, err := p.top()
	switch {
	case errors.Is(err, errPythonSet):
		return nil, err
	case err != nil:
		return nil, nil //nolint:nilerr // what is no literal is text
	}
	n.Plain = n.Kind != yamlsrc.String
	if n.Kind != yamlsrc.String {
		n.Text = text
	}
	return n, nil
}

// literalParser is a recursive descent over Python's literals.
type literalParser struct {
	text  string
	off   int
	depth int
	pos   diag.Pos // of the whole value: its parts are reported there
}

func (p *literalParser) space() {
	for p.off < len(p.text) && strings.IndexByte(" \t\f", p.text[p.off]) >= 0 {
		p.off++
	}
}

func (p *literalParser) peek() byte {
	p.space()
	if p.off < len(p.text) {
		return p.text[p.off]
	}
	return 0
}

func (p *literalParser) accept(c byte) bool {
	if p.peek() == c {
		p.off++
		return true
	}
	return false
}

func (p *literalParser) node(kind yamlsrc.Kind, value any) *yamlsrc.Node {
	return &yamlsrc.Node{Kind: kind, Pos: p.pos, Value: value}
}

// top reads the whole text: a value, or several with commas, which are a tuple. A comment may follow.
func (p *literalParser) top() (*yamlsrc.Node, error) {
	n, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.peek() == ',' {
		list := p.node(yamlsrc.Sequence, nil)
		list.Items = []*yamlsrc.Node{n}
		for p.accept(',') && p.peek() != 0 && p.peek() != '#' {
			if n, err = p.value(); err != nil {
				return nil, err
			}
			list.Items = append(list.Items, n)
		}
		n = list
	}
	if c := p.peek(); c != 0 && c != '#' {
		return nil, errNoLiteral
	}
	return n, nil
}

func (p *literalParser) value() (*yamlsrc.Node, error) {
	if p.depth++; p.depth > maxLiteralDepth {
		return nil, errNoLiteral
	}
	defer func() { p.depth-- }()
	switch c := p.peek(); {
	case c == '[':
		p.off++
		return p.items(']', false)
	case c == '(':
		p.off++
		return p.items(')', true)
	case c == '{':
		p.off++
		return p.dict()
	case c == '-' || c == '+':
		p.off++
		return p.number(c == '-')
	case c == '.' || '0' <= c && c <= '9':
		return p.number(false)
	}
	return p.word()
}

// items reads the rest of a list or tuple; one item in parentheses without a comma is itself.
func (p *literalParser) items(closing byte, tuple bool) (*yamlsrc.Node, error) {
	list := p.node(yamlsrc.Sequence, nil)
	comma := false
	for !p.accept(closing) {
		if len(list.Items) > 0 && !comma {
			return nil, errNoLiteral
		}
		n, err := p.value()
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, n)
		comma = p.accept(',')
	}
	if tuple && len(list.Items) == 1 && !comma {
		return list.Items[0], nil
	}
	return list, nil
}

func (p *literalParser) dict() (*yamlsrc.Node, error) {
	m := p.node(yamlsrc.Mapping, nil)
	for comma := true; !p.accept('}'); comma = p.accept(',') {
		if !comma {
			return nil, errNoLiteral
		}
		key, err := p.value()
		if err != nil {
			return nil, err
		}
		if key.Kind == yamlsrc.Sequence || key.Kind == yamlsrc.Mapping {
			return nil, errNoLiteral
		}
		if !p.accept(':') {
			if c := p.peek(); c == ',' || c == '}' {
				return nil, errPythonSet
			}
			return nil, errNoLiteral
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		setEntry(m, key, value)
	}
	return m, nil
}

func setEntry(m *yamlsrc.Node, key, value *yamlsrc.Node) {
	for i, e := range m.Entries {
		if e.Key.Kind == key.Kind && e.Key.Text == key.Text && e.Key.Value == key.Value {
			m.Entries[i].Value = value
			return
		}
	}
	m.Entries = append(m.Entries, yamlsrc.Entry{Key: key, Value: value})
}

var (
	floatLiteral = regexp.MustCompile(`^(?:[0-9](?:_?[0-9])*)?\.?(?:[0-9](?:_?[0-9])*)?(?:[eE][-+]?[0-9](?:_?[0-9])*)?`)
	intLiteral   = regexp.MustCompile(`^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*)$`)
	wordTail     = regexp.MustCompile(`^[\p{L}\p{N}_]`)
)

func (p *literalParser) number(negative bool) (*yamlsrc.Node, error) {
	p.space()
	rest := p.text[p.off:]
	end := 0
	for end < len(rest) && (rest[end] == '_' || rest[end] == '.' || isAlnum(rest[end]) || (rest[end] == '-' || rest[end] == '+') && end > 0 && (rest[end-1] == 'e' || rest[end-1] == 'E') && !isHex(rest)) {
		end++
	}
	text := rest[:end]
	p.off += end
	if intLiteral.MatchString(text) {
		n, ok := new(big.Int).SetString(strings.ReplaceAll(text, "_", ""), 0)
		if strings.Trim(text, "0_") == "" {
			n, ok = new(big.Int), true
		}
		if !ok || len(text) > 4300 {
			return nil, errNoLiteral
		}
		if negative {
			n.Neg(n)
		}
		if n.IsInt64() {
			return p.scalar(yamlsrc.Int, n.Int64(), n.String()), nil
		}
		return p.scalar(yamlsrc.Int, n, n.String()), nil
	}
	if text == "" || text == "." || !strings.ContainsAny(text, ".eE") || floatLiteral.FindString(text) != text {
		return nil, errNoLiteral
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, errNoLiteral
	}
	if negative {
		f = -f
	}
	return p.scalar(yamlsrc.Float, f, strconv.FormatFloat(f, 'g', -1, 64)), nil
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isHex(s string) bool { return strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") }

func (p *literalParser) scalar(kind yamlsrc.Kind, value any, text string) *yamlsrc.Node {
	n := p.node(kind, value)
	n.Text, n.Plain = text, true
	return n
}

// word reads a constant, or one or more strings, which Python joins.
func (p *literalParser) word() (*yamlsrc.Node, error) {
	rest := p.text[p.off:]
	for _, c := range []struct {
		name  string
		kind  yamlsrc.Kind
		value any
	}{{"True", yamlsrc.Bool, true}, {"False", yamlsrc.Bool, false}, {"None", yamlsrc.Null, nil}} {
		if after, ok := strings.CutPrefix(rest, c.name); ok && !wordTail.MatchString(after) {
			p.off += len(c.name)
			return p.scalar(c.kind, c.value, c.name), nil
		}
	}
	var b strings.Builder
	strs := 0
	for p.string(&b) {
		strs++
	}
	if strs == 0 || p.depth < 0 {
		return nil, errNoLiteral
	}
	n := p.node(yamlsrc.String, b.String())
	n.Text = b.String()
	return n, nil
}

var stringStart = regexp.MustCompile(`^(?i:[rbu]|br|rb)?('''|"""|'|")`)

// string reads one quoted string; false means that there is none, or that it is broken (depth is then below zero).
func (p *literalParser) string(b *strings.Builder) bool {
	p.space()
	m := stringStart.FindStringSubmatch(p.text[p.off:])
	if m == nil {
		return false
	}
	raw := strings.ContainsAny(m[0], "rR")
	p.off += len(m[0])
	for p.off < len(p.text) {
		rest := p.text[p.off:]
		switch {
		case strings.HasPrefix(rest, m[1]):
			p.off += len(m[1])
			return true
		case rest[0] == '\\' && len(rest) > 1:
			if raw {
				_, size := utf8.DecodeRuneInString(rest[1:])
				b.WriteString(rest[:1+size])
				p.off += 1 + size
				continue
			}
			size, ok := pythonEscape(rest, b)
			if !ok {
				p.depth = -maxLiteralDepth
				return false
			}
			p.off += size
		default:
			b.WriteByte(rest[0])
			p.off++
		}
	}
	p.depth = -maxLiteralDepth
	return false
}

var simpleEscapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// pythonEscape writes what the escape at the start of s stands for and gives its length. An unknown escape stands for itself.
func pythonEscape(s string, b *strings.Builder) (size int, ok bool) {
	c := s[1]
	if e, known := simpleEscapes[c]; known {
		b.WriteString(e)
		return 2, true
	}
	if '0' <= c && c <= '7' {
		end := 2
		for end < 4 && end < len(s) && '0' <= s[end] && s[end] <= '7' {
			end++
		}
		n, _ := strconv.ParseUint(s[1:end], 8, 16)
		b.WriteRune(rune(n))
		return end, true
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 {
		if c == 'N' {
			return 0, false
		}
		b.WriteByte('\\')
		return 1, true
	}
	if len(s) < 2+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	b.WriteRune(rune(n))
	return 2 + digits, true
}
