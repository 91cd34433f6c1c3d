package postfix

import (
	"slices"
	"strings"
)

// Service is one service of a master.cf.
type Service struct {
	Name, Type string      // such as smtp and inet
	Command    string      // the program, such as smtpd; "" where the line is cut short
	Line       int         // where it starts, from 1
	Overrides  []Parameter // the -o name=value arguments, in their order; of several of one name the last one counts
}

// ID gives NAME/TYPE, as `postconf -P` writes it.
func (s Service) ID() string { return s.Name + "/" + s.Type }

// Lookup gives the value that the service's own arguments set.
func (s Service) Lookup(name string) (value string, set bool) {
	for _, p := range slices.Backward(s.Overrides) {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// Master is the text of a master.cf. The zero Master is an empty file.
type Master struct {
	lines   []string // physical lines, each with its line end
	entries []masterEntry
}

// masterEntry is one service with the place of all that can be edited in it. Places count in logical, the lines of the entry one after the other without their ends.
type masterEntry struct {
	Service
	lines   []int // the physical lines: the first, then the continuations; comments and blank lines between them are not in it
	logical string
	options []option
	rest    int // where the arguments begin that are no options; len(logical): nowhere
}

// option is one -o name=value.
type option struct {
	Parameter
	start   int  // of what goes when it is removed: its -o, or the o of -vo
	setting span // of name=value or { name = value }
}

type span struct{ start, end int }

// ParseMaster reads a master.cf. It is lossless: String gives the text back byte for byte. It is tolerant too: what it does not understand is no service, since Postfix judges
// the file itself.
func ParseMaster(text string) *Master {
	m := &Master{lines: strings.SplitAfter(text, "\n")}
	if last := len(m.lines) - 1; m.lines[last] == "" {
		m.lines = m.lines[:last]
	}
	m.scan()
	return m
}

// String gives the text.
func (m *Master) String() string { return strings.Join(m.lines, "") }

// Services gives the services in the order of the file.
func (m *Master) Services() []Service {
	var out []Service
	for _, e := range m.entries {
		out = append(out, e.Service)
	}
	return out
}

// scan finds the entries. A line that starts with white space continues the entry before it, over comments and blank lines too.
func (m *Master) scan() {
	var logical [][]int
	for i, line := range m.lines {
		switch t := strings.TrimLeft(line, blanks); {
		case t == "" || t[0] == '#':
		case len(t) == len(line):
			logical = append(logical, []int{i})
		case len(logical) > 0:
			last := &logical[len(logical)-1]
			*last = append(*last, i)
		}
	}
	m.entries = nil
	for _, lines := range logical {
		e := masterEntry{lines: lines}
		if e.read(m.lines) {
			m.entries = append(m.entries, e)
		}
	}
}

// masterFields is how many words come before the arguments: name, type, private, unprivileged, chroot, wakeup, process limit and command.
const masterFields = 8

// read takes an entry from its lines.
func (e *masterEntry) read(lines []string) bool {
	var b strings.Builder
	for _, i := range e.lines {
		b.WriteString(strings.TrimSuffix(lines[i], "\n"))
	}
	e.logical = b.String()
	words := splitSpans(e.logical, blanks)
	if len(words) < 2 {
		return false
	}
	e.Name, e.Type, e.Line = e.word(words[0]), e.word(words[1]), e.lines[0]+1
	e.rest = len(e.logical)
	if len(words) >= masterFields {
		e.Command = e.word(words[masterFields-1])
		e.readOptions(words[masterFields:], lines)
	}
	return true
}

func (e *masterEntry) word(s span) string { return e.logical[s.start:s.end] }

// readOptions reads the arguments as postconf does: -o may end a cluster (-vo), and its value may be attached.
func (e *masterEntry) readOptions(args []span, lines []string) {
	for i := 0; i < len(args); i++ {
		word := e.word(args[i])
		if !strings.HasPrefix(word, "-") || word == "-" || word == "--" {
			e.rest = args[i].start
			return
		}
		at := strings.IndexByte(word, 'o')
		if at < 0 {
			continue
		}
		o := option{start: args[i].start + at, setting: span{args[i].start + at + 1, args[i].end}}
		if at == 1 {
			o.start--
		}
		if o.setting.start == o.setting.end {
			if i++; i == len(args) {
				return
			}
			o.setting = args[i]
		}
		if name, value, ok := cutSetting(e.word(o.setting)); ok {
			line, _ := e.place(lines, o.setting.start)
			o.Parameter = Parameter{Name: name, Value: value, Line: line + 1}
			e.options = append(e.options, o)
			e.Overrides = append(e.Overrides, o.Parameter)
		}
	}
}

// cutSetting cuts name=value or { name = value }.
func cutSetting(setting string) (name, value string, ok bool) {
	if inside, braced := strings.CutPrefix(setting, "{"); braced {
		if setting, braced = strings.CutSuffix(inside, "}"); !braced {
			return "", "", false
		}
	}
	name, value, ok = strings.Cut(setting, "=")
	name = strings.Trim(name, blanks)
	return name, strings.Trim(value, blanks), ok && name != ""
}

// place gives the physical line, from 0, and the byte in it, of a place in the logical line.
func (e *masterEntry) place(lines []string, at int) (line, column int) {
	for _, i := range e.lines {
		n := len(strings.TrimSuffix(lines[i], "\n"))
		if at < n {
			return i, at
		}
		at -= n
	}
	last := e.lines[len(e.lines)-1]
	return last, len(strings.TrimSuffix(lines[last], "\n"))
}
