package vars

import (
	"maps"
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// Scope gives what a task sees on a host: local are the variables of its loop and of the result under judgement, which hide everything else; task are those of its own keyword
// vars. Both may be nil. Without a host only what is the same for all of them is there.
func (s *Store) Scope(hostName string, p *play.Play, task, local *jinja.Dict) jinja.Scope {
	sc := &scope{store: s, host: s.hosts[hostName], task: task, local: local}
	if p != nil {
		sc.play = p.Vars
	}
	return sc
}

type scope struct {
	store             *Store
	host              *hostVars
	play, task, local *jinja.Dict
	bare              bool // an element of hostvars: without hostvars itself and without what the play under way is about
}

// Lookup finds a variable by Ansible's order of precedence, from the highest: local, magic, extra, registered and set, task, play, facts, host, groups.
func (sc *scope) Lookup(name string) (jinja.Value, bool) {
	if v, ok := get(sc.local, name); ok {
		return v, true
	}
	if v, ok := sc.lookupMagic(name); ok {
		return v, true
	}
	if v, ok := get(sc.store.extra, name); ok {
		return v, true
	}
	if v, ok := sc.lookupSet(name); ok {
		return v, true
	}
	if v, ok := get(sc.task, name); ok {
		return v, true
	}
	if v, ok := get(sc.play, name); ok {
		return v, true
	}
	if v, ok := sc.lookupFact(name); ok {
		return v, true
	}
	return sc.lookupInventory(name)
}

func get(d *jinja.Dict, name string) (jinja.Value, bool) {
	if d == nil {
		return nil, false
	}
	return d.GetString(name)
}

func (sc *scope) lookupMagic(name string) (jinja.Value, bool) {
	if sc.host != nil {
		if v, ok := sc.host.magic[name]; ok {
			return v, true
		}
	}
	if sc.bare {
		v, ok := sc.store.magic[name]
		return v, ok && name != "hostvars"
	}
	sc.store.mu.RLock()
	defer sc.store.mu.RUnlock()
	if v, ok := sc.store.play[name]; ok {
		return v, true
	}
	v, ok := sc.store.magic[name]
	return v, ok
}

func (sc *scope) lookupSet(name string) (jinja.Value, bool) {
	if sc.host == nil {
		return nil, false
	}
	sc.host.mu.RLock()
	defer sc.host.mu.RUnlock()
	v, ok := sc.host.set[name]
	return v, ok
}

func (sc *scope) lookupInventory(name string) (jinja.Value, bool) {
	if sc.host == nil {
		return nil, false
	}
	for _, d := range sc.host.layers {
		if v, ok := d.GetString(name); ok {
			return v, true
		}
	}
	return nil, false
}

// Names gives every name that Lookup finds, sorted: for "did you mean".
func (sc *scope) Names() []string {
	names := map[string]bool{}
	add := func(d *jinja.Dict) {
		if d == nil {
			return
		}
		for k := range d.Items {
			if s, ok := k.(string); ok {
				names[s] = true
			}
		}
	}
	addMap := func(m map[string]jinja.Value) {
		for k := range m {
			names[k] = true
		}
	}
	addMap(sc.store.magic)
	if sc.bare {
		delete(names, "hostvars")
	} else {
		sc.store.mu.RLock()
		addMap(sc.store.play)
		sc.store.mu.RUnlock()
	}
	add(sc.store.extra)
	add(sc.play)
	add(sc.task)
	add(sc.local)
	if sc.host != nil {
		addMap(sc.host.magic)
		for _, d := range sc.host.layers {
			add(d)
		}
		sc.host.mu.RLock()
		addMap(sc.host.set)
		addMap(sc.host.facts.variables)
		names[factsName] = true
		sc.host.mu.RUnlock()
	}
	return slices.Sorted(maps.Keys(names))
}
