package play

import (
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// taskKeywords are those that only tasks and handlers have.
var taskKeywords = map[string]func(*loading, *Task, *yamlsrc.Node){
	"name":         func(l *loading, t *Task, n *yamlsrc.Node) { t.Name = l.name(n) },
	"when":         func(l *loading, t *Task, n *yamlsrc.Node) { t.When = l.conditions(n) },
	"changed_when": func(l *loading, t *Task, n *yamlsrc.Node) { t.ChangedWhen = l.conditions(n) },
	"failed_when":  func(l *loading, t *Task, n *yamlsrc.Node) { t.FailedWhen = l.conditions(n) },
	"until":        func(l *loading, t *Task, n *yamlsrc.Node) { t.Until = l.conditions(n) },
	"retries":      func(l *loading, t *Task, n *yamlsrc.Node) { t.Retries = l.count("retries", n) },
	"delay":        func(l *loading, t *Task, n *yamlsrc.Node) { t.Delay = l.seconds("delay", n) },
	"async":        func(l *loading, t *Task, n *yamlsrc.Node) { t.Async = l.count("async", n) },
	"poll":         func(l *loading, t *Task, n *yamlsrc.Node) { t.Poll = l.count("poll", n) },
	"register":     (*loading).register,
	"notify":       func(l *loading, t *Task, n *yamlsrc.Node) { t.Notify = l.notify(n) },
	"vars":         func(l *loading, t *Task, n *yamlsrc.Node) { t.Vars = []*jinja.Dict{l.variables(n)} },
	"loop":         (*loading).loop,
	"loop_control": nil, // read with loop
	"args":         nil, // read with the action
	"action":       nil,
	"local_action": nil,
	"listen":       nil, // read by task: only handlers have it
}

// tasks reads a list of tasks and blocks.
func (l *loading) tasks(n *yamlsrc.Node, in *level) []Node {
	if n.Kind == yamlsrc.Null {
		return nil
	}
	if n.Kind != yamlsrc.Sequence {
		l.fault(n.Pos, "a list of tasks is needed here, not %s", n.Kind.WithArticle()).WithHint("begin each task with \"- \"")
		return nil
	}
	nodes := make([]Node, 0, len(n.Items))
	for _, item := range n.Items {
		switch {
		case item.Kind != yamlsrc.Mapping:
			l.fault(item.Pos, "a task must be a mapping, not %s", item.Kind.WithArticle()).WithHint("write \"- name: …\" with the module below it")
		case isBlock(item):
			if b := l.block(item, in); b != nil {
				nodes = append(nodes, b)
			}
		default:
			nodes = append(nodes, l.task(item, in)...)
		}
	}
	return nodes
}

// draft is a task that is being read: what its keys name.
type draft struct {
	*Task
	in      *level
	node    *yamlsrc.Node
	actions []yamlsrc.Entry // keys that are no keywords
	given   []yamlsrc.Entry // keywords in their order
}

// task reads a task. An import gives what it imports.
func (l *loading) task(n *yamlsrc.Node, in *level) []Node {
	from := len(l.faults)
	d := &draft{Task: &Task{Pos: n.Pos, Dir: in.file.dir, Role: in.role, Handler: in.handler, at: in.file}, in: in, node: n}
	for _, e := range n.Entries {
		key := e.Key.Text
		if set, ok := taskKeywords[key]; ok {
			if set != nil {
				set(l, d.Task, e.Value)
			}
		} else if strings.HasPrefix(key, "with_") {
			l.with(d, e)
		} else if !l.common(&d.Common, e, true) {
			d.actions = append(d.actions, e)
			continue
		}
		d.given = append(d.given, e)
	}
	d.inherit(in)
	l.loopControl(d.Task, n)
	act := len(l.faults)
	nodes := l.act(d)
	l.checkHandler(d.Task, n)
	if (l.underway || d.mayFail()) && len(nodes) == 1 && nodes[0] == Node(d.Task) {
		l.postpone(d.Task, from, act)
	}
	return nodes
}

// inherit takes over what is around a task.
func (t *Task) inherit(in *level) {
	t.Common.inherit(&in.Common)
	t.When = join(in.when, t.When)
	t.Vars = join(in.vars, t.Vars)
	if t.Notify == nil {
		t.Notify = in.notify
	}
}

// act finds the one key of a task that names its module, and reads it.
func (l *loading) act(d *draft) []Node {
	named := l.named(d)
	switch {
	case len(named) > 1:
		l.fault(named[1].Key.Pos, "a task has one module, and this one names two: %s, %s", named[0].Key.Text, named[1].Key.Text).WithHint("make two tasks of it")
	case len(named) == 1:
		return l.action(d, named[0])
	case len(d.actions) == 0:
		l.fault(d.Pos, "the task names no module").WithHint("add one, such as \"command: …\"; `pfrun doc` lists them")
	}
	return []Node{d.Task}
}

// named gives the keys of a task that name modules, and tells of those that are neither keywords nor modules.
func (l *loading) named(d *draft) []yamlsrc.Entry {
	var named, odd []yamlsrc.Entry
	for _, word := range []string{"action", "local_action"} {
		if n := d.node.Get(word); n != nil {
			if e, ok := l.oldStyle(d, word, n); ok {
				named = append(named, e)
			}
		}
	}
	old := len(named) > 0 || d.node.Get("action") != nil || d.node.Get("local_action") != nil
	for _, e := range d.actions {
		if l.isModule(d, e.Key.Text, len(d.actions) == 1) {
			named = append(named, e)
		} else {
			odd = append(odd, e)
		}
	}
	for _, e := range odd {
		l.unknownKey(d, e.Key, old || len(named) > 0)
	}
	if old && len(named) == 0 {
		d.actions = append(d.actions, yamlsrc.Entry{}) // what is wrong with it was told
	}
	return named
}

// isModule reports whether a key names a module, one that pfrun has or another, or an action of the engine. Only says that no other key may.
func (l *loading) isModule(d *draft, name string, only bool) bool {
	if isEngineAction(shortName(name)) {
		return true
	}
	probe := Task{Action: name, Common: Common{Collections: d.Collections}}
	if _, ok := l.lookup(&probe); ok || isAnsibleModule(name) || l.plugins.has(name) {
		return true
	}
	return only && l.isKnown(&probe)
}

func shortName(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "ansible.builtin."), "ansible.legacy.")
}

