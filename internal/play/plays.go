package play

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// playKeywords are those that only plays have.
var playKeywords = map[string]func(*loading, *Play, *yamlsrc.Node){
	"name":  func(l *loading, p *Play, n *yamlsrc.Node) { p.Name = l.name(n) },
	"hosts": (*loading).hosts,
	"user":  func(l *loading, p *Play, n *yamlsrc.Node) { p.RemoteUser = l.scalar("user", n) },
	// Variables are read before anything else: names of files and roles may use them.
	"vars": nil, "vars_files": nil, "vars_prompt": nil,
	// What facts are gathered is read once it is known what the task that gathers them inherits.
	"gather_facts": nil, "gather_subset": nil, "gather_timeout": nil, "fact_path": nil,
	"force_handlers": func(l *loading, p *Play, n *yamlsrc.Node) {
		if n.Kind != yamlsrc.Null {
			force := l.staticFlag("force_handlers", n, &level{play: p})
			p.ForceHandlers = &force
		}
	},
	"max_fail_percentage": func(l *loading, p *Play, n *yamlsrc.Node) {
		p.MaxFailPercentage = l.percentage("max_fail_percentage", n)
	},
	"serial":   (*loading).serial,
	"strategy": (*loading).strategy,
	"order":    (*loading).order,
	// The lists of tasks and roles are read after everything else: they inherit from the play.
	"roles": nil, "pre_tasks": nil, "tasks": nil, "post_tasks": nil, "handlers": nil,
}

// play reads a play. Vars, when and tags of the imports that it came by are in around.
func (l *loading) play(n *yamlsrc.Node, f *file, around *imported) *Play {
	p := &Play{Pos: n.Pos, Dir: f.dir, Vars: jinja.NewDict()}
	in := &level{play: p, file: f}
	if v := n.Get("vars"); v != nil {
		p.Vars = l.variables(v)
	}
	around.into(p)
	for _, e := range n.Entries {
		set, ok := playKeywords[e.Key.Text]
		switch {
		case set != nil:
			set(l, p, e.Value)
		case !ok && !l.common(&p.Common, e, false):
			l.unknownPlayKeyword(e.Key)
		}
	}
	p.Tags = join(around.tags, p.Tags)
	if c := around.collection; c != "" && !slices.Contains(p.Collections, c) {
		p.Collections = append([]string{c}, p.Collections...)
	}
	l.bothUsers(n)
	if n.Get("hosts") == nil {
		l.fault(p.Pos, "the play does not say on which hosts it runs").WithHint("add \"hosts: GROUP\"")
	}
	if v := n.Get("vars_prompt"); v != nil {
		l.prompts(p, v)
	}
	if v := n.Get("vars_files"); v != nil {
		l.varsFiles(p, v, in)
	}
	in.Common, in.when = p.Common, around.when
	in.maybe = len(around.when) > 0
	l.gather(p, n, in)
	l.lists(p, n, in)
	return p
}

func (l *loading) bothUsers(n *yamlsrc.Node) {
	if user := n.Get("user"); user != nil && n.Get("remote_user") != nil {
		l.fault(user.Pos, "both 'user' and 'remote_user' are set for this play.").WithHint("keep remote_user")
	}
}

// hosts reads a pattern, or a list of patterns.
func (l *loading) hosts(p *Play, n *yamlsrc.Node) {
	p.Hosts = l.value(n)
	items := list(n)
	if len(items) == 0 || (len(items) == 1 && items[0].Kind == yamlsrc.String && strings.TrimSpace(items[0].Text) == "") {
		l.fault(n.Pos, "Hosts list cannot be empty.").WithHint("name a group or a host")
		return
	}
	for _, item := range items {
		switch item.Kind {
		case yamlsrc.Null, yamlsrc.Sequence, yamlsrc.Mapping:
			l.fault(item.Pos, "hosts must be a pattern or a list of patterns, not %s", item.Kind.WithArticle())
		}
	}
}

func (l *loading) unknownPlayKeyword(key *yamlsrc.Node) {
	d := l.invalid(key, "Play", names(playKeywords, names(commonKeywords)))
	if d.Hint != "" {
		return
	}
	if _, ok := l.o.Registry.Lookup(key.Text); ok || isEngineAction(shortName(key.Text)) {
		d.Hint = "this is a module: put the task into the list \"tasks:\""
	}
}

// lists reads the lists of tasks, once the play's own keywords are known. Every play has all sections: handlers run after them. Roles come first, as what they import brings
// handlers and variables that all others see.
func (l *loading) lists(p *Play, n *yamlsrc.Node, in *level) {
	l.surprise = false
	roles := Section{Name: "roles"}
	if r := n.Get("roles"); r != nil {
		roles.Nodes = l.playRoles(p, r, in)
	}
	imported := p.Handlers
	p.Handlers = nil
	for _, r := range p.Roles {
		if !r.included {
			p.Handlers = append(p.Handlers, r.allHandlers()...)
		}
	}
	if h := n.Get("handlers"); h != nil {
		p.Handlers = append(p.Handlers, l.handlers(h, in)...)
	}
	p.Handlers = append(p.Handlers, imported...)
	pre, tasks, post := Section{Name: "pre_tasks", Flush: true}, Section{Name: "tasks", Flush: true}, Section{Name: "post_tasks", Flush: true}
	for _, s := range []*Section{&pre, &post, &tasks} { // Ansible's order, in which imported roles add their handlers
		if t := n.Get(s.Name); t != nil {
			if t.Kind != yamlsrc.Sequence && t.Kind != yamlsrc.Null {
				l.fault(t.Pos, "A malformed block was encountered while loading %s: a list is needed here, not %s", s.Name, t.Kind.WithArticle()).WithHint("begin each task with \"- \"")
				continue
			}
			s.Nodes = l.tasks(t, in)
		}
	}
	p.Sections = []Section{pre, roles, tasks, post}
	l.checkHandlers(p)
	l.checkNotifies(p)
}

var orders = []string{"inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle"}

func (l *loading) order(p *Play, n *yamlsrc.Node) {
	p.Order = l.scalar("order", n)
	if word, ok := p.Order.(string); ok && !slices.Contains(orders, word) {
		d := l.fault(n.Pos, "there is no order %q", word)
		if d.Hint = diag.DidYouMean(word, orders); d.Hint == "" {
			d.Hint = "there are " + strings.Join(orders, ", ")
		}
	}
}

var strategies = []string{"linear", "free", "host_pinned"}

func (l *loading) strategy(p *Play, n *yamlsrc.Node) {
	p.Strategy = l.scalar("strategy", n)
	word, ok := p.Strategy.(string)
	switch short := shortName(word); {
	case !ok || slices.Contains(strategies, short):
		if ok {
			p.Strategy = short
		}
	case short == "debug":
		l.fault(n.Pos, "the strategy debug is not supported: pfrun has no debugger").At(diag.Lacking).WithHint("--step asks before each task")
	default:
		l.fault(n.Pos, "there is no strategy %q", word).WithHint("there are %s", strings.Join(strategies, ", "))
	}
}
