package render

import (
	"fmt"
	"strings"

	"github.com/pfrun/pfrun"
)

// shownLine is how much of a line is shown.
const shownLine = 120

// Fault gives a diagnostic in the form of ansible-core 2.19: what is wrong, where, the lines there, and what to do about it.
func Fault(d *pfrun.Diagnostic) string {
	s := d.Message
	if d.Pos.IsValid() {
		s += "\nOrigin: " + origin(d.Pos)
		if lines := around(d.Pos); lines != "" {
			s += "\n\n" + lines
		}
		s += "\n"
	}
	if d.Hint != "" {
		s += "\n" + d.Hint + "\n"
	}
	return s
}

func origin(pos pfrun.Position) string {
	s := fmt.Sprintf("%s:%d", whole(pos.Source.Name), pos.Line)
	if pos.Column > 0 {
		s += fmt.Sprintf(":%d", pos.Column)
	}
	return s
}

// around gives the line of a place and two before it, with a mark below.
func around(pos pfrun.Position) string {
	lines := strings.Split(pos.Source.Text, "\n")
	if pos.Source.Hidden || pos.Line > len(lines) {
		return ""
	}
	number := len(fmt.Sprint(pos.Line))
	room := shownLine - number - 1
	var out []string
	for n := max(1, pos.Line-2); n <= pos.Line; n++ {
		line := []rune(strings.ReplaceAll(strings.TrimSuffix(lines[n-1], "\r"), "\t", " "))
		if len(line) > room {
			line = append(line[:room-3], []rune("...")...)
		}
		out = append(out, strings.TrimRight(fmt.Sprintf("%*d %s", number, n, string(line)), " "))
	}
	if pos.Column > 0 && pos.Column <= room {
		out = append(out, strings.Repeat(" ", number+pos.Column)+fmt.Sprintf("^ column %d", pos.Column))
	}
	return strings.Join(out, "\n")
}
