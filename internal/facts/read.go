package facts

import (
	"errors"
	"strings"
	"unicode/utf8"
)

var errCut = errors.New("facts: the host's answer has no end: it was cut short, or its shell cannot run the script")

// Read reads what Script printed.
func Read(out string) (*Raw, error) {
	r := &Raw{sections: map[string]string{}, files: map[string]string{}}
	var name string
	var text strings.Builder
	keep := func() {
		if name != "" {
			r.keep(name, text.String())
		}
		text.Reset()
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "="):
			keep()
			name = line[1:]
		case strings.HasPrefix(line, " "):
			text.WriteString(line[1:])
			text.WriteByte('\n')
		}
	}
	keep()
	if name != "end" {
		return nil, errCut
	}
	return r, nil
}

// keep files a section. Sections of one name are put together, but those of files: a file has one content. Files come each for itself, or all together as lines "PATH:LINE".
func (r *Raw) keep(name, text string) {
	if !utf8.ValidString(text) && !strings.HasPrefix(name, "fact ") {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	kind, rest, _ := strings.Cut(name, " ")
	switch kind {
	case "file":
		r.files[rest] = text
	case "readable": // those that hold nothing have no line in texts
		for path := range strings.FieldsSeq(text) {
			r.files[path] = ""
		}
	case "texts":
		for line := range strings.Lines(text) {
			path, content, _ := strings.Cut(line, ":")
			r.files[path] += content
		}
	case "fact":
		r.locals = append(r.locals, readLocal(rest, text))
	case "ethtool":
		r.sections[name] += text + "\x00"
	default:
		r.sections[name] += text
	}
}
