package yamlsrc

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// fold joins two lines of a plain, quoted or folded scalar: one break is a space, further ones stay.
func fold(first, further string) string {
	if first != "\n" {
		return first + further
	}
	if further == "" {
		return " "
	}
	return further
}

// plain reads a scalar without quotes, which may go on over several lines.
func (s *scanner) plain() {
	var b strings.Builder
	start, end := s.mark, s.mark
	indent := s.indent + 1
	inFlow := len(s.flow) > 0
	gap, lines := "", false // what lies between the last word and the next one
	for !s.atMarker("---") && !s.atMarker("...") && s.peek(0) != '#' {
		from := s.off
		for !s.isBlankz(0) && !s.plainEnds(inFlow) {
			s.skip(1)
		}
		if s.failed {
			return
		}
		if s.off > from {
			b.WriteString(gap)
			b.WriteString(s.text[from:s.off])
			end, gap, lines = s.mark, "", false
		}
		if !s.isBlank(0) && s.breakLen(0) == 0 {
			break
		}
		gap, lines = s.plainGap(indent)
		if s.failed || !inFlow && s.col < indent {
			break
		}
	}
	if lines {
		s.keyAllowed = true
	}
	s.tokens = append(s.tokens, scanToken{kind: tkScalar, text: b.String(), start: start, end: end})
}

// plainEnds reports whether an indicator ends a plain scalar here.
func (s *scanner) plainEnds(inFlow bool) bool {
	c := s.peek(0)
	if c == ':' {
		if inFlow && s.off+1 < len(s.text) && strings.IndexByte(",?[]{}", s.peek(1)) >= 0 {
			s.fail(s.mark, "unexpected ':' in a value inside brackets").WithHint("put a space after the colon, or quotes around the value")
			return true
		}
		return s.isBlankz(1)
	}
	return inFlow && strings.IndexByte(",[]{}", c) >= 0
}

// plainGap moves over white space and breaks inside a plain scalar; it gives what they stand for, and whether there was a break.
func (s *scanner) plainGap(indent int) (gap string, lines bool) {
	from := s.off
	first, further := "", ""
	for s.isBlank(0) || s.breakLen(0) > 0 {
		switch {
		case s.breakLen(0) == 0:
			if lines && s.col < indent && s.peek(0) == '\t' {
				s.failTab()
				return "", true
			}
			s.skip(1)
		case !lines:
			lines, gap = true, ""
			first = s.skipBreak()
		default:
			further += s.skipBreak()
		}
	}
	if lines {
		return fold(first, further), true
	}
	return s.text[from:s.off], false
}

// quoted reads a scalar in single or double quotes.
func (s *scanner) quoted(quote byte) {
	var b strings.Builder
	start := s.mark
	s.skip(1)
	for {
		if s.atEnd() || s.atMarker("---") || s.atMarker("...") {
			s.failOpenQuote(start, quote)
			return
		}
		joined := s.quotedWord(&b, quote)
		if s.failed {
			return
		}
		if s.peek(0) == quote && !s.atEnd() {
			break
		}
		s.quotedGap(&b, joined)
	}
	s.skip(1)
	s.tokens = append(s.tokens, scanToken{kind: tkScalar, text: b.String(), style: quote, start: start, end: s.mark})
}

// quotedWord reads up to the next white space or the closing quote; true means that an escaped line break ended it.
func (s *scanner) quotedWord(b *strings.Builder, quote byte) (joined bool) {
	for !s.isBlankz(0) {
		c := s.peek(0)
		switch {
		case c == quote && quote == '\'' && s.peek(1) == '\'':
			b.WriteByte('\'')
			s.skip(2)
		case c == quote:
			return false
		case quote == '"' && c == '\\' && s.breakLen(1) > 0:
			s.skip(1)
			s.skipBreak()
			return true
		case quote == '"' && c == '\\':
			s.escape(b)
			if s.failed {
				return false
			}
		default:
			from := s.off
			s.skip(1)
			b.WriteString(s.text[from:s.off])
		}
	}
	return false
}

// quotedGap reads white space and breaks inside quotes. After an escaped break the line is joined without a space.
func (s *scanner) quotedGap(b *strings.Builder, joined bool) {
	from := s.off
	lines := joined
	first, further := "", ""
	for s.isBlank(0) || s.breakLen(0) > 0 {
		switch {
		case s.breakLen(0) == 0:
			s.skip(1)
		case !lines:
			lines = true
			first = s.skipBreak()
		default:
			further += s.skipBreak()
		}
	}
	switch {
	case joined:
		b.WriteString(further)
	case lines:
		b.WriteString(fold(first, further))
	default:
		b.WriteString(s.text[from:s.off])
	}
}

var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ", '"': "\"", '/': "/",
	'\\': "\\", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escape reads an escape sequence of a double-quoted scalar.
