package postfix

import (
	"fmt"
	"slices"
	"strings"
)

// Set makes Lookup(name) give the value, and reports whether it had to change the text: it has not where the value is the same already ([SameValue]).
//
// A name that is set gets its new value on one line, in the place and with the spacing that it has; comments between its lines stay, below it. Of
// several settings the last is edited, the one that counts: `postconf -e` rewrites every copy, but the others have no effect, and a line that nobody
// named is not for us to rewrite. [Main.Lines] tells of them. A name that is not set is added at the end.
func (m *Main) Set(name, value string) (changed bool, err error) {
	if err := checkName(name); err != nil {
		return false, err
	}
	if strings.ContainsAny(value, "\n\r\x00") {
		return false, fmt.Errorf("value of %s: main.cf takes no line break or NUL in a value", name)
	}
	value = strings.Trim(value, blanks)
	e := m.last(name)
	if e == nil {
		m.add(name, value)
		return true, nil
	}
	if SameValue(name, e.value, value) {
		return false, nil
	}
	first := m.lines[e.lines[0]]
	m.lines[e.lines[0]] = replaceValue(first, value)
	m.drop(e.lines[1:])
	return true, nil
}

// replaceValue puts a value on the first line of an entry.
func replaceValue(line, value string) string {
	body, end := cutEnd(line)
	i := strings.IndexByte(body, '=')
	if i < 0 { // the = is on a continuation line
		return strings.TrimRight(body, blanks) + " = " + value + end
	}
	old := strings.TrimLeft(body[i+1:], blanks)
	lead := body[i+1 : len(body)-len(old)]
	if old == "" {
		lead = ""
		if i > 0 && strings.IndexByte(blanks, body[i-1]) >= 0 {
			lead = " "
		}
	}
	if value == "" {
		lead = ""
	}
	return body[:i+1] + lead + value + end
}

// cutEnd cuts a line before its line end, which may be missing.
func cutEnd(line string) (body, end string) {
	body = strings.TrimSuffix(line, "\n")
	if len(body) < len(line) {
		body = strings.TrimSuffix(body, "\r")
	}
	return body, line[len(body):]
}

// add puts a new setting at the end, with the line end that the file has.
func (m *Main) add(name, value string) {
	end := "\n"
	if len(m.lines) > 0 {
		if _, e := cutEnd(m.lines[0]); e == "\r\n" {
			end = e
		}
		last := &m.lines[len(m.lines)-1]
		if !strings.HasSuffix(*last, "\n") {
			*last += end
		}
	}
	m.lines = append(m.lines, strings.TrimRight(name+" = "+value, blanks)+end)
	_ = m.scan() // what is wrong elsewhere was told by ParseMain
}

// Remove removes every setting of the name, so that the default counts, and reports whether there was one. Comments stay, those between the lines of
// a value too: Postfix takes an indented comment for a comment wherever it stands.
func (m *Main) Remove(name string) (changed bool) {
	var lines []int
	for _, e := range m.entries {
		if e.name == name && name != "" {
			lines = append(lines, e.lines...)
		}
	}
	m.drop(lines)
	return len(lines) > 0
}

// drop removes physical lines and finds the entries anew.
func (m *Main) drop(numbers []int) {
	var kept []string
	for i, line := range m.lines {
		if !slices.Contains(numbers, i) {
			kept = append(kept, line)
		}
	}
	m.lines = kept
	_ = m.scan() // what is wrong elsewhere was told by ParseMain
}

// checkName refuses what cannot stand before the `=`. Names of services make parameter names, so more than letters and digits is allowed.
func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("parameter name is empty")
	}
	bad := strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '=' || r == '$' })
	if bad >= 0 || name[0] == '#' {
		return fmt.Errorf("parameter name %q: it must be of printable ASCII characters without blanks, %q and %q, and not start with %q", name, "=", "$", "#")
	}
	return nil
}
