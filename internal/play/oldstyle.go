package play

import (
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// oldStyle reads action and local_action: a module's name with arguments behind it, or a mapping with the name under "module". It gives them as they would stand in a task
// that names its module by a key.
func (l *loading) oldStyle(d *draft, word string, n *yamlsrc.Node) (yamlsrc.Entry, bool) {
	if word == "local_action" {
		d.DelegateTo = "localhost"
	}
	switch n.Kind {
	case yamlsrc.String:
		key, rest := splitAction(n)
		value := &yamlsrc.Node{Kind: yamlsrc.Null, Pos: key.Pos}
		if rest != nil {
			value = rest
		}
		return l.oldEntry(word, key, value)
	case yamlsrc.Mapping:
		return l.oldMapping(word, n)
	}
	l.fault(n.Pos, "unexpected parameter type in action: %s", n.Kind.WithArticle()).WithHint("write \"%s: MODULE name=value …\"", word)
	return yamlsrc.Entry{}, false
}

func (l *loading) oldEntry(word string, key, value *yamlsrc.Node) (yamlsrc.Entry, bool) {
	if key.Text == "" {
		l.fault(key.Pos, "%s names no module", word)
		return yamlsrc.Entry{}, false
	}
	return yamlsrc.Entry{Key: key, Value: value}, true
}

func (l *loading) oldMapping(word string, n *yamlsrc.Node) (yamlsrc.Entry, bool) {
	m := n.Get("module")
	if m == nil || m.Kind != yamlsrc.String {
		l.fault(n.Pos, "%s names no module", word).WithHint("write it under \"module:\"")
		return yamlsrc.Entry{}, false
	}
	key, rest := splitAction(m)
	value := &yamlsrc.Node{Kind: yamlsrc.Mapping, Pos: n.Pos}
	for _, e := range n.Entries {
		switch {
		case e.Key.Text == "module":
		case e.Key.Text == "args" && e.Value.Kind == yamlsrc.Mapping:
			value.Entries = append(value.Entries, e.Value.Entries...)
		default:
			value.Entries = append(value.Entries, e)
		}
	}
	if rest != nil && len(value.Entries) == 0 {
		return l.oldEntry(word, key, rest)
	}
	if rest != nil {
		l.fault(rest.Pos, "the arguments of %s stand in two places", key.Text).WithHint("keep the mapping")
	}
	return l.oldEntry(word, key, value)
}

// splitAction parts the module's name, which may be a template, from what follows; nil where nothing does.
func splitAction(n *yamlsrc.Node) (key, rest *yamlsrc.Node) {
	text := strings.TrimLeft(n.Text, " \n")
	at := len(n.Text) - len(text)
	end := nameEnd(text)
	key = textNode(n.StringPos(at), text[:end])
	if behind := strings.TrimLeft(text[end:], " \n"); behind != "" {
		rest = textNode(n.StringPos(len(n.Text)-len(behind)), behind)
	}
	return key, rest
}

// nameEnd is where the first word ends; blanks in a template do not part words.
func nameEnd(text string) int {
	depth := 0
	for i := range len(text) {
		switch {
		case strings.HasPrefix(text[i:], "{{") || strings.HasPrefix(text[i:], "{%"):
			depth++
		case strings.HasPrefix(text[i:], "}}") || strings.HasPrefix(text[i:], "%}"):
			depth--
		case depth <= 0 && (text[i] == ' ' || text[i] == '\n'):
			return i
		}
	}
	return len(text)
}

// ResolveAction gives a copy of a task whose module is named by a template, now that it is known.
func (l *Loader) resolve(t *Task, name string) (*Task, *loading) {
	c := *t
	c.Action, c.Dynamic = strings.TrimSpace(name), nil
	now := l.loading()
	if isEngineAction(shortName(c.Action)) || jinja.IsTemplate(c.Action) {
		now.fault(t.key.Pos, "the action %s cannot be named by a template", c.Action)
		return &c, now
	}
	now.module(&c, false)
	return &c, now
}
