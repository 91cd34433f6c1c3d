package play

import (
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// gatherer is the module that gathers facts.
const gatherer = "setup"

// gather makes the task that gathers facts before all others, unless the play says that it wants none. It takes its arguments from keywords of the play; the tag always
// it has only where the play has no tags, as in Ansible.
func (l *loading) gather(p *Play, n *yamlsrc.Node, in *level) {
	t := &Task{Pos: p.Pos, Dir: p.Dir, Name: "Gathering Facts", Action: "gather_facts", When: in.when, at: in.file}
	t.Module, _ = l.o.Registry.Lookup(gatherer)
	var given []yamlsrc.Entry
	for _, e := range n.Entries {
		switch e.Key.Text {
		case "gather_facts":
			if e.Value.Kind == yamlsrc.Null {
				continue
			}
			p.GatherSaid = true
			if !l.staticFlag("gather_facts", e.Value, in) {
				return
			}
			t.Pos = e.Key.Pos
		case "gather_subset", "gather_timeout", "fact_path":
			if e.Value.Kind != yamlsrc.Null {
				given = append(given, e)
			}
		}
	}
	if t.Module == nil {
		return // there is nothing to gather them with
	}
	for _, e := range given {
		t.Args = append(t.Args, l.argument(t.Module, e))
	}
	t.Common = in.Common
	t.RunOnce = nil // facts of one host are not those of the others
	if len(t.Tags) == 0 {
		t.Tags = []jinja.Value{"always"}
	}
	l.check(t, t.Pos)
	p.Gather = t
}

// staticFlag reads a boolean, or a template that gives one of what is known without a host.
func (l *loading) staticFlag(word string, n *yamlsrc.Node, in *level) bool {
	v := l.value(n)
	if _, open := v.(*jinja.Template); !open {
		return l.flag(word, n)
	}
	v, ok := l.evaluate(word, v, n.Pos, in)
	if !ok {
		return false
	}
	b, err := modules.Bool(jinja.ToGo(v))
	if err != nil {
		l.fault(n.Pos, "%s must be true or false, not %s", word, jinja.Repr(v))
	}
	return b
}
