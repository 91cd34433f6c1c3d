package generated

import "strings"

// variable is one of the few names that are set at many levels.
func (g *generator) variable() string { return g.one("v1", "v2", "v3") }

// vars makes variables that say where they were set. Some are templates of one that comes before in the alphabet.
func (g *generator) vars(level string) Map {
	m := Map{}
	for _, name := range []string{"v1", "v2", "v3"} {
		switch {
		case g.chance(45):
			m = m.with(name, g.next(level+"_"))
		case name != "v1" && g.chance(15):
			m = m.with(name, "{{ v1 | default('none') }}+"+level)
		}
	}
	if len(m) == 0 {
		m = m.with("v1", g.next(level+"_"))
	}
	return m
}

// shown is the text of a debug: some of what is known here.
func (g *generator) shown() string {
	parts := []string{g.next("m")}
	for range 1 + g.IntN(2) {
		parts = append(parts, g.shownPart())
	}
	return strings.Join(parts, " ")
}

func (g *generator) shownPart() string {
	switch g.IntN(12) {
	case 0, 1, 2:
		return "{{ v1 | default('-') }} {{ v2 | default('-') }} {{ v3 | default('-') }}"
	case 3, 4, 5:
		if len(g.results) > 0 {
			return shownResult(g.one(g.results...))
		}
	case 6:
		if !g.free {
			return "{{ " + g.one("ansible_play_hosts", "ansible_play_batch", "ansible_play_hosts_all", "play_hosts") + " }}"
		}
	case 7:
		return "{{ ansible_failed_task.name | default('-') }} {{ ansible_failed_result.msg | default('-') is string }}"
	case 8:
		if len(g.loopVars) > 0 {
			return "{{ " + g.one(g.loopVars...) + " | default('-') }}"
		}
	case 9:
		return "{{ role_name | default('-') }} {{ ansible_role_name | default('-') }} {{ ansible_parent_role_names | default([]) }}"
	case 10:
		return "{{ ansible_check_mode }} {{ ansible_run_tags }} {{ ansible_skip_tags }}"
	case 11:
		if !g.free {
			return "{{ hostvars['" + g.one(g.hosts...) + "'].v" + g.one("1", "2", "3") + " | default('-') }}"
		}
	}
	return "{{ inventory_hostname }}"
}

// shownResult shows of a registered result what all have.
func shownResult(r string) string {
	out := r + ":"
	for _, key := range []string{"changed", "failed", "skipped", "unreachable", "attempts"} {
		out += " {{ " + r + "." + key + " | default('-') }}"
	}
	return out + " {{ " + r + ".results | default([]) | length }}"
}

// condition makes one that is a boolean on every host.
func (g *generator) condition() string {
	switch g.IntN(10) {
	case 0, 1, 2, 3:
		return g.some()
	case 4, 5:
		if len(g.results) > 0 {
			return "(" + g.one(g.results...) + " | default({})) is " + g.one("changed", "failed", "skipped", "succeeded", "not changed", "not skipped", "unreachable")
		}
	case 6:
		if len(g.loopVars) > 0 {
			return g.one(g.loopVars...) + " | default('1') | string != '2'"
		}
	case 7:
		return g.variable() + " is " + g.one("defined", "undefined")
	case 8:
		if !g.free {
			return "ansible_play_hosts | length > " + g.one("1", "2", "3")
		}
	case 9:
		return g.one("ansible_check_mode", "not ansible_check_mode", "inventory_hostname in groups['g1']", "false", "true")
	}
	return g.some()
}
