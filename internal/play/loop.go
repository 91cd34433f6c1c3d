package play

import (
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func (l *loading) loop(t *Task, n *yamlsrc.Node) {
	if t.Loop != nil {
		l.fault(n.Pos, "a task has one loop, and this one has with_%s too", t.Loop.With).At(diag.Loaded).WithHint("keep one of them")
		return
	}
	t.Loop = &Loop{Pos: n.Pos, Items: l.value(n)}
	switch t.Loop.Items.(type) {
	case *jinja.List, *jinja.Template:
	case string:
		d := l.fault(n.Pos, "loop needs a list, not %s", n.Kind.WithArticle()).At(diag.Ran)
		if isName(n.Text) {
			d.WithHint("write loop: \"{{ %s }}\"", n.Text)
		}
	default:
		l.fault(n.Pos, "loop needs a list, not %s", n.Kind.WithArticle()).At(diag.Ran)
	}
}

func loopWord(o *Loop) string {
	if o.With == "" {
		return "loop"
	}
	return "with_" + o.With
}

// with reads with_NAME: the lookup of that name gives the items.
func (l *loading) with(d *draft, e yamlsrc.Entry) {
	name := strings.TrimPrefix(e.Key.Text, "with_")
	known := l.o.Env.Lookups()
	short := shortName(name)
	ok := false
	for _, k := range known {
		ok = ok || k == short
	}
	switch {
	case !ok && strings.Contains(short, "."): // of a collection
		d.Unsupported = diag.Errorf(e.Key.Pos, "pfrun does not have the lookup %q", short)
		l.announce(e.Key.Pos, "pfrun does not have the lookup %q: the task fails if it is reached", short)
	case !ok:
		f := l.invalid(e.Key, "Task", nil)
		for i, k := range known {
			known[i] = "with_" + k
		}
		if f.Hint = diag.DidYouMean(e.Key.Text, known); f.Hint == "" {
			f.Hint = "there is no lookup " + name
		}
	case d.Loop != nil:
		l.fault(e.Key.Pos, "a task has one loop, and this one has %s too", loopWord(d.Loop)).At(diag.Loaded).WithHint("keep one of them")
	case e.Value.Kind == yamlsrc.Null:
		l.fault(e.Key.Pos, "%s says nothing to go over", e.Key.Text).At(diag.Loaded)
	default:
		d.Loop = &Loop{Pos: e.Value.Pos, With: short, Items: l.value(e.Value)}
	}
}

var loopControl = map[string]func(*loading, *Loop, *yamlsrc.Node){
	"loop_var":          func(l *loading, o *Loop, n *yamlsrc.Node) { o.Var = l.variable(n) },
	"index_var":         func(l *loading, o *Loop, n *yamlsrc.Node) { o.IndexVar = l.variable(n) },
	"label":             func(l *loading, o *Loop, n *yamlsrc.Node) { o.Label = l.value(n) },
	"pause":             func(l *loading, o *Loop, n *yamlsrc.Node) { o.Pause = l.seconds("pause", n) },
	"extended":          func(l *loading, o *Loop, n *yamlsrc.Node) { o.Extended = l.boolean("extended", n) },
	"extended_allitems": func(l *loading, o *Loop, n *yamlsrc.Node) { o.ExtendedAll = l.boolean("extended_allitems", n) },
	"break_when":        func(l *loading, o *Loop, n *yamlsrc.Node) { o.BreakWhen = l.conditions(n) },
}

// variable reads the name of a variable, or a template that gives one.
func (l *loading) variable(n *yamlsrc.Node) jinja.Value {
	s, ok := l.text("the name of a variable", n)
	if jinja.IsTemplate(s) {
		return l.value(n)
	}
	if ok && !isName(s) {
		l.fault(n.Pos, "%q cannot be the name of a variable", s)
	}
	return s
}

func (l *loading) loopControl(t *Task, task *yamlsrc.Node) {
	n := task.Get("loop_control")
	switch {
	case n == nil:
		return
	case n.Kind != yamlsrc.Mapping:
		l.fault(n.Pos, "loop_control must be a mapping, not %s", n.Kind.WithArticle()).WithHint("its values may be templates, itself it cannot be one")
		return
	}
	loop := t.Loop
	if loop == nil {
		l.warn(n.Pos, "loop_control without a loop")
		loop = &Loop{}
	}
	for _, e := range n.Entries {
		if set, ok := loopControl[e.Key.Text]; ok {
			set(l, loop, e.Value)
			continue
		}
		l.invalid(e.Key, "LoopControl", names(loopControl))
	}
}
