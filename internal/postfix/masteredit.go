package postfix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// Service gives a service by its NAME/TYPE. Of several lines with one name and type Postfix takes the last. The error names what there is instead.
func (m *Master) Service(id string) (Service, error) {
	e, err := m.entry(id)
	if err != nil {
		return Service{}, err
	}
	return e.Service, nil
}

// Lookup gives the value of the last -o of that name in a service.
func (m *Master) Lookup(id, name string) (value string, set bool) {
	e, err := m.entry(id)
	if err != nil {
		return "", false
	}
	return e.Lookup(name)
}

func (m *Master) entry(id string) (*masterEntry, error) {
	for i, e := range slices.Backward(m.entries) {
		if e.ID() == id {
			return &m.entries[i], nil
		}
	}
	var ids, named []string
	for _, e := range m.entries {
		ids = append(ids, e.ID())
		if e.Name == id {
			named = append(named, e.ID())
		}
	}
	hint := diag.DidYouMean(id, ids)
	switch {
	case len(named) > 0:
		hint = "did you mean " + strings.Join(named, " or ") + "?"
	case len(ids) == 0:
		hint = "it has no services at all"
	case hint == "":
		hint = "there are " + strings.Join(slices.Compact(ids), ", ")
	}
	return nil, fmt.Errorf("master.cf has no service %s (%s)", id, hint)
}

// Set makes -o name=value an argument of a service, and reports whether it had to change the text: it has not where the value is the same already ([SameValue]).
//
// `postconf -P` does the same, but writes all of the service anew; here the rest of its lines stays as it is. A value with white space, which `postconf -P` refuses, is written
// { name = value }. Of several -o of one name the last one, which counts, is edited. A new one comes after the last option.
func (m *Master) Set(id, name, value string) (changed bool, err error) {
	e, err := m.entry(id)
	if err != nil {
		return false, err
	}
	if err := checkName(name); err != nil {
		return false, err
	}
	if value = strings.Trim(value, blanks); strings.ContainsAny(value, "\n\r\x00") {
		return false, fmt.Errorf("value of %s: master.cf takes no line break or NUL in a value", name)
	}
	if e.Command == "" {
		return false, fmt.Errorf("master.cf, line %d: the service %s has no command", e.Line, id)
	}
	before := slices.Clone(m.lines)
	if o := e.last(name); o == nil {
		m.insert(e, "-o "+newSetting(name, value))
	} else if SameValue(name, o.Value, value) {
		return false, nil
	} else {
		m.replace(e, o.setting, e.changedSetting(o, value))
	}
	m.scan()
	if got, set := m.Lookup(id, name); !set || got != value {
		m.lines = before
		m.scan()
		return false, fmt.Errorf("value of %s: master.cf cannot hold %q, or the braces of the service %s do not match", name, value, id)
	}
	return true, nil
}

// Remove removes every -o of that name from a service, and reports whether there was one.
func (m *Master) Remove(id, name string) (changed bool, err error) {
	for {
		e, err := m.entry(id)
		if err != nil {
			return changed, err
		}
		o := e.last(name)
		if o == nil {
			return changed, nil
		}
		m.cut(e, span{o.start, o.setting.end})
		m.scan()
		changed = true
	}
}

// last gives the option that counts, or nil.
func (e *masterEntry) last(name string) *option {
	for i, o := range slices.Backward(e.options) {
		if o.Name == name {
			return &e.options[i]
		}
	}
	return nil
}

func newSetting(name, value string) string {
	if strings.ContainsAny(value, blanks) {
		return "{ " + name + " = " + value + " }"
	}
	return name + "=" + value
}

// changedSetting gives the text of an option with another value, in its own form where that can hold it.
func (e *masterEntry) changedSetting(o *option, value string) string {
	old := e.word(o.setting)
	if !strings.HasPrefix(old, "{") {
		text := newSetting(o.Name, value)
		if text[0] == '{' && e.logical[o.setting.start-1] == 'o' { // daemons take no braces that are attached to the -o
			text = " " + text
		}
		return text
	}
	head, tail, _ := strings.Cut(strings.TrimSuffix(old, "}"), "=")
	lead := tail[:len(tail)-len(strings.TrimLeft(tail, blanks))]
	trail := tail[len(strings.TrimRight(tail, blanks)):]
	if strings.Trim(tail, blanks) == "" {
		lead = ""
	}
	return head + "=" + lead + value + trail + "}"
}

// insert puts an option before the first argument that is none, or else on a line of its own after the entry.
func (m *Master) insert(e *masterEntry, text string) {
	if e.rest < len(e.logical) {
		line, column := e.place(m.lines, e.rest)
		before := m.lines[line][:column]
		if strings.Trim(before, blanks) == "" {
			_, end := cutEnd(m.lines[line])
			m.lines = slices.Insert(m.lines, line, before+text+end)
			return
		}
		m.lines[line] = before + text + " " + m.lines[line][column:]
		return
	}
	indent := "    "
	last := e.lines[len(e.lines)-1]
	if len(e.lines) > 1 {
		indent = m.lines[last][:len(m.lines[last])-len(strings.TrimLeft(m.lines[last], blanks))]
	}
	_, end := cutEnd(m.lines[last])
	if end == "" {
		end = "\n"
		m.lines[last] += end
	}
	m.lines = slices.Insert(m.lines, last+1, indent+text+end)
}

// replace puts a text in the place of a part of an entry. Where that lies on several lines, all of it moves to the first.
func (m *Master) replace(e *masterEntry, s span, text string) {
	first, from := e.place(m.lines, s.start)
	last, to := e.place(m.lines, s.end-1)
	m.lines[first] = m.lines[first][:from] + text + m.lines[last][to+1:]
	m.dropLines(func(i int) bool { return i > first && i <= last && slices.Contains(e.lines, i) })
}

// cut removes a part of an entry with the blanks beside it, and a line that nothing is left of.
func (m *Master) cut(e *masterEntry, s span) {
	first, from := e.place(m.lines, s.start)
	m.replace(e, s, "")
	head, tail := m.lines[first][:from], m.lines[first][from:]
	body, end := cutEnd(tail)
	body = strings.TrimLeft(body, blanks)
	switch {
	case body == "" && strings.Trim(head, blanks) == "":
		m.dropLines(func(i int) bool { return i == first })
	case body == "":
		m.lines[first] = strings.TrimRight(head, blanks) + end
	case body[0] == '#' && strings.Trim(head, blanks) == "": // alone on its line it would become a comment
		above := e.lines[slices.Index(e.lines, first)-1]
		text, aboveEnd := cutEnd(m.lines[above])
		m.lines[above] = text + " " + body + aboveEnd
		m.dropLines(func(i int) bool { return i == first })
	case strings.TrimRight(head, blanks) == head: // what is left of -vo
		m.lines[first] = head + tail
	default:
		m.lines[first] = head + body + end
	}
}

func (m *Master) dropLines(gone func(i int) bool) {
	var kept []string
	for i, line := range m.lines {
		if !gone(i) {
			kept = append(kept, line)
		}
	}
	m.lines = kept
}
