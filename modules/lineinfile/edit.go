package lineinfile

import (
	"fmt"
	"slices"
	"strings"
)

// edit is what the arguments want of a text. It touches no file.
type edit struct {
	match      pattern // nil: only the line itself is looked for
	line       string
	backrefs   bool
	place      place
	anchor     pattern // of after and before
	firstMatch bool
}

// place is where a line goes that is not there yet.
type place int

const (
	atEnd place = iota
	atStart
	after  // the anchor
	before // the anchor
)

// split gives the lines of a text with their ends, which are \n: a \r before it belongs to the line.
func split(text string) []string { return slices.Collect(strings.Lines(text)) }

func chomp(line string) string { return strings.TrimRight(line, "\r\n") }

// finding is what is known of a text before it is edited. Lines count from 0, -1 is none.
type finding struct {
	at     int // the line that is replaced
	expand func(string) (string, error)
	match  bool // at is where the pattern was found, not where the line itself stands
	insert int  // where the anchor says that a new line goes
}

func (e edit) look(lines []string) (finding, error) {
	f := finding{at: -1, insert: -1}
	if e.match != nil {
		for i, l := range lines {
			found, expand, err := e.match.find(l)
			if err != nil {
				return f, err
			}
			if found {
				f.at, f.expand, f.match = i, expand, true
				if e.firstMatch {
					break
				}
			}
		}
	}
	if f.match {
		return f, nil
	}
	return f, e.lookForLine(lines, &f)
}

// lookForLine looks for the line itself and for the anchor.
func (e edit) lookForLine(lines []string, f *finding) error {
	for i, l := range lines {
		if chomp(l) == e.line {
			f.at = i
			continue
		}
		if e.anchor == nil {
			continue
		}
		found, _, err := e.anchor.find(l)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		f.insert = i
		if e.place == after {
			f.insert = i + 1
		}
		if e.firstMatch {
			return nil
		}
	}
	return nil
}

// present gives the text with the line in it, and Ansible's message, which is empty where nothing is to be done.
func (e edit) present(text string) (edited, msg string, err error) {
	lines := split(text)
	f, err := e.look(lines)
	switch {
	case err != nil:
		return "", "", err
	case f.at >= 0:
		return e.replace(lines, f)
	case e.backrefs: // without a match there is nothing to fill the line with
		return text, "", nil
	}
	at := len(lines)
	switch {
	case e.place == atStart:
		at = 0
	case e.place == after && f.insert >= 0:
		if at = f.insert; at < len(lines) && chomp(lines[at]) == e.line {
			return text, "", nil
		}
	case e.place == before && f.insert >= 0:
		at = f.insert
	}
	// A last line without an end gets one. Ansible's module forgets that where the anchor is the last line, and where the file ends in a lone \r: it joins the two lines,
	// and adds the line again each time.
	if at == len(lines) && at > 0 && !strings.HasSuffix(lines[at-1], "\n") {
		lines[at-1] += "\n"
	}
	return strings.Join(slices.Insert(lines, at, e.line+"\n"), ""), "line added", nil
}

// replace puts the line where the pattern, or the line itself, was found. Its end becomes \n.
func (e edit) replace(lines []string, f finding) (edited, msg string, err error) {
	line := e.line
	if e.backrefs && f.expand != nil {
		if line, err = f.expand(line); err != nil {
			return "", "", err
		}
	}
	if !strings.HasSuffix(line, "\n") {
		line += "\n"
	}
	if lines[f.at] != line {
		lines[f.at], msg = line, "line replaced"
	}
	return strings.Join(lines, ""), msg, nil
}

// absent gives the text without the lines that are meant, and how many these were.
func (e edit) absent(text string) (edited string, removed int, err error) {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		found := e.match == nil && chomp(line) == e.line
		if e.match != nil {
			if found, _, err = e.match.find(line); err != nil {
				return "", 0, err
			}
		}
		if found {
			removed++
		} else {
			kept.WriteString(line)
		}
	}
	return kept.String(), removed, nil
}

func removedMessage(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d line(s) removed", n)
}