// unknownKey tells of a key that is neither keyword nor module. Beside a module it can only be a keyword.
func (l *loading) unknownKey(d *draft, key *yamlsrc.Node, module bool) {
	if module {
		of := "Task"
		if d.Handler {
			of = "Handler"
		}
		l.invalid(key, of, names(taskKeywords, inherited()))
		return
	}
	f := l.fault(key.Pos, "couldn't resolve module/action '%s': it is neither a keyword of tasks nor a module", key.Text)
	f.Hint = diag.DidYouMean(shortName(key.Text), names(taskKeywords, inherited(), l.o.Registry.Names(), engineActions))
}

func (l *loading) register(t *Task, n *yamlsrc.Node) {
	if n.Kind == yamlsrc.Null {
		return
	}
	name, ok := l.text("register", n)
	if ok && !isName(name) {
		l.fault(n.Pos, "register needs the name of a variable: letters, digits and underscores, got %q", name)
	}
	t.Register = name
}

// notify reads names of handlers. A list without names overrides that of the level around.
func (l *loading) notify(n *yamlsrc.Node) []Name {
	if n.Kind == yamlsrc.Null {
		return nil
	}
	all := []Name{}
	for _, item := range list(n) {
		switch v := l.value(item).(type) {
		case string, *jinja.Template:
			all = append(all, Name{v, item.Pos})
		case nil, *jinja.List, *jinja.Dict:
			l.fault(item.Pos, "notify needs the name of a handler, not %s", item.Kind.WithArticle())
		default:
			all = append(all, Name{item.Text, item.Pos})
		}
	}
	return all
}

// seconds reads a keyword that is a number of seconds, or a template that gives one.
func (l *loading) seconds(word string, n *yamlsrc.Node) jinja.Value {
	v := l.scalar(word, n)
	if _, open := v.(*jinja.Template); !open && v != nil && !isNumber(n.Text) {
		l.fault(n.Pos, "%s must be a number of seconds, not %q", word, n.Text).At(diag.Ran)
	}
	return v
}
