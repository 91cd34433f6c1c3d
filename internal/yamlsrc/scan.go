package yamlsrc

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
)

type tokenKind int

const (
	tkDocStart tokenKind = iota
	tkDocEnd
	tkBlockSeq
	tkBlockMap
	tkBlockEnd
	tkFlowSeq
	tkFlowSeqEnd
	tkFlowMap
	tkFlowMapEnd
	tkBlockEntry
	tkFlowEntry
	tkKey
	tkValue
	tkAlias
	tkAnchor
	tkTag
	tkScalar
)

// mark is a place in the text. Lines and columns count from 0; columns and idx in characters.
type mark struct{ off, idx, line, col int }

type scanToken struct {
	kind       tokenKind
	text       string // a scalar's content, a tag, the name of an anchor or alias
	style      byte   // of a scalar: 0 plain, or one of ' " | >
	start, end mark
	raw        mark // where a block scalar's content begins
}

// simpleKey remembers where a key of the form "key: value" may have begun, until its colon is found. There is one for each flow level.
type simpleKey struct {
	possible, required bool
	token              int // index of the token that a KEY would stand before
	at                 mark
}

// maxKeyLength is how many characters may lie between the start of a key and its colon.
const maxKeyLength = 1024

// scanner turns text into tokens exactly as libyaml's scanner does. The first error that it cannot read past ends the run.
type scanner struct {
	src  *diag.Source
	text string
	mark
	json       bool // the text is JSON: numbers and surrogate escapes are read as JSON's
	tokens     []scanToken
	indent     int // column of the current block, -1 outside
	indents    []int
	flow       []mark // the open brackets
	simpleKeys []simpleKey
	keyAllowed bool
	diags      *diag.List
	failed     bool
}

func newScanner(src *diag.Source, ds *diag.List) *scanner {
	s := &scanner{src: src, text: src.Text, indent: -1, keyAllowed: true, diags: ds, simpleKeys: make([]simpleKey, 1)}
	if len(s.text) >= len(bom) && s.text[:len(bom)] == bom {
		s.off = len(bom)
	}
	return s
}

// run scans the whole text; false means that an error ended it.
func (s *scanner) run() bool {
	before := len(s.diags.Errors())
	// A slice that grows as it is filled would take twice the memory.
	s.tokens = make([]scanToken, 0, min(s.guess(), maxTokens)+16)
	for !s.failed && s.fetch() {
		if len(s.tokens) > maxTokens {
			s.fail(s.mark, "the file holds too many values (more than %d words and signs)", maxTokens)
		}
	}
	return !s.failed && len(s.diags.Errors()) == before
}

// guess is about how many tokens there will be.
func (s *scanner) guess() int {
	count := func(what string) int { return strings.Count(s.text, what) }
	return 4*(count(": ")+count(":\n")) + 3*count("- ") + 2*count(",") + 2*count("{") + 2*count("[")
}

func (s *scanner) pos(m mark) diag.Pos {
	return diag.Pos{Source: s.src, Line: m.line + 1, Column: m.col + 1}
}

// note records an error that the scanner can read past.
func (s *scanner) note(at mark, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(s.pos(at), format, args...)
	s.diags.Add(d)
	return d
}

// fail records an error and ends the scan.
func (s *scanner) fail(at mark, format string, args ...any) *diag.Diagnostic {
	s.failed = true
	return s.note(at, format, args...)
}

// peek gives the byte n bytes ahead, 0 at the end of the text.
func (s *scanner) peek(n int) byte {
	if s.off+n < len(s.text) {
		return s.text[s.off+n]
	}
	return 0
}

func (s *scanner) atEnd() bool { return s.off >= len(s.text) }

// breakLen is the length in bytes of the line break n bytes ahead, 0 where there is none.
func (s *scanner) breakLen(n int) int {
	switch s.peek(n) {
	case '\n':
		return 1
	case '\r':
		if s.peek(n+1) == '\n' {
			return 2
		}
		return 1
	case 0xc2:
		if s.peek(n+1) == 0x85 {
			return 2
		}
	case 0xe2:
		if s.peek(n+1) == 0x80 && (s.peek(n+2) == 0xa8 || s.peek(n+2) == 0xa9) {
			return 3
		}
	}
	return 0
}

