package yamlsrc

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
)

// StringPos gives the place in the source of a byte of n.Text. It follows quotes, escapes, folding and the indentation of blocks, so that an error in
// the middle of a template can be shown where it was written. An offset on white space may give a neighbouring character.
func (n *Node) StringPos(offset int) diag.Pos {
	if n.raw == "" || offset < 0 || offset > len(n.Text) {
		return n.Pos
	}
	// White space is what folding changes: places are found by counting the other characters.
	before := countInk(n.Text[:offset])
	raw := n.raw
	line, col := n.rawAt.Line, n.rawAt.Column
	last := diag.Pos{Source: n.rawAt.Source, Line: line, Column: col}
	if n.style == '"' || n.style == '\'' {
		raw, col = raw[1:len(raw)-1], col+1
	}
	for raw != "" {
		size, ink := n.unit(raw)
		at := diag.Pos{Source: n.rawAt.Source, Line: line, Column: col}
		if ink {
			if before == 0 {
				return at
			}
			before--
		}
		if strings.HasPrefix(raw, "\n") || raw[0] == '\\' && n.style == '"' && strings.HasPrefix(raw[1:], "\n") {
			line, col = line+1, 1
		} else {
			col += utf8.RuneCountInString(raw[:size])
		}
		raw = raw[size:]
		last = diag.Pos{Source: n.rawAt.Source, Line: line, Column: col}
	}
	return last
}

// unit is the size of the next character as written, and whether it stands for one that is not white space.
func (n *Node) unit(raw string) (size int, ink bool) {
	switch {
	case n.style == '\'' && strings.HasPrefix(raw, "''"):
		return 2, true
	case n.style == '"' && raw[0] == '\\' && len(raw) > 1:
		return escapeUnit(raw)
	}
	r, size := utf8.DecodeRuneInString(raw)
	return size, !unicode.IsSpace(r)
}

func escapeUnit(raw string) (size int, ink bool) {
	size = map[byte]int{'x': 4, 'u': 6, 'U': 10}[raw[1]]
	if size == 0 || size > len(raw) {
		_, n := utf8.DecodeRuneInString(raw[1:])
		return 1 + n, strings.IndexByte("0abe\"/\\", raw[1]) >= 0
	}
	s := scanner{text: raw}
	r, _ := s.hex(2, size-2)
	return size, !unicode.IsSpace(r)
}

func countInk(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