func (s *scanner) escape(b *strings.Builder) {
	c := s.peek(1)
	if e, ok := escapes[c]; ok {
		b.WriteString(e)
		s.skip(2)
		return
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 {
		s.fail(s.mark, "unknown escape \\%s in a double-quoted string", firstChar(s.text[s.off+1:])).WithHint("write \\\\ for a backslash, or use single quotes, where a backslash is only a backslash")
		return
	}
	r, ok := s.hex(2, digits)
	if ok && s.json && utf16.IsSurrogate(r) && s.peek(6) == '\\' && s.peek(7) == 'u' {
		if low, isHex := s.hex(8, 4); isHex {
			b.WriteRune(utf16.DecodeRune(r, low))
			s.skip(12)
			return
		}
	}
	if !ok || r > 0x10ffff || utf16.IsSurrogate(r) && !s.json {
		s.fail(s.mark, "\\%c needs %d hexadecimal digits that name a character", c, digits)
		return
	}
	b.WriteRune(r)
	s.skip(2 + digits)
}

func firstChar(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func (s *scanner) hex(at, digits int) (rune, bool) {
	if s.off+at+digits > len(s.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(s.text[s.off+at:s.off+at+digits], 16, 32)
	return rune(n), err == nil && n <= 0x10ffff
}

// blockHeader is what follows | or >.
type blockHeader struct {
	chomp  byte // '-', '+' or 0
	indent int  // given explicitly, or 0
}

func (s *scanner) blockHeader() (h blockHeader) {
	for range 2 {
		switch c := s.peek(0); {
		case (c == '+' || c == '-') && h.chomp == 0:
			h.chomp = c
			s.skip(1)
		case '1' <= c && c <= '9' && h.indent == 0:
			h.indent = int(c - '0')
			s.skip(1)
		case c == '0':
			s.fail(s.mark, "the indentation of a block must be 1 to 9")
		}
	}
	for s.isBlank(0) {
		s.skip(1)
	}
	if s.peek(0) == '#' {
		s.skipLine()
	}
	if !s.atEnd() && s.breakLen(0) == 0 && !s.failed {
		s.fail(s.mark, "text cannot stand on the line of a block's | or >").WithHint("start the text on the next line, or put quotes around the value")
	}
	return h
}

// blockScalar reads a literal (|) or folded (>) scalar.
func (s *scanner) blockScalar(style byte) {
	start := s.mark
	s.skip(1)
	h := s.blockHeader()
	if s.failed {
		return
	}
	if s.breakLen(0) > 0 {
		s.skipBreak()
	}
	raw := s.mark
	indent := 0
	if h.indent > 0 {
		indent = max(s.indent, 0) + h.indent
	}
	further, end := s.blockBreaks(&indent)
	if s.failed {
		return
	}
	text, end := s.blockLines(style, h, indent, further, end)
	s.tokens = append(s.tokens, scanToken{kind: tkScalar, text: text, style: style, start: start, end: end, raw: raw})
}

// blockLines reads the lines of a block scalar whose indentation is known; breaks are the empty lines before them.
func (s *scanner) blockLines(style byte, h blockHeader, indent int, breaks string, end mark) (string, mark) {
	var b strings.Builder
	first := ""
	wasBlank := false
	for s.col == indent && !s.atEnd() && !s.failed {
		isBlank := s.isBlank(0)
		if style == '>' && first == "\n" && !wasBlank && !isBlank {
			b.WriteString(fold(first, breaks))
		} else {
			b.WriteString(first + breaks)
		}
		wasBlank = isBlank
		from := s.off
		s.skipLine()
		b.WriteString(s.text[from:s.off])
		end, first = s.mark, ""
		if s.breakLen(0) > 0 {
			first = s.skipBreak()
		}
		breaks, end = s.blockBreaks(&indent)
	}
	if h.chomp != '-' {
		b.WriteString(first)
	}
	if h.chomp == '+' {
		b.WriteString(breaks)
	}
	return b.String(), end
}

// blockBreaks reads indentation and empty lines before a line of a block scalar, and finds the indentation where it is not yet known (0).
func (s *scanner) blockBreaks(indent *int) (string, mark) {
	var b strings.Builder
	deepest := 0
	end := s.mark
	for {
		for (*indent == 0 || s.col < *indent) && s.peek(0) == ' ' {
			s.skip(1)
		}
		deepest = max(deepest, s.col)
		if (*indent == 0 || s.col < *indent) && s.peek(0) == '\t' {
			s.failTab()
			return "", end
		}
		if s.breakLen(0) == 0 {
			break
		}
		b.WriteString(s.skipBreak())
		end = s.mark
	}
	if *indent == 0 {
		*indent = max(deepest, s.indent+1, 1)
	}
	return b.String(), end
}

// restOfLine is the text from a place to the end of its line, shortened for a message.
func (s *scanner) restOfLine(from mark) string {
	line, _, _ := strings.Cut(s.text[from.off:], "\n")
	line = strings.TrimRight(line, "\r \t")
	if r := []rune(line); len(r) > 60 {
		return fmt.Sprintf("%s…", string(r[:60]))
	}
	return line
}
