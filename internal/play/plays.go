package play

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func (l *loader) play(n *yamlsrc.Node) *Play {
	if n.Kind != yamlsrc.Mapping {
		l.fault(n.Pos, "a play must be a mapping, not %s", n.Kind.WithArticle()).WithHint("begin each play with \"- hosts: …\"")
		return nil
	}
	p := &Play{Pos: n.Pos, Vars: jinja.NewDict()}
	for _, e := range n.Entries {
		key := e.Key.Text
		if set, ok := playKeywords[key]; ok {
			if set != nil {
				set(l, p, e.Value)
			}
		} else if set, ok := commonKeywords[key]; ok {
			set(l, &p.Common, e.Value)
		} else {
			l.refusePlayKeyword(e.Key)
		}
	}
	if n.Get("hosts") == nil && !isImport(n) {
		l.fault(p.Pos, "the play does not say on which hosts it runs").WithHint("add \"hosts: GROUP\"")
	}
	p.Gather = l.gather(p, n)
	l.lists(p, n)
	return p
}

func isImport(n *yamlsrc.Node) bool {
	return slices.ContainsFunc(n.Entries, func(e yamlsrc.Entry) bool { return shortName(e.Key.Text) == "import_playbook" })
}

// hosts reads a pattern, or a list of patterns.
func (l *loader) hosts(p *Play, n *yamlsrc.Node) {
	p.Hosts = l.value(n)
	items := list(n)
	if len(items) == 0 || (len(items) == 1 && items[0].Kind == yamlsrc.String && strings.TrimSpace(items[0].Text) == "") {
		l.fault(n.Pos, "hosts is empty").WithHint("name a group or a host")
		return
	}
	for _, item := range items {
		switch item.Kind {
		case yamlsrc.Null, yamlsrc.Sequence, yamlsrc.Mapping:
			l.fault(item.Pos, "hosts must be a pattern or a list of patterns, not %s", item.Kind.WithArticle())
		}
	}
}

func (l *loader) refusePlayKeyword(key *yamlsrc.Node) {
	for _, k := range laterPlay {
		if k == shortName(key.Text) {
			l.fault(key.Pos, "the keyword %q of plays is not supported yet", key.Text)
			return
		}
	}
	d := l.fault(key.Pos, "%q is not a keyword of plays", key.Text)
	if d.Hint = diag.DidYouMean(key.Text, allPlayKeywords()); d.Hint != "" {
		return
	}
	if _, ok := l.registry.Lookup(key.Text); ok {
		d.Hint = "this is a module: put the task into the list \"tasks:\""
	}
}

// lists reads the lists of tasks, once the play's own keywords are known. Every play has all three sections: handlers run after each.
func (l *loader) lists(p *Play, n *yamlsrc.Node) {
	if h := n.Get("handlers"); h != nil {
		p.Handlers = l.tasks(p, h, true)
		l.checkHandlers(p)
	}
	for _, name := range []string{"pre_tasks", "tasks", "post_tasks"} {
		s := Section{Name: name}
		if t := n.Get(name); t != nil {
			s.Tasks = l.tasks(p, t, false)
		}
		p.Sections = append(p.Sections, s)
	}
	for _, t := range append(p.Tasks(), p.Handlers...) {
		l.checkNotify(p, t)
	}
}

// checkHandlers tells of handlers that nothing can reach by their name: of several with one name Ansible notifies the first.
func (l *loader) checkHandlers(p *Play) {
	seen := map[string]bool{}
	for _, h := range p.Handlers {
		name, ok := h.Name.(string)
		if ok && seen[name] {
			l.warn(h.Pos, "there is another handler %q above: this one cannot be notified by its name", name)
		}
		seen[name] = ok
	}
}

// checkNotify looks for the handlers that a task names. Names that are templates are looked up when the task runs.
func (l *loader) checkNotify(p *Play, t *Task) {
	for _, name := range t.Notify {
		s, ok := name.Value.(string)
		if !ok || p.handles(s) {
			continue
		}
		d := l.fault(name.Pos, "there is no handler %q", s)
		var known []string
		for _, h := range p.Handlers {
			if n, ok := h.Name.(string); ok {
				known = append(known, n)
			}
			known = append(known, h.Listen...)
		}
		d.Hint = diag.DidYouMean(s, known)
	}
}

// handles reports whether a handler answers to a name. One whose name is a template may.
func (p *Play) handles(name string) bool {
	for _, h := range p.Handlers {
		if _, open := h.Name.(*jinja.Template); open || h.Handles(name) {
			return true
		}
	}
	return false
}
