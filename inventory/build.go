package inventory

import (
	"cmp"
	"math/big"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// hostSpec is a host as a source names it.
type hostSpec struct {
	name      string
	port      int // 0: none given
	pos       diag.Pos
	file, dir string
}

// oddName finds what makes a group name unfit as a variable name.
var oddName = regexp.MustCompile(`^[^\p{L}_]|[^\p{L}\p{N}_]`)

// addGroup gives the group of that name, made if need be.
func (inv *Inventory) addGroup(name string, pos diag.Pos) *Group {
	if g := inv.groups[name]; g != nil {
		return g
	}
	if oddName.MatchString(name) && !inv.badName {
		inv.badName = true
		inv.diags.Add(diag.Warnf(pos, "the group name %q cannot be written as a variable name", name).
			WithHint("letters, digits and _ are safe; elsewhere write groups['%s']", name))
	}
	g := &Group{Name: name, Pos: pos, Priority: 1}
	inv.groups[name] = g
	inv.Groups = append(inv.Groups, g)
	inv.members[g] = map[*Host]bool{}
	return g
}

// addHost puts a host in a group, made if need be. The port counts only where the host is named for the first time.
func (inv *Inventory) addHost(spec hostSpec, g *Group) *Host {
	h := inv.hosts[spec.name]
	if h == nil {
		h = &Host{Name: spec.name, Pos: spec.pos, File: spec.file, Dir: spec.dir}
		inv.hosts[spec.name] = h
		inv.Hosts = append(inv.Hosts, h)
		if spec.port > 0 {
			text := strconv.Itoa(spec.port)
			node := &yamlsrc.Node{Kind: yamlsrc.Int, Pos: spec.pos, Text: text, Value: int64(spec.port), Plain: true}
			setVar(&h.Vars, Var{Name: "ansible_port", Pos: spec.pos, Node: node})
		}
		if slices.Contains(localNames, h.Name) && inv.localhost == nil {
			inv.localhost = h
		}
	}
	if !inv.members[g][h] {
		inv.members[g][h] = true
		g.Direct = append(g.Direct, h)
	}
	return h
}

// addChild puts a group in another one; a circle is an error.
func (inv *Inventory) addChild(parent, child *Group, pos diag.Pos) {
	if slices.Contains(parent.Children, child) {
		return
	}
	if child.Name == allGroup {
		inv.errorf(pos, "group all holds all others: it cannot be in group %s", parent.Name)
		return
	}
	if parent == child || slices.Contains(ancestors(parent), child) {
		inv.errorf(pos, "group %s cannot be in group %s: %s is in it already", child.Name, parent.Name, parent.Name)
		return
	}
	parent.Children = append(parent.Children, child)
	child.Parents = append(child.Parents, parent)
}

// setVariable sets a variable by the name of a group or host. A group comes first where both have the name, as in Ansible.
func (inv *Inventory) setVariable(name string, v Var) {
	g := inv.groups[name]
	switch {
	case g == nil:
		setVar(&inv.hosts[name].Vars, v)
	case v.Name == "ansible_group_priority":
		inv.setPriority(g, v)
	default:
		setVar(&g.Vars, v)
	}
}

func (inv *Inventory) setPriority(g *Group, v Var) {
	switch n := v.Node.Value.(type) {
	case int64:
		g.Priority = int(n)
		return
	case string:
		if p, err := strconv.Atoi(n); err == nil {
			g.Priority = p
			return
		}
	case *big.Int, float64:
	}
	inv.errorf(v.Node.Pos, "ansible_group_priority must be a whole number, not %q", v.Node.Text)
}

// setVar sets a variable in a list; one of the same name keeps its place.
func setVar(vars *[]Var, v Var) {
	for i := range *vars {
		if (*vars)[i].Name == v.Name {
			(*vars)[i] = v
			return
		}
	}
	*vars = append(*vars, v)
}

// walk gives the groups that are reached from g by a relation, nearest first, without g.
func walk(g *Group, next func(*Group) []*Group) []*Group {
	var out []*Group
	seen := map[*Group]bool{g: true}
	for queue := []*Group{g}; len(queue) > 0; queue = queue[1:] {
		for _, n := range next(queue[0]) {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
				queue = append(queue, n)
			}
		}
	}
	return out
}

