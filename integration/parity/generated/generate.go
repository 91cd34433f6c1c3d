package generated

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Generate makes the case of a seed.
func Generate(seed uint64) *Case {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 20)), files: map[string]any{}, budget: 8}
	g.hosts = []string{"h1", "h2", "h3", "h4"}[:3+g.IntN(8)/7]
	g.far = g.chance(20)
	g.checks = g.chance(25)
	check := g.checks && g.chance(50)
	g.inventory()
	for i := range g.IntN(3) {
		g.role(i)
	}
	g.budget = 13
	book := List{}
	for i := range 1 + g.IntN(3) {
		book = append(book, g.play(i))
	}
	g.files["site.yml"] = book
	return &Case{Seed: seed, Files: g.files, Args: g.arguments(check)}
}

// generator makes one case.
type generator struct {
	*rand.Rand
	hosts  []string // that can be reached
	far    bool     // there is a host besides, hx, that nobody can reach
	checks bool     // there is check mode in it, and so no command: pfrun plans commands there
	files  map[string]any
	roles  []*role
	shared []string // files of tasks that were made, for another include
	count  int      // of what has been numbered
	budget int      // how many tasks more it may be, roughly

	place
}

// place is where in a playbook the generator is.
type place struct {
	free      bool     // the hosts of the play run each by themselves
	handlers  []string // that may be notified here
	results   []string // names of what is registered before
	loopVars  []string // that have a value here
	depth     int
	inRole    bool
	inHandler bool
	batches   bool // the play has serial
	fatal     bool // a failure is that of all hosts: there is no rescue, of which Ansible makes an accident
	rescued   bool // a rescue stands around
	looped    bool // the task has a loop
}

// chance is true in so many of 100 cases.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) one(words ...string) string { return words[g.IntN(len(words))] }

// next numbers names: t1, r2 …
func (g *generator) next(prefix string) string {
	g.count++
	return fmt.Sprintf("%s%d", prefix, g.count)
}

// apart does something at a place of its own, and returns to the present one. What is registered stays.
func (g *generator) apart(do func()) {
	before := g.place
	do()
	results := g.results
	g.place = before
	g.results = results
}

func (g *generator) inventory() {
	var b strings.Builder
	for _, h := range g.hosts {
		b.WriteString(h)
		if g.chance(25) {
			b.WriteString(" " + g.variable() + "=host_" + h)
		}
		b.WriteString("\n")
	}
	if g.far {
		b.WriteString("hx ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1\n")
	}
	for _, name := range []string{"g1", "g2"} {
		b.WriteString("[" + name + "]\n")
		for _, h := range g.hosts {
			if g.chance(55) {
				b.WriteString(h + "\n")
			}
		}
		if g.chance(50) {
			b.WriteString("[" + name + ":vars]\n" + g.variable() + "=group_" + name + "\n")
		}
	}
	b.WriteString("[all:vars]\nansible_connection=local\n")
	if g.chance(50) {
		b.WriteString(g.variable() + "=inventory_all\n")
	}
	g.files["hosts"] = b.String()
	for _, folder := range []string{"group_vars/all", "group_vars/g1", "host_vars/h2"} {
		if g.chance(20) {
			g.files[folder+".yml"] = g.vars(strings.ReplaceAll(folder, "/", "_"))
		}
	}
}

// arguments makes the flags of the command line.
func (g *generator) arguments(check bool) []string {
	args := []string{}
	if check {
		args = append(args, "--check")
	}
	switch {
	case g.chance(12):
		args = append(args, "--tags", g.one("a", "b", "a,c", "all", "tagged", "untagged"))
	case g.chance(10):
		args = append(args, "--skip-tags", g.one("a", "b", "always", "tagged", "untagged", "never"))
	}
	if g.chance(12) {
		args = append(args, "-e", g.variable()+"=extra")
	}
	if g.chance(8) {
		args = append(args, "--limit", g.one("h1", "h2:h3", "g1", "all:!h1", "!g2"))
	}
	if g.chance(8) {
		args = append(args, "--force-handlers")
	}
	if g.chance(4) {
		args = append(args, g.one("--list-tasks", "--list-tags"))
	}
	return args
}

// play makes one play.
func (g *generator) play(i int) Map {
	g.place = place{}
	g.free = g.chance(15)
	g.shared = nil
	name := fmt.Sprintf("p%d", i+1)
	m := Map{}
	if g.free {
		name += " free"
	}
	m = m.with("name", name).with("hosts", g.pattern(i)).with("gather_facts", false)
	if g.free {
		m = m.with("strategy", g.one("free", "host_pinned"))
	}
	m = g.playKeywords(m)
	g.batches = m.get("serial") != nil
	handlers := g.handlerNames()
	roles := g.playRoles()
	g.handlers = handlers
	for _, section := range []string{"pre_tasks", "roles", "tasks", "post_tasks"} {
		switch {
		case section == "roles" && len(roles) > 0:
			m = m.with("roles", roles)
		case section == "tasks" || (section != "roles" && g.chance(20)):
			m = m.with(section, g.tasks(2+g.IntN(3)))
		}
	}
	if len(handlers) > 0 {
		m = m.with("handlers", g.handlerList(handlers))
	}
	return m
}

// pattern is what a play says of its hosts.
func (g *generator) pattern(i int) string {
	options := []string{"all", "all", "all", "h1:h2", "g1", "g1:g2", "all:!h2", "h3:h1", "all:!g1", "g1:&g2"}
	if i > 0 {
		options = append(options, "new", "all:!new", "k_True", "k_False:h1")
	}
	return g.one(options...)
}

func (g *generator) playKeywords(m Map) Map {
	add := func(percent int, key string, value any) {
		if g.chance(percent) {
			m = m.with(key, value)
		}
	}
	if !g.free {
		add(15, "serial", []any{1, 2, "50%", List{1, 2}, List{1, "60%"}, 3}[g.IntN(6)])
		add(10, "max_fail_percentage", []any{0, 30, 50, 99}[g.IntN(4)])
		if g.fatal = g.chance(8); g.fatal {
			m = m.with("any_errors_fatal", true)
		}
		add(3, "run_once", true)
	}
	add(10, "order", g.one("inventory", "reverse_inventory", "sorted", "reverse_sorted"))
	add(12, "force_handlers", g.chance(80))
	add(5, "ignore_errors", true)
	add(8, "ignore_unreachable", true)
	if g.checks {
		add(20, "check_mode", true)
	}
	add(6, "tags", g.tags())
	add(35, "vars", g.vars("play"))
	if g.chance(12) {
		name := g.next("vars") + ".yml"
		g.files[name] = g.vars("vars_files")
		m = m.with("vars_files", texts(name))
	}
	return m
}

func (g *generator) tags() any {
	if g.chance(60) {
		return g.one("a", "b", "c", "always", "never")
	}
	t := texts("a", "b", "c", "always", "never")
	g.Shuffle(len(t), func(i, j int) { t[i], t[j] = t[j], t[i] })
	return t[:2]
}

// tasks makes a list of tasks and blocks.
func (g *generator) tasks(n int) List {
	l := List{}
	for range n {
		l = append(l, g.task())
	}
	return l
}

// some gives some of the hosts, by a condition on their names.
func (g *generator) some() string {
	h := g.one(g.hosts...)
	switch g.IntN(4) {
	case 0:
		return "inventory_hostname != '" + h + "'"
	case 1:
		hosts := slices.Clone(g.hosts)
		g.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
		return "inventory_hostname in ['" + hosts[0] + "', '" + hosts[1] + "']"
	}
	return "inventory_hostname == '" + h + "'"
}
