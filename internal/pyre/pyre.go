// Package pyre is Python's re module: the pattern syntax, the replacement templates and what match, search, fullmatch, findall, split and sub give.
//
// Patterns run on a backtracking engine, with look-around and back references. Each match has a time limit, so that a pattern that explodes is an error.
// Where Python numbers named and unnamed groups together from left to right, the engine does not; names are therefore resolved here.
package pyre

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
)

// Flags are the flags of re.compile.
type Flags int

// The flags, with Python's meaning.
const (
	IgnoreCase Flags = 1 << iota
	Multiline
	DotAll
	Verbose
)

// timeout is the limit of one match.
const timeout = time.Second

// Regexp is a compiled pattern, safe for concurrent use.
type Regexp struct {
	re    *regexp2.Regexp
	names map[string]int // of the named groups
	count int            // of groups
	src   string
	flags Flags

	once    sync.Once
	full    *Regexp // the pattern up to the end of the text
	fullErr error
}

// Match is one match. Group 0 is the whole; positions count characters.
type Match struct {
	Groups     []Group
	Starts     []int // where each group begins; -1 where it took no part
	Start, End int
}

// Group is what a group matched; OK is false where it took no part.
type Group struct {
	Text string
	OK   bool
}

type cacheKey struct {
	pattern string
	flags   Flags
}

var cache struct {
	sync.Mutex
	m map[cacheKey]*Regexp
}

// maxCached is how many compiled patterns are kept.
const maxCached = 1000

// Compile compiles a Python pattern. Compiled patterns are kept for the next time.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	key := cacheKey{pattern, flags}
	cache.Lock()
	r := cache.m[key]
	cache.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := compile(pattern, flags)
	if err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", pattern, err)
	}
	cache.Lock()
	defer cache.Unlock()
	if cache.m == nil || len(cache.m) >= maxCached {
		cache.m = map[cacheKey]*Regexp{}
	}
	cache.m[key] = r
	return r, nil
}

func compile(pattern string, flags Flags) (r *Regexp, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be compiled: %v", p)
		}
	}()
	t := translator{src: pattern, verbose: flags&Verbose != 0, names: map[string]int{}}
	text, err := t.translate()
	if err != nil {
		return nil, err
	}
	opts := regexp2.None
	for flag, opt := range map[Flags]regexp2.RegexOptions{
		IgnoreCase: regexp2.IgnoreCase, Multiline: regexp2.Multiline, DotAll: regexp2.Singleline, Verbose: regexp2.IgnorePatternWhitespace,
	} {
		if flags&flag != 0 {
			opts |= opt
		}
	}
	re, err := regexp2.Compile(text, opts)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = timeout
	return &Regexp{re: re, names: t.names, count: t.groups, src: pattern, flags: flags}, nil
}

// Groups is the number of groups, without the whole match.
func (r *Regexp) Groups() int { return r.count }

// Group gives the number of a named group.
func (r *Regexp) Group(name string) (int, bool) { n, ok := r.names[name]; return n, ok }

// Search gives the first match anywhere, or nil.
func (r *Regexp) Search(s string) (*Match, error) {
	m, err := r.re.FindStringMatch(s)
	return r.match(m), timeoutError(err)
}

// Match gives the match at the beginning, or nil.
func (r *Regexp) Match(s string) (*Match, error) {
	m, err := r.Search(s)
	if m != nil && m.Start != 0 {
		return nil, err
	}
	return m, err
}

// All gives all matches that do not overlap, n at most where n is positive.
func (r *Regexp) All(s string, n int) ([]*Match, error) {
	var all []*Match
	m, err := r.re.FindStringMatch(s)
	for m != nil && err == nil {
		all = append(all, r.match(m))
		if n > 0 && len(all) == n {
			break
		}
		m, err = r.re.FindNextMatch(m)
	}
	return all, timeoutError(err)
}

func (r *Regexp) match(m *regexp2.Match) *Match {
	if m == nil {
		return nil
	}
	out := &Match{Groups: make([]Group, r.count+1), Starts: make([]int, r.count+1), Start: m.Index, End: m.Index + m.Length}
	for i := range out.Groups {
		out.Starts[i] = -1
		if g := m.GroupByNumber(i); g != nil && len(g.Captures) > 0 {
			out.Groups[i], out.Starts[i] = Group{g.String(), true}, g.Index
		}
	}
	return out
}

