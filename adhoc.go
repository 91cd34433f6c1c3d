package pfrun

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// AdHoc is one task that is run without a playbook, as Ansible's command ansible has it.
type AdHoc struct {
	Pattern string // the hosts
	Module  string
	Args    string // k=v pairs, the line of a command, or a JSON object
}

// loadAdHoc makes a play of the task: from there on nothing tells it from one in a file.
func (p *Project) loadAdHoc(a *AdHoc) {
	book, faults := p.loader.Parse(&diag.Source{Name: "<" + a.Module + ">", Text: a.playbook()})
	p.faults.Add(faults...)
	p.books = append(p.books, book)
}

func (a *AdHoc) playbook() string {
	args := "null"
	if object, ok := a.object(); ok {
		args = quoteYAML(object)
	} else if a.Args != "" {
		args = quoteYAML(a.Args)
	}
	return fmt.Sprintf("- hosts: %s\n  gather_facts: false\n  tasks:\n    - %s: %s\n", quoteYAML(a.Pattern), quoteYAML(a.Module), args)
}

// object gives the arguments where they are a JSON object.
func (a *AdHoc) object() (map[string]any, bool) {
	text := strings.TrimSpace(a.Args)
	if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
		return nil, false
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var object map[string]any
	err := dec.Decode(&object)
	return object, err == nil
}

// quoteYAML writes a value as JSON, which YAML reads as the same value.
func quoteYAML(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // strings, and what was JSON before
	}
	return strings.TrimSpace(b.String())
}
