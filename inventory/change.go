package inventory

import (
	"fmt"

	"github.com/pfrun/pfrun/internal/diag"
)

// Add puts a host into groups while a run is under way; host and groups are made where they are not there. Without groups a new host is in "ungrouped". changed: it was not so before.
// Who goes over the inventory meanwhile must be kept out by the caller.
func (inv *Inventory) Add(name string, groups []string) (h *Host, changed bool, err error) {
	host, port := SplitAddress(name)
	if host == "" {
		return nil, false, fmt.Errorf("%q cannot be the name of a host", name)
	}
	before := len(inv.diags.Errors())
	_, known := inv.hosts[host]
	changed = !known
	spec := hostSpec{name: host, port: port}
	inv.addHost(spec, inv.groups[allGroup])
	if !known {
		inv.readFor("", host)
	}
	for _, g := range groups {
		group := inv.newGroup(g)
		if !inv.members[group][inv.hosts[host]] {
			changed = true
		}
		inv.addHost(spec, group)
	}
	if changed {
		inv.again()
	}
	return inv.hosts[host], changed, inv.since(before)
}

// AddToGroup puts a host into a group below parents, as Add does.
func (inv *Inventory) AddToGroup(h *Host, group string, parents []string) (changed bool, err error) {
	before := len(inv.diags.Errors())
	_, known := inv.groups[group]
	g := inv.newGroup(group)
	changed = !known
	for _, p := range parents {
		_, known := inv.groups[p]
		parent := inv.newGroup(p)
		n := len(parent.Children)
		inv.addChild(parent, g, diag.Pos{})
		changed = changed || !known || len(parent.Children) > n
	}
	if !inv.members[g][h] {
		changed = true
		inv.members[g][h] = true
		g.Direct = append(g.Direct, h)
	}
	if changed {
		inv.again()
	}
	return changed, inv.since(before)
}

// newGroup gives a group by its name. One that was not there is made, with the variables that files have for it.
func (inv *Inventory) newGroup(name string) *Group {
	_, known := inv.groups[name]
	g := inv.addGroup(name, diag.Pos{})
	if !known {
		inv.readFor(g.Name, "")
	}
	return g
}

// SplitAddress splits "host:port" and "[ipv6]:port"; where there is no port it is 0, and a text that is no address is a name as it stands.
func SplitAddress(text string) (host string, port int) {
	host, port, ok := parseAddress(text)
	if !ok {
		return text, 0
	}
	return host, port
}

// again applies the rules of reconcile to what has changed.
func (inv *Inventory) again() {
	for _, h := range inv.Hosts {
		h.Groups = nil
	}
	inv.reconcile()
}

// since gives the errors that came after the first n.
func (inv *Inventory) since(n int) error {
	errs := inv.diags.Errors()
	return diag.List(errs[n:]).Err()
}
