package modules

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
)

// Registry knows the modules by name. It is a value: there is no global list.
type Registry struct {
	byName map[string]*Module
	names  []string
}

// Module is a spec with its arguments as they were read from the struct tags.
type Module struct {
	Spec
	Args []Arg
}

// NewRegistry makes a registry. It panics on a spec without name, summary or constructor, on two modules of one name, and on an argument without arg or doc tag: such a
// mistake must stop the first test that builds a registry.
func NewRegistry(specs ...Spec) *Registry {
	r := &Registry{byName: map[string]*Module{}}
	for _, s := range specs {
		if s.Name == "" || s.Short == "" || s.New == nil {
			panic(fmt.Sprintf("modules: spec %q lacks a name, a summary or a constructor", s.Name))
		}
		m := &Module{Spec: s, Args: argsOf(s)}
		for _, name := range append([]string{s.Name}, s.Names...) {
			if r.byName[name] != nil {
				panic("modules: two modules are named " + name)
			}
			r.byName[name] = m
		}
		r.names = append(r.names, s.Name)
	}
	slices.Sort(r.names)
	return r
}

// Lookup finds a module by its short name, as ansible.builtin.NAME, ansible.legacy.NAME, or by a further name of its spec.
func (r *Registry) Lookup(name string) (*Module, bool) {
	m, ok := r.byName[shortName(name)]
	return m, ok
}

// Names gives the short names in alphabetical order.
func (r *Registry) Names() []string { return slices.Clone(r.names) }

// Suggest gives a hint that names the nearest module, or "".
func (r *Registry) Suggest(name string) string {
	return diag.DidYouMean(shortName(name), slices.Collect(maps.Keys(r.byName)))
}

func shortName(name string) string {
	for _, prefix := range []string{"ansible.builtin.", "ansible.legacy."} {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			return name[len(prefix):]
		}
	}
	return name
}
