package play

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// action reads the module of a task and its arguments.
func (l *loader) action(t *Task, e yamlsrc.Entry, more *yamlsrc.Node) {
	t.Action = e.Key.Text
	if shortName(t.Action) == "meta" {
		l.meta(t, e.Value)
		l.checkMeta(t, e.Key, more)
		return
	}
	t.Module, _ = l.registry.Lookup(t.Action)
	l.arguments(t, e.Key, e.Value)
	if more != nil {
		l.arguments(t, e.Key, more)
	}
	_, err := t.Module.Decode(e.Key.Pos, t.literal())
	l.faults.AddError(e.Key.Pos, err)
}

func (l *loader) arguments(t *Task, key, n *yamlsrc.Node) {
	switch n.Kind {
	case yamlsrc.Null:
	case yamlsrc.Mapping:
		for _, e := range n.Entries {
			t.Args = append(t.Args, l.argument(t.Module, e))
		}
	case yamlsrc.Sequence:
		l.fault(n.Pos, "the arguments of %s must be a mapping, not a list", t.Action)
	default:
		l.freeForm(t, key, n)
	}
}

// freeForm reads a string in place of arguments: the line of command, or k=v pairs.
func (l *loader) freeForm(t *Task, key, n *yamlsrc.Node) {
	if _, ok := t.Module.New().(modules.FreeFormer); ok {
		text := *n
		text.Kind = yamlsrc.String
		t.Args = append(t.Args, Arg{Name: modules.FreeFormName, NamePos: key.Pos, Pos: n.Pos, Value: l.value(&text)})
		return
	}
	pairs, err := modules.SplitPairs(n.Text)
	if err != nil {
		l.fault(n.Pos, "%s: %s", t.Action, err).WithHint("write the arguments as a mapping below the module's name")
		return
	}
	for _, p := range pairs {
		value := yamlsrc.Node{Kind: yamlsrc.String, Pos: n.Pos, Text: p.Value}
		name := yamlsrc.Node{Kind: yamlsrc.String, Pos: n.Pos, Text: p.Name}
		t.Args = append(t.Args, l.argument(t.Module, yamlsrc.Entry{Key: &name, Value: &value}))
	}
}

func (l *loader) argument(m *modules.Module, e yamlsrc.Entry) Arg {
	a := Arg{Name: e.Key.Text, NamePos: e.Key.Pos, Pos: e.Value.Pos}
	arg, ok := m.Arg(a.Name)
	if !ok || !arg.IsExpression() {
		a.Value = l.value(e.Value)
		return a
	}
	items := list(e.Value)
	if e.Value.Kind == yamlsrc.Sequence && !arg.IsList() {
		items = []*yamlsrc.Node{e.Value}
	}
	if len(items) > 0 {
		a.Expressions = []*jinja.Template{} // given, though it be wrong
	}
	for _, item := range items {
		switch item.Kind {
		case yamlsrc.Mapping, yamlsrc.Sequence, yamlsrc.Null:
			l.fault(item.Pos, "%s: %q needs an expression, not %s", m.Name, a.Name, item.Kind.WithArticle())
		default:
			if x := l.expression(item); x != nil {
				a.Expressions = append(a.Expressions, x)
			}
		}
	}
	return a
}

// literal gives the arguments as far as they are known when the playbook is loaded.
func (t *Task) literal() []modules.Given {
	given := make([]modules.Given, len(t.Args))
	for i, a := range t.Args {
		given[i] = modules.Given{Name: a.Name, NamePos: a.NamePos, Pos: a.Pos}
		if a.Expressions != nil || lazy.IsTemplate(a.Value) {
			given[i].Template = true
			continue
		}
		given[i].Value, given[i].Raw = jinja.ToGo(a.Value), a.Value
	}
	return given
}

var metas = []string{string(FlushHandlers), string(Noop), string(EndPlay), string(EndHost)}

// laterMetas are Ansible's meta actions that pfrun does not have yet.
var laterMetas = []string{"clear_facts", "clear_host_errors", "end_batch", "end_role", "refresh_inventory", "reset_connection"}

func (l *loader) meta(t *Task, n *yamlsrc.Node) {
	word, ok := l.text("meta", n)
	if !ok {
		return
	}
	for _, m := range metas {
		if word == m {
			t.Meta = Meta(word)
			return
		}
	}
	for _, m := range laterMetas {
		if word == m {
			l.fault(n.Pos, "meta: %s is not supported yet", word)
			return
		}
	}
	l.fault(n.Pos, "there is no meta: %s", word).Hint = diag.DidYouMean(word, append(laterMetas, metas...))
}

// checkMeta refuses what the engine would not look at.
func (l *loader) checkMeta(t *Task, key, args *yamlsrc.Node) {
	for _, k := range []struct {
		word  string
		given bool
	}{
		{"args", args != nil},
		{"changed_when", t.ChangedWhen != nil},
		{"failed_when", t.FailedWhen != nil},
		{"loop", t.Loop != nil},
		{"notify", t.Notify != nil},
		{"register", t.Register != ""},
	} {
		if k.given {
			l.fault(key.Pos, "a meta task cannot have %s", k.word)
		}
	}
	if t.Meta == Noop && t.When != nil {
		l.warn(key.Pos, "meta: noop does not look at its when")
	}
}
