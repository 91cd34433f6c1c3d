package inventory

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// keyedGroup is an item of keyed_groups: groups that are named by the value of an expression.
type keyedGroup struct {
	pos               diag.Pos
	key               Expression
	prefix, separator string
	parent            Expression // nil: none
	fallback          *string    // default_value
	trailing          *bool      // trailing_separator
}

var keyedKeys = []string{"key", "prefix", "separator", "parent_group", "default_value", "trailing_separator"}

func (c *constructed) keyedGroups(list *yamlsrc.Node) {
	if list.IsNull() {
		return
	}
	if list.Kind != yamlsrc.Sequence {
		c.errorf(list.Pos, "keyed_groups must be a list, not %s", list.Kind.WithArticle())
		return
	}
	for _, n := range list.Items {
		if n.Kind != yamlsrc.Mapping {
			c.errorf(n.Pos, "an item of keyed_groups must be a mapping with a key, not %s", n.Kind.WithArticle())
			continue
		}
		c.keyedGroup(n)
	}
}

func (c *constructed) keyedGroup(n *yamlsrc.Node) {
	k := keyedGroup{pos: n.Pos, separator: "_"}
	for _, e := range n.Entries {
		switch e.Key.Text {
		case "key":
			k.key = c.expression(e.Value)
		case "prefix":
			k.prefix = c.text(e)
		case "separator":
			k.separator = c.text(e)
		case "parent_group":
			k.parent = c.template(e)
		case "default_value":
			if s := c.text(e); !e.Value.IsNull() {
				k.fallback = &s
			}
		case "trailing_separator":
			if b := c.flag(e); !e.Value.IsNull() {
				k.trailing = &b
			}
		default:
			c.errorf(e.Key.Pos, "an item of keyed_groups has no option %s", e.Key.Text).Hint = diag.DidYouMean(e.Key.Text, keyedKeys)
		}
	}
	if n.Get("key") == nil {
		c.errorf(n.Pos, "an item of keyed_groups needs a key")
	}
	if k.fallback != nil && k.trailing != nil {
		c.errorf(n.Pos, "default_value and trailing_separator exclude one another")
	}
	c.keyed = append(c.keyed, k)
}

// text reads an option that is a text; a number or boolean is one too.
func (c *constructed) text(e yamlsrc.Entry) string {
	if e.Value.Kind == yamlsrc.Sequence || e.Value.Kind == yamlsrc.Mapping {
		c.errorf(e.Value.Pos, "%s must be a string, not %s", e.Key.Text, e.Value.Kind.WithArticle())
		return ""
	}
	if e.Value.IsNull() {
		return ""
	}
	return pythonText(e.Value)
}

func (c *constructed) template(e yamlsrc.Entry) Expression {
	text := c.text(e)
	if text == "" {
		return nil
	}
	x, err := c.options.Evaluator.Template(text, e.Value.StringPos(0))
	if err != nil {
		c.diags.AddError(e.Value.Pos, err)
		return nil
	}
	return x
}

// keyedFor puts a host in the groups that its value names. withExtra is what the key sees, scope what the name of the parent sees.
func (c *constructed) keyedFor(h *Host, k *keyedGroup, withExtra, scope Scope) {
	key, err := k.key.Eval(withExtra)
	if err != nil {
		if c.strict {
			c.fault(k.pos, err, "constructed: the key of host %s", h.Name)
		}
		return
	}
	if !truthy(key) && (key.Kind != yamlsrc.String || k.fallback == nil) {
		if c.strict && key.Kind != yamlsrc.Sequence && key.Kind != yamlsrc.Mapping {
			c.failed = true
			c.errorf(k.pos, "constructed: the key of host %s is empty", h.Name).WithHint("give default_value, or leave strict out")
		}
		return
	}
	parent, ok := c.parentOf(h, k, scope)
	if !ok {
		return
	}
	names, ok := k.names(key)
	if !ok {
		c.failed = true
		c.errorf(k.pos, "constructed: the key of host %s must be a string, a list or a mapping, not %s", h.Name, key.Kind.WithArticle()).WithHint("a number becomes a string with: | string")
		return
	}
	separator := k.separator
	if k.prefix == "" && !c.leading {
		separator = ""
	}
	for _, name := range names {
		if name = k.prefix + separator + name; name == "" {
			continue
		}
		g := c.join(h, name, k.pos)
		if parent != "" {
			c.addChild(c.addGroup(safeName(parent), k.pos), g, k.pos)
		}
	}
}

func (c *constructed) parentOf(h *Host, k *keyedGroup, scope Scope) (string, bool) {
	if k.parent == nil {
		return "", true
	}
	n, err := k.parent.Eval(scope)
	if err != nil {
		if c.strict {
			c.fault(k.pos, err, "constructed: the parent group for host %s", h.Name)
		}
		return "", false
	}
	return pythonText(n), true
}

// names gives the names that a key stands for, without prefix.
func (k *keyedGroup) names(key *yamlsrc.Node) ([]string, bool) {
	orDefault := func(s string) string {
		if s == "" && k.fallback != nil {
			return *k.fallback
		}
		return s
	}
	switch key.Kind {
	case yamlsrc.String:
		return []string{orDefault(key.Text)}, true
	case yamlsrc.Sequence:
		var out []string
		for _, n := range key.Items {
			out = append(out, orDefault(pythonText(n)))
		}
		return out, true
	case yamlsrc.Mapping:
		var out []string
		for _, e := range key.Entries {
			name, value := pythonText(e.Key), pythonText(e.Value)
			if value == "" && k.fallback == nil && k.trailing != nil && !*k.trailing {
				out = append(out, name)
				continue
			}
			out = append(out, name+k.separator+orDefault(value))
		}
		return out, true
	}
	return nil, false
}

// truthy is Python's truth of a value.
func truthy(n *yamlsrc.Node) bool {
	switch v := n.Value.(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case *big.Int:
		return true
	}
	return n.Text != "" && n.Kind == yamlsrc.String || len(n.Items)+len(n.Entries) > 0
}

// pythonText is Python's str of a value, as far as a name can be made of it.
func pythonText(n *yamlsrc.Node) string {
	switch v := n.Value.(type) {
	case nil:
		if n.Kind == yamlsrc.Null {
			return "None"
		}
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return v.String()
	case float64:
		if s := strconv.FormatFloat(v, 'g', -1, 64); strings.ContainsAny(s, ".eIN") {
			return s
		}
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return n.Text
}
