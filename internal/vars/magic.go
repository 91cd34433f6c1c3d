package vars

import (
	"maps"
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// lookupMagic finds what only the run itself knows.
func (sc *scope) lookupMagic(name string) (jinja.Value, bool) {
	if sc.host != nil {
		if v, ok := sc.host.magicOf(name); ok {
			return v, true
		}
	}
	if sc.bare {
		v, ok := sc.store.magicOf(name)
		return v, ok && !slices.Contains(notInHostvars, name)
	}
	if sc.Task != nil {
		if v, ok := sc.taskMagic(name); ok {
			return v, true
		}
	}
	sc.store.mu.RLock()
	v, ok := sc.store.play[name]
	sc.store.mu.RUnlock()
	if ok {
		return v, true
	}
	return sc.store.magicOf(name)
}

// notInHostvars are magic variables that the elements of hostvars do not have: omit is no value.
var notInHostvars = []string{"hostvars", "omit"}

// taskNames are the variables that say where a task stands.
var taskNames = []string{"role_name", "role_path", "ansible_role_name", "ansible_collection_name", "ansible_parent_role_names", "ansible_parent_role_paths", "ansible_search_path"}

// taskMagic finds the variables of taskNames.
func (sc *scope) taskMagic(name string) (jinja.Value, bool) {
	if !slices.Contains(taskNames, name) {
		return nil, false
	}
	if name == "ansible_search_path" {
		if sc.store.searchPath == nil {
			return nil, false
		}
		return texts(sc.store.searchPath(sc.Task)), true
	}
	r := sc.Task.Role
	if r == nil {
		return nil, false
	}
	return roleMagic(r, name)
}

func roleMagic(r *play.Role, name string) (jinja.Value, bool) {
	switch name {
	case "role_name":
		return r.Name, true
	case "role_path":
		return r.Path, true
	case "ansible_role_name":
		return r.FullName(), true
	case "ansible_collection_name":
		if r.Collection == "" {
			return nil, true
		}
		return r.Collection, true
	}
	callers := r.Callers()
	if len(callers) == 0 {
		return nil, false
	}
	var found []string
	for _, p := range callers {
		if name == "ansible_parent_role_names" {
			found = append(found, p.FullName())
		} else {
			found = append(found, p.Path)
		}
	}
	return texts(found), true
}

func (sc *scope) magicNames(n names) {
	n.addMap(sc.store.magicMap())
	if sc.host != nil {
		n.addMap(sc.host.magicMap())
	}
	if sc.bare {
		for _, name := range notInHostvars {
			delete(n, name)
		}
		return
	}
	sc.store.mu.RLock()
	n.addMap(sc.store.play)
	sc.store.mu.RUnlock()
	for _, name := range taskNames {
		if sc.Task == nil {
			break
		}
		if _, ok := sc.taskMagic(name); ok {
			n[name] = true
		}
	}
}

// StartPlay sets the magic variables of the play that begins: its name, its folder, its roles, every host that it names.
func (s *Store) StartPlay(p *play.Play, name string, hosts []string) {
	var named, dependent []string
	for _, r := range s.playRoles(p) {
		named = append(named, r.FullName())
		for _, d := range r.AllDeps() {
			dependent = append(dependent, d.FullName())
		}
	}
	all := slices.Concat(dependent, named)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.play = map[string]jinja.Value{
		"ansible_play_name": name, "ansible_play_hosts_all": texts(hosts), "ansible_play_role_names": texts(unique(named)), "role_names": texts(unique(named)),
		"ansible_dependent_role_names": texts(unique(dependent)), "ansible_role_names": texts(unique(all)),
	}
	if p != nil && p.Dir != "" {
		s.play["playbook_dir"] = p.Dir
	}
	s.setActive(hosts, hosts)
}

// JoinPlay adds a host to ansible_play_hosts_all; added is false where it is there.
func (s *Store) JoinPlay(name string) (added bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, ok := s.play["ansible_play_hosts_all"].(*jinja.List)
	if !ok || slices.ContainsFunc(all.Items(), func(v jinja.Value) bool { return jinja.Str(v) == name }) {
		return false
	}
	next := maps.Clone(s.play) // who looks at it never sees it change
	next["ansible_play_hosts_all"] = jinja.NewList(append(slices.Clone(all.Items()), name)...)
	s.play = next
	return true
}

func unique(ss []string) []string {
	var out []string
	for _, s := range ss {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// SetActive sets the magic variables that name the hosts of the play, and of the batch under way, which have not failed.
func (s *Store) SetActive(hosts, batch []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setActive(hosts, batch)
}

// setActive replaces the map as a whole: who looks at it never sees it change.
func (s *Store) setActive(hosts, batch []string) {
	next := make(map[string]jinja.Value, len(s.play)+3)
	for name, v := range s.play {
		next[name] = v
	}
	next["ansible_play_hosts"] = texts(hosts)
	next["ansible_play_batch"] = texts(batch)
	next["play_hosts"] = next["ansible_play_batch"]
	s.play = next
}
