package yamlsrc

import (
	"strings"
)

// fetch scans one more token; false means that the text has ended.
func (s *scanner) fetch() bool {
	s.skipToToken()
	s.staleKeys()
	s.unrollIndent(s.col)
	if s.failed {
		return false
	}
	if s.atEnd() {
		s.fetchEnd()
		return false
	}
	if s.col == 0 && s.fetchDocument() {
		return true
	}
	if !s.fetchIndicator() {
		s.fetchScalar()
	}
	return true
}

func (s *scanner) fetchEnd() {
	if len(s.flow) > 0 {
		s.failOpenBracket()
		return
	}
	s.unrollIndent(-1)
	s.removeKey()
}

// fetchDocument reads the markers and directives that stand only in the first column.
func (s *scanner) fetchDocument() bool {
	switch {
	case s.peek(0) == '%' && len(s.flow) == 0:
		s.directive()
	case s.atMarker("---"):
		s.documentMarker(tkDocStart)
	case s.atMarker("..."):
		s.documentMarker(tkDocEnd)
	default:
		return false
	}
	return true
}

// atMarker reports whether a document marker stands here.
func (s *scanner) atMarker(m string) bool {
	return s.col == 0 && strings.HasPrefix(s.text[s.off:], m) && s.isBlankz(3)
}

func (s *scanner) documentMarker(kind tokenKind) {
	if len(s.flow) > 0 {
		s.failOpenBracket()
		return
	}
	s.unrollIndent(-1)
	s.removeKey()
	s.keyAllowed = false
	s.addIndicator(kind, 3)
}

// directive reads %YAML; another directive is refused, because it would change what tags mean.
func (s *scanner) directive() {
	start := s.mark
	s.unrollIndent(-1)
	s.removeKey()
	s.keyAllowed = false
	s.skipLine()
	if f := strings.Fields(s.text[start.off:s.off]); f[0] != "%YAML" || len(f) < 2 || !strings.HasPrefix(f[1], "1.") {
		s.fail(start, "YAML directive %q is not supported", f[0]).WithHint("if this is a value, put it in quotes")
	}
}

// fetchIndicator reads a token that its first characters tell; false means that a plain scalar stands here, or nothing that can.
func (s *scanner) fetchIndicator() bool {
	inFlow := len(s.flow) > 0
	switch c := s.peek(0); {
	case c == '{' && s.unquotedTemplate():
	case c == '[':
		s.openFlow(tkFlowSeq)
	case c == '{':
		s.openFlow(tkFlowMap)
	case c == ']':
		s.closeFlow(tkFlowSeqEnd)
	case c == '}':
		s.closeFlow(tkFlowMapEnd)
	case c == ',':
		s.removeKey()
		s.keyAllowed = true
		s.addIndicator(tkFlowEntry, 1)
	case c == '-' && s.isBlankz(1):
		s.blockEntry()
	case c == '?' && (inFlow || s.isBlankz(1)):
		s.key()
	case c == ':' && (inFlow || s.isBlankz(1)):
		s.value()
	case c == '*':
		s.anchor(tkAlias)
	case c == '&':
		s.anchor(tkAnchor)
	case c == '!':
		s.tag()
	case (c == '|' || c == '>') && !inFlow:
		s.removeKey()
		s.keyAllowed = true
		s.blockScalar(c)
	case c == '\'' || c == '"':
		s.saveKey()
		s.keyAllowed = false
		s.quoted(c)
	default:
		return false
	}
	return true
}

func (s *scanner) fetchScalar() {
	c := s.peek(0)
	switch {
	case c == '-' && !s.isBlank(1), (c == '?' || c == ':') && len(s.flow) == 0 && !s.isBlankz(1):
	case strings.IndexByte("-?:,[]{}#&*!|>'\"%@`\t", c) >= 0:
		s.failStart(c)
		return
	}
	s.saveKey()
	s.keyAllowed = false
	s.plain()
}

func (s *scanner) openFlow(kind tokenKind) {
	s.saveKey()
	if len(s.indents)+len(s.flow) >= maxDepth {
		s.fail(s.mark, "values are nested more than %d deep", maxDepth)
		return
	}
	s.flow = append(s.flow, s.mark)
	s.simpleKeys = append(s.simpleKeys, simpleKey{})
	s.keyAllowed = true
	s.addIndicator(kind, 1)
}