func timeoutError(err error) error {
	if err != nil {
		return fmt.Errorf("the regular expression takes longer than %s", timeout)
	}
	return nil
}

// Split splits a text at the matches; the groups of the pattern are in the result too.
func (r *Regexp) Split(s string) ([]string, error) {
	all, err := r.All(s, 0)
	if err != nil {
		return nil, err
	}
	rs := []rune(s)
	var parts []string
	last := 0
	for _, m := range all {
		parts = append(parts, string(rs[last:m.Start]))
		for _, g := range m.Groups[1:] {
			parts = append(parts, g.Text)
		}
		last = m.End
	}
	return append(parts, string(rs[last:])), nil
}

// Replace is re.sub: it replaces the matches by a template with \1, \g<name> and escapes, n at most where n is positive, and gives how many there were.
func (r *Regexp) Replace(s, template string, n int) (string, int, error) {
	t, err := r.Template(template)
	if err != nil {
		return "", 0, err
	}
	all, err := r.All(s, n)
	if err != nil || len(all) == 0 {
		return s, 0, err
	}
	rs := []rune(s)
	var b strings.Builder
	last := 0
	for _, m := range all {
		b.WriteString(string(rs[last:m.Start]))
		t.expand(&b, m)
		last = m.End
	}
	b.WriteString(string(rs[last:]))
	return b.String(), len(all), nil
}

// Template is a replacement that has been read.
type Template struct{ parts []part }

type part struct {
	text  string
	group int // where text is empty
}

// Expand gives the replacement's text for a match.
func (t *Template) Expand(m *Match) string {
	var b strings.Builder
	t.expand(&b, m)
	return b.String()
}

func (t *Template) expand(b *strings.Builder, m *Match) {
	for _, p := range t.parts {
		if p.text != "" {
			b.WriteString(p.text)
		} else {
			b.WriteString(m.Groups[p.group].Text)
		}
	}
}

// Template reads a replacement.
func (r *Regexp) Template(s string) (*Template, error) {
	t := &Template{}
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i != 0 {
			if i < 0 {
				i = len(s)
			}
			t.parts = append(t.parts, part{text: s[:i]})
			s = s[i:]
			continue
		}
		p, n, err := r.escape(s)
		if err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
		t.parts = append(t.parts, p)
		s = s[n:]
	}
	return t, nil
}

var replacementEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\\': "\\"}

// escape reads one escape of a replacement and gives how many bytes it has.
func (r *Regexp) escape(s string) (part, int, error) {
	if len(s) < 2 {
		return part{}, 0, fmt.Errorf("bad escape (end of pattern)")
	}
	c := s[1]
	switch {
	case c == 'g':
		return r.named(s)
	case c == '0':
		n := 2
		for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		code, _ := strconv.ParseUint(s[1:n], 8, 16)
		return part{text: string(rune(code))}, n, nil
	case c >= '1' && c <= '9':
		n := 2
		if n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		g, _ := strconv.Atoi(s[1:n])
		return part{group: g}, n, r.valid(g)
	}
	if text, ok := replacementEscapes[c]; ok {
		return part{text: text}, 2, nil
	}
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		return part{}, 0, fmt.Errorf("bad escape \\%c", c)
	}
	return part{text: s[:2]}, 2, nil
}

func (r *Regexp) named(s string) (part, int, error) {
	end := strings.IndexByte(s, '>')
	if len(s) < 4 || s[2] != '<' || end < 0 {
		return part{}, 0, fmt.Errorf("missing group name after \\g")
	}
	name := s[3:end]
	g, err := strconv.Atoi(name)
	if err != nil {
		var ok bool
		if g, ok = r.names[name]; !ok {
			return part{}, 0, fmt.Errorf("unknown group name %q", name)
		}
	}
	return part{group: g}, end + 1, r.valid(g)
}

func (r *Regexp) valid(g int) error {
	if g < 0 || g > r.count {
		return fmt.Errorf("invalid group reference %d", g)
	}
	return nil
}

// Escape is re.escape: it puts a backslash before each character that means something in a pattern.
func Escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// FullMatch gives the match of the whole text, or nil.
func (r *Regexp) FullMatch(s string) (*Match, error) {
	r.once.Do(func() {
		end := `)\Z`
		if r.flags&Verbose != 0 {
			end = "\n" + end
		}
		r.full, r.fullErr = Compile("(?:"+r.src+end, r.flags)
	})
	if r.fullErr != nil {
		return nil, r.fullErr
	}
	return r.full.Match(s)
}
