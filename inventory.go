package pfrun

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/inventory"
)

// Inventory is hosts, groups and variables, to be looked at: what ansible-inventory shows. Variables stand as they are written: no template in them is computed.
type Inventory struct {
	project     *Project
	playbookDir string
}

// Node is a value of a YAML or JSON document.
type Node = yamlsrc.Node

// LoadInventory reads the inventory of the options and applies Limit. playbookDir may name a folder whose group_vars and host_vars count as those beside a playbook do; where it is empty the
// present folder counts so for hosts, as in Ansible. The error is an *InvalidError.
func LoadInventory(o Options, playbookDir string) (*Inventory, error) {
	bad := o.complete()
	o.Playbooks = nil
	p := &Project{options: o}
	p.faults.AddError(diag.Pos{}, bad)
	p.opener = newOpener(o.VaultSecrets, &p.secrets)
	p.env = jinja.New(jinja.WithDecrypt(p.opener.value))
	p.loadExtra()
	p.loadInventory(cmp.Or(playbookDir, "."))
	return &Inventory{p, playbookDir}, p.invalid()
}

// Warnings gives what is odd in the files, though no error.
func (i *Inventory) Warnings() []*Diagnostic { return i.project.Warnings() }

// Graph gives the lines of a tree of groups and hosts below a group, as ansible-inventory --graph prints them. show is asked for the variables of groups and hosts where it is not nil.
func (i *Inventory) Graph(group string, show func(*Node) string) ([]string, error) {
	g := i.project.inv.Group(group)
	if g == nil {
		names := i.project.inv.GroupNames()
		return nil, i.invalid(diag.Errorf(diag.Pos{}, "there is no group %s: a graph starts at a group", group), group, names)
	}
	t := &tree{Inventory: i, show: show}
	t.group(g, 0)
	return t.lines, nil
}

func (i *Inventory) invalid(d *diag.Diagnostic, word string, known []string) error {
	if d.Hint = diag.DidYouMean(word, known); d.Hint == "" {
		d.Hint = "the groups there are: " + i.project.groupList()
	}
	return &InvalidError{Diagnostics: []*Diagnostic{d}}
}

// tree collects the lines of a graph.
type tree struct {
	*Inventory
	show  func(*Node) string
	lines []string
}

func (t *tree) line(depth int, text string) {
	prefix := ""
	for range depth {
		prefix += "  |"
	}
	if depth > 0 {
		prefix += "--"
	}
	t.lines = append(t.lines, prefix+text)
}

func (t *tree) group(g *inventory.Group, depth int) {
	t.line(depth, "@"+g.Name+":")
	depth++
	for _, kid := range g.Children {
		t.group(kid, depth)
	}
	if g.Name != "all" {
		for _, h := range g.Direct {
			t.line(depth, h.Name)
			t.vars(depth+1, t.hostVars(h, false))
		}
	}
	t.vars(depth, t.groupVars(g))
}

func (t *tree) vars(depth int, vars *Node) {
	if t.show == nil {
		return
	}
	entries := slices.Clone(vars.Entries)
	slices.SortStableFunc(entries, func(a, b yamlsrc.Entry) int { return strings.Compare(a.Key.Text, b.Key.Text) })
	for _, e := range entries {
		t.line(depth, "{"+e.Key.Text+" = "+t.show(e.Value)+"}")
	}
}

// HostVars gives the variables of a host: all of them, or with export only those that are set for the host itself.
func (i *Inventory) HostVars(name string, export bool) (*Node, error) {
	h := i.project.inv.Host(name)
	if h == nil {
		var names []string
		for _, h := range i.project.inv.Hosts {
			names = append(names, h.Name)
		}
		return nil, i.invalid(diag.Errorf(diag.Pos{}, "there is no host %s in the inventory", name), name, names[:min(len(names), 1000)])
	}
	return i.hostVars(h, export), nil
}

func (i *Inventory) hostVars(h *inventory.Host, export bool) *Node {
	m := &merged{}
	dir := i.playbookDir
	if !export {
		dir = cmp.Or(dir, ".")
	}
	for _, l := range i.project.inv.VarsFor(h, dir) {
		if !export || l.Level >= inventory.HostInFile {
			m.layer(l)
		}
	}
	if !export {
		for name, v := range i.project.extra.Items {
			m.set(jinja.Str(name), nodeOf(v, diag.Pos{}))
		}
	}
	return m.node()
}

