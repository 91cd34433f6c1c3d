package play

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func (l *loader) loop(t *Task, n *yamlsrc.Node) {
	t.Loop = &Loop{Pos: n.Pos, Items: l.value(n), Var: "item"}
	switch t.Loop.Items.(type) {
	case *jinja.List, *jinja.Template:
	case string:
		d := l.fault(n.Pos, "loop needs a list, not %s", n.Kind.WithArticle())
		if isName(n.Text) {
			d.WithHint("write loop: \"{{ %s }}\"", n.Text)
		}
	default:
		l.fault(n.Pos, "loop needs a list, not %s", n.Kind.WithArticle())
	}
}

var loopControl = map[string]func(*loader, *Loop, *yamlsrc.Node){
	"loop_var":  func(l *loader, o *Loop, n *yamlsrc.Node) { o.Var = l.variable(n) },
	"index_var": func(l *loader, o *Loop, n *yamlsrc.Node) { o.IndexVar = l.variable(n) },
	"label":     func(l *loader, o *Loop, n *yamlsrc.Node) { o.Label = l.value(n) },
}

func (l *loader) variable(n *yamlsrc.Node) string {
	s, ok := l.text("the name of a variable", n)
	if ok && !isName(s) {
		l.fault(n.Pos, "%q cannot be the name of a variable", s)
	}
	return s
}

func (l *loader) loopControl(t *Task, task *yamlsrc.Node) {
	n := task.Get("loop_control")
	switch {
	case n == nil:
		return
	case t.Loop == nil:
		l.fault(n.Pos, "loop_control without a loop")
		return
	case n.Kind != yamlsrc.Mapping:
		l.fault(n.Pos, "loop_control must be a mapping, not %s", n.Kind.WithArticle())
		return
	}
	for _, e := range n.Entries {
		set, ok := loopControl[e.Key.Text]
		switch e.Key.Text {
		case "pause", "extended", "extended_allitems", "break_when":
			l.fault(e.Key.Pos, "loop_control: %q is not supported yet", e.Key.Text)
		default:
			if !ok {
				l.fault(e.Key.Pos, "loop_control has no %q", e.Key.Text).Hint = diag.DidYouMean(e.Key.Text, []string{"loop_var", "index_var", "label", "pause", "extended", "break_when"})
				continue
			}
			set(l, t.Loop, e.Value)
		}
	}
}
