package generated

import "strings"

// keywords adds to a task what changes how it runs.
func (g *generator) keywords(m Map) Map {
	meta := m.get("meta") != nil
	add := func(percent int, key string, value any) {
		if m.get(key) == nil && g.chance(percent) {
			m = m.with(key, value)
		}
	}
	add(22, "when", g.when())
	add(8, "tags", g.tags())
	if meta {
		return m
	}
	if m.get("failed_when") == nil && m.get("changed_when") == nil && m.get("set_fact") == nil {
		add(5, "changed_when", g.truth(60))
		add(4, "failed_when", g.condition())
	}
	add(10, "ignore_errors", g.ignoring())
	add(6, "ignore_unreachable", true)
	add(10, "vars", g.vars("task"))
	if g.checks {
		add(15, "check_mode", g.chance(70))
	}
	add(3, "throttle", 1)
	add(2, "no_log", true)
	if !g.free {
		if !g.rescued {
			add(3, "any_errors_fatal", true)
		}
		if !(g.rescued && g.fails(m)) {
			add(8, "run_once", true)
		}
	}
	g.delegated(&m)
	if len(g.handlers) > 0 {
		add(22, "notify", g.notify())
	}
	if g.chance(4) {
		name := g.next("r")
		m = m.with("register", name).with("until", g.one(name+" is succeeded", name+" is changed", name+".attempts >= 2")).with("retries", 1+g.IntN(2)).with("delay", 0)
		g.results = append(g.results, name)
	}
	if m.get("register") == nil && g.chance(30) {
		name := g.next("r")
		m = m.with("register", name)
		g.results = append(g.results, name)
	}
	return m
}

// fails reports whether a task is made to fail.
func (g *generator) fails(m Map) bool {
	return m.get("fail") != nil || m.get("assert") != nil || m.get("failed_when") != nil || m.get("command") == "false" || m.get("ping") != nil || strings.Contains(yaml(m), "not_defined")
}

func (g *generator) when() any {
	if g.chance(20) {
		return texts(g.condition(), g.condition())
	}
	return g.condition()
}

func (g *generator) ignoring() any {
	if g.chance(70) {
		return true
	}
	return "{{ " + g.some() + " }}"
}

// delegated has a task work on another host.
func (g *generator) delegated(m *Map) {
	if !g.chance(8) || m.get("add_host") != nil || m.get("group_by") != nil {
		return
	}
	to := append([]string{"localhost", "h2"}, g.hosts...)
	if g.far {
		to = append(to, "hx")
	}
	if g.looped && m.get("loop") == "{{ groups['g1'] }}" && m.get("loop_control") == nil {
		to = append(to, "{{ item }}", "{{ item }}", "{{ item }}")
	}
	*m = m.with("delegate_to", g.one(to...))
	if g.chance(30) {
		*m = m.with("delegate_facts", true)
	}
}

func (g *generator) notify() any {
	if len(g.handlers) > 1 && g.chance(25) {
		return texts(g.one(g.handlers...), g.one(g.handlers...))
	}
	return g.one(g.handlers...)
}

// block makes a block with rescue or always, or neither.
func (g *generator) block() Map {
	m := Map{}
	if g.chance(70) {
		m = m.with("name", g.next("b"))
	}
	fatal := g.fatal || !g.free && !g.rescued && g.chance(5)
	rescue, always := !fatal && g.chance(55), g.chance(40)
	if fatal && !g.fatal {
		m = m.with("any_errors_fatal", true)
	}
	g.apart(func() {
		g.depth++
		g.rescued, g.fatal = g.rescued || rescue, fatal
		m = m.with("block", g.tasks(1+g.IntN(3)))
	})
	g.apart(func() {
		g.depth++
		if rescue {
			m = m.with("rescue", g.tasks(1+g.IntN(2)))
		}
		if always {
			m = m.with("always", g.tasks(1+g.IntN(2)))
		}
	})
	return g.inherited(m)
}

// inherited adds keywords that the tasks of a block, or of what is imported or applied, take over.
func (g *generator) inherited(m Map) Map {
	add := func(percent int, key string, value any) {
		if m.get(key) == nil && g.chance(percent) {
			m = m.with(key, value)
		}
	}
	add(18, "when", g.when())
	add(10, "tags", g.tags())
	add(12, "vars", g.vars("block"))
	add(5, "ignore_errors", true)
	add(3, "ignore_unreachable", true)
	if g.checks {
		add(10, "check_mode", true)
	}
	add(2, "throttle", 1)
	if !g.free {
		if !g.rescued && m.get("rescue") == nil {
			add(3, "run_once", true)
		}
	}
	if len(g.handlers) > 0 {
		add(4, "notify", g.notify())
	}
	if g.chance(3) {
		m = m.with("delegate_to", g.one(g.hosts...))
	}
	return m
}
