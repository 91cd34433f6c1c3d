package yamlsrc

import (
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
)

// Limits of a file. They are far above what people write and far below what harms the control node.
const (
	maxSize   = 32 << 20 // bytes
	maxDepth  = 200      // collections in collections
	maxTokens = 1 << 19  // scalars, brackets, colons and the like: about 130,000 keys with their values
	maxKeys   = 1 << 16  // of one mapping
	// maxExpanded bounds the values in one document with every alias written out, so that ten lines of aliases cannot stand for billions.
	maxExpanded = 4 << 20
)

const bom = "\uFEFF"

// checkText refuses what is no UTF-8 text of bearable size; the scanner relies on it.
func checkText(src *diag.Source, ds *diag.List) bool {
	text := src.Text
	if len(text) > maxSize {
		ds.Add(diag.Errorf(diag.Pos{Source: src, Line: 1}, "the file has %d bytes; at most %d are read", len(text), maxSize))
		return false
	}
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		ds.Add(diag.Errorf(diag.Pos{Source: src, Line: 1, Column: 1}, "the file is UTF-16 text, not UTF-8").WithHint("save it as UTF-8"))
		return false
	}
	text = strings.TrimPrefix(text, bom)
	start := len(src.Text) - len(text)
	for i, r := range text {
		if printable(r) && r != utf8.RuneError {
			continue
		}
		at := diag.At(src, start+i)
		if r == utf8.RuneError {
			if strings.HasPrefix(text[i:], "\uFFFD") {
				continue
			}
			ds.Add(diag.Errorf(at, "byte 0x%02x is not UTF-8 text", text[i]).WithHint("save the file as UTF-8"))
			return false
		}
		if r == '\uFEFF' {
			ds.Add(diag.Errorf(at, "a byte order mark (U+FEFF) stands inside the text").WithHint("delete this invisible character"))
			return false
		}
		ds.Add(diag.Errorf(at, "control character %U is not allowed in YAML", r).WithHint("in a double-quoted string write it as an escape: \"\\x%02x\"", r))
		return false
	}
	return true
}

// printable is YAML 1.1's c-printable.
func printable(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return true
	case r < 0x20, r >= 0x7f && r < 0xa0, r == '\uFEFF', r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}
