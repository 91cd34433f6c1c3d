package pfrun

import (
	"fmt"
	"os"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// loadExtra reads the values of -e, each hiding those before it.
func (p *Project) loadExtra() {
	p.extra = jinja.NewDict()
	for _, text := range p.options.ExtraVars {
		switch {
		case strings.HasPrefix(text, "@"):
			p.extraFile(text[1:])
		case strings.HasPrefix(strings.TrimSpace(text), "{"), strings.HasPrefix(strings.TrimSpace(text), "["):
			p.extraYAML(&diag.Source{Name: "<-e>", Text: text})
		default:
			p.extraPairs(text)
		}
	}
}

func (p *Project) extraFile(path string) {
	b, err := os.ReadFile(p.options.expandHome(path))
	if err != nil {
		p.faults.Add(&diag.Diagnostic{Message: fmt.Sprintf("the file of variables %s cannot be read: %s", path, reason(err)), Err: err})
		return
	}
	src, err := p.opener.source(path, string(b))
	if err != nil {
		p.faults.AddError(diag.Pos{Source: src, Line: 1}, err)
		return
	}
	p.extraYAML(src)
}

func (p *Project) extraYAML(src *diag.Source) {
	node, faults := yamlsrc.ParseOne(src)
	p.faults.Add(faults...)
	if len(faults.Errors()) > 0 || node.IsNull() {
		return
	}
	if node.Kind != yamlsrc.Mapping {
		p.faults.Add(diag.Errorf(node.Pos, "variables must be a mapping of names to values, not a %s", node.Kind))
		return
	}
	v, faults := lazy.Compile(p.env, node)
	p.faults.Add(faults...)
	if d, ok := v.(*jinja.Dict); ok {
		for k, item := range d.Items {
			p.extra.Set(k, item)
		}
	}
}

// extraPairs reads k=v pairs: values are strings, as Ansible takes them.
func (p *Project) extraPairs(text string) {
	src := &diag.Source{Name: "<-e>", Text: text}
	pos := diag.Pos{Source: src, Line: 1, Column: 1}
	pairs, err := modules.SplitPairs(text)
	if err != nil {
		p.faults.Add(diag.Errorf(pos, "%s", err).WithHint("-e takes NAME=VALUE, JSON, or @FILE"))
		return
	}
	for _, pair := range pairs {
		v, faults := lazy.Compile(p.env, &yamlsrc.Node{Kind: yamlsrc.String, Pos: pos, Text: pair.Value})
		p.faults.Add(faults...)
		p.extra.Set(pair.Name, v)
	}
}
