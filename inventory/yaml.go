package inventory

import (
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// groupKeys are the keys of a group in a YAML inventory.
var groupKeys = []string{"vars", "children", "hosts"}

// readYAML reads a source in Ansible's YAML format: a mapping of groups, each with vars, children and hosts.
func (inv *Inventory) readYAML(src *diag.Source) {
	root, ds := yamlsrc.ParseOne(src)
	inv.diags.Add(ds...)
	switch {
	case ds.Err() != nil:
	case root == nil:
		inv.errorf(diag.Pos{Source: src, Line: 1}, "the inventory is empty")
	case root.Kind != yamlsrc.Mapping:
		inv.errorf(root.Pos, "a YAML inventory is a mapping of groups, not %s", root.Kind.WithArticle()).WithHint("start with \"all:\" and put \"hosts:\" below it")
	case !root.Get("plugin").IsNull():
		inv.readPlugin(root)
	default:
		for _, e := range root.Entries {
			inv.yamlGroup(e.Key, e.Value)
		}
	}
}

// yamlGroup reads a group and gives it, or nil where it cannot be read.
func (inv *Inventory) yamlGroup(key, body *yamlsrc.Node) *Group {
	if key.Kind != yamlsrc.String || key.Text == "" {
		inv.errorf(key.Pos, "the name of a group must be a string, not the %s %q", key.Kind, key.Text).WithHint("put quotes around it")
		return nil
	}
	g := inv.addGroup(key.Text, key.Pos)
	if body.IsNull() {
		return g
	}
	if body.Kind != yamlsrc.Mapping {
		inv.errorf(body.Pos, "group %s must be a mapping with hosts, children or vars, not %s", g.Name, body.Kind.WithArticle())
		return g
	}
	for _, e := range body.Entries {
		if !slices.Contains(groupKeys, e.Key.Text) {
			d := inv.errorf(e.Key.Pos, "group %s: unknown key %s", g.Name, e.Key.Text)
			if d.Hint = diag.DidYouMean(e.Key.Text, groupKeys); d.Hint == "" {
				d.Hint = "a group has hosts, children and vars; a group inside it goes below children, a host below hosts"
			}
			continue
		}
		inv.yamlSection(g, e.Key.Text, e.Value)
	}
	return g
}

func (inv *Inventory) yamlSection(g *Group, section string, body *yamlsrc.Node) {
	entries := body.Entries
	switch {
	case body.IsNull():
		return
	case body.Kind == yamlsrc.String:
		entries = []yamlsrc.Entry{{Key: body, Value: &yamlsrc.Node{Pos: body.Pos}}}
	case body.Kind != yamlsrc.Mapping:
		inv.errorf(body.Pos, "%s of group %s must be a mapping, not %s", section, g.Name, body.Kind.WithArticle()).WithHint("write each name with a colon and no dash: \"name:\"")
		return
	}
	switch section {
	case "vars":
		for _, v := range inv.variables(body) {
			inv.setVariable(g.Name, v)
		}
	case "children":
		for _, e := range entries {
			if child := inv.yamlGroup(e.Key, e.Value); child != nil {
				inv.addChild(g, child, e.Key.Pos)
			}
		}
	case "hosts":
		for _, e := range entries {
			inv.yamlHost(g, e.Key, e.Value)
		}
	}
}

func (inv *Inventory) yamlHost(g *Group, key, body *yamlsrc.Node) {
	if key.Kind != yamlsrc.String || key.Text == "" {
		inv.errorf(key.Pos, "the name of a host must be a string, not the %s %q", key.Kind, key.Text).WithHint("put quotes around it")
		return
	}
	names, port, err := expandPattern(key.Text)
	if err != nil {
		inv.errorf(key.Pos, "%v", err)
		return
	}
	if !body.IsNull() && body.Kind != yamlsrc.Mapping {
		inv.errorf(body.Pos, "host %s must be a mapping of variables, not %s", key.Text, body.Kind.WithArticle())
		return
	}
	var vars []Var
	if !body.IsNull() {
		vars = inv.variables(body)
	}
	for _, name := range names {
		inv.addHost(specOf(name, port, key.Pos), g)
		for _, v := range vars {
			inv.setVariable(name, v)
		}
	}
}
