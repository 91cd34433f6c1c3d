package play

import (
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// blockKeywords are those that blocks have beside the common ones.
var blockKeywords = map[string]func(*loading, *Task, *yamlsrc.Node){
	"name":   func(l *loading, t *Task, n *yamlsrc.Node) { t.Name = l.name(n) },
	"when":   func(l *loading, t *Task, n *yamlsrc.Node) { t.When = l.conditions(n) },
	"notify": func(l *loading, t *Task, n *yamlsrc.Node) { t.Notify = l.notify(n) },
	"vars":   func(l *loading, t *Task, n *yamlsrc.Node) { t.Vars = []*jinja.Dict{l.variables(n)} },
	// The lists are read after everything else: they inherit from the block.
	"block": nil, "rescue": nil, "always": nil,
}

func isBlock(n *yamlsrc.Node) bool {
	return n.Get("block") != nil || n.Get("rescue") != nil || n.Get("always") != nil
}

// block reads a block. Where one cannot stand it is told, and nil.
func (l *loading) block(n *yamlsrc.Node, in *level) *Block {
	if in.handler && in.nested {
		l.fault(n.Pos, "Using a block as a handler is not supported.").WithHint("make a handler of each task, with a \"listen:\" that they share")
		return nil
	}
	head := l.head(n, in, "Block")
	b := &Block{Pos: n.Pos, Name: head.Name}
	inner := in.below(head)
	inner.nested = true
	for _, part := range []struct {
		word string
		to   *[]Node
	}{{"block", &b.Body}, {"rescue", &b.Rescue}, {"always", &b.Always}} {
		v := n.Get(part.word)
		switch {
		case v == nil:
		case in.handler && part.word != "block":
			l.warn(v.Pos, "%s of handlers is never run", part.word)
		case part.word != "block" && v.Kind != yamlsrc.Null && n.Get("block").IsNull():
			l.fault(v.Pos, "'%s' keyword cannot be used without 'block'", part.word)
		case part.word == "block" && n.Get("rescue") != nil && len(n.Get("rescue").Items) > 0:
			of := *inner
			of.rescued = true
			*part.to = l.tasks(v, &of)
		default:
			*part.to = l.tasks(v, inner)
		}
	}
	return b
}

// head reads the keywords of a block, as a task that has taken over what is around it.
func (l *loading) head(n *yamlsrc.Node, in *level, of string) *Task {
	t := &Task{Pos: n.Pos}
	for _, e := range n.Entries {
		if set, ok := blockKeywords[e.Key.Text]; ok {
			if set != nil {
				set(l, t, e.Value)
			}
		} else if !l.common(&t.Common, e, true) {
			d := l.invalid(e.Key, of, names(blockKeywords, inherited()))
			if _, ok := taskKeywords[e.Key.Text]; ok {
				d.Hint = "this is a keyword of tasks: give it to the tasks of the block"
			}
		}
	}
	t.inherit(in)
	return t
}
