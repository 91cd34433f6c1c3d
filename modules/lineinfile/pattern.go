package lineinfile

import (
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// pattern finds a line. With groups it fills a template from what it found.
type pattern interface {
	// find reports whether the line, with its line end, is meant. expand is nil where there are no groups to fill in.
	find(line string) (found bool, expand func(template string) (string, error), err error)
}

// literal is the text of search_string.
type literal string

func (l literal) find(line string) (bool, func(string) (string, error), error) {
	return strings.Contains(line, string(l)), nil, nil
}

// expression is a Python regular expression over bytes, which is how Ansible's module reads a file: "." is one byte, and \w and (?i) know ASCII only.
type expression struct{ re *pyre.Regexp }

func compile(source string) (pattern, error) {
	re, err := pyre.Compile(widen(source), 0)
	if err != nil {
		return nil, err
	}
	return expression{re}, nil
}

func (e expression) find(line string) (bool, func(string) (string, error), error) {
	m, err := e.re.Search(widen(line))
	if m == nil || err != nil {
		return false, nil, err
	}
	return true, func(template string) (string, error) {
		t, err := e.re.Template(widen(template))
		if err != nil {
			return "", err
		}
		return narrow(t.Expand(m)), nil
	}, nil
}

// firstWide begins a range of characters for private use: the bytes from 0x80 on are put there, so that the engine, which knows characters only, sees one for each and
// takes none of them for a letter.
const firstWide = 0xE000

func widen(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < 0x80 {
			b.WriteByte(s[i])
		} else {
			b.WriteRune(firstWide + rune(s[i]))
		}
	}
	return b.String()
}

func narrow(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= firstWide {
			r -= firstWide
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}
