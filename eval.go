package pfrun

import (
	"cmp"
	"context"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

// LoadHosts reads inventory and variables without a playbook, for Eval. playbookDir may name a folder whose group_vars, host_vars, files and templates count as those beside a playbook
// do; empty: the present folder. The error is an *InvalidError.
func LoadHosts(o Options, playbookDir string) (*Project, error) {
	bad := o.complete()
	o.Playbooks, o.Check = nil, true
	p := &Project{options: o, baseDir: cmp.Or(playbookDir, "."), registry: modules.NewRegistry(all.Specs()...)}
	p.faults.AddError(diag.Pos{}, bad)
	p.opener = newOpener(o.VaultSecrets, &p.secrets)
	p.env = p.newEnv()
	p.loadExtra()
	p.loadInventory(p.baseDir)
	if len(p.faults.Errors()) == 0 {
		p.loadVariables()
	}
	return p, p.invalid()
}

// HostNames gives the hosts of the inventory that Limit leaves, in the inventory's order; localhost where there is no inventory.
func (p *Project) HostNames() []string {
	var names []string
	for _, h := range p.inv.Hosts {
		if p.limit == nil || p.limit[h.Name] {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 && len(p.options.Inventory) == 0 {
		names = []string{"localhost"}
	}
	return names
}

// Value is what an expression gives.
type Value struct{ v jinja.Value }

// JSON gives the value as JSON, on one line or, with an indent, on several.
func (v Value) JSON(indent int) (string, error) { return jinja.JSON(v.v, indent) }

// Text gives the value as it would stand in a file.
func (v Value) Text() string {
	if v.v == nil {
		return ""
	}
	return jinja.Str(v.v)
}

// Eval gives the value of an expression as a host sees it. The expression is bare, as in when:, or a text with {{ }} in it. Nothing is connected to, so facts are not there.
func (p *Project) Eval(ctx context.Context, expression, host string) (Value, error) {
	pos := diag.Pos{Source: &diag.Source{Name: "<expression>", Text: expression}, Line: 1, Column: 1}
	compile := p.env.CompileExpr
	if jinja.IsTemplate(expression) {
		compile = p.env.CompileArg
	} else if strings.TrimSpace(expression) == "" {
		return Value{}, diag.Errorf(pos, "there is no expression")
	}
	t, err := compile(expression, pos)
	if err != nil {
		return Value{}, err
	}
	hosts := p.HostNames()
	p.vars.StartPlay(nil, "", hosts)
	v, err := t.Eval(ctx, p.vars.Scope(vars.View{Host: host}))
	return Value{v}, err
}

// OnWarning sets who is told of what is odd in expressions from now on.
func (p *Project) OnWarning(tell func(*Diagnostic)) { p.odd.to(tell) }