func (s *scanner) isBlank(n int) bool { c := s.peek(n); return c == ' ' || c == '\t' }

// isBlankz reports whether the place n bytes ahead holds white space, a line break or the end.
func (s *scanner) isBlankz(n int) bool {
	return s.off+n >= len(s.text) || s.isBlank(n) || s.breakLen(n) > 0
}

// skip moves past n characters of one line.
func (s *scanner) skip(n int) {
	for ; n > 0 && s.off < len(s.text); n-- {
		_, size := utf8.DecodeRuneInString(s.text[s.off:])
		s.off += size
		s.idx++
		s.col++
	}
}

// skipBreak moves past a line break and gives it normalized: "\n", or the Unicode separators themselves.
func (s *scanner) skipBreak() string {
	n := s.breakLen(0)
	br := "\n"
	if n == 3 {
		br = s.text[s.off : s.off+3]
	}
	s.off += n
	s.idx++
	s.line++
	s.col = 0
	return br
}

func (s *scanner) add(kind tokenKind, start mark) {
	s.tokens = append(s.tokens, scanToken{kind: kind, start: start, end: s.mark})
}

// addIndicator moves past an indicator of n characters and adds its token.
func (s *scanner) addIndicator(kind tokenKind, n int) {
	start := s.mark
	s.skip(n)
	s.add(kind, start)
}

// rollIndent opens a block at a column that is deeper than the current block; its token stands before tokens[at].
func (s *scanner) rollIndent(col, at int, kind tokenKind, m mark) {
	if len(s.flow) > 0 || s.indent >= col {
		return
	}
	if len(s.indents) >= maxDepth {
		s.fail(m, "values are nested more than %d deep", maxDepth)
		return
	}
	s.indents = append(s.indents, s.indent)
	s.indent = col
	s.tokens = slices.Insert(s.tokens, at, scanToken{kind: kind, start: m, end: m})
}

// unrollIndent closes the blocks that are deeper than col.
func (s *scanner) unrollIndent(col int) {
	if len(s.flow) > 0 {
		return
	}
	for s.indent > col {
		s.add(tkBlockEnd, s.mark)
		s.indent = s.indents[len(s.indents)-1]
		s.indents = s.indents[:len(s.indents)-1]
	}
}

func (s *scanner) topKey() *simpleKey { return &s.simpleKeys[len(s.simpleKeys)-1] }

// saveKey notes that the token to come may be a key.
func (s *scanner) saveKey() {
	if !s.keyAllowed {
		return
	}
	s.removeKey()
	*s.topKey() = simpleKey{possible: true, required: len(s.flow) == 0 && s.indent == s.col, token: len(s.tokens), at: s.mark}
}

// removeKey gives up the possible key of this flow level; a key that had to be one is an error.
func (s *scanner) removeKey() {
	k := s.topKey()
	if k.possible && k.required {
		s.failNoColon(k)
	}
	k.possible = false
}

// staleKeys gives up keys whose colon can no longer come: it must stand on the same line.
func (s *scanner) staleKeys() {
	for i := range s.simpleKeys {
		k := &s.simpleKeys[i]
		if k.possible && (k.at.line < s.line || k.at.idx+maxKeyLength < s.idx) {
			if k.required {
				s.failNoColon(k)
			}
			k.possible = false
		}
	}
}

// skipToToken moves past white space, comments and line breaks.
func (s *scanner) skipToToken() {
	for {
		for s.peek(0) == ' ' || s.peek(0) == '\t' && (len(s.flow) > 0 || !s.keyAllowed) {
			s.skip(1)
		}
		if s.peek(0) == '#' {
			s.skipLine()
		}
		if s.breakLen(0) == 0 {
			return
		}
		s.skipBreak()
		if len(s.flow) == 0 {
			s.keyAllowed = true
		}
	}
}

// skipLine moves to the end of the line.
func (s *scanner) skipLine() {
	for !s.atEnd() && s.breakLen(0) == 0 {
		s.skip(1)
	}
}
