package play

import (
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
)

// Role is a role as one play, dependency or task uses it: with the parameters that it gets there.
type Role struct {
	Name string // as it is named in output, without the collection; of a role that is named by a path the last part
	// Collection is the collection it is of (ns.name); empty: none.
	Collection string
	Path       string      // absolute folder
	Defaults   *jinja.Dict // never nil
	Vars       *jinja.Dict // never nil
	Params     *jinja.Dict // given where it is used, beside keywords; never nil
	Given      *jinja.Dict // the keyword vars where it is used; never nil
	Deps       []*Role     // roles that run before it, from its meta/main.yml
	// Parents is the way from the play to this role: the role that depends on it, and so on upward; nearest last.
	Parents         []*Role
	Handlers        [][]*Task // its own
	AllowDuplicates bool
	// Key is equal for uses of the role that are one in Ansible's eyes: same folder, parameters, conditions, tags and files. Such uses run once a host.
	Key string
	// Private says that its variables are not seen outside of it: a role that a task includes without public.
	Private bool
	// included says that a task imports or includes it, and not that a play or a role names it.
	included bool
}

// allHandlers gives the handlers of its dependencies, then its own.
func (r *Role) allHandlers() [][]*Task {
	var all [][]*Task
	for _, d := range r.Deps {
		all = append(all, d.allHandlers()...)
	}
	return append(all, r.Handlers...)
}

// FullName is the name with the collection.
func (r *Role) FullName() string {
	if r.Collection == "" {
		return r.Name
	}
	return r.Collection + "." + r.Name
}

// Callers gives the roles whose tasks import or include this one, or the one that it is a dependency of, and so on upward; nearest first. That a role depends on another is no call.
func (r *Role) Callers() []*Role {
	var found []*Role
	called := r.included
	for _, p := range slices.Backward(r.Parents) {
		if called {
			found = append(found, p)
		}
		called = p.included
	}
	return found
}

// AllDeps gives the dependencies and theirs, those that run first before.
func (r *Role) AllDeps() []*Role {
	var all []*Role
	for _, d := range r.Deps {
		all = append(append(all, d.AllDeps()...), d)
	}
	return all
}

// DefaultLayers gives what the role's tasks see of defaults, lowest first: of dependencies, of the roles on the way to it, its own.
func (r *Role) DefaultLayers() []*jinja.Dict {
	var layers []*jinja.Dict
	for _, d := range slices.Concat(r.AllDeps(), r.Parents) {
		layers = append(layers, d.Defaults)
	}
	return append(layers, r.Defaults)
}

// VarLayers gives what the role's tasks see of vars, lowest first: of the roles on the way to it, of dependencies, its own, and what is given where it is used.
func (r *Role) VarLayers() []*jinja.Dict {
	var layers []*jinja.Dict
	for _, p := range r.Parents {
		layers = append(layers, p.Given, p.Vars)
	}
	for _, d := range r.AllDeps() {
		layers = append(layers, d.Vars)
	}
	layers = append(layers, r.Vars)
	return append(layers, r.Given)
}

// ExportedVars gives what every task of the play sees of a role that the play names: the vars of its dependencies and its own, lowest first.
func (r *Role) ExportedVars() []*jinja.Dict {
	var layers []*jinja.Dict
	for _, d := range r.AllDeps() {
		layers = append(layers, d.Vars)
	}
	return append(layers, r.Vars)
}

// ParamLayers gives the parameters that the role's tasks see, lowest first: those of the roles on the way to it, its own.
func (r *Role) ParamLayers() []*jinja.Dict {
	var layers []*jinja.Dict
	for _, p := range r.Parents {
		layers = append(layers, p.Params)
	}
	return append(layers, r.Params)
}
