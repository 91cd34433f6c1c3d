package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
)

// whitespace says what tags do to the text around them.
type whitespace struct {
	trim   bool // the newline after a block tag is dropped
	lstrip bool // blanks between the beginning of a line and a block tag are dropped
}

// lexer splits a source into tokens in one pass. It remembers open brackets, so that }} inside {…} does not end a tag.
type lexer struct {
	t        *Template
	src      string
	pos      int
	ws       whitespace
	rawText  bool // in {{ }} a backslash of a string literal is a backslash
	tokens   []token
	brackets []byte
	strip    bool // the text that follows loses its leading white space
	newline  bool // the text that follows loses one leading newline
}

// lexTemplate gives the tokens of a text with tags.
func lexTemplate(t *Template, src string, ws whitespace) ([]token, error) {
	l := &lexer{t: t, src: src, ws: ws, rawText: t.kind == kindArg}
	for l.pos < len(l.src) {
		if err := l.text(); err != nil {
			return nil, err
		}
	}
	return append(l.tokens, token{kind: tokEOF, at: len(src)}), nil
}

// lexExpr gives the tokens of a bare expression.
func lexExpr(t *Template, src string) ([]token, error) {
	l := &lexer{t: t, src: src}
	for {
		l.blanks()
		if l.pos >= len(src) {
			break
		}
		if err := l.token(); err != nil {
			return nil, err
		}
	}
	if n := len(l.brackets); n > 0 {
		return nil, l.errorf(len(src), "unexpected end of expression, expected '%c'", l.brackets[n-1])
	}
	return append(l.tokens, token{kind: tokEOF, at: len(src)}), nil
}

func (l *lexer) errorf(at int, format string, args ...any) *diag.Diagnostic {
	return l.t.errorf(at, format, args...)
}

func (l *lexer) add(k tokenKind, text string, at int) {
	l.tokens = append(l.tokens, token{kind: k, text: text, at: at})
}

// nextTag gives the offset of the next {{, {% or {#, or the end.
func (l *lexer) nextTag() int {
	for i := l.pos; ; {
		n := strings.IndexByte(l.src[i:], '{')
		if n < 0 || i+n+1 >= len(l.src) {
			return len(l.src)
		}
		i += n
		if c := l.src[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
		i++
	}
}

// text reads the text up to the next tag, and the tag.
func (l *lexer) text() error {
	start, end := l.pos, l.nextTag()
	text := l.src[start:end]
	if l.strip {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	} else if l.newline {
		if rest, ok := strings.CutPrefix(text, "\n"); ok {
			text, start = rest, start+1
		}
	}
	l.strip, l.newline = false, false
	if end < len(l.src) {
		text = l.trimBefore(text, start, end)
	}
	if text != "" {
		l.add(tokText, text, start)
	}
	l.pos = end
	if end == len(l.src) {
		return nil
	}
	return l.tag()
}

// trimBefore drops the white space that the tag at end asks to drop.
func (l *lexer) trimBefore(text string, start, end int) string {
	mark := byte(0)
	if end+2 < len(l.src) {
		mark = l.src[end+2]
	}
	if mark == '-' {
		return strings.TrimRightFunc(text, unicode.IsSpace)
	}
	if !l.ws.lstrip || mark == '+' || l.src[end+1] == '{' {
		return text
	}
	line := strings.LastIndexByte(text, '\n') + 1
	if line == 0 && start > 0 && l.src[start-1] != '\n' {
		return text
	}
	if strings.Trim(text[line:], " \t\v\f") != "" {
		return text
	}
	return text[:line]
}

// tag reads what stands at {{, {% or {#.
func (l *lexer) tag() error {
	at, what := l.pos, l.src[l.pos+1]
	l.pos += 2
	if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+' && what != '{') {
		l.pos++
	}
	switch what {
	case '#':
		return l.comment(at)
	case '{':
		l.add(tokVarBegin, "", at)
		return l.inside(at, "}}", tokVarEnd)
	}
	if done, err := l.raw(at); done || err != nil {
		return err
	}
	l.add(tokBlockBegin, "", at)
	return l.inside(at, "%}", tokBlockEnd)
}

func (l *lexer) comment(at int) error {
	n := strings.Index(l.src[l.pos:], "#}")
	if n < 0 {
		return l.errorf(at, "the comment that begins here has no end").WithHint("close it with #}")
	}
	l.ended(l.pos+n+2, l.pos+n, true)
	return nil
}

// ended goes on after the end delimiter; mark is the offset where it begins, before which a - or + may stand.
func (l *lexer) ended(pos, mark int, block bool) {
	l.pos = pos
	switch c := l.src[mark-1]; {
	case c == '-':
		l.strip = true
	case block && l.ws.trim && c != '+':
		l.newline = true
	}
}

// raw reads {% raw %} … {% endraw %} as text; done is false where the block is another.
func (l *lexer) raw(at int) (done bool, err error) {
	rest := strings.TrimLeftFunc(l.src[l.pos:], unicode.IsSpace)
	if !strings.HasPrefix(rest, "raw") {
		return false, nil
	}
	rest = strings.TrimLeftFunc(rest[len("raw"):], unicode.IsSpace)
	strip := strings.HasPrefix(rest, "-%}")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "-"), "+")
	if !strings.HasPrefix(rest, "%}") {
		return false, nil
	}
	body := len(l.src) - len(rest) + 2
	for i := body; ; {
		n := strings.Index(l.src[i:], "{%")
		if n < 0 {
			return true, l.errorf(at, "{%% raw %%} without {%% endraw %%}")
		}
		i += n
		if end, ok := endraw(l.src[i:]); ok {
			l.rawBody(body, i, strip)
			l.ended(i+end, i+end-2, true)
			return true, nil
		}
		i += 2
	}
}

func (l *lexer) rawBody(from, to int, strip bool) {
	text := l.src[from:to]
	if strip {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	text = l.trimBefore(text, from, to)
	if text != "" {
		l.add(tokText, text, from)
	}
}

// endraw gives the length of the {% endraw %} at the beginning of s.
func endraw(s string) (int, bool) {
	rest := strings.TrimLeft(s[2:], "-+")
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	if !strings.HasPrefix(rest, "endraw") {
		return 0, false
	}
	rest = strings.TrimLeftFunc(rest[len("endraw"):], unicode.IsSpace)
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "-"), "+")
	if !strings.HasPrefix(rest, "%}") {
		return 0, false
	}
	return len(s) - len(rest) + 2, true
}

// inside reads the tokens of a tag up to its end delimiter.
func (l *lexer) inside(at int, end string, kind tokenKind) error {
	raw := l.rawText
	l.rawText = raw && kind == tokVarEnd
	defer func() { l.rawText = raw }()
	for {
		l.blanks()
		if l.pos >= len(l.src) {
			return l.errorf(at, "the tag that begins here has no end").WithHint("close it with %s", end)
		}
		rest := l.src[l.pos:]
		if len(l.brackets) == 0 {
			n := 0
			if rest[0] == '-' || rest[0] == '+' && kind == tokBlockEnd {
				n = 1
			}
			if strings.HasPrefix(rest[n:], end) {
				l.add(kind, "", l.pos)
				l.ended(l.pos+n+2, l.pos+n, kind == tokBlockEnd)
				return nil
			}
		}
		if err := l.token(); err != nil {
			return err
		}
	}
}

func (l *lexer) blanks() {
	for l.pos < len(l.src) {
		c, n := utf8.DecodeRuneInString(l.src[l.pos:])
		if !unicode.IsSpace(c) {
			return
		}
		l.pos += n
	}
}
