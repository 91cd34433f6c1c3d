package facts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// ini is a file being read as Python's ConfigParser reads it.
type ini struct {
	sections map[string]map[string]*[]string // the lines of each option
	defaults map[string]*[]string
	now      map[string]*[]string // the section being read
	option   *[]string            // the option being read
	indent   int                  // of its line
}

var sectionHead = pyre.Must(`^\[(.+)\]`, 0)

// parseINI reads sections of options. Names of options are in lower case, values are texts, "%(name)s" in them stands for another option.
func parseINI(text string) (Tree, error) {
	p := ini{sections: map[string]map[string]*[]string{}, defaults: map[string]*[]string{}}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(strings.TrimRight(line, "\r")); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return p.tree()
}

func (p *ini) line(line string) error {
	text := strings.TrimSpace(line)
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	switch {
	case strings.HasPrefix(text, "#"), strings.HasPrefix(text, ";"):
		return nil
	case text == "":
		if p.option != nil {
			*p.option = append(*p.option, "")
		}
		return nil
	case p.option != nil && indent > p.indent:
		*p.option = append(*p.option, text)
		return nil
	}
	p.indent = indent
	if m := sectionHead.Groups(text); m != nil {
		return p.section(m[1])
	}
	if p.now == nil {
		return fmt.Errorf("%q stands before any section", text)
	}
	return p.add(text)
}

func (p *ini) section(name string) error {
	p.option = nil
	if name == "DEFAULT" {
		p.now = p.defaults
		return nil
	}
	if p.sections[name] != nil {
		return fmt.Errorf("section %q is there twice", name)
	}
	p.now = map[string]*[]string{}
	p.sections[name] = p.now
	return nil
}

func (p *ini) add(text string) error {
	i := strings.IndexAny(text, "=:")
	if i <= 0 {
		return fmt.Errorf("%q is no option: it has no name, or neither = nor :", text)
	}
	name := strings.ToLower(strings.TrimSpace(text[:i]))
	if p.now[name] != nil {
		return fmt.Errorf("option %q is there twice", name)
	}
	p.option = &[]string{strings.TrimSpace(text[i+1:])}
	p.now[name] = p.option
	return nil
}

func (p *ini) tree() (Tree, error) {
	t := Tree{}
	for name, options := range p.sections {
		raw := map[string]string{}
		for _, from := range []map[string]*[]string{p.defaults, options} {
			for key, lines := range from {
				raw[key] = strings.TrimRight(strings.Join(*lines, "\n"), "\n")
			}
		}
		section, e := Tree{}, &expander{options: raw}
		for _, key := range slices.Sorted(maps.Keys(raw)) {
			v, err := e.value(raw[key], 0)
			if err != nil {
				return nil, fmt.Errorf("option %q of %q: %w", key, name, err)
			}
			section[key] = v
		}
		t[name] = section
	}
	return t, nil
}

// maxDepth is how deep options may name one another, and maxSteps how often in all: what a host says must not fill this machine.
const (
	maxDepth = 10
	maxSteps = 10000
)

// expander puts options into the values that name them.
type expander struct {
	options map[string]string
	steps   int
}

func (e *expander) value(value string, depth int) (string, error) {
	if depth >= maxDepth {
		return "", fmt.Errorf("options name one another more than %d deep", maxDepth)
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(value, '%')
		if i < 0 {
			b.WriteString(value)
			return b.String(), nil
		}
		b.WriteString(value[:i])
		rest := value[i+1:]
		if after, ok := strings.CutPrefix(rest, "%"); ok {
			b.WriteByte('%')
			value = after
			continue
		}
		name, after, ok := strings.Cut(strings.TrimPrefix(rest, "("), ")s")
		other, known := e.options[strings.ToLower(name)]
		if !strings.HasPrefix(rest, "(") || !ok || !known {
			return "", fmt.Errorf("%q: a %% must be %%%% or %%(OPTION)s", value[i:])
		}
		if e.steps++; e.steps > maxSteps {
			return "", fmt.Errorf("options name one another more than %d times", maxSteps)
		}
		v, err := e.value(other, depth+1)
		if err != nil {
			return "", err
		}
		b.WriteString(v)
		value = after
	}
}
