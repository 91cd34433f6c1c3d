package postconf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules"
)

// Parameters are names with their values as main.cf has them; nil where a name was given without one.
type Parameters map[string]*string

// Set takes a dict of names and scalars, or a list of names.
func (p *Parameters) Set(value any) error {
	*p = Parameters{}
	switch x := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			if err := p.add(name, x[name]); err != nil {
				return fmt.Errorf("is wrong at %q: %w", name, err)
			}
		}
		return nil
	case []any:
		for i, item := range x {
			name, ok := item.(string)
			if !ok {
				return fmt.Errorf("is wrong at item %d: it must be the name of a parameter", i+1)
			}
			if err := p.add(name, nil); err != nil {
				return fmt.Errorf("is wrong at %q: %w", name, err)
			}
		}
		return nil
	}
	return errors.New("must be a dict of names and values, or a list of names")
}

func (p Parameters) add(name string, value any) error {
	switch {
	case name == "" || strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("=$#", r) }) >= 0:
		return errors.New("that is no name of a parameter")
	case value == nil:
		p[name] = nil
		return nil
	}
	text, err := scalar(name, value)
	if err != nil {
		return err
	}
	if text = strings.TrimSpace(text); strings.ContainsAny(text, "\n\r\x00") {
		return errors.New("Postfix takes no value of several lines: fold it with >- or write it on one line")
	}
	p[name] = &text
	return nil
}

// scalar gives a value as main.cf has it.
func scalar(name string, value any) (string, error) {
	switch x := value.(type) {
	case bool:
		if x {
			return "yes", nil
		}
		return "no", nil
	case []any, map[string]any:
		return "", errors.New("the value must be a text, a number, true or false, not a list or a dict")
	case float64:
		if name == "compatibility_level" { // 3.10 comes here as 3.1
			return "", fmt.Errorf("YAML cannot tell the number %v from %v0: write it in quotes", x, x)
		}
	}
	return modules.Text(value)
}

func (p Parameters) names() []string { return slices.Sorted(maps.Keys(p)) }
