package facts

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// localFact is a file of the folder of local facts.
type localFact struct {
	path   string
	text   string // its content, or what it said on stdout
	failed string // why there is no text
}

// readLocal reads a section of the script: "file" with a content, "program" with an output, its errors and its status, or "gone" for a link that leads nowhere.
func readLocal(kind, text string) localFact {
	name, rest, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n")
	f := localFact{path: name, text: rest}
	switch kind {
	case "gone":
		f.failed = fmt.Sprintf("Could not stat fact (%s): [Errno 2] No such file or directory: '%s'", name, name)
	case "program":
		f.text, f.failed = outcome(name, rest)
	}
	return f
}

// outcome takes apart what run_fact of the script prints: the output, the lines of errors, and "STATUS LINES".
func outcome(name, text string) (out, failed string) {
	lines := strings.Split(text, "\n")
	var status, count int
	if _, err := fmt.Sscanf(lines[len(lines)-1], "%d %d", &status, &count); err != nil || count < 0 || count >= len(lines) {
		return "", fmt.Sprintf("Failure executing fact script (%s): its output has no end, or is too long", name)
	}
	lines = lines[:len(lines)-1]
	if status != 0 {
		said := strings.Join(lines[len(lines)-count:], "\n")
		if said != "" {
			said += "\n"
		}
		return "", fmt.Sprintf("Failure executing fact script (%s), rc: %d, err: %s", name, status, said)
	}
	return strings.Join(lines[:len(lines)-count], "\n"), ""
}

// local gives what the host's own facts files say. What cannot be read is a text that says so, and a warning.
func local(r *Raw) Tree {
	t := Tree{}
	for _, f := range r.locals {
		name := LocalName(f.path)
		v, why := f.value()
		if why != nil {
			r.Warnings = append(r.Warnings, strings.TrimSpace(why.Error()))
			v, _, _ = strings.Cut(why.Error(), because)
		}
		t[name] = v
	}
	return Tree{"local": t}
}

// Locals gives the paths of the files of local facts.
func (r *Raw) Locals() []string {
	var paths []string
	for _, f := range r.locals {
		paths = append(paths, f.path)
	}
	return paths
}

// DropLocal forgets a file of local facts.
func (r *Raw) DropLocal(file string) {
	r.locals = slices.DeleteFunc(r.locals, func(f localFact) bool { return f.path == file })
}

// LocalName gives the name under which a file of local facts is known.
func LocalName(file string) string { return strings.ReplaceAll(path.Base(file), ".fact", "") }

// SetLocal replaces what a file of local facts holds, for one whose new content is known before the host has it.
func (r *Raw) SetLocal(file, text string) {
	for i := range r.locals {
		if r.locals[i].path == file {
			r.locals[i] = localFact{path: file, text: text}
			return
		}
	}
	r.locals = append(r.locals, localFact{path: file, text: text})
}

// because parts what Ansible says from what pfrun adds to the warning.
const because = ": because "

func (f localFact) value() (any, error) {
	if f.failed != "" {
		return nil, errors.New(f.failed)
	}
	if !utf8.ValidString(f.text) {
		return nil, fmt.Errorf("error loading fact - output of running %q was not utf-8", f.path)
	}
	if v, ok := parseJSON(f.text); ok {
		return v, nil
	}
	sections, err := parseINI(f.text)
	if err != nil {
		return nil, fmt.Errorf("error loading facts as JSON or ini - please check content: %s%s%w", f.path, because, err)
	}
	return sections, nil
}
