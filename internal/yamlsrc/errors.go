package yamlsrc

import (
	"fmt"
	"strings"
)

// quote puts quotes around a value for a hint, of the sort that the value itself does not use.
func quote(v string) string {
	if !strings.Contains(v, "\"") && !strings.Contains(v, "\\") {
		return "\"" + v + "\""
	}
	return "'" + strings.ReplaceAll(v, "'", "''") + "'"
}

// valueAt is the rest of a line without a comment, as a hint shows it.
func (s *scanner) valueAt(m mark) string {
	v, _, _ := strings.Cut(s.restOfLine(m), " #")
	return strings.TrimRight(v, " \t")
}

// unquotedTemplate notes {{ and {% at the start of a value, which YAML takes for a mapping in a mapping, and reads past it.
func (s *scanner) unquotedTemplate() bool {
	if c := s.peek(1); c != '{' && c != '%' {
		return false
	}
	start := s.mark
	v := s.valueAt(start)
	if len(s.flow) > 0 {
		closing := map[byte]string{'{': "}}", '%': "%}"}[s.peek(1)]
		at := strings.Index(v, closing)
		if at < 0 {
			return false
		}
		v = v[:at+2]
		s.skip(len([]rune(v)))
	} else {
		s.skipLine()
	}
	s.note(start, "a value that starts with %q needs quotes", v[:2]).WithHint("put quotes around the value: %s", quote(v))
	s.tokens = append(s.tokens, scanToken{kind: tkScalar, text: v, style: '"', start: start, end: s.mark})
	return true
}

// colonInValue notes a colon that cannot end a key, says why, and reads past the line.
func (s *scanner) colonInValue() {
	if len(s.tokens) == 0 || s.tokens[len(s.tokens)-1].kind != tkScalar {
		s.fail(s.mark, "a colon cannot stand here").WithHint("put quotes around the value if the colon is part of it")
		return
	}
	t := s.tokens[len(s.tokens)-1]
	switch {
	case t.start.line == s.line && t.style == 0:
		v := s.valueAt(t.start)
		s.note(s.mark, "a value without quotes cannot hold \": \"").WithHint("put quotes around the value: %s", quote(v))
	case t.start.line == s.line:
		s.note(s.mark, "text follows the closing quote").WithHint("put quotes around the whole value, or start the next key on a line of its own")
	default:
		s.notContinuation(t)
	}
	s.skipLine()
}

// notContinuation notes a key that its indentation makes part of the value above.
func (s *scanner) notContinuation(t scanToken) {
	at := s.mark
	at.col = s.indentOf(s.off)
	if key, after, ok := strings.Cut(s.valueAt(t.start), ":"); t.style == 0 && ok && after != "" && after[0] != ' ' && !strings.Contains(key, " ") {
		s.note(t.start, "there is no space after the colon of %q", key).WithHint("write \"%s: %s\"", key, after)
		return
	}
	s.note(at, "bad indentation: the line is indented as if the value of line %d went on here", t.start.line+1).
		WithHint("indent the key exactly like the other keys of its mapping, or put quotes around the value above")
}

// indentOf is the column of the first character of the line that holds an offset.
func (s *scanner) indentOf(off int) int {
	line := s.text[strings.LastIndexByte(s.text[:off], '\n')+1:]
	return len(line) - len(strings.TrimLeft(line, " "))
}

// failNoColon tells of a line in a mapping that is no "key: value".
func (s *scanner) failNoColon(k *simpleKey) {
	k.possible = false
	v := s.valueAt(k.at)
	key, after, ok := strings.Cut(v, ":")
	switch {
	case v != "" && (v[0] == '"' || v[0] == '\''):
		s.fail(k.at, "expected \"key: value\" here, found only a quoted string").WithHint("is a quote not closed above, or the indentation wrong?")
	case ok && after != "" && after[0] != ' ':
		s.fail(k.at, "there is no space after the colon of %q", key).WithHint("write \"%s: %s\"", key, after)
	case len(v) > 1 && v[0] == '-':
		s.fail(k.at, "expected \"key: value\" here, found %q", v).WithHint("a list item needs a space after the dash: \"- %s\"", v[1:])
	case strings.Contains(key, "="):
		s.fail(k.at, "expected \"key: value\" here, found %q", v).WithHint("inside a mapping write \"key: value\" instead of key=value")
	default:
		s.fail(k.at, "expected \"key: value\" here, found %q", v).WithHint("every line of a mapping is \"key: value\"; text that continues the value above must be indented deeper than its key")
	}
}

func (s *scanner) failOpenBracket() {
	open := s.flow[len(s.flow)-1]
	c := s.text[open.off]
	s.fail(open, "%q is never closed", c).WithHint("add the missing %q, or put quotes around the value if the bracket is part of it", c+2)
}

func (s *scanner) failOpenQuote(start mark, q byte) {
	d := s.fail(start, "the quote %c is never closed", q).WithHint("add the closing %c", q)
	if q == '\'' {
		d.Hint += "; inside single quotes an apostrophe is written ''"
	}
}

func (s *scanner) failTab() {
	s.fail(s.mark, "a tab cannot be used for indentation").WithHint("replace it by spaces")
}

// failStart tells of a character with which no value can begin.
func (s *scanner) failStart(c byte) {
	v := s.valueAt(s.mark)
	switch {
	case c == '\t':
		s.failTab()
	case len(s.flow) > 0:
		s.fail(s.mark, "unexpected %q inside brackets", c).WithHint("put quotes around a value that holds it")
	default:
		s.fail(s.mark, "a value cannot start with %q", c).WithHint("put quotes around the value: %s", quote(v))
	}
}

// unexpected is what a token that the grammar cannot place is called, and what to do about it.
func (s *scanner) unexpected(i int) (message, hint string) {
	t := s.tokens[i]
	var prev scanToken
	if i > 0 {
		prev = s.tokens[i-1]
	}
	const indentHint = "compare the indentation with the lines above: values that belong together start in the same column"
	switch {
	case prev.kind == tkBlockEnd && t.start.col > 0:
		return fmt.Sprintf("bad indentation: no enclosing block starts in column %d", t.start.col+1), indentHint
	case prev.kind == tkScalar && prev.style != 0 && prev.style != '|' && prev.style != '>' && prev.end.line == t.start.line:
		return "text follows the closing quote", "put quotes around the whole value: " + quote(s.valueAt(prev.start))
	case t.kind == tkValue && (prev.kind == tkFlowMapEnd || prev.kind == tkFlowSeqEnd):
		return "a mapping or list cannot be a key", "put quotes around the key if the brackets are part of it"
	case (prev.kind == tkFlowMapEnd || prev.kind == tkFlowSeqEnd) && prev.end.line == t.start.line:
		return "text follows the closing bracket", "put quotes around the whole value if the brackets are part of it"
	case t.kind == tkBlockEntry || t.kind == tkBlockSeq:
		return "a list item cannot stand here", indentHint
	case t.kind == tkBlockMap || t.kind == tkKey:
		return "a key cannot stand here", indentHint
	case t.kind == tkValue:
		return "a colon cannot stand here", "a key must be a plain or quoted word; put quotes around it"
	case t.kind == tkFlowEntry:
		return "unexpected comma", "put quotes around a value that holds it"
	case t.kind == tkFlowMap || t.kind == tkFlowSeq:
		return "a bracket cannot stand here", "a comma may be missing; a mapping or list cannot be a key"
	}
	return "a value cannot stand here", "a comma, a colon or a dash may be missing before it, or the indentation is wrong"
}
