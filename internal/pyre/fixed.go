package pyre

import (
	"strings"
	"sync"
)

// Fixed is a pattern of pfrun's own, compiled when it is first used. The helper has this engine in any case; package regexp would be another
// 130 KB of it.
type Fixed struct{ get func() *Regexp }

// Must makes a Fixed. A pattern that cannot be compiled panics at its first use.
func Must(pattern string, flags Flags) *Fixed {
	return &Fixed{sync.OnceValue(func() *Regexp {
		r, err := compile(pattern, flags)
		if err != nil {
			panic("pyre: " + pattern + ": " + err.Error())
		}
		return r
	})}
}

// In reports whether the pattern matches anywhere in a text.
func (f *Fixed) In(s string) bool { return f.Groups(s) != nil }

// Is reports whether the pattern's first match is the whole of a text.
func (f *Fixed) Is(s string) bool {
	m := f.Groups(s)
	return m != nil && m[0] == s
}

// Groups gives what the first match and its groups hold; nil where there is none, or where none was found in time.
func (f *Fixed) Groups(s string) []string {
	m, _ := f.get().Search(s)
	if m == nil {
		return nil
	}
	return m.texts()
}

// All gives what each match and its groups hold.
func (f *Fixed) All(s string) [][]string {
	all, _ := f.get().All(s, 0)
	texts := make([][]string, len(all))
	for i, m := range all {
		texts[i] = m.texts()
	}
	return texts
}

// Replace puts in the place of each match what with makes of it and its groups.
func (f *Fixed) Replace(s string, with func(groups []string) string) string {
	all, _ := f.get().All(s, 0)
	if len(all) == 0 {
		return s
	}
	rs := []rune(s)
	var b strings.Builder
	last := 0
	for _, m := range all {
		b.WriteString(string(rs[last:m.Start]) + with(m.texts()))
		last = m.End
	}
	return b.String() + string(rs[last:])
}

func (m *Match) texts() []string {
	texts := make([]string, len(m.Groups))
	for i, g := range m.Groups {
		texts[i] = g.Text
	}
	return texts
}