func (i *Inventory) groupVars(g *inventory.Group) *Node {
	m := &merged{}
	for _, l := range i.project.inv.VarsOf(g, i.playbookDir) {
		m.layer(l)
	}
	if g.Priority != 1 {
		m.set("ansible_group_priority", nodeOf(int64(g.Priority), diag.Pos{}))
	}
	return m.node()
}

// merged is variables of several layers; what comes later hides what comes earlier.
type merged struct {
	entries []yamlsrc.Entry
	at      map[string]int
}

func (m *merged) layer(l inventory.Layer) {
	for _, v := range l.Vars {
		m.set(v.Name, v.Node)
	}
}

func (m *merged) set(name string, value *Node) {
	if i, ok := m.at[name]; ok {
		m.entries[i].Value = value
		return
	}
	if m.at == nil {
		m.at = map[string]int{}
	}
	m.at[name] = len(m.entries)
	m.entries = append(m.entries, yamlsrc.Entry{Key: textNode(name), Value: value})
}

func (m *merged) node() *Node { return &Node{Kind: yamlsrc.Mapping, Entries: m.entries} }

func textNode(s string) *Node { return &Node{Kind: yamlsrc.String, Text: s, Value: s} }

// List gives the whole inventory in the form in which an inventory script prints it; with export group variables stand at their groups, else everything stands at the hosts.
func (i *Inventory) List(export bool) *Node {
	l := &lister{Inventory: i, export: export, groups: map[string]bool{}}
	l.group(i.project.inv.Group("all"))
	vars := &merged{}
	for _, h := range i.project.inv.Hosts {
		if i.shown(h) {
			if v := i.hostVars(h, export); len(v.Entries) > 0 {
				vars.set(h.Name, v)
			}
		}
	}
	meta := &merged{}
	meta.set("hostvars", vars.node())
	meta.set("profile", textNode("inventory_legacy")) // how ansible-core 2.19 calls the form in which values are written
	l.out.set("_meta", meta.node())
	return l.out.node()
}

// shown reports whether --limit leaves a host.
func (i *Inventory) shown(h *inventory.Host) bool {
	return i.project.limit == nil || i.project.limit[h.Name]
}

// lister makes one of the two forms of a list.
type lister struct {
	*Inventory
	export bool
	out    merged
	groups map[string]bool // that were shown
	hosts  map[string]bool
}

func (l *lister) group(g *inventory.Group) {
	entry := &merged{}
	var hosts, children []*Node
	if g.Name != "all" {
		for _, h := range g.Direct {
			if l.shown(h) {
				hosts = append(hosts, textNode(h.Name))
			}
		}
	}
	for _, kid := range g.Children {
		children = append(children, textNode(kid.Name))
		if !l.groups[kid.Name] {
			l.group(kid)
			l.groups[kid.Name] = true
		}
	}
	if len(hosts) > 0 {
		entry.set("hosts", &Node{Kind: yamlsrc.Sequence, Items: hosts})
	}
	if len(children) > 0 {
		entry.set("children", &Node{Kind: yamlsrc.Sequence, Items: children})
	}
	l.vars(entry, g)
	if len(entry.entries) > 0 {
		l.out.set(g.Name, entry.node())
	}
}

func (l *lister) vars(entry *merged, g *inventory.Group) {
	if !l.export {
		return
	}
	if v := l.groupVars(g); len(v.Entries) > 0 {
		entry.set("vars", v)
	}
}

// Tree gives the whole inventory in the form of a YAML inventory; export as with List.
func (i *Inventory) Tree(export bool) *Node {
	l := &lister{Inventory: i, export: export, groups: map[string]bool{}, hosts: map[string]bool{}}
	l.branch(&l.out, i.project.inv.Group("all"))
	return l.out.node()
}

func (l *lister) branch(into *merged, g *inventory.Group) {
	entry, children, hosts := &merged{}, &merged{}, &merged{}
	for _, kid := range g.Children {
		if l.groups[kid.Name] {
			children.set(kid.Name, (&merged{}).node())
			continue
		}
		l.branch(children, kid)
		l.groups[kid.Name] = true
	}
	if g.Name != "all" {
		for _, h := range g.Direct {
			if !l.shown(h) {
				continue
			}
			vars := (&merged{}).node()
			if !l.hosts[h.Name] {
				l.hosts[h.Name] = true
				vars = l.hostVars(h, l.export)
			}
			hosts.set(h.Name, vars)
		}
	}
	if len(children.entries) > 0 {
		entry.set("children", children.node())
	}
	if len(hosts.entries) > 0 {
		entry.set("hosts", hosts.node())
	}
	l.vars(entry, g)
	if len(entry.entries) > 0 {
		into.set(g.Name, entry.node())
	}
}
