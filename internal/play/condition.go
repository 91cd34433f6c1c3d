package play

import (
	"context"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// Condition is an item of when, changed_when or failed_when: an expression, or a literal.
type Condition struct {
	Source string
	Pos    diag.Pos
	expr   *jinja.Template
	value  jinja.Value
}

// Eval gives the value of the condition; jinja.Conditional says what it means.
func (c Condition) Eval(ctx context.Context, s jinja.Scope) (jinja.Value, error) {
	if c.expr == nil {
		return c.value, nil
	}
	return c.expr.Eval(ctx, s)
}

// Shown is the condition as it stands in the playbook: the text of an expression, or the literal.
func (c Condition) Shown() jinja.Value {
	if c.expr == nil {
		return c.value
	}
	return c.Source
}

// conditions reads one condition, or a list of them that must all hold. An empty one says nothing, as in Ansible.
func (l *loading) conditions(n *yamlsrc.Node) []Condition {
	var out []Condition
	for _, item := range list(n) {
		if item.Kind != yamlsrc.Null && (item.Kind != yamlsrc.String || strings.TrimSpace(item.Text) != "") {
			out = append(out, l.condition(item))
		}
	}
	return out
}

func (l *loading) condition(n *yamlsrc.Node) Condition {
	c := Condition{Source: n.Text, Pos: n.Pos, value: n.Value}
	switch n.Kind {
	case yamlsrc.Mapping, yamlsrc.Sequence:
		l.fault(n.Pos, "a condition must be an expression, not %s", n.Kind.WithArticle()).At(diag.Ran)
	case yamlsrc.String:
		c.expr = l.expression(n)
	}
	return c
}

// expression compiles a string that is an expression. One in {{ }} is taken as Ansible takes it: evaluated, with a word of warning.
func (l *loading) expression(n *yamlsrc.Node) *jinja.Template {
	text := n.Text
	if n.Kind == yamlsrc.Bool { // YAML's yes is no variable
		text = fmt.Sprint(n.Value)
	}
	t, err := l.o.Env.CompileExpr(text, lazy.TextPos(n))
	if err == nil && jinja.IsTemplate(text) {
		l.warn(n.Pos, "a condition is an expression already: it needs no {{ }} or {%% %%}")
	}
	l.found(diag.Ran, func() { l.faults.AddError(n.Pos, err) })
	return t
}

// namedExpression compiles an expression, or the template that gives one.
func (l *loading) namedExpression(n *yamlsrc.Node) *jinja.Template {
	if n.Kind != yamlsrc.String || !jinja.IsTemplate(n.Text) {
		return l.expression(n)
	}
	t, err := l.o.Env.CompileArg(n.Text, lazy.TextPos(n))
	l.found(diag.Ran, func() { l.faults.AddError(n.Pos, err) })
	return t
}
