package inventory

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// Evaluator reads the expressions of constructed inventories. Its errors carry their place.
type Evaluator interface {
	// Expression reads a bare expression; pos is the place of its first character.
	Expression(text string, pos diag.Pos) (Expression, error)
	// Template reads a text with {{ }} in it.
	Template(text string, pos diag.Pos) (Expression, error)
}

// Expression is an expression that was read.
type Expression interface {
	// Eval gives the value. Strings in it are tagged as unsafe: they never become templates.
	Eval(s Scope) (*yamlsrc.Node, error)
	// Holds gives the truth of the value, as a condition has it.
	Holds(s Scope) (bool, error)
}

// Scope is the variables of a host, as an expression sees them.
type Scope struct {
	Lookup func(name string) *yamlsrc.Node // nil: there is no such variable
	Extra  bool                            // what -e says hides them
}

// early is a constructed source, and how many hosts there were when it was read.
type early struct {
	pos   diag.Pos
	hosts int
}

// warnEarly tells of constructed sources that did not see all hosts.
func (inv *Inventory) warnEarly() {
	for _, e := range inv.early {
		if missed := len(inv.Hosts) - e.hosts; missed > 0 {
			inv.diags.Add(diag.Warnf(e.pos, "%d hosts come from sources after this one: nothing is constructed for them", missed).
				WithHint("name it last: after the other -i, or in a folder so that its name sorts behind theirs"))
		}
	}
}

// readPlugin reads the configuration of an inventory plugin, of which there is one.
func (inv *Inventory) readPlugin(root *yamlsrc.Node) {
	name := root.Get("plugin")
	switch {
	case name.Text != "constructed" && name.Text != "ansible.builtin.constructed":
		d := inv.errorf(name.Pos, "the inventory plugin %s is not supported: constructed is", name.Text)
		if d.Hint = diag.DidYouMean(name.Text, []string{"constructed", "ansible.builtin.constructed"}); d.Hint == "" {
			d.Hint = "save what ansible-inventory --list --yaml --export prints as a YAML inventory, or have a script print what it prints with --list"
		}
	case inv.options.Evaluator == nil:
		inv.errorf(name.Pos, "constructed inventories are not supported here: there is nothing to evaluate expressions with")
	default:
		c := &constructed{Inventory: inv, leading: true, extra: inv.options.UseExtraVars}
		if c.configure(root) {
			inv.early = append(inv.early, early{name.Pos, len(inv.Hosts)})
			c.construct()
		}
	}
}

// constructed is the plugin of that name: it adds variables and groups that expressions make of what the sources before it say.
type constructed struct {
	*Inventory
	strict, leading, extra, files bool // strict, leading_separator, use_extra_vars, use_vars_plugins

	compose []namedExpression
	groups  []namedExpression
	keyed   []keyedGroup

	of     map[*Host][]*Group  // the groups that name the host themselves
	beside map[string]*varsDir // by folder, where use_vars_plugins is set
	failed bool                // a fault that ends the plugin in Ansible too
}

// namedExpression is an expression with the name of the variable or group that it is for.
type namedExpression struct {
	name string
	pos  diag.Pos
	Expression
}

var constructedKeys = []string{"plugin", "strict", "compose", "groups", "keyed_groups", "use_vars_plugins", "use_extra_vars", "leading_separator"}

// configure reads the options, and reports whether all of them could be read.
func (c *constructed) configure(root *yamlsrc.Node) bool {
	before := len(c.diags.Errors())
	for _, e := range root.Entries {
		switch e.Key.Text {
		case "plugin":
		case "strict":
			c.strict = c.flag(e)
		case "leading_separator":
			c.leading = c.flag(e)
		case "use_extra_vars":
			c.extra = c.flag(e)
		case "use_vars_plugins":
			c.files = c.flag(e)
		case "compose":
			c.compose = c.expressions(e)
		case "groups":
			c.groups = c.expressions(e)
		case "keyed_groups":
			c.keyedGroups(e.Value)
		default:
			c.errorf(e.Key.Pos, "constructed has no option %s", e.Key.Text).Hint = diag.DidYouMean(e.Key.Text, constructedKeys)
		}
	}
	return len(c.diags.Errors()) == before
}

func (c *constructed) flag(e yamlsrc.Entry) bool {
	b, ok := e.Value.Value.(bool)
	if !ok {
		c.errorf(e.Value.Pos, "%s must be true or false, not %s", e.Key.Text, e.Value.Kind.WithArticle())
	}
	return b
}

// expressions reads a mapping of names to expressions.
func (c *constructed) expressions(e yamlsrc.Entry) []namedExpression {
	if e.Value.IsNull() {
		return nil
	}
	if e.Value.Kind != yamlsrc.Mapping {
		c.errorf(e.Value.Pos, "%s must be a mapping of names to expressions, not %s", e.Key.Text, e.Value.Kind.WithArticle())
		return nil
	}
	var out []namedExpression
	for _, item := range e.Value.Entries {
		if item.Key.Kind != yamlsrc.String || item.Key.Text == "" {
			c.errorf(item.Key.Pos, "a name in %s must be a string, not the %s %s", e.Key.Text, item.Key.Kind, item.Key.Text)
			continue
		}
		if x := c.expression(item.Value); x != nil {
			out = append(out, namedExpression{item.Key.Text, item.Key.Pos, x})
		}
	}
	return out
}