func (s *scanner) closeFlow(kind tokenKind) {
	if len(s.flow) == 0 {
		s.fail(s.mark, "%q closes nothing", s.peek(0)).WithHint("put quotes around the value if the bracket is part of it")
		return
	}
	open := s.text[s.flow[len(s.flow)-1].off]
	if want := byte(open + 2); s.peek(0) != want {
		s.fail(s.mark, "%q does not close the %q of line %d", s.peek(0), open, s.flow[len(s.flow)-1].line+1)
		return
	}
	s.removeKey()
	s.flow = s.flow[:len(s.flow)-1]
	s.simpleKeys = s.simpleKeys[:len(s.simpleKeys)-1]
	s.keyAllowed = false
	s.addIndicator(kind, 1)
}

func (s *scanner) blockEntry() {
	if len(s.flow) > 0 {
		s.fail(s.mark, "a \"- \" item cannot stand inside brackets").WithHint("separate the items with commas")
		return
	}
	if !s.keyAllowed {
		s.fail(s.mark, "a list item cannot start on the line of another value").WithHint("start the list on the next line, or put quotes around the value if the dash is part of it")
		return
	}
	s.rollIndent(s.col, len(s.tokens), tkBlockSeq, s.mark)
	s.removeKey()
	s.keyAllowed = true
	s.addIndicator(tkBlockEntry, 1)
}

func (s *scanner) key() {
	if len(s.flow) == 0 {
		if !s.keyAllowed {
			s.fail(s.mark, "a \"? \" key cannot stand here").WithHint("put quotes around the value if the question mark is part of it")
			return
		}
		s.rollIndent(s.col, len(s.tokens), tkBlockMap, s.mark)
	}
	s.removeKey()
	s.keyAllowed = len(s.flow) == 0
	s.addIndicator(tkKey, 1)
}

// value reads the colon after a key: where a simple key is pending, its KEY token goes in front of it, and the mapping's start in front of that.
func (s *scanner) value() {
	k := s.topKey()
	if k.possible {
		key := *k
		k.possible = false
		s.tokens = append(s.tokens, scanToken{})
		copy(s.tokens[key.token+1:], s.tokens[key.token:])
		s.tokens[key.token] = scanToken{kind: tkKey, start: key.at, end: key.at}
		s.rollIndent(key.at.col, key.token, tkBlockMap, key.at)
		s.keyAllowed = false
	} else {
		if len(s.flow) == 0 {
			if !s.keyAllowed {
				s.colonInValue()
				return
			}
			s.rollIndent(s.col, len(s.tokens), tkBlockMap, s.mark)
		}
		s.keyAllowed = len(s.flow) == 0
	}
	s.addIndicator(tkValue, 1)
}

func isNameByte(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// anchor reads &name or *name.
func (s *scanner) anchor(kind tokenKind) {
	s.saveKey()
	s.keyAllowed = false
	start := s.mark
	sign := s.peek(0)
	s.skip(1)
	for isNameByte(s.peek(0)) {
		s.skip(1)
	}
	name := s.text[start.off+1 : s.off]
	if name == "" || !s.isBlankz(0) && strings.IndexByte("?:,]}%@`", s.peek(0)) < 0 {
		word := "anchor"
		if kind == tkAlias {
			word = "alias"
		}
		s.fail(start, "%q starts an %s, and what follows is not a name", sign, word).WithHint("put quotes around the value: \"%s\"", s.restOfLine(start))
		return
	}
	s.tokens = append(s.tokens, scanToken{kind: kind, text: name, start: start, end: s.mark})
}

// tag reads !name, !!name, !<uri> or a lone !. Text keeps the tag as written, save that !<tag:yaml.org,2002:x> becomes !!x.
func (s *scanner) tag() {
	s.saveKey()
	s.keyAllowed = false
	start := s.mark
	inFlow := len(s.flow) > 0
	for !s.isBlankz(0) && (!inFlow || strings.IndexByte(",[]{}", s.peek(0)) < 0) {
		s.skip(1)
	}
	tag := s.text[start.off:s.off]
	if rest, ok := strings.CutPrefix(tag, "!<"); ok {
		tag = strings.TrimSuffix(rest, ">")
	}
	if name, ok := strings.CutPrefix(tag, "tag:yaml.org,2002:"); ok {
		tag = "!!" + name
	}
	s.tokens = append(s.tokens, scanToken{kind: tkTag, text: tag, start: start, end: s.mark})
}
