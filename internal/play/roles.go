package play

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// roleUse is a role as it is named somewhere: by a play, by another role, by a task.
type roleUse struct {
	pos     diag.Pos
	from    RoleFiles
	under   *level      // what its tasks inherit
	params  *jinja.Dict // nil: none
	given   *jinja.Dict
	parents []*Role
	// own are the conditions and tags that stand where it is named.
	own struct {
		when []Condition
		tags []jinja.Value
	}
	included bool // by a task
}

// roleKeywords are those that stand beside the name of a role. Any other word is a parameter.
var roleKeywords = map[string]func(*loading, *Task, *yamlsrc.Node){
	"role": nil, "name": nil,
	"when": func(l *loading, t *Task, n *yamlsrc.Node) { t.When = l.conditions(n) },
	"vars": func(l *loading, t *Task, n *yamlsrc.Node) { t.Vars = []*jinja.Dict{l.variables(n)} },
}

// playRoles reads the keyword roles.
func (l *loading) playRoles(p *Play, n *yamlsrc.Node, in *level) []Node {
	var all []Node
	for _, item := range l.roleList("roles", n) {
		u := l.roleUse(item, in)
		if u == nil {
			continue
		}
		role, nodes := l.role(u)
		if role != nil {
			p.Roles = append(p.Roles, role)
		}
		all = append(all, nodes...)
	}
	// What roles import stands behind the roles that the play names.
	slices.SortStableFunc(p.Roles, func(a, b *Role) int {
		switch {
		case a.included == b.included:
			return 0
		case b.included:
			return -1
		}
		return 1
	})
	return all
}

func (l *loading) roleList(word string, n *yamlsrc.Node) []*yamlsrc.Node {
	if n.Kind != yamlsrc.Sequence && n.Kind != yamlsrc.Null {
		l.fault(n.Pos, "A malformed role declaration was encountered. %s must be a list of roles, not %s", word, n.Kind.WithArticle()).WithHint("begin each role with \"- \"")
		return nil
	}
	return list(n)
}

// roleUse reads an entry of roles or dependencies; nil where it names none, which is told.
func (l *loading) roleUse(n *yamlsrc.Node, in *level) *roleUse {
	u := &roleUse{pos: n.Pos, from: RoleFiles{Validate: true, Public: l.Public(false)}, given: jinja.NewDict()}
	name := n
	head := &Task{Pos: n.Pos}
	switch n.Kind {
	case yamlsrc.Mapping:
		name = l.roleEntry(u, head, n)
	case yamlsrc.String:
		if strings.Contains(n.Text, ",") && !jinja.IsTemplate(n.Text) {
			l.fault(n.Pos, "Invalid old style role requirement: %s", n.Text).At(diag.Loaded)
			return nil
		}
	case yamlsrc.Int:
	default:
		l.fault(n.Pos, "a role must be a name or a mapping, not %s", n.Kind.WithArticle()).WithHint("write \"- role: NAME\"")
		return nil
	}
	if len(head.Vars) > 0 {
		u.given = head.Vars[0]
	}
	head.Vars = nil
	u.own.when, u.own.tags = head.When, head.Tags
	head.inherit(in)
	u.under = in.below(head)
	if name == nil || name.Kind == yamlsrc.Null || name.Text == "" {
		l.fault(n.Pos, "this entry names no role").At(diag.Loaded).WithHint("write the name under \"role:\"")
		return nil
	}
	text := *name
	text.Kind = yamlsrc.String
	var ok bool
	l.found(diag.Loaded, func() { u.from.Name, ok = l.evaluateText("the name of the role", l.value(&text), name.Pos, in) })
	if !ok {
		return nil
	}
	return u
}

// roleEntry reads a mapping that names a role, and gives the name.
func (l *loading) roleEntry(u *roleUse, head *Task, n *yamlsrc.Node) *yamlsrc.Node {
	name := n.Get("role")
	if name == nil {
		name = n.Get("name")
	}
	src := n.Get("src")
	if name == nil && src != nil { // as ansible-galaxy has it in dependencies
		base := *src
		base.Text = galaxyName(src.Text)
		name = &base
	}
	params := &yamlsrc.Node{Kind: yamlsrc.Mapping, Pos: n.Pos}
	for _, e := range n.Entries {
		set, ok := roleKeywords[e.Key.Text]
		switch {
		case set != nil:
			set(l, head, e.Value)
		case !ok && !l.common(&head.Common, e, true):
			params.Entries = append(params.Entries, e)
		}
	}
	u.params, _ = l.value(params).(*jinja.Dict)
	return name
}

// galaxyName is the name of a role in "URL,version,name", "name,version" or a URL.
func galaxyName(src string) string {
	parts := strings.Split(src, ",")
	if len(parts) == 3 {
		return parts[2]
	}
	name := parts[0]
	if strings.Contains(name, "/") {
		name = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), ".git"), ".tar.gz")
	}
	return name
}

// role reads a role and those that it depends on. It gives the blocks of the dependencies and then its own; nil where the role is not there, which is told.
func (l *loading) role(u *roleUse) (*Role, []Node) {
	found := l.findRole(u.from.Name, u.under)
	if found == nil {
		l.missingRole(u)
		return nil, nil
	}
	if id := found.path + "\x00" + u.from.Tasks; slices.Contains(l.stack, id) {
		l.fault(u.pos, "role %s depends on itself", found.name).At(diag.Loaded)
		return nil, nil
	} else {
		l.stack = append(l.stack, id)
		defer func() { l.stack = l.stack[:len(l.stack)-1] }()
	}
	r := &Role{
		Name: found.name, Collection: found.collection, Path: found.path, Params: u.params, Given: u.given, Parents: u.parents, AllowDuplicates: u.from.AllowDuplicates,
		Private: !u.from.Public, included: u.included,
	}
	if r.Params == nil {
		r.Params = jinja.NewDict()
	}
	r.Key = u.key(r)
	in := *u.under
	in.nested = false
	in.role, in.file = r, &file{path: filepath.Join(r.Path, "meta"), dir: filepath.Join(r.Path, "tasks"), book: u.under.file.book}
	rf := &roleFolder{loading: l, role: r, use: u, in: &in}
	return r, rf.read()
}

func (l *loading) missingRole(u *roleUse) {
	d := l.fault(u.pos, "the role '%s' was not found in %s", u.from.Name, strings.Join(l.roleDirs(u.under), ":"))
	d.Hint = diag.DidYouMean(u.from.Name, l.rolesThere(u.under))
	d.Stage = diag.Loaded
}
