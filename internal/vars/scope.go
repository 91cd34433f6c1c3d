package vars

import (
	"maps"
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// View says who looks at variables. Everything may be left out: without a host only what is the same for all of them is there.
type View struct {
	Host string
	Play *play.Play
	Task *play.Task
	// Included are the variables of the includes through which the task was reached, the outermost first.
	Included []*jinja.Dict
	// Local are the variables of its loop and of the result under judgement; they hide everything else.
	Local *jinja.Dict
	// Reached gives the connection variables that nobody sets: a task sees what is there in their place. nil: nothing is.
	Reached func(name string) (jinja.Value, bool)
	// Later is a variable that Local does not hold because its value may still be on its way; nil: there is none.
	Later *Later
}

// Later is a variable whose value is waited for when something looks at it.
type Later struct {
	Name string
	Get  func() (v jinja.Value, there bool)
}

// Scope gives the variables that a task sees.
func (s *Store) Scope(v View) jinja.Scope { return s.scope(v) }

func (s *Store) scope(v View) *scope {
	sc := &scope{store: s, host: s.host(v.Host), View: v}
	if v.Task != nil && v.Task.Role != nil {
		sc.role = s.roleLayers(v.Task.Role)
	}
	return sc
}

type scope struct {
	View
	store  *Store
	host   *hostVars
	role   *roleLayers // of the role in which the task stands; may be nil
	bare   bool        // an element of hostvars: without hostvars itself and without what the play under way is about
	within bool        // the names of vars_files are computed: what the files hold is not there yet
}

// Lookup finds a variable by Ansible's order of precedence, from the highest.
func (sc *scope) Lookup(name string) (jinja.Value, bool) {
	if v, ok := get(sc.Local, name); ok {
		return v, true
	}
	if sc.Later != nil && sc.Later.Name == name {
		if v, ok := sc.Later.Get(); ok {
			return v, true
		}
	}
	if v, ok := sc.lookupMagic(name); ok {
		return v, true
	}
	if v, ok := sc.store.extra.GetString(name); ok {
		return v, true
	}
	if v, ok := last(sc.Included, name); ok {
		return v, true
	}
	if sc.role != nil {
		if v, ok := last(sc.role.params, name); ok {
			return v, true
		}
	}
	if v, ok := sc.lookupSet(name); ok {
		return v, true
	}
	if v, ok := sc.lookupLower(name); ok {
		return v, true
	}
	if sc.Reached != nil {
		if v, ok := sc.Reached(name); ok {
			return v, true
		}
	}
	if name == "ansible_host" {
		return sc.address()
	}
	return nil, false
}

// address is ansible_host where nobody sets it: tasks see where their host is reached, as in Ansible.
func (sc *scope) address() (jinja.Value, bool) {
	if sc.Task == nil || sc.host == nil || sc.bare {
		return nil, false
	}
	if v, ok := sc.lookupLower("ansible_ssh_host"); ok {
		return v, true
	}
	return sc.View.Host, true
}

// lookupLower finds what registered and set variables hide.
func (sc *scope) lookupLower(name string) (jinja.Value, bool) {
	if sc.Task != nil {
		if v, ok := last(sc.Task.Vars, name); ok {
			return v, true
		}
	}
	if sc.role != nil {
		if v, ok := last(sc.role.vars, name); ok {
			return v, true
		}
	}
	if v, ok := sc.lookupPlay(name); ok {
		return v, true
	}
	if v, ok := sc.lookupFact(name); ok {
		return v, true
	}
	if v, ok := sc.lookupInventory(name); ok {
		return v, true
	}
	return sc.lookupDefault(name)
}

// lookupPlay finds what the play says: what its roles export, its files of variables, its vars.
func (sc *scope) lookupPlay(name string) (jinja.Value, bool) {
	if sc.Play == nil {
		return nil, false
	}
	if v, ok := last(sc.store.exported(sc.Play).vars, name); ok {
		return v, true
	}
	if v, ok := last(sc.files(), name); ok {
		return v, true
	}
	if v, ok := get(sc.store.answers(sc.Play), name); ok {
		return v, true
	}
	return get(sc.Play.Vars, name)
}

func (sc *scope) lookupDefault(name string) (jinja.Value, bool) {
	if sc.role != nil {
		if v, ok := last(sc.role.defaults, name); ok {
			return v, true
		}
	}
	if sc.Play == nil {
		return nil, false
	}
	return last(sc.store.exported(sc.Play).defaults, name)
}

func get(d *jinja.Dict, name string) (jinja.Value, bool) {
	if d == nil {
		return nil, false
	}
	return d.GetString(name)
}

// last finds a name in layers of which the last is the highest.
func last(layers []*jinja.Dict, name string) (jinja.Value, bool) {
	for i := len(layers) - 1; i >= 0; i-- {
		if v, ok := get(layers[i], name); ok {
			return v, true
		}
	}
	return nil, false
}

func (sc *scope) lookupSet(name string) (jinja.Value, bool) {
	if sc.host == nil {
		return nil, false
	}
	sc.host.mu.RLock()
	defer sc.host.mu.RUnlock()
	if v, ok := sc.host.set[name]; ok {
		return v, true
	}
	return last(sc.host.included, name)
}

func (sc *scope) lookupInventory(name string) (jinja.Value, bool) {
	if sc.host == nil {
		return nil, false
	}
	sc.host.mu.RLock()
	defer sc.host.mu.RUnlock()
	for _, d := range sc.host.layers {
		if v, ok := d.GetString(name); ok {
			return v, true
		}
	}
	return nil, false
}

// Names gives every name that Lookup finds, sorted: for "did you mean", and for who goes over all variables.
func (sc *scope) Names() []string {
	names := names{}
	sc.magicNames(names)
	names.add(sc.Local, sc.store.extra)
	names.add(sc.Included...)
	if sc.Task != nil {
		names.add(sc.Task.Vars...)
	}
	if sc.role != nil {
		names.add(sc.role.params...)
		names.add(sc.role.vars...)
		names.add(sc.role.defaults...)
	}
	if sc.Play != nil {
		e := sc.store.exported(sc.Play)
		names.add(sc.Play.Vars, sc.store.answers(sc.Play))
		names.add(sc.files()...)
		names.add(e.vars...)
		names.add(e.defaults...)
	}
	if sc.host != nil {
		sc.host.names(names)
	}
	return slices.Sorted(maps.Keys(names))
}

// names is a set of names.
type names map[string]bool

func (n names) add(dicts ...*jinja.Dict) {
	for _, d := range dicts {
		if d == nil {
			continue
		}
		for k := range d.Items {
			if s, ok := k.(string); ok {
				n[s] = true
			}
		}
	}
}

func (n names) addMap(m map[string]jinja.Value) {
	for k := range m {
		n[k] = true
	}
}
