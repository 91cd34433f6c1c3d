package inventory

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// Match gives the hosts that patterns name, as hosts: and --limit take them: a:b and a,b join, !c leaves out, &d keeps only what is in d; each is a name,
// a glob, a ~regular expression, or one of the first two with [0], [-1], [1:3]. First come the plain ones in the order given, then the & and the !
// apply. Within a pattern the order is the inventory's. A pattern that fits nothing gives a warning; a malformed one, and one that
// is empty, is an error (Ansible takes "[" for all hosts).
func (inv *Inventory) Match(patterns ...string) (hosts []*Host, warnings []string, err error) {
	m := &matcher{inv: inv}
	hosts, err = m.match(patterns)
	return hosts, m.warnings, err
}

// ReadLimit splits the argument of --limit into patterns for Match; @file stands for the lines of a file.
func ReadLimit(limit string) ([]string, error) {
	var out []string
	for _, p := range splitPatterns(limit) {
		path, isFile := strings.CutPrefix(p, "@")
		if !isFile {
			out = append(out, p)
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("--limit %s: %w", p, err)
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	return out, nil
}

var patternPart = regexp.MustCompile(`(?:[^\s:\[\]]|\[[^\]]*\])+`)

// splitPatterns splits at commas, or else at colons where the whole is no address.
func splitPatterns(text string) []string {
	var parts []string
	if strings.Contains(text, ",") {
		parts = strings.Split(text, ",")
	} else if _, _, ok := parseAddress(text); ok {
		parts = []string{text}
	} else {
		parts = patternPart.FindAllString(text, -1)
	}
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// orderPatterns puts the joining patterns first, then the & and the !; without a joining one, all hosts are joined.
func orderPatterns(patterns []string) []string {
	var join, keep, drop []string
	for _, p := range patterns {
		switch p[0] {
		case '!':
			drop = append(drop, p)
		case '&':
			keep = append(keep, p)
		default:
			join = append(join, p)
		}
	}
	if len(join) == 0 {
		join = []string{allGroup}
	}
	return slices.Concat(join, keep, drop)
}

type matcher struct {
	inv      *Inventory
	warnings []string
}

func (m *matcher) match(patterns []string) ([]*Host, error) {
	var parts []string
	for _, p := range patterns {
		split := splitPatterns(p)
		if len(split) == 0 {
			return nil, fmt.Errorf("host pattern %q names no host", p)
		}
		parts = append(parts, split...)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	var hosts []*Host
	in := map[*Host]bool{}
	for _, p := range orderPatterns(parts) {
		that, err := m.one(p)
		if err != nil {
			return nil, err
		}
		if p[0] != '!' && p[0] != '&' || m.inv.hosts[p] != nil {
			for _, h := range that {
				if !in[h] {
					in[h] = true
					hosts = append(hosts, h)
				}
			}
			continue
		}
		named := map[*Host]bool{}
		for _, h := range that {
			named[h] = true
		}
		hosts = slices.DeleteFunc(hosts, func(h *Host) bool { return named[h] == (p[0] == '!') })
	}
	return hosts, nil
}

var subscript = regexp.MustCompile(`^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$`)

// one gives the hosts of one pattern, whatever sign it has.
func (m *matcher) one(p string) ([]*Host, error) {
	if h := m.inv.hosts[p]; h != nil {
		return []*Host{h}, nil
	}
	p = strings.TrimLeft(p[:1], "!&") + p[1:]
	if p == "" {
		return nil, fmt.Errorf("host pattern: a name must follow ! or &")
	}
	expr, sub := p, []string(nil)
	if p[0] != '~' {
		if s := subscript.FindStringSubmatch(p); s != nil {
			expr, sub = s[1], s
		}
	}
	hosts, err := m.enumerate(expr)
	if err != nil || sub == nil || len(hosts) == 0 {
		return hosts, err
	}
	return pick(hosts, p, sub)
}

// pick applies a subscript: one number, or two of which both ends belong to the range.
func pick(hosts []*Host, pattern string, sub []string) ([]*Host, error) {
	if sub[2] != "" {
		i, err := strconv.Atoi(sub[2])
		if i < 0 {
			i += len(hosts)
		}
		if err != nil || i < 0 || i >= len(hosts) {
			return nil, fmt.Errorf("host pattern %q: there are only %d hosts, counted from 0", pattern, len(hosts))
		}
		return hosts[i : i+1], nil
	}
	first, err := strconv.Atoi(sub[3])
	last := len(hosts) - 1
	if sub[4] != "" {
		var e error
		if last, e = strconv.Atoi(sub[4]); e != nil {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("host pattern %q: %w", pattern, err)
	}
	last = min(last, len(hosts)-1)
	if first > last {
		return nil, nil
	}
	return slices.Clone(hosts[first : last+1]), nil
}

// enumerate gives the hosts of the groups whose name fits, and where no group fits, or the pattern is more than a name, the hosts whose name fits.
func (m *matcher) enumerate(pattern string) ([]*Host, error) {
	fits, err := nameTest(pattern)
	if err != nil {
		return nil, err
	}
	var hosts []*Host
	in := map[*Host]bool{}
	add := func(hs ...*Host) {
		for _, h := range hs {
			if !in[h] {
				in[h] = true
				hosts = append(hosts, h)
			}
		}
	}
	anyGroup := false
	for _, g := range m.inv.Groups {
		if fits(g.Name) {
			anyGroup = true
			add(g.hosts...)
		}
	}
	if !anyGroup || pattern[0] == '~' || strings.ContainsAny(pattern, ".?*[") {
		for _, h := range m.inv.Hosts {
			if fits(h.Name) {
				add(h)
			}
		}
	}
	if len(hosts) == 0 && slices.Contains(localNames, pattern) {
		add(m.inv.Host(pattern))
	}
	if len(hosts) == 0 && !anyGroup {
		m.warn(pattern)
	}
	return hosts, nil
}

// warn tells of a pattern that fits nothing, and names what is nearest or what groups there are.
func (m *matcher) warn(pattern string) {
	names := m.inv.GroupNames()
	text := "Could not match supplied host pattern, ignoring: " + pattern // scripts look for these words
	known := slices.Clone(names)
	if len(m.inv.Hosts) <= 1000 {
		for _, h := range m.inv.Hosts {
			known = append(known, h.Name)
		}
	}
	if hint := diag.DidYouMean(pattern, known); hint != "" {
		text += "; " + hint
	} else {
		text += "; the groups are " + strings.Join(names[:min(len(names), 20)], ", ")
	}
	m.warnings = append(m.warnings, text)
}

// nameTest makes the test for a name of a pattern: a ~regular expression, which must fit at the start, or a glob, which must fit the whole.
func nameTest(pattern string) (func(string) bool, error) {
	expr, isRegexp := strings.CutPrefix(pattern, "~")
	switch {
	case isRegexp:
		expr = "^(?:" + expr + ")"
	case strings.ContainsAny(pattern, "*?["):
		expr = globRegexp(pattern)
	default:
		return func(name string) bool { return name == pattern }, nil
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("host pattern %q: %w", pattern, err)
	}
	return re.MatchString, nil
}

// MatchGlob reports whether a text is a glob's own text, or is matched by it as by Python's fnmatch.
func MatchGlob(glob, text string) bool {
	if glob == text {
		return true
	}
	re, err := regexp.Compile(globRegexp(glob))
	return err == nil && re.MatchString(text)
}

// globRegexp translates a glob as Python's fnmatch does: *, ?, [abc], [!abc]; a [ that is not closed is itself.
func globRegexp(glob string) string {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[':
			end := closingBracket(glob, i)
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			set := strings.ReplaceAll(strings.ReplaceAll(glob[i+1:end], `\`, `\\`), "[", `\[`)
			if rest, not := strings.CutPrefix(set, "!"); not {
				set = "^" + rest
			} else if strings.HasPrefix(set, "^") {
				set = `\` + set
			}
			if rest, ok := strings.CutPrefix(set, "]"); ok {
				set = `\]` + rest
			} else if rest, ok := strings.CutPrefix(set, "^]"); ok {
				set = `^\]` + rest
			}
			b.WriteString("[" + set + "]")
			i = end
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return b.String() + `$`
}

// closingBracket finds the ] that ends a set; one right after the start belongs to the set.
func closingBracket(glob string, open int) int {
	from := open + 1
	if from < len(glob) && glob[from] == '!' {
		from++
	}
	if from < len(glob) && glob[from] == ']' {
		from++
	}
	if at := strings.IndexByte(glob[min(from, len(glob)):], ']'); at >= 0 {
		return from + at
	}
	return -1
}
