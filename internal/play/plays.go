package play

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func (l *loader) play(n *yamlsrc.Node) *Play {
	if n.Kind != yamlsrc.Mapping {
		l.fault(n.Pos, "a play must be a mapping, not a %s", kindName(n)).WithHint("begin each play with \"- hosts: …\"")
		return nil
	}
	p := &Play{Pos: n.Pos, Vars: jinja.NewDict()}
	saysFacts := false
	for _, e := range n.Entries {
		key := e.Key.Text
		saysFacts = saysFacts || key == "gather_facts"
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
	l.checkHosts(p)
	if !saysFacts {
		l.warn(n.Pos, "facts are not gathered: pfrun does not have them yet; say \"gather_facts: false\"")
	}
	l.lists(p, n)
	return p
}

func (l *loader) checkHosts(p *Play) {
	switch v := p.Hosts.(type) {
	case nil:
		l.fault(p.Pos, "the play does not say on which hosts it runs").WithHint("add \"hosts: GROUP\"")
	case string, *jinja.Template:
	case *jinja.List:
		for _, item := range v.Items() {
			switch item.(type) {
			case string, *jinja.Template:
			default:
				l.fault(p.Pos, "hosts must be a pattern or a list of patterns")
			}
		}
	default:
		l.fault(p.Pos, "hosts must be a pattern or a list of patterns")
	}
}

func (l *loader) refusePlayKeyword(key *yamlsrc.Node) {
	for _, k := range laterPlay {
		if k == key.Text {
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

func (l *loader) gatherFacts(_ *Play, n *yamlsrc.Node) {
	if l.flag("gather_facts", n) {
		l.fault(n.Pos, "gathering facts is not supported yet").WithHint("say \"gather_facts: false\"")
	}
}

// lists reads the lists of tasks, once the play's own keywords are known.
func (l *loader) lists(p *Play, n *yamlsrc.Node) {
	if h := n.Get("handlers"); h != nil {
		p.Handlers = l.tasks(p, h, true)
	}
	for _, name := range []string{"pre_tasks", "tasks", "post_tasks"} {
		if t := n.Get(name); t != nil {
			p.Sections = append(p.Sections, Section{Name: name, Tasks: l.tasks(p, t, false)})
		}
	}
	for _, t := range append(p.Tasks(), p.Handlers...) {
		l.checkNotify(p, t)
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
