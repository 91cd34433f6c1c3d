package inventory

import (
	"errors"
	"strings"
)

// word is a piece of a host line after quotes are taken off.
type word struct {
	text string
	at   int // offset of its first byte in the line
}

var (
	errOpenQuote = errors.New("a quote is never closed")
	errOpenSlash = errors.New("the line ends in a backslash")
)

// splitLine splits a host line as Python's shlex.split(line, comments=True) does. A # starts a comment even inside a word without quotes.
func splitLine(line string) ([]word, error) {
	var (
		words  []word
		b      strings.Builder
		inWord bool
		start  int
		quote  byte
	)
	flush := func() {
		if inWord {
			words = append(words, word{b.String(), start})
			b.Reset()
			inWord = false
		}
	}
	begin := func(i int) {
		if !inWord {
			inWord, start = true, i
		}
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			begin(i)
			if i++; i == len(line) {
				return nil, errOpenSlash
			}
			if quote == '"' && line[i] != '\\' && line[i] != '"' {
				b.WriteByte('\\')
			}
			b.WriteByte(line[i])
		case quote != 0:
			b.WriteByte(c)
		case c == '"' || c == '\'':
			begin(i)
			quote = c
		case strings.IndexByte(" \t\r\n", c) >= 0:
			flush()
		case c == '#':
			flush()
			return words, nil
		default:
			begin(i)
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, errOpenQuote
	}
	flush()
	return words, nil
}
