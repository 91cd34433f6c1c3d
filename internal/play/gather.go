package play

import (
	"slices"

	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// gatherer is the module that gathers facts.
const gatherer = "setup"

// gather makes the task that gathers facts before all others, or nil where the play says that it wants none. It takes its arguments from keywords of the play; the tag always
// it has only where the play has no tags, as in Ansible.
func (l *loader) gather(p *Play, n *yamlsrc.Node) *Task {
	t := &Task{Pos: p.Pos, Name: "Gathering Facts", Action: "gather_facts"}
	t.Module, _ = l.registry.Lookup(gatherer)
	var given []yamlsrc.Entry
	for _, e := range n.Entries {
		switch e.Key.Text {
		case "gather_facts":
			if e.Value.Kind != yamlsrc.Null && !l.flag("gather_facts", e.Value) {
				return nil
			}
			t.Pos = e.Key.Pos
		case "gather_subset", "gather_timeout", "fact_path":
			if e.Value.Kind != yamlsrc.Null {
				given = append(given, e)
			}
		}
	}
	if t.Module == nil {
		return nil // there is nothing to gather them with
	}
	for _, e := range given {
		t.Args = append(t.Args, l.argument(t.Module, e))
	}
	_, err := t.Module.Decode(t.Pos, t.literal())
	l.faults.AddError(t.Pos, err)
	t.inherit(p.Common)
	if len(t.Tags) == 0 {
		t.Tags = slices.Clone(always)
	}
	return t
}

var always = []string{"always"}
