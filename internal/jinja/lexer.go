package jinja

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
)

// whitespace says how tags are written, and what they do to the text around them.
type whitespace struct {
	set     bool // it was asked for: it is not that of Ansible's template files
	trim    bool // the newline after a block tag is dropped
	lstrip  bool // blanks between the beginning of a line and a block tag are dropped
	newline string
	delims  delimiters
}

// delimiters begin and end tags; empty ones are those of Jinja2.
type delimiters struct{ blockStart, blockEnd, varStart, varEnd, commentStart, commentEnd string }

var usual = delimiters{"{%", "%}", "{{", "}}", "{#", "#}"}

func (d delimiters) complete() delimiters {
	return delimiters{
		cmp.Or(d.blockStart, usual.blockStart), cmp.Or(d.blockEnd, usual.blockEnd), cmp.Or(d.varStart, usual.varStart), cmp.Or(d.varEnd, usual.varEnd),
		cmp.Or(d.commentStart, usual.commentStart), cmp.Or(d.commentEnd, usual.commentEnd),
	}
}

// lexer splits a source into tokens in one pass. It remembers open brackets, so that }} inside {…} does not end a tag.
type lexer struct {
	t        *Template
	src      string
	pos      int
	ws       whitespace
	delims   delimiters
	rawText  bool // in {{ }} a backslash of a string literal is a backslash
	tokens   []token
	brackets []byte
	strip    bool // the text that follows loses its leading white space
	newline  bool // the text that follows loses one leading newline
}

// lexTemplate gives the tokens of a text with tags.
func lexTemplate(t *Template, src string, ws whitespace) ([]token, error) {
	l := &lexer{t: t, src: src, ws: ws, delims: ws.delims.complete(), rawText: t.kind == kindArg}
	for l.pos < len(l.src) {
		if err := l.text(); err != nil {
			return nil, err
		}
	}
	if ws.newline != "" {
		for i, t := range l.tokens {
			if t.kind == tokText {
				l.tokens[i].text = strings.ReplaceAll(t.text, "\n", ws.newline)
			}
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

// nextTag gives the offset of the next beginning of a tag, or the end.
func (l *lexer) nextTag() int {
	first := l.delims.varStart[:1] + l.delims.blockStart[:1] + l.delims.commentStart[:1]
	same := first[0] == first[1] && first[0] == first[2]
	for i := l.pos; ; i++ {
		n := 0
		if same {
			n = strings.IndexByte(l.src[i:], first[0])
		} else {
			n = strings.IndexAny(l.src[i:], first)
		}
		if n < 0 {
			return len(l.src)
		}
		i += n
		if what, _ := l.begins(i); what != tokEOF {
			return i
		}
	}
}

// begins gives the kind of tag that begins at an offset, and how long its beginning is; tokEOF: none. The longest counts.
func (l *lexer) begins(at int) (what tokenKind, n int) {
	what = tokEOF
	rest := l.src[at:]
	if s := l.delims.varStart; strings.HasPrefix(rest, s) {
		what, n = tokVarBegin, len(s)
	}
	if s := l.delims.blockStart; len(s) > n && strings.HasPrefix(rest, s) {
		what, n = tokBlockBegin, len(s)
	}
	if s := l.delims.commentStart; len(s) > n && strings.HasPrefix(rest, s) {
		what, n = tokText, len(s) // a comment gives no token
	}
	return what, n
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
	mark, what, n := byte(0), tokEOF, 2
	if what, n = l.begins(end); end+n < len(l.src) {
		mark = l.src[end+n]
	}
	if mark == '-' {
		return strings.TrimRightFunc(text, unicode.IsSpace)
	}
	if !l.ws.lstrip || mark == '+' || what == tokVarBegin {
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
	at := l.pos
	what, n := l.begins(at)
	l.pos += n
	if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+' && what != tokVarBegin) {
		l.pos++
	}
	switch what {
	case tokText:
		return l.comment(at)
	case tokVarBegin:
		l.add(tokVarBegin, "", at)
		return l.inside(at, l.delims.varEnd, tokVarEnd)
	}
	if done, err := l.raw(at); done || err != nil {
		return err
	}
	l.add(tokBlockBegin, "", at)
	return l.inside(at, l.delims.blockEnd, tokBlockEnd)
}

func (l *lexer) comment(at int) error {
	n := strings.Index(l.src[l.pos:], l.delims.commentEnd)
	if n < 0 {
		return l.errorf(at, "the comment that begins here has no end").WithHint("close it with %s", l.delims.commentEnd)
	}
	l.ended(l.pos+n+len(l.delims.commentEnd), l.pos+n, true)
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
	closing := l.delims.blockEnd
	strip := strings.HasPrefix(rest, "-"+closing)
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "-"), "+")
	if !strings.HasPrefix(rest, closing) {
		return false, nil
	}
	body := len(l.src) - len(rest) + len(closing)
	for i := body; ; {
		n := strings.Index(l.src[i:], l.delims.blockStart)
		if n < 0 {
			return true, l.errorf(at, "{%% raw %%} without {%% endraw %%}")
		}
		i += n
		if end, ok := l.endraw(l.src[i:]); ok {
			l.rawBody(body, i, strip)
			l.ended(i+end, i+end-len(closing), true)
			return true, nil
		}
		i += len(l.delims.blockStart)
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
func (l *lexer) endraw(s string) (int, bool) {
	rest := strings.TrimLeft(s[len(l.delims.blockStart):], "-+")
	rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	if !strings.HasPrefix(rest, "endraw") {
		return 0, false
	}
	rest = strings.TrimLeftFunc(rest[len("endraw"):], unicode.IsSpace)
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "-"), "+")
	if !strings.HasPrefix(rest, l.delims.blockEnd) {
		return 0, false
	}
	return len(s) - len(rest) + len(l.delims.blockEnd), true
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
				l.ended(l.pos+n+len(end), l.pos+n, kind == tokBlockEnd)
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
