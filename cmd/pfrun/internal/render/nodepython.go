package render

import (
	"strings"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// NodePython writes a node as Python's str does, which is how ansible-inventory --graph --vars shows variables.
func NodePython(n *pfrun.Node) string {
	if !n.IsNull() && n.Kind == yamlsrc.String {
		return n.Text
	}
	return pythonRepr(n)
}

func pythonRepr(n *pfrun.Node) string {
	switch {
	case n.IsNull():
		return "None"
	case n.Kind == yamlsrc.Sequence:
		parts := make([]string, len(n.Items))
		for i, item := range n.Items {
			parts[i] = pythonRepr(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case n.Kind == yamlsrc.Mapping:
		parts := make([]string, len(n.Entries))
		for i, e := range n.Entries {
			parts[i] = pythonRepr(e.Key) + ": " + pythonRepr(e.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case n.Kind == yamlsrc.String:
		return jinja.Repr(n.Text)
	}
	return jinja.Str(n.Value)
}
