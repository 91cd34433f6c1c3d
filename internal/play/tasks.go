package play

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func (l *loader) tasks(p *Play, n *yamlsrc.Node, handlers bool) []*Task {
	if n.Kind == yamlsrc.Null {
		return nil
	}
	if n.Kind != yamlsrc.Sequence {
		l.fault(n.Pos, "a list of tasks is needed here, not %s", n.Kind.WithArticle()).WithHint("begin each task with \"- \"")
		return nil
	}
	var tasks []*Task
	for _, item := range n.Items {
		if item.Kind != yamlsrc.Mapping {
			l.fault(item.Pos, "a task must be a mapping, not %s", item.Kind.WithArticle()).WithHint("write \"- name: …\" with the module below it")
			continue
		}
		tasks = append(tasks, l.task(p, item, handlers))
	}
	return tasks
}

func (l *loader) task(p *Play, n *yamlsrc.Node, handler bool) *Task {
	t := &Task{Pos: n.Pos}
	var actions []yamlsrc.Entry
	refused := false
	for _, e := range n.Entries {
		key := e.Key.Text
		if set, ok := taskKeywords[key]; ok {
			if set != nil {
				set(l, t, e.Value)
			}
		} else if set, ok := commonKeywords[key]; ok {
			set(l, &t.Common, e.Value)
		} else if l.refuseTaskKeyword(e.Key) {
			refused = true
		} else {
			actions = append(actions, e)
		}
	}
	t.inherit(p.Common)
	l.loopControl(t, n)
	l.pickAction(t, n, actions, refused)
	l.checkHandler(t, n, handler)
	return t
}

// checkHandler reads what only handlers have, and holds what they need.
func (l *loader) checkHandler(t *Task, n *yamlsrc.Node, handler bool) {
	topics := n.Get("listen")
	switch {
	case topics != nil && !handler:
		l.fault(topics.Pos, "listen is a keyword of handlers").WithHint("move the task to the list \"handlers:\"")
	case topics != nil:
		l.listen(t, topics)
	case handler && t.Name == nil:
		l.fault(t.Pos, "a handler needs a name or a listen: nothing can notify it")
	}
	if handler && t.Meta == FlushHandlers {
		l.fault(t.Pos, "flush_handlers cannot be used as a handler")
	}
}

// refuseTaskKeyword tells of a keyword that pfrun does not have yet, and whether it was one.
func (l *loader) refuseTaskKeyword(key *yamlsrc.Node) bool {
	old := strings.HasPrefix(key.Text, "with_")
	if !old && !slices.Contains(laterTask, key.Text) {
		return false
	}
	d := l.fault(key.Pos, "the keyword %q of tasks is not supported yet", key.Text)
	if old {
		d.WithHint("loop can do the same")
	}
	return true
}

// pickAction finds the one key of a task that names its module.
func (l *loader) pickAction(t *Task, n *yamlsrc.Node, actions []yamlsrc.Entry, refused bool) {
	named := slices.DeleteFunc(slices.Clone(actions), func(e yamlsrc.Entry) bool { return !l.isModule(e.Key.Text) && !isAnsibleModule(e.Key.Text) })
	for _, e := range actions {
		if len(named) == 0 || !slices.Contains(named, e) {
			l.unknownKey(e.Key)
		}
	}
	switch {
	case len(named) > 1:
		l.fault(named[1].Key.Pos, "a task has one module, and this one names two: %s, %s", named[0].Key.Text, named[1].Key.Text).WithHint("make two tasks of it")
	case len(named) == 1 && l.isModule(named[0].Key.Text):
		l.action(t, named[0], n.Get("args"))
	case len(named) == 1:
		l.missingModule(t, named[0].Key)
	case len(actions) == 0 && !refused:
		l.fault(t.Pos, "the task names no module").WithHint("add one, such as \"command: …\"; `pfrun doc` lists them")
	}
}

func (l *loader) isModule(name string) bool {
	_, ok := l.registry.Lookup(name)
	return ok || shortName(name) == "meta"
}

func shortName(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "ansible.builtin."), "ansible.legacy.")
}

func (l *loader) unknownKey(key *yamlsrc.Node) {
	d := l.fault(key.Pos, "%q is neither a keyword of tasks nor a module", key.Text)
	d.Hint = l.suggestKey(key.Text)
}

func (l *loader) suggestKey(word string) string {
	return diag.DidYouMean(shortName(word), slices.Concat(allTaskKeywords(), l.registry.Names(), []string{"meta"}))
}

// missingModule tells of a module that Ansible or a collection has and pfrun has not. It fails only when it is reached, if it stands behind a when: roles carry tasks for other
// systems.
func (l *loader) missingModule(t *Task, key *yamlsrc.Node) {
	d := diag.Errorf(key.Pos, "pfrun does not have the module %q", key.Text)
	if t.When == nil {
		l.faults.Add(d)
		return
	}
	t.Action, t.Unsupported = key.Text, d
	l.warn(key.Pos, "pfrun does not have the module %q: the task fails if its when holds", key.Text)
}

func (l *loader) register(t *Task, n *yamlsrc.Node) {
	name, ok := l.text("register", n)
	if ok && !isName(name) {
		l.fault(n.Pos, "register needs the name of a variable: letters, digits and underscores, got %q", name)
	}
	t.Register = name
}

func (l *loader) notify(t *Task, n *yamlsrc.Node) {
	for _, item := range list(n) {
		switch v := l.value(item).(type) {
		case string, *jinja.Template:
			t.Notify = append(t.Notify, Name{v, item.Pos})
		default:
			l.fault(item.Pos, "notify needs the name of a handler, not %s", item.Kind.WithArticle())
		}
	}
}

func (l *loader) listen(t *Task, n *yamlsrc.Node) {
	for _, item := range list(n) {
		topic, ok := l.text("listen", item)
		if jinja.IsTemplate(topic) {
			l.fault(item.Pos, "the topic that a handler listens to cannot be a template")
		} else if ok {
			t.Listen = append(t.Listen, topic)
		}
	}
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
