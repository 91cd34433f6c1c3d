package diag

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// context is how many lines are shown on each side of the place.
const context = 2

// Snippet gives the lines around a position, numbered, with a caret under the column. It is empty where the source text is not known, or hidden.
func Snippet(p Pos) string {
	if !p.IsValid() || p.Source.Hidden || p.Source.Text == "" {
		return ""
	}
	lines := strings.Split(strings.TrimSuffix(p.Source.Text, "\n"), "\n")
	if p.Line > len(lines) {
		return ""
	}
	first, last := max(1, p.Line-context), min(len(lines), p.Line+context)
	width := len(fmt.Sprint(last))
	var b strings.Builder
	for n := first; n <= last; n++ {
		line := strings.TrimSuffix(lines[n-1], "\r")
		mark := " "
		if n == p.Line {
			mark = ">"
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s %*d | %s", mark, width, n, line), " ") + "\n")
		if n == p.Line && p.Column > 0 {
			fmt.Fprintf(&b, "  %*s | %s^\n", width, "", indent(line, p.Column-1))
		}
	}
	return b.String()
}

// indent is blank space as wide as the first n characters of line; tabs stay tabs, so that the caret stands under its character.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n == 0 {
			break
		}
		n--
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Render gives a diagnostic as a person reads it: place and message, the lines around, the hint.
func Render(d *Diagnostic) string {
	word := "error"
	if d.Severity == Warning {
		word = "warning"
	}
	var b strings.Builder
	if d.Pos.IsValid() {
		fmt.Fprintf(&b, "%s: ", d.Pos)
	}
	fmt.Fprintf(&b, "%s: %s\n", word, d.Message)
	b.WriteString(Snippet(d.Pos))
	if d.Hint != "" {
		fmt.Fprintf(&b, "  hint: %s\n", d.Hint)
	}
	return b.String()
}

// At gives the position of a byte offset in a source.
func At(s *Source, offset int) Pos {
	offset = min(max(offset, 0), len(s.Text))
	before := s.Text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return Pos{Source: s, Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1}
}
