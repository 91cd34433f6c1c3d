package jinja

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token reads one word inside a tag.
func (l *lexer) token() error {
	c, n := utf8.DecodeRuneInString(l.src[l.pos:])
	switch {
	case c == '\'' || c == '"':
		return l.quoted(byte(c))
	case c >= '0' && c <= '9':
		return l.number()
	case c == '_' || unicode.IsLetter(c):
		l.name()
		return nil
	case c == utf8.RuneError && n <= 1:
		return l.errorf(l.pos, "the text is not valid UTF-8")
	}
	return l.operator()
}

func (l *lexer) name() {
	start := l.pos
	for l.pos < len(l.src) {
		c, n := utf8.DecodeRuneInString(l.src[l.pos:])
		if c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.Is(unicode.Mn, c) {
			break
		}
		l.pos += n
	}
	l.add(tokName, l.src[start:l.pos], start)
}

// operators, the longest first.
var operators = []string{"**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ","}

func (l *lexer) operator() error {
	rest := l.src[l.pos:]
	for _, op := range operators {
		if !strings.HasPrefix(rest, op) {
			continue
		}
		if err := l.bracket(op); err != nil {
			return err
		}
		l.add(tokOp, op, l.pos)
		l.pos += len(op)
		return nil
	}
	c, _ := utf8.DecodeRuneInString(rest)
	d := l.errorf(l.pos, "unexpected character %q", string(c))
	switch c {
	case '&':
		d.Hint = "the language has the word and"
	case '!':
		d.Hint = "the language has the word not"
	}
	return d
}

func (l *lexer) bracket(op string) error {
	switch op {
	case "(":
		l.brackets = append(l.brackets, ')')
	case "[":
		l.brackets = append(l.brackets, ']')
	case "{":
		l.brackets = append(l.brackets, '}')
	case ")", "]", "}":
		n := len(l.brackets)
		if n == 0 {
			return l.errorf(l.pos, "unexpected '%s'", op)
		}
		if want := l.brackets[n-1]; want != op[0] {
			return l.errorf(l.pos, "unexpected '%s', expected '%c'", op, want)
		}
		l.brackets = l.brackets[:n-1]
	}
	return nil
}

func (l *lexer) quoted(quote byte) error {
	start := l.pos
	escaped := false
	for i := start + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			escaped = true
			i++
		case quote:
			text := l.src[start+1 : i]
			l.pos = i + 1
			if escaped && !l.rawText {
				var err error
				if text, err = unescape(text); err != nil {
					return l.errorf(start, "%s", err)
				}
			}
			l.add(tokString, text, start)
			return nil
		}
	}
	return l.errorf(start, "the string that begins here has no end").WithHint("close it with %c", quote)
}

var simpleEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\\': "\\", '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\n': ""}

// unescape resolves the escapes of Python's string literals; an unknown one stays as it is.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if text, ok := simpleEscapes[s[i]]; ok {
			b.WriteString(text)
			continue
		}
		n, err := codeEscape(&b, s[i:])
		if err != nil {
			return "", err
		}
		i += n - 1
	}
	return b.String(), nil
}

// codeEscape resolves what follows a backslash where it is a character's number, and gives how many bytes it took.
func codeEscape(b *strings.Builder, s string) (int, error) {
	digits, base := 0, 16
	skip := 1
	switch c := s[0]; {
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	case c >= '0' && c <= '7':
		base, skip = 8, 0
		for digits < 3 && digits < len(s) && s[digits] >= '0' && s[digits] <= '7' {
			digits++
		}
	default:
		_, n := utf8.DecodeRuneInString(s)
		b.WriteString("\\" + s[:n])
		return n, nil
	}
	if len(s) < skip+digits {
		return 0, fmt.Errorf("the escape \\%c needs %d digits", s[0], digits)
	}
	n, err := strconv.ParseUint(s[skip:skip+digits], base, 32)
	if err != nil || n > unicode.MaxRune {
		return 0, fmt.Errorf("the escape \\%s is no character", s[:skip+digits])
	}
	b.WriteRune(rune(n))
	return skip + digits, nil
}

var (
	floatLiteral = regexp.MustCompile(`^(?:[0-9]+_)*[0-9]+(?:(?:\.(?:[0-9]+_)*[0-9]+)?[eE][+-]?(?:[0-9]+_)*[0-9]+|\.(?:[0-9]+_)*[0-9]+)`)
	intLiteral   = regexp.MustCompile(`^(?:0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*)`)
)

// number reads an integer or a float; after a dot only an integer, so that a.0.1 is two items.
func (l *lexer) number() error {
	start := l.pos
	end := start
	for end < len(l.src) && (isWordByte(l.src[end]) || l.src[end] == '.' || (l.src[end] == '+' || l.src[end] == '-') && end > start && l.src[end-1]|0x20 == 'e') {
		end++
	}
	rest := l.src[start:end]
	if len(rest) > 10_000 {
		return l.errorf(start, "the number is too long")
	}
	kind, text := tokInt, intLiteral.FindString(rest)
	if start == 0 || l.src[start-1] != '.' {
		if f := floatLiteral.FindString(rest); f != "" {
			kind, text = tokFloat, f
		}
	}
	n, err := parseNumber(strings.ReplaceAll(text, "_", ""))
	if err != nil {
		return l.errorf(start, "%s", err)
	}
	l.pos += len(text)
	l.tokens = append(l.tokens, token{kind: kind, num: n, at: start})
	return nil
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// parseNumber reads a literal: an integer of any size, with a prefix for its base, or a float.
func parseNumber(s string) (Value, error) {
	if i, err := strconv.ParseInt(s, 0, 64); err == nil {
		return i, nil
	}
	if b, ok := new(big.Int).SetString(s, 0); ok {
		return b, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, fmt.Errorf("%q is no number", s)
	}
	return f, nil
}
