package play

import (
	"fmt"

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
		l.fault(n.Pos, "%s must be a mapping of names to values, not %s", what, n.Kind.WithArticle())
		return jinja.NewDict()
	}
	d, _ := l.value(n).(*jinja.Dict)
	return d
}

// text reads a string; a number or the like is taken as it is written. It is false where there is none, which is told.
func (l *loader) text(what string, n *yamlsrc.Node) (string, bool) {
	if n.Kind == yamlsrc.Mapping || n.Kind == yamlsrc.Sequence || n.Kind == yamlsrc.Null {
		l.fault(n.Pos, "%s must be a string, not %s", what, n.Kind.WithArticle())
		return "", false
	}
	return n.Text, true
}

// flag reads a literal boolean, in any of Ansible's words for one.
func (l *loader) flag(what string, n *yamlsrc.Node) bool {
	b, err := modules.Bool(n.Value)
	if err != nil {
		l.fault(n.Pos, "%s must be true or false, not %s", what, shown(n))
	}
	return b
}

// shown is a value as a message names it.
func shown(n *yamlsrc.Node) string {
	switch n.Kind {
	case yamlsrc.Null, yamlsrc.Sequence, yamlsrc.Mapping:
		return n.Kind.WithArticle()
	}
	return fmt.Sprintf("%q", n.Text)
}

// name reads a text that may be a template.
func (l *loader) name(n *yamlsrc.Node) jinja.Value {
	switch n.Kind {
	case yamlsrc.Null:
		return nil
	case yamlsrc.Sequence, yamlsrc.Mapping:
		l.fault(n.Pos, "name must be a string, not %s", n.Kind.WithArticle())
		return nil
	case yamlsrc.String:
		return l.value(n)
	}
	return n.Text
}

// variables reads the keyword vars.
func (l *loader) variables(n *yamlsrc.Node) *jinja.Dict {
	if n.Kind == yamlsrc.Mapping {
		for _, e := range n.Entries {
			switch {
			case e.Key.Kind != yamlsrc.String:
				l.fault(e.Key.Pos, "%q cannot be the name of a variable: YAML reads it as %s", e.Key.Text, e.Key.Kind.WithArticle())
			case !isName(e.Key.Text):
				l.fault(e.Key.Pos, "%q cannot be the name of a variable: letters, digits and underscores", e.Key.Text)
			}
		}
	}
	return l.dict("vars", n)
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
