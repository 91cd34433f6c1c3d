package postfix

import "strings"

// splitWords cuts a list at commas and white space, as Postfix cuts most of them; {braces} hold together.
func splitWords(s string) []string { return splitList(s, blanks+",") }

// splitList cuts at any of the separators that stand outside braces.
func splitList(s, separators string) []string {
	var out []string
	for _, w := range splitSpans(s, separators) {
		out = append(out, s[w.start:w.end])
	}
	return out
}

// splitSpans gives where the parts are that splitList gives.
func splitSpans(s, separators string) []span {
	var out []span
	start, level := -1, 0
	for i := range len(s) {
		switch c := s[i]; {
		case level == 0 && strings.IndexByte(separators, c) >= 0:
			if start >= 0 {
				out = append(out, span{start, i})
			}
			start = -1
			continue
		case c == '{':
			level++
		case c == '}' && level > 0:
			level--
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		out = append(out, span{start, len(s)})
	}
	return out
}
