package play

import (
	"fmt"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// dict reads a mapping such as vars.
func (l *loading) dict(what string, n *yamlsrc.Node) *jinja.Dict {
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
func (l *loading) text(what string, n *yamlsrc.Node) (string, bool) {
	if n.Kind == yamlsrc.Mapping || n.Kind == yamlsrc.Sequence || n.Kind == yamlsrc.Null {
		l.fault(n.Pos, "%s must be a string, not %s", what, n.Kind.WithArticle())
		return "", false
	}
	return n.Text, true
}

// flag reads a literal boolean, in any of Ansible's words for one.
func (l *loading) flag(what string, n *yamlsrc.Node) bool {
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
func (l *loading) name(n *yamlsrc.Node) jinja.Value {
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
func (l *loading) variables(n *yamlsrc.Node) *jinja.Dict {
	l.checkNames(n)
	return l.dict("vars", n)
}

// checkNames tells of keys that can be no variables.
func (l *loading) checkNames(n *yamlsrc.Node) {
	if n.Kind != yamlsrc.Mapping {
		return
	}
	for _, e := range n.Entries {
		switch {
		case e.Key.Kind != yamlsrc.String:
			l.fault(e.Key.Pos, "%q cannot be the name of a variable: YAML reads it as %s", e.Key.Text, e.Key.Kind.WithArticle()).At(diag.Loaded)
		case !isName(e.Key.Text):
			l.fault(e.Key.Pos, "%q cannot be the name of a variable: letters, digits and underscores", e.Key.Text).At(diag.Loaded)
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

// textNode is a string that was part of another node.
func textNode(pos diag.Pos, text string) *yamlsrc.Node {
	return &yamlsrc.Node{Kind: yamlsrc.String, Pos: pos, Text: text, Value: text}
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
