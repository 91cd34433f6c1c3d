package modules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// Pair is an argument written as name=value.
type Pair struct{ Name, Value string }

// SplitPairs reads arguments written on one line, `path=/etc/motd line="hello there"`, as Ansible does: quotes and templates hold words together, quotes around a value
// are taken off, and a word without "=" is an error.
func SplitPairs(s string) ([]Pair, error) {
	text, pairs, err := SplitFreeForm(s)
	if err == nil && strings.TrimSpace(text) != "" {
		err = fmt.Errorf("%q is not of the form name=value", strings.TrimSpace(text))
	}
	return pairs, err
}

// SplitFreeForm reads a free-form text with arguments among its words: `make install chdir=/src`. Only the names given are arguments, without names every one; the rest is
// the text, with its quotes as they are.
func SplitFreeForm(s string, names ...string) (text string, pairs []Pair, err error) {
	spans, err := splitArgs(s)
	if err != nil {
		return "", nil, err
	}
	taken := make([]bool, len(spans))
	for i, sp := range spans {
		word := s[sp.from:sp.to]
		p, isPair := pairOf(word)
		if taken[i] = word == `\` || (isPair && (len(names) == 0 || slices.Contains(names, p.Name))); taken[i] && isPair {
			pairs = append(pairs, p)
		}
	}
	return without(s, spans, taken), pairs, nil
}

// without gives a text without some of its words. As with Ansible the blanks behind such a word go with it, but for line ends that stand before it nothing is left between its
// neighbours but one blank.
func without(s string, spans []span, taken []bool) string {
	var rest strings.Builder
	parted := true // nothing is to be put before the next word
	for i, sp := range spans {
		if taken[i] {
			continue
		}
		switch {
		case i == 0:
			rest.WriteString(s[:sp.from])
		case taken[i-1] && !parted:
			rest.WriteByte(' ')
		}
		gap := s[sp.to:]
		if i+1 < len(spans) {
			gap = s[sp.to:spans[i+1].from]
			if taken[i+1] {
				gap = strings.TrimSuffix(gap, " ")
			}
		}
		rest.WriteString(s[sp.from:sp.to] + gap)
		parted = strings.HasSuffix(gap, "\n")
	}
	return rest.String()
}

type span struct{ from, to int }

var blocks = [][2]string{{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}}

// splitArgs finds the words of a text that are parted by blanks outside quotes and templates.
func splitArgs(s string) ([]span, error) {
	var spans []span
	start, closing := -1, ""
	for i := 0; i < len(s); i++ {
		switch blank := s[i] == ' ' || s[i] == '\n'; {
		case closing != "":
			if strings.HasPrefix(s[i:], closing) && (len(closing) == 2 || s[i-1] != '\\') {
				i += len(closing) - 1
				closing = ""
			}
		case blank && start >= 0:
			spans = append(spans, span{start, i})
			start = -1
		case blank:
		default:
			if start < 0 {
				start = i
			}
			if closing = closes(s, i); len(closing) == 2 {
				i++
			}
		}
	}
	if closing != "" {
		return nil, errors.New("failed at splitting arguments, either an unbalanced jinja2 block or quotes")
	}
	if start >= 0 {
		spans = append(spans, span{start, len(s)})
	}
	return spans, nil
}

// closes gives what ends the quote or template that begins at i, or "".
func closes(s string, i int) string {
	if (s[i] == '"' || s[i] == '\'') && (i == 0 || s[i-1] != '\\') {
		return s[i : i+1]
	}
	for _, b := range blocks {
		if strings.HasPrefix(s[i:], b[0]) {
			return b[1]
		}
	}
	return ""
}

// pairOf splits a word at its first "=" that is neither its first character nor escaped.
func pairOf(word string) (Pair, bool) {
	word = decodeEscapes(word)
	for i := 1; i < len(word); i++ {
		if word[i] == '=' && word[i-1] != '\\' {
			return Pair{strings.TrimSpace(word[:i]), unquote(strings.TrimSpace(word[i+1:]))}, true
		}
	}
	return Pair{}, false
}

// unquote takes off quotes that enclose the whole text.
func unquote(s string) string {
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[0] == s[n-1] && s[n-2] != '\\' {
		return s[1 : n-1]
	}
	return s
}

var escape = pyre.Must(`\\(U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\\'"abfnrtv])`, 0)

// decodeEscapes decodes what Ansible decodes in name=value: the escapes of Python's string literals, but for octal numbers and names.
func decodeEscapes(s string) string {
	return escape.Replace(s, func(m []string) string {
		e := m[0]
		if strings.ContainsRune("Uux", rune(e[1])) {
			if n, err := strconv.ParseUint(e[2:], 16, 32); err == nil {
				return string(rune(n))
			}
			return e
		}
		return string("\\'\"\a\b\f\n\r\t\v"[strings.IndexByte(`\'"abfnrtv`, e[1])])
	})
}
