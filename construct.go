package pfrun

import (
	"context"
	"math/big"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/vault"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/inventory"
)

// evaluator reads the expressions of constructed inventories. It has no lookups: they are not allowed there.
type evaluator struct {
	env   *jinja.Env // of the expressions
	vars  *jinja.Env // of the variables that they see
	extra *jinja.Dict
	known map[*yamlsrc.Node]jinja.Value // variables that were compiled; a node never changes
}

func newEvaluator(vars *jinja.Env, extra *jinja.Dict) *evaluator {
	return &evaluator{env: jinja.New(), vars: vars, extra: extra, known: map[*yamlsrc.Node]jinja.Value{}}
}

// Expression reads a bare expression, in which a backslash of a string literal starts an escape, as in a condition.
func (e *evaluator) Expression(text string, pos diag.Pos) (inventory.Expression, error) {
	t, err := e.env.CompileExpr(text, pos)
	if err != nil {
		return nil, err
	}
	return expression{e, t}, nil
}

// Template reads a text with {{ }} in it.
func (e *evaluator) Template(text string, pos diag.Pos) (inventory.Expression, error) {
	t, err := e.env.CompileArg(text, pos)
	if err != nil {
		return nil, err
	}
	return expression{e, t}, nil
}

type expression struct {
	*evaluator
	template *jinja.Template
}

// Eval gives the value as a node.
func (x expression) Eval(s inventory.Scope) (*yamlsrc.Node, error) {
	v, err := x.template.Eval(context.Background(), nodeScope{x.evaluator, s})
	if err != nil {
		return nil, err
	}
	n := nodeOf(v, x.template.Pos())
	tagUnsafe(n)
	return n, nil
}

// tagUnsafe marks every string of a value: none of them was written as a template.
func tagUnsafe(n *yamlsrc.Node) {
	if n.Kind == yamlsrc.String && n.Tag == "" {
		n.Tag = yamlsrc.TagUnsafe
	}
	for _, item := range n.Items {
		tagUnsafe(item)
	}
	for _, e := range n.Entries {
		tagUnsafe(e.Value)
	}
}

// Holds gives Python's truth of the value.
func (x expression) Holds(s inventory.Scope) (bool, error) {
	v, err := x.template.Eval(context.Background(), nodeScope{x.evaluator, s})
	if err != nil {
		return false, err
	}
	truth, _, err := jinja.Truth(v)
	return truth, err
}

// nodeScope shows the variables of an inventory to an expression.
type nodeScope struct {
	*evaluator
	inventory.Scope
}

// Lookup compiles a variable when it is first asked for.
func (s nodeScope) Lookup(name string) (jinja.Value, bool) {
	if s.Extra {
		if v, ok := s.extra.GetString(name); ok {
			return v, true
		}
	}
	n := s.Scope.Lookup(name)
	if n == nil {
		return nil, false
	}
	if v, ok := s.known[n]; ok {
		return v, true
	}
	v, _ := lazy.Compile(s.vars, n) // faults are told when all variables are compiled
	s.known[n] = v
	return v, true
}

// nodeOf makes a node of a value. Its strings are data: what looks like a template is tagged, so that it never becomes one.
func nodeOf(v jinja.Value, pos diag.Pos) *yamlsrc.Node {
	n := &yamlsrc.Node{Pos: pos, Plain: true, Text: jinja.Str(v), Value: v}
	switch x := v.(type) {
	case nil:
	case bool:
		n.Kind = yamlsrc.Bool
	case int64, *big.Int:
		n.Kind = yamlsrc.Int
	case float64:
		n.Kind = yamlsrc.Float
	case *jinja.List:
		n.Kind, n.Text, n.Value = yamlsrc.Sequence, "", nil
		for _, item := range x.Items() {
			n.Items = append(n.Items, nodeOf(item, pos))
		}
	case *jinja.Dict:
		n.Kind, n.Text, n.Value = yamlsrc.Mapping, "", nil
		for k, item := range x.Items {
			n.Entries = append(n.Entries, yamlsrc.Entry{Key: nodeOf(k, pos), Value: nodeOf(item, pos)})
		}
	case *jinja.Template:
		n.Kind, n.Text, n.Value, n.Plain = yamlsrc.String, x.Source(), x.Source(), false
		if vault.IsEncrypted(n.Text) {
			n.Tag = yamlsrc.TagVault
		}
	default:
		n.Kind, n.Value, n.Plain = yamlsrc.String, n.Text, false
		if jinja.IsTemplate(n.Text) {
			n.Tag = yamlsrc.TagUnsafe
		}
	}
	return n
}