func ancestors(g *Group) []*Group { return walk(g, func(g *Group) []*Group { return g.Parents }) }

// reconcile applies the rules that hold for every inventory, after all sources are read: each group is in "all", a host without group in "ungrouped".
func (inv *Inventory) reconcile() {
	all, ungrouped := inv.groups[allGroup], inv.groups[ungroupedGroup]
	for _, g := range inv.Groups {
		if g != all && len(g.Parents) == 0 {
			inv.addChild(all, g, g.Pos)
		}
		if h := inv.hosts[g.Name]; h != nil {
			inv.diags.Add(diag.Warnf(h.Pos, "%s is the name of a group and of a host", g.Name).WithHint("give one of them another name"))
		}
	}
	inv.fillUngrouped(all, ungrouped)
	setDepths(all)
	inv.fillHostGroups()
	for _, g := range inv.Groups {
		g.hosts = inv.collectHosts(g)
	}
}

// fillUngrouped puts the hosts that are in no group of their own in "ungrouped", and takes the others out of it.
func (inv *Inventory) fillUngrouped(all, ungrouped *Group) {
	grouped := map[*Host]bool{}
	for _, g := range inv.Groups {
		if g == all || g == ungrouped {
			continue
		}
		for _, h := range g.Direct {
			grouped[h] = true
		}
	}
	ungrouped.Direct = slices.DeleteFunc(ungrouped.Direct, func(h *Host) bool { return grouped[h] })
	for _, h := range inv.Hosts {
		if !grouped[h] && !inv.members[ungrouped][h] {
			inv.members[ungrouped][h] = true
			ungrouped.Direct = append(ungrouped.Direct, h)
		}
	}
}

// setDepths gives every group the length of the longest way to it.
func setDepths(all *Group) {
	waiting := map[*Group]int{}
	for _, g := range walk(all, func(g *Group) []*Group { return g.Children }) {
		waiting[g] = len(g.Parents)
	}
	for queue := []*Group{all}; len(queue) > 0; queue = queue[1:] {
		for _, c := range queue[0].Children {
			c.Depth = max(c.Depth, queue[0].Depth+1)
			if waiting[c]--; waiting[c] == 0 {
				queue = append(queue, c)
			}
		}
	}
}

// fillHostGroups gives every host its groups in order of precedence.
func (inv *Inventory) fillHostGroups() {
	sets := map[*Host]map[*Group]bool{}
	for _, g := range inv.Groups {
		with := append(ancestors(g), g)
		for _, h := range g.Direct {
			if sets[h] == nil {
				sets[h] = map[*Group]bool{}
			}
			for _, a := range with {
				if !sets[h][a] {
					sets[h][a] = true
					h.Groups = append(h.Groups, a)
				}
			}
		}
	}
	for _, h := range inv.Hosts {
		slices.SortFunc(h.Groups, func(a, b *Group) int {
			return cmp.Or(cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
		})
	}
}

func (inv *Inventory) collectHosts(g *Group) []*Host {
	var out []*Host
	seen := map[*Host]bool{}
	for _, kid := range append([]*Group{g}, walk(g, func(g *Group) []*Group { return g.Children })...) {
		for _, h := range kid.Direct {
			if !seen[h] {
				seen[h] = true
				out = append(out, h)
			}
		}
	}
	return out
}

// specOf makes the spec of a host that a file names.
func specOf(name string, port int, pos diag.Pos) hostSpec {
	file := pos.Source.Name
	return hostSpec{name: name, port: port, pos: pos, file: file, dir: filepath.Dir(file)}
}
