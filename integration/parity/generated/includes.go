package generated

// include makes a task that brings others: from a file, or of a role; nil: there is nothing to bring.
func (g *generator) include() Map {
	if g.chance(35) {
		if len(g.roles) == 0 || g.inRole || g.fatal { // a role may rescue
			return nil
		}
		if g.chance(50) {
			return g.importRole()
		}
		return g.includeRole()
	}
	if g.chance(40) {
		return g.importTasks()
	}
	return g.includeTasks()
}

// file gives the name of a file of tasks: a new one, or now and then one that is there.
func (g *generator) file() string {
	if len(g.shared) > 0 && !g.inRole && !g.rescued && g.chance(25) {
		return g.one(g.shared...)
	}
	name := g.next("inc") + ".yml"
	handlers := g.handlers
	g.apart(func() {
		g.depth++
		g.handlers = handlers
		path := name
		if g.inRole {
			path = "roles/" + g.roles[len(g.roles)-1].name + "/tasks/" + name
		}
		g.files[path] = g.tasks(1 + g.IntN(3))
	})
	if !g.inRole && len(g.handlers) == 0 { // what notifies is only for this play
		g.shared = append(g.shared, name)
	}
	return name
}

func (g *generator) includeTasks() Map {
	m := Map{{"name", g.title("inc")}}
	before := g.loopVars
	var loop Map
	if g.chance(30) {
		loop = g.loop()
	}
	args := Map{{"file", ""}}
	rescued := g.rescued
	args[0].Value = g.file()
	if g.chance(30) {
		args = args.with("apply", g.applied())
	}
	g.loopVars, g.rescued = before, rescued
	if len(args) == 1 && g.chance(60) {
		m = m.with("include_tasks", args[0].Value)
	} else {
		m = m.with("include_tasks", args)
	}
	g.looped = false
	return g.including(append(m, loop...))
}

// applied makes what an include gives to the tasks that it brings.
func (g *generator) applied() Map {
	m := Map{{"tags", g.tags()}}
	return g.inherited(m)
}

// including adds keywords that are the include's own.
func (g *generator) including(m Map) Map {
	add := func(percent int, key string, value any) {
		if m.get(key) == nil && g.chance(percent) {
			m = m.with(key, value)
		}
	}
	add(30, "when", g.when())
	add(12, "tags", g.tags())
	add(30, "vars", g.vars("include"))
	add(4, "ignore_errors", true)
	if !g.free && !g.rescued {
		add(4, "run_once", true)
	}
	if g.chance(10) {
		name := g.next("r")
		m = m.with("register", name)
		g.results = append(g.results, name)
	}
	return m
}

func (g *generator) importTasks() Map {
	m := Map{{"name", g.title("imp")}, {"import_tasks", g.file()}}
	return g.inherited(m)
}

func (g *generator) importRole() Map {
	r := g.roles[g.IntN(len(g.roles))]
	return g.inherited(Map{{"name", g.title("impr")}, {"import_role", g.roleArgs(r)}})
}

func (g *generator) includeRole() Map {
	r := g.roles[g.IntN(len(g.roles))]
	m := Map{}
	if g.chance(70) {
		m = m.with("name", g.title("incr"))
	}
	var loop Map
	before := g.loopVars
	if g.chance(20) {
		loop = g.loop()
	}
	g.loopVars, g.looped = before, false
	args := g.roleArgs(r)
	if g.chance(25) {
		args = args.with("apply", g.applied())
	}
	if g.chance(25) {
		args = args.with("public", true)
	}
	m = m.with("include_role", args)
	return g.including(append(m, loop...))
}

func (g *generator) roleArgs(r *role) Map {
	m := Map{{"name", r.name}}
	if r.other && g.chance(30) {
		m = m.with("tasks_from", "other")
	}
	if g.chance(15) {
		m = m.with("allow_duplicates", g.chance(50))
	}
	return m
}