// expression reads an expression; a number or boolean stands for itself.
func (c *constructed) expression(n *yamlsrc.Node) Expression {
	if n.Kind == yamlsrc.Sequence || n.Kind == yamlsrc.Mapping || n.IsNull() {
		c.errorf(n.Pos, "an expression must be a string, not %s", n.Kind.WithArticle())
		return nil
	}
	text := n.Text
	if n.Kind != yamlsrc.String {
		text = pythonText(n)
	}
	x, err := c.options.Evaluator.Expression(text, n.StringPos(0))
	if err != nil {
		c.diags.AddError(n.Pos, err)
		return nil
	}
	return x
}

// construct goes over the hosts there are.
func (c *constructed) construct() {
	c.of = map[*Host][]*Group{}
	for _, g := range c.Groups {
		for _, h := range g.Direct {
			c.of[h] = append(c.of[h], g)
		}
	}
	if c.files {
		c.readBeside()
	}
	for _, h := range slices.Clone(c.Hosts) {
		c.host(h)
		if c.failed {
			return
		}
	}
}

// readBeside reads group_vars and host_vars of the sources so far. They are read again when all groups are known: what is wrong in them is told then.
func (c *constructed) readBeside() {
	told := slices.Clone(c.diags)
	c.beside = map[string]*varsDir{}
	for _, dir := range c.dirs {
		c.beside[dir] = c.varsBeside(dir, c.options.Decrypt)
	}
	c.diags = told
}

func (c *constructed) host(h *Host) {
	scope := c.scope(h)
	scope.Extra = c.extra
	for _, x := range c.compose {
		v, err := x.Eval(scope)
		switch {
		case err == nil:
			c.setVariable(h.Name, Var{Name: x.name, Pos: x.pos, Node: v})
		case c.strict:
			c.fault(x.pos, err, "constructed: %s of host %s", x.name, h.Name)
		}
	}
	scope = c.scope(h) // with the variables that compose has set
	for _, x := range c.groups {
		in, err := x.Holds(scope)
		switch {
		case err != nil && c.strict:
			c.fault(x.pos, err, "constructed: whether host %s is in group %s", h.Name, x.name)
		case err == nil && in:
			c.join(h, x.name, x.pos)
		}
	}
	keyed := scope
	keyed.Extra = c.extra
	for i := range c.keyed {
		c.keyedFor(h, &c.keyed[i], keyed, scope)
	}
}

// fault keeps an error of an expression, with its own place where it has one.
func (c *constructed) fault(pos diag.Pos, err error, format string, args ...any) {
	c.failed = true
	c.diags.Add(&diag.Diagnostic{Pos: pos, Message: fmt.Sprintf(format, args...) + ": " + err.Error(), Err: err})
}

func (c *constructed) join(h *Host, group string, pos diag.Pos) *Group {
	g := c.addGroup(safeName(group), pos)
	c.addHost(hostSpec{name: h.Name, pos: pos}, g)
	return g
}

// notInName matches what cannot be in the name of a variable.
var notInName = regexp.MustCompile(`^[^\pL_]|[^\pL\pN_]`)

// safeName makes of the name of a group one that a variable can have: the constructed plugin does that whatever ansible.cfg says of other groups.
func safeName(group string) string { return notInName.ReplaceAllString(group, "_") }

// scope gives the variables that the expressions for a host see: those of its groups and its own, with the files beside the sources where that is asked for. The group all counts
// only where a source names it as one that holds others.
func (c *constructed) scope(h *Host) Scope {
	groups := c.groupsOf(h)
	b := layerBuilder{from: c.beside}
	for _, g := range groups {
		b.add(GroupInFile, g.Name, g.Vars)
	}
	b.groupFiles(GroupsBesideSrc, c.dirs, groups)
	b.add(HostInFile, h.Name, h.Vars)
	b.hostFiles(HostBesideSource, c.dirs, h)
	return Scope{Lookup: func(name string) *yamlsrc.Node {
		if n := magic(h, groups, name); n != nil {
			return n
		}
		for _, l := range slices.Backward(b.layers) {
			for i := range l.Vars {
				if l.Vars[i].Name == name {
					return l.Vars[i].Node
				}
			}
		}
		return nil
	}}
}

// magic gives the variables that a host has by itself.
func magic(h *Host, groups []*Group, name string) *yamlsrc.Node {
	text := func(s string) *yamlsrc.Node {
		n := stringNode(s, h.Pos)
		n.Tag = yamlsrc.TagUnsafe
		return n
	}
	file, dir := h.Origin()
	switch {
	case name == "inventory_hostname":
		return text(h.Name)
	case name == "inventory_hostname_short":
		return text(h.ShortName())
	case name == "inventory_file" && file != "":
		return text(file)
	case name == "inventory_dir" && dir != "":
		return text(dir)
	case name == "group_names":
		list := &yamlsrc.Node{Kind: yamlsrc.Sequence, Pos: h.Pos}
		for _, g := range (&Host{Groups: groups}).GroupNames() {
			list.Items = append(list.Items, text(g))
		}
		return list
	}
	return nil
}

// groupsOf gives the groups of a host as they are by now, in order of precedence.
func (c *constructed) groupsOf(h *Host) []*Group {
	var out []*Group
	for _, g := range c.of[h] {
		for _, a := range append([]*Group{g}, ancestors(g)...) {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(depth(a), depth(b)), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// depth is the length of the longest way from all to a group, where not all groups are tied to all yet.
func depth(g *Group) int {
	if g.Name == allGroup {
		return 0
	}
	d := 1
	for _, p := range g.Parents {
		d = max(d, depth(p)+1)
	}
	return d
}
