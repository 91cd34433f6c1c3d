package play

import (
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// handlers reads a list of handlers.
func (l *loading) handlers(n *yamlsrc.Node, in *level) [][]*Task {
	of := *in
	of.handler, of.when, of.maybe = true, nil, false
	return groups(l.tasks(n, &of))
}

// groups parts handlers by the blocks that they stand in: what stands between blocks is one too.
func groups(nodes []Node) [][]*Task {
	var all [][]*Task
	open := false
	for _, n := range nodes {
		switch n := n.(type) {
		case *Block:
			all = append(all, Tasks(n.Body))
			open = false
		case *Task:
			if !open {
				all = append(all, nil)
			}
			all[len(all)-1] = append(all[len(all)-1], n)
			open = true
		}
	}
	return all
}

// checkHandler reads what only handlers have, and holds what they need.
func (l *loading) checkHandler(t *Task, n *yamlsrc.Node) {
	topics := n.Get("listen")
	switch {
	case topics != nil && !t.Handler:
		l.invalid(keyOf(n, "listen"), "Task", nil).WithHint("it is a keyword of handlers: move the task to the list \"handlers:\"")
	case topics != nil:
		l.listen(t, topics)
	case t.Handler && t.Name == nil && !imports(t.Action) && t.at.up == nil:
		l.warn(t.Pos, "a handler needs a name or a listen: nothing can notify it")
	}
	if t.Handler && t.Meta == FlushHandlers {
		l.warn(t.Pos, "flush_handlers cannot be used as a handler: the run ends when it is notified")
	}
}

// imports reports whether a task stands for others that are read when the playbook is loaded.
func imports(action string) bool {
	short := shortName(action)
	return short == "import_tasks" || short == "import_role"
}

func keyOf(n *yamlsrc.Node, word string) *yamlsrc.Node {
	i := slices.IndexFunc(n.Entries, func(e yamlsrc.Entry) bool { return e.Key.Text == word })
	return n.Entries[i].Key
}

// listen reads the topics of a handler. One of a role answers to them with the role's name before them too.
func (l *loading) listen(t *Task, n *yamlsrc.Node) {
	for _, item := range list(n) {
		topic, ok := l.text("listen", item)
		if !ok {
			continue
		}
		if jinja.IsTemplate(topic) {
			l.warn(item.Pos, "listen cannot be a template: %q is taken as it is written", topic)
		}
		t.Listen = append(t.Listen, topic)
		if t.Role != nil {
			t.Listen = append(t.Listen, t.Role.FullName()+" : "+topic)
			if t.Role.Collection != "" {
				t.Listen = append(t.Listen, t.Role.Name+" : "+topic)
			}
		}
	}
}

// checkHandlers tells of handlers that nothing can reach by their name: of several with one name in one list Ansible notifies the first.
func (l *loading) checkHandlers(p *Play) {
	for _, group := range p.Handlers {
		seen := map[string]bool{}
		for _, h := range group {
			name, ok := h.Name.(string)
			if ok && seen[name] && h.Listen == nil {
				l.warn(h.Pos, "there is another handler %q above: this one cannot be notified by its name", name)
			}
			seen[name] = ok
		}
	}
}

// checkNotifies looks for the handlers that tasks name. Names that are templates are looked up when the task runs, and where roles are included then there may be handlers
// that are not known yet.
func (l *loading) checkNotifies(p *Play) {
	known := map[string]bool{}
	for _, h := range slices.Concat(p.Handlers...) {
		if h.Include != nil {
			return
		}
		for _, v := range append(h.names(), h.Listen...) {
			name, ok := v.(string)
			if !ok {
				return
			}
			known[name] = true
		}
	}
	if l.surprise {
		return
	}
	for _, t := range append(p.Tasks(), slices.Concat(p.Handlers...)...) {
		for _, name := range t.Notify {
			if s, ok := name.Value.(string); ok && !known[s] {
				l.missingHandler(name.Pos, s, known)
			}
		}
	}
}

// names gives what a handler is notified by beside its topics.
func (t *Task) names() []jinja.Value {
	switch name := t.Name.(type) {
	case nil:
		return nil
	case string:
		all := []jinja.Value{name}
		if t.Role != nil {
			all = append(all, t.Role.Name+" : "+name, t.Role.FullName()+" : "+name)
		}
		return all
	}
	return []jinja.Value{t.Name}
}

func (l *loading) missingHandler(pos diag.Pos, name string, known map[string]bool) {
	say := l.fault
	if l.o.MissingHandler {
		say = l.warn
	}
	d := say(pos, "The requested handler '%s' was not found in either the main handlers list nor in the listening handlers list", name)
	d.Hint = diag.DidYouMean(name, names(known))
	d.Stage = diag.Ended
}
