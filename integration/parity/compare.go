package parity

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict says in which respects two records differ; each list is empty where they are the same.
type Verdict struct{ Tree, Recap, Exit []string }

// same says whether nothing differs.
func (v Verdict) same() bool { return len(v.Tree)+len(v.Recap)+len(v.Exit) == 0 }

// String tells all differences, a line each.
func (v Verdict) String() string {
	return strings.Join(slices.Concat(v.Exit, v.Recap, v.Tree), "\n")
}

// compare holds a record to the reference.
func compare(want, got *Record) Verdict {
	var v Verdict
	if len(want.Runs) != len(got.Runs) {
		v.Exit = append(v.Exit, fmt.Sprintf("%d runs, want %d", len(got.Runs), len(want.Runs)))
		return v
	}
	for i, w := range want.Runs {
		g := got.Runs[i]
		if g.Exit != w.Exit {
			v.Exit = append(v.Exit, fmt.Sprintf("run %d (%s): exit code %d, want %d", i+1, w.Line, g.Exit, w.Exit))
		}
		for _, line := range lineDiff(w.Recap, g.Recap) {
			v.Recap = append(v.Recap, fmt.Sprintf("run %d (%s): %s", i+1, w.Line, line))
		}
	}
	v.Tree = compareTrees(want.Tree, got.Tree)
	return v
}

func compareTrees(want, got []Entry) []string {
	var out []string
	byPath := map[string]Entry{}
	for _, e := range got {
		byPath[e.Path] = e
	}
	for _, w := range want {
		g, ok := byPath[w.Path]
		delete(byPath, w.Path)
		if !ok {
			out = append(out, w.Path+": missing")
			continue
		}
		for _, f := range [][3]string{{"kind", g.Kind, w.Kind}, {"mode", g.Mode, w.Mode}, {"owner", g.Owner, w.Owner}, {"link", g.Link, w.Link}} {
			if f[1] != f[2] {
				out = append(out, fmt.Sprintf("%s: %s %q, want %q", w.Path, f[0], f[1], f[2]))
			}
		}
		for _, line := range lineDiff(w.Content, g.Content) {
			out = append(out, w.Path+": "+line)
		}
	}
	for _, e := range got {
		if _, left := byPath[e.Path]; left {
			out = append(out, fmt.Sprintf("%s: a %s that should not be there", e.Path, e.Kind))
		}
	}
	return out
}

// lineDiff gives the lines that one list has and the other has not ("- " wanted, "+ " not wanted), by the longest common subsequence.
func lineDiff(want, got []string) []string {
	long := make([][]int, len(want)+1)
	for i := range long {
		long[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i] == got[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			i, j = i+1, j+1
		case j == len(got) || (i < len(want) && long[i+1][j] >= long[i][j+1]):
			out = append(out, "- "+want[i])
			i++
		default:
			out = append(out, "+ "+got[j])
			j++
		}
	}
	return out
}
