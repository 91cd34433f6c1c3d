package diag

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Closest gives the known word nearest to a mistyped one, or "" where none is near enough to be meant. Of several as near the one that shares most letters is taken, then the
// first in alphabetical order.
func Closest(word string, known []string) string {
	best, bestDistance, bestShared := "", len(word)/3+2, 0
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	lower := strings.ToLower(word)
	for _, k := range sorted {
		candidate := strings.ToLower(k)
		d := distance(lower, candidate, bestDistance+1)
		n := shared(lower, candidate)
		if d < bestDistance || (d == bestDistance && best != "" && n > bestShared) {
			best, bestDistance, bestShared = k, d, n
		}
	}
	return best
}

// shared counts the letters that two words have in common, each as often as both have it.
func shared(a, b string) int {
	n := 0
	for _, r := range a {
		if i := strings.IndexRune(b, r); i >= 0 {
			b = b[:i] + b[i+utf8.RuneLen(r):]
			n++
		}
	}
	return n
}

// DidYouMean gives a hint that names the nearest known word, or "" where none is near.
func DidYouMean(word string, known []string) string {
	if c := Closest(word, known); c != "" {
		return fmt.Sprintf("did you mean %q?", c)
	}
	return ""
}

// distance is the number of insertions, deletions, substitutions and swaps of neighbours that turn a into b; limit or more is told as limit.
func distance(a, b string, limit int) int {
	if diff := len(a) - len(b); diff >= limit || -diff >= limit {
		return limit
	}
	older, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, prev, row = prev, row, older
	}
	return min(prev[len(b)], limit)
}
