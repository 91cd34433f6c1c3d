package play

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// Load reads a playbook. The list holds every fault and warning; the playbook is only to be run where it has no errors.
func Load(src *diag.Source, env *jinja.Env, registry *modules.Registry) (*Playbook, diag.List) {
	l := &loader{env: env, registry: registry}
	root, faults := yamlsrc.ParseOne(src)
	l.faults.Add(faults...)
	book := &Playbook{File: src.Name}
	switch {
	case len(faults.Errors()) > 0:
		return book, l.faults
	case root == nil || root.Kind != yamlsrc.Sequence:
		l.faults.Add(diag.Errorf(diag.Pos{Source: src, Line: 1, Column: 1}, "a playbook must be a list of plays").WithHint("begin each play with \"- hosts: …\""))
		return book, l.faults
	}
	for _, n := range root.Items {
		if p := l.play(n); p != nil {
			book.Plays = append(book.Plays, p)
		}
	}
	return book, l.faults
}

type loader struct {
	env      *jinja.Env
	registry *modules.Registry
	faults   diag.List
}

func (l *loader) fault(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(pos, format, args...)
	l.faults.Add(d)
	return d
}

func (l *loader) warn(pos diag.Pos, format string, args ...any) {
	l.faults.Add(diag.Warnf(pos, format, args...))
}

// value compiles a node whose value is computed when it is needed.
func (l *loader) value(n *yamlsrc.Node) jinja.Value {
	v, faults := lazy.Compile(l.env, n)
	l.faults.Add(faults...)
	return v
}

// dict reads a mapping such as vars.
func (l *loader) dict(what string, n *yamlsrc.Node) *jinja.Dict {
	if n.Kind == yamlsrc.Null {
		return jinja.NewDict()
	}
	if n.Kind != yamlsrc.Mapping {
		l.fault(n.Pos, "%s must be a mapping of names to values, not a %s", what, kindName(n))
		return jinja.NewDict()
	}
	d, _ := l.value(n).(*jinja.Dict)
	return d
}

// text reads a string; a number or the like is taken as it is written.
func (l *loader) text(what string, n *yamlsrc.Node) string {
	if n.Kind == yamlsrc.Mapping || n.Kind == yamlsrc.Sequence || n.Kind == yamlsrc.Null {
		l.fault(n.Pos, "%s must be a string, not a %s", what, kindName(n))
		return ""
	}
	return n.Text
}

// flag reads a literal boolean.
func (l *loader) flag(what string, n *yamlsrc.Node) bool {
	b, ok := n.Value.(bool)
	if n.Kind != yamlsrc.Bool || !ok {
		l.fault(n.Pos, "%s must be true or false", what)
	}
	return b
}

// list gives the items of a sequence; anything else is a list of one.
func list(n *yamlsrc.Node) []*yamlsrc.Node {
	switch n.Kind {
	case yamlsrc.Sequence:
		return n.Items
	case yamlsrc.Null:
		return nil
	}
	return []*yamlsrc.Node{n}
}

func kindName(n *yamlsrc.Node) string {
	switch n.Kind {
	case yamlsrc.Null:
		return "null"
	case yamlsrc.Bool:
		return "boolean"
	case yamlsrc.Int, yamlsrc.Float:
		return "number"
	case yamlsrc.Sequence:
		return "list"
	case yamlsrc.Mapping:
		return "mapping"
	}
	return "string"
}
