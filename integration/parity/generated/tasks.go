package generated

import "fmt"

// task makes a task, or a block.
func (g *generator) task() Map {
	if g.budget--; g.budget > 0 && g.depth < 4 {
		switch n := g.IntN(100); {
		case n < 16:
			return g.block()
		case n < 30:
			if m := g.include(); m != nil {
				return m
			}
		}
	}
	m := Map{}
	if g.chance(90) {
		m = m.with("name", g.title("t"))
	}
	before := g.place
	defer func() {
		results := g.results
		g.place = before
		g.results = results
	}()
	loop := g.chance(18)
	var control Map
	if loop {
		control = g.loop()
	}
	m = append(m, g.action(loop)...)
	m = append(m, control...)
	return g.keywords(m)
}

func (g *generator) title(prefix string) string {
	t := g.next(prefix)
	switch g.IntN(14) {
	case 0: // what is the same object for all hosts, and for all batches, keeps the name of the first
		if !g.free && !g.batches && !g.inHandler {
			return t + " {{ inventory_hostname }}"
		}
	case 1:
		if !g.free && !g.batches && !g.inHandler {
			return t + " {{ v1 | default('none') }}"
		}
	}
	return t
}

// action makes what a task does. An action of the engine's own has no loop with it.
func (g *generator) action(loop bool) Map {
	switch n := g.IntN(100); {
	case n < 34:
		return Map{{"debug", Map{{"msg", g.shown()}}}}
	case n < 46:
		return g.changing()
	case n < 60:
		return g.failing()
	case n < 72:
		return Map{{"set_fact", g.facts()}}
	case n < 76 && !g.free:
		return Map{{"add_host", Map{{"name", g.one("n1", "n2")}, {"groups", "new"}, {"ansible_connection", "local"}, {g.variable(), g.next("add_host_")}}}}
	case n < 79:
		return Map{{"group_by", Map{{"key", "k_{{ " + g.some() + " }}"}}}}
	case n < 83 && !g.free:
		return g.stats()
	case n < 92 && !loop && !g.inHandler:
		return g.meta()
	case n < 96 && (g.far || g.chance(30)):
		return Map{{"ping", Map{}}}
	}
	return Map{{"assert", Map{{"that", texts(g.condition())}}}, {"ignore_errors", true}}
}

// changing is a task that says that it has changed something.
func (g *generator) changing() Map {
	if !g.checks && g.chance(20) {
		return Map{{"command", "true"}}
	}
	return Map{{"debug", Map{{"msg", g.shown()}}}, {"changed_when", g.truth(75)}}
}

// truth is a literal, in so many of 100 cases true, or a condition.
func (g *generator) truth(percent int) any {
	if g.chance(60) {
		return g.chance(percent)
	}
	return g.condition()
}

// failing is a task that fails on some hosts.
func (g *generator) failing() Map {
	switch n := g.IntN(100); {
	case n < 45:
		return Map{{"fail", Map{{"msg", g.next("m")}}}, {"when", g.some()}}
	case n < 60:
		return Map{{"assert", Map{{"that", texts(g.some())}}}}
	case n < 75:
		return Map{{"debug", Map{{"msg", g.next("m")}}}, {"failed_when", g.some()}, {"changed_when", g.truth(50)}}
	case n < 80:
		return Map{{"debug", Map{{"msg", g.next("m") + " {{ not_defined_anywhere }}"}}}, {"when", g.some()}}
	case n < 88 && !g.checks:
		return Map{{"command", "false"}, {"when", g.some()}}
	case n < 92:
		return Map{{"fail", Map{{"msg", g.next("m")}}}}
	}
	return Map{{"debug", Map{{"msg", g.next("m")}}}, {"failed_when", texts(g.condition(), g.condition())}}
}

func (g *generator) facts() Map {
	if g.chance(20) {
		return Map{{g.variable(), "{{ v1 | default('none') }}/" + g.next("set_fact_")}}
	}
	return Map{{g.variable(), g.next("set_fact_")}}
}

func (g *generator) stats() Map {
	m := Map{{"data", Map{{g.one("s1", "s2"), []any{1, "x", "{{ inventory_hostname }}"}[g.IntN(3)]}}}}
	if g.chance(40) {
		m = m.with("per_host", true)
	}
	if g.chance(30) {
		m = m.with("aggregate", g.chance(50))
	}
	return Map{{"set_stats", m}}
}

func (g *generator) meta() Map {
	words := []string{"flush_handlers", "flush_handlers", "noop", "end_host", "clear_facts"}
	if g.inRole {
		words = append(words, "end_role", "end_role")
	}
	if !g.free {
		words = append(words, "clear_host_errors", "end_play", "end_batch")
	}
	word := g.one(words...)
	m := Map{{"meta", word}}
	switch word {
	case "end_host", "end_play", "end_batch", "end_role":
		return m.with("when", g.condition())
	}
	return m
}

// loop makes a loop with its control.
func (g *generator) loop() Map {
	g.looped = true
	m := Map{}
	switch g.IntN(8) {
	case 0:
		m = m.with("loop", texts("a", "b"))
	case 1:
		m = m.with("loop", "{{ groups['g1'] }}")
	case 2:
		m = m.with("with_items", List{List{1, 2}, 3})
	case 3:
		m = m.with("loop", List{})
	case 4:
		m = m.with("loop", "{{ range(1, 3) | list }}")
	default:
		m = m.with("loop", List{1, 2, 3})
	}
	name := "item"
	control := Map{}
	if g.chance(30) || len(g.loopVars) > 0 {
		name = fmt.Sprintf("i%d", len(g.loopVars))
		control = control.with("loop_var", name)
	}
	if g.chance(15) {
		control = control.with("index_var", "idx")
		g.loopVars = append(g.loopVars, "idx")
	}
	if g.chance(15) {
		control = control.with("label", "l {{ "+name+" }}")
	}
	if g.chance(10) {
		control = control.with("extended", true)
		g.loopVars = append(g.loopVars, "ansible_loop.index")
	}
	if g.chance(10) {
		control = control.with("break_when", name+" | string == '2'")
	}
	g.loopVars = append(g.loopVars, name)
	if len(control) > 0 {
		m = m.with("loop_control", control)
	}
	return m
}
