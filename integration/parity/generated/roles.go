package generated

import "fmt"

// role is one that was made.
type role struct {
	name  string
	other bool // it has tasks/other.yml
}

// role makes a role; it may depend on those before it.
func (g *generator) role(i int) {
	r := &role{name: fmt.Sprintf("role%d", i+1)}
	g.place = place{inRole: true, depth: 1, free: true} // free: what would be told differently by hosts that run by themselves is left out
	g.roles = append(g.roles, r)
	folder := "roles/" + r.name + "/"
	if g.chance(55) {
		g.files[folder+"defaults/main.yml"] = g.vars("defaults_" + r.name)
	}
	if g.chance(40) {
		g.files[folder+"vars/main.yml"] = g.vars("vars_" + r.name)
	}
	names := g.handlerNames()
	g.handlers = names
	g.files[folder+"tasks/main.yml"] = g.tasks(1 + g.IntN(3))
	if r.other = g.chance(40); r.other {
		g.files[folder+"tasks/other.yml"] = g.tasks(1 + g.IntN(2))
	}
	if len(names) > 0 {
		g.files[folder+"handlers/main.yml"] = g.handlerList(names)
	}
	if i > 0 && g.chance(40) || g.chance(25) {
		g.files[folder+"meta/main.yml"] = g.roleMeta(i)
	}
}

func (g *generator) roleMeta(i int) Map {
	m := Map{}
	if g.chance(35) {
		m = m.with("allow_duplicates", true)
	}
	deps := List{}
	for j := range i {
		if g.chance(50) {
			deps = append(deps, g.roleUse(g.roles[j]))
		}
	}
	if len(deps) > 0 || len(m) == 0 {
		m = m.with("dependencies", deps)
	}
	return m
}

// roleUse is a role as a play or another role names it.
func (g *generator) roleUse(r *role) any {
	if g.chance(50) {
		return r.name
	}
	m := Map{{"role", r.name}}
	if g.chance(30) {
		m = m.with(g.variable(), g.next("param_"))
	}
	if g.chance(30) {
		m = m.with("vars", g.vars("role_vars"))
	}
	if g.chance(20) {
		m = m.with("tags", g.tags())
	}
	if g.chance(25) {
		m = m.with("when", g.condition())
	}
	return m
}

func (g *generator) playRoles() List {
	l := List{}
	if len(g.roles) == 0 || g.fatal || !g.chance(45) {
		return l
	}
	for range 1 + g.IntN(3) {
		l = append(l, g.roleUse(g.roles[g.IntN(len(g.roles))]))
	}
	return l
}

// handlerNames makes the names that handlers of a play or a role will have.
func (g *generator) handlerNames() []string {
	if g.chance(35) {
		return nil
	}
	names := []string{}
	for range 1 + g.IntN(3) {
		names = append(names, g.next("handler"))
	}
	if g.chance(40) {
		names = append(names, g.next("topic"))
	}
	return names
}

// handlerList makes the handlers of these names; a topic is listened to.
func (g *generator) handlerList(names []string) List {
	l := List{}
	var topic string
	for _, n := range names {
		if n[0] == 't' {
			topic = n
		}
	}
	heard := false
	for _, n := range names {
		if n == topic {
			continue
		}
		m := g.handler(n)
		if topic != "" && (g.chance(50) || !heard) {
			heard = true
			m = m.with("listen", topic)
		}
		l = append(l, m)
	}
	return l
}

// handler makes one. It may notify others, fail, or include tasks.
func (g *generator) handler(name string) Map {
	m := Map{{"name", name}}
	g.apart(func() {
		g.inHandler = true
		if g.depth < 3 && !g.inRole && g.chance(10) {
			g.depth = 4 // there are no blocks
			m = m.with("include_tasks", g.file())
			if g.chance(30) {
				m = m.with("when", g.condition())
			}
			return
		}
		loop := g.chance(12)
		var control Map
		if loop {
			control = g.loop()
		}
		switch {
		case g.chance(50):
			m = append(m, g.changing()...)
		case g.chance(30):
			m = append(m, g.failing()...)
		default:
			m = append(m, Map{{"debug", Map{{"msg", g.shown()}}}}...)
		}
		m = append(m, control...)
		m = g.keywords(m)
	})
	return m
}
