// Package lazy makes values of YAML nodes: every string that is a template is compiled, once, when its file is loaded, and evaluated when somebody looks at it.
//
// Strings that are not templates when they are loaded never become any: what a managed host says is never evaluated.
package lazy

import (
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// Compile gives the value of a node: nil, bool, int64, *big.Int, float64, string, *jinja.Template, *jinja.List or *jinja.Dict. A nil node is null. Every template that does
// not compile is told. A value that is encrypted with ansible-vault is a template too, decrypted when somebody looks at it.
func Compile(env *jinja.Env, n *yamlsrc.Node) (jinja.Value, diag.List) {
	c := compiler{env: env}
	v := c.value(n)
	return v, c.faults
}

// CompileData is Compile for a value that was read as data, such as JSON, in which strings may be templates. Name is what it is called in messages.
func CompileData(env *jinja.Env, v jinja.Value, name string) (jinja.Value, error) {
	switch x := v.(type) {
	case string:
		if !jinja.IsTemplate(x) {
			return x, nil
		}
		return env.CompileArg(x, diag.Pos{Source: &diag.Source{Name: name, Text: x}, Line: 1, Column: 1})
	case *jinja.List:
		out := jinja.NewList()
		for i, e := range x.Items() {
			c, err := CompileData(env, e, fmt.Sprintf("%s[%d]", name, i))
			if err != nil {
				return nil, err
			}
			out.Append(c)
		}
		return out, nil
	case *jinja.Dict:
		out := jinja.NewDict()
		for k, e := range x.Items {
			c, err := CompileData(env, e, name+"."+jinja.Str(k))
			if err != nil {
				return nil, err
			}
			out.Set(k, c)
		}
		return out, nil
	}
	return v, nil
}

type compiler struct {
	env    *jinja.Env
	faults diag.List
}

func (c *compiler) value(n *yamlsrc.Node) jinja.Value {
	if n == nil {
		return nil
	}
	if n.Tag == yamlsrc.TagVault {
		return c.env.Encrypted(n.Text, n.Pos)
	}
	switch n.Kind {
	case yamlsrc.Sequence:
		items := make([]jinja.Value, len(n.Items))
		for i, item := range n.Items {
			items[i] = c.value(item)
		}
		return jinja.NewList(items...)
	case yamlsrc.Mapping:
		d := jinja.NewDict()
		for _, e := range n.Entries {
			d.Set(c.key(e.Key), c.value(e.Value))
		}
		return d
	case yamlsrc.String:
		return c.text(n)
	}
	return n.Value
}

func (c *compiler) key(n *yamlsrc.Node) jinja.Value {
	if n.Kind == yamlsrc.String {
		return n.Text
	}
	return n.Value
}

func (c *compiler) text(n *yamlsrc.Node) jinja.Value {
	if n.Tag == yamlsrc.TagUnsafe || !jinja.IsTemplate(n.Text) {
		return n.Text
	}
	t, err := c.env.CompileArg(n.Text, TextPos(n))
	if err != nil {
		c.faults.AddError(n.Pos, err)
		return n.Text
	}
	return t
}

// TextPos gives the place of the first character of a string, behind its quote or below its block's mark: where a template in it begins.
func TextPos(n *yamlsrc.Node) diag.Pos {
	p := n.StringPos(0)
	// White space at the beginning has no place of its own.
	if blank := len(n.Text) - len(strings.TrimLeft(n.Text, " ")); blank < p.Column && !strings.Contains(n.Text, "\n") {
		p.Column -= blank
	}
	return p
}

// IsTemplate reports whether a value is a template or holds one.
func IsTemplate(v jinja.Value) bool {
	switch x := v.(type) {
	case *jinja.Template:
		return true
	case *jinja.List:
		for _, item := range x.Items() {
			if IsTemplate(item) {
				return true
			}
		}
	case *jinja.Dict:
		for _, item := range x.Items {
			if IsTemplate(item) {
				return true
			}
		}
	}
	return false
}
