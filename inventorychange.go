package pfrun

import (
	"errors"
	"fmt"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/inventory"
)

// AddHost adds a host to the inventory of the run, or more groups and variables to one that is there.
func (p *Project) AddHost(name string, groups []string, variables *jinja.Dict) (changed bool, err error) {
	p.invMu.Lock()
	defer p.invMu.Unlock()
	h, changed, err := p.inv.Add(name, groups)
	if err != nil {
		return false, err
	}
	known := p.added[h.Name]
	if known == nil {
		known = jinja.NewDict()
		p.added[h.Name] = known
	}
	for k, v := range variables.Items {
		old, there := known.Get(k)
		changed = changed || !there || jinja.Repr(old) != jinja.Repr(v)
		known.Set(k, v)
	}
	if changed && p.limit != nil {
		p.limit[h.Name] = true
	}
	p.tell(h)
	return changed, nil
}

// AddToGroup puts a host into a group below parents.
func (p *Project) AddToGroup(hostName, group string, parents []string) (changed bool, err error) {
	p.invMu.Lock()
	defer p.invMu.Unlock()
	h := p.inv.Host(hostName)
	if h == nil {
		return false, fmt.Errorf("the inventory has no host %s", hostName)
	}
	if changed, err = p.inv.AddToGroup(h, group, parents); changed && err == nil {
		p.tell(h)
	}
	return changed, err
}

// Known reports whether the inventory has a host.
func (p *Project) Known(name string) bool {
	p.invMu.Lock()
	defer p.invMu.Unlock()
	return p.inv.Host(name) != nil
}

// Refresh reads the sources of the inventory anew; what the run has added is gone.
func (p *Project) Refresh() error {
	p.invMu.Lock()
	defer p.invMu.Unlock()
	before := len(p.faults.Errors())
	p.added = map[string]*jinja.Dict{}
	p.loadInventory()
	if errs := p.faults.Errors(); len(errs) > before {
		return errors.Join(errs[before])
	}
	for _, h := range p.inv.Hosts {
		p.tell(h)
	}
	return nil
}

// tell gives the variables of the run what the inventory says of a host, and of groups. The caller holds invMu.
func (p *Project) tell(h *inventory.Host) {
	if p.compiler == nil {
		p.compiler = &layerCompiler{p: p, done: map[*inventory.Var]*jinja.Dict{}}
	}
	p.vars.PutHost(p.hostVars(h))
	p.vars.SetGroups(p.groupHosts())
}

// hostVars gives a host as the store of variables has it.
func (p *Project) hostVars(h *inventory.Host) vars.Host {
	layers := p.compiler.layers(h)
	if added := p.added[h.Name]; added != nil {
		layers = append(layers, added.Copy())
	}
	return vars.Host{Name: h.Name, Groups: h.GroupNames(), Layers: layers, Magic: magicOf(h), Implicit: h.Implicit}
}

func (p *Project) groupHosts() map[string][]string {
	groups := map[string][]string{}
	for _, g := range p.inv.Groups {
		names := []string{}
		for _, h := range g.Hosts() {
			names = append(names, h.Name)
		}
		groups[g.Name] = names
	}
	return groups
}
