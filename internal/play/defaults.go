package play

import (
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// moduleDefaults reads arguments that tasks of modules get where they do not say them: a mapping of modules to arguments, or a list of such mappings.
func (l *loading) moduleDefaults(n *yamlsrc.Node) []Defaults {
	var all []Defaults
	for _, item := range list(n) {
		switch {
		case item.Kind == yamlsrc.Mapping:
			d := Defaults{Pos: item.Pos, Modules: map[string][]Arg{}}
			for _, e := range item.Entries {
				l.defaultsOf(&d, e)
			}
			all = append(all, d)
		case item.Kind == yamlsrc.String && jinja.IsTemplate(item.Text):
			l.fault(item.Pos, "the keys of module_defaults must be written out, only the values may be templates")
		default:
			l.fault(item.Pos, "module_defaults must be a mapping of modules to arguments, not %s", item.Kind.WithArticle())
		}
	}
	return all
}

func (l *loading) defaultsOf(d *Defaults, e yamlsrc.Entry) {
	name := e.Key.Text
	if strings.HasPrefix(name, "group/") {
		l.groupDefaults(d, e)
		return
	}
	m, ok := l.o.Registry.Lookup(name)
	if !ok {
		l.unknownDefaults(e.Key)
		return
	}
	args := []Arg{}
	switch {
	case e.Value.Kind == yamlsrc.Mapping:
		for _, a := range e.Value.Entries {
			args = append(args, l.argument(m, a))
			if _, known := m.Arg(a.Key.Text); !known && !isOpen(m) {
				l.check(&Task{Module: m, Action: m.Name, Args: args[len(args)-1:], ArgsValue: true}, a.Key.Pos)
			}
		}
	case e.Value.Kind == yamlsrc.String && jinja.IsTemplate(e.Value.Text):
		args = append(args, Arg{Pos: e.Value.Pos, Value: l.value(e.Value)}) // without a name: all arguments at once
	case e.Value.Kind != yamlsrc.Null:
		l.fault(e.Value.Pos, "the defaults of %s must be a mapping, not %s", name, e.Value.Kind.WithArticle())
	}
	d.Modules[m.Name] = args
}

func isOpen(m *modules.Module) bool {
	_, open := m.New().(modules.OpenTask)
	return open
}

// unknownDefaults tells of defaults for a module that pfrun does not have: no task gets them.
func (l *loading) unknownDefaults(key *yamlsrc.Node) {
	if isAnsibleModule(key.Text) {
		l.warn(key.Pos, "module_defaults of %s: pfrun does not have the module", key.Text)
		return
	}
	d := l.fault(key.Pos, "module_defaults: nobody knows a module %q", key.Text)
	d.Hint = l.o.Registry.Suggest(key.Text)
}

// groupDefaults reads the defaults of a group of modules that share arguments.
func (l *loading) groupDefaults(d *Defaults, e yamlsrc.Entry) {
	if e.Value.Kind != yamlsrc.Mapping {
		l.fault(e.Value.Pos, "the defaults of %s must be a mapping, not %s", e.Key.Text, e.Value.Kind.WithArticle())
		return
	}
	var args []Arg
	for _, a := range e.Value.Entries {
		args = append(args, Arg{Name: a.Key.Text, NamePos: a.Key.Pos, Pos: a.Value.Pos, Value: l.value(a.Value)})
	}
	d.Modules[e.Key.Text] = args
	l.warn(e.Key.Pos, "module_defaults of %s: pfrun has no module of this group", e.Key.Text)
}

// appliesTo reports whether defaults under a name are for a module.
func appliesTo(name string, m *modules.Module) bool { return name == m.Name }
