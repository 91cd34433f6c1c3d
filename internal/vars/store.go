// Package vars stacks the variables of a run in Ansible's order of precedence and shows them to templates, lazily: a variable that is a template is computed when something
// looks at it, with the variables of the host and task that look.
package vars

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// Options is what is known before the run.
type Options struct {
	Hosts  []Host              // every host of the inventory, in its order
	Groups map[string][]string // the hosts of each group
	Extra  *jinja.Dict         // -e: hides everything else; may be nil
	Magic  map[string]jinja.Value
}

// Host is a host with its variables.
type Host struct {
	Name   string
	Groups []string      // without all, sorted
	Layers []*jinja.Dict // from the inventory, group_vars and host_vars: what comes first is hidden by what comes later
	Magic  map[string]jinja.Value
	// Implicit says that no source names the host: hostvars has it, and leaves it out where somebody goes over all hosts.
	Implicit bool
}

// Store holds the variables of a run. It is safe for concurrent use.
type Store struct {
	extra *jinja.Dict
	magic map[string]jinja.Value
	hosts map[string]*hostVars

	mu   sync.RWMutex
	play map[string]jinja.Value // magic variables of the play under way
}

type hostVars struct {
	magic  map[string]jinja.Value
	layers []*jinja.Dict // highest first

	mu    sync.RWMutex
	set   map[string]jinja.Value // registered results and variables that set_fact sets
	facts gathered
}

// New makes the store of a run.
func New(o Options) *Store {
	s := &Store{extra: o.Extra, magic: map[string]jinja.Value{"omit": jinja.Omit{}}, hosts: map[string]*hostVars{}}
	if s.extra == nil {
		s.extra = jinja.NewDict()
	}
	for name, v := range o.Magic {
		s.magic[name] = v
	}
	s.magic["groups"] = groups(o.Groups)
	all := &allHosts{maps: map[string]*jinja.ScopeMap{}}
	s.magic["hostvars"] = jinja.NewScopeMap(all)
	for _, h := range o.Hosts {
		layers := slices.Clone(h.Layers)
		slices.Reverse(layers)
		short, _, _ := strings.Cut(h.Name, ".")
		magic := map[string]jinja.Value{"inventory_hostname": h.Name, "inventory_hostname_short": short, "group_names": texts(h.Groups)}
		maps.Copy(magic, h.Magic)
		s.hosts[h.Name] = &hostVars{layers: layers, set: map[string]jinja.Value{}, magic: magic}
		all.add(h, jinja.NewScopeMap(&scope{store: s, host: s.hosts[h.Name], bare: true}))
	}
	return s
}

// allHosts is the scope behind hostvars: the variables of every host, each seen from the host itself.
type allHosts struct {
	names []string // without implicit hosts, in the order of the inventory
	maps  map[string]*jinja.ScopeMap
}

func (a *allHosts) add(h Host, m *jinja.ScopeMap) {
	if a.maps[h.Name] == nil && !h.Implicit {
		a.names = append(a.names, h.Name)
	}
	a.maps[h.Name] = m
}

// Lookup gives the variables of a host.
func (a *allHosts) Lookup(name string) (jinja.Value, bool) {
	m, ok := a.maps[name]
	return m, ok
}

// OrderedNames gives the names of the hosts.
func (a *allHosts) OrderedNames() []string { return a.names }

func groups(all map[string][]string) *jinja.Dict {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	d := jinja.NewDict()
	for _, name := range names {
		d.Set(name, texts(all[name]))
	}
	return d
}

func texts(ss []string) *jinja.List {
	items := make([]jinja.Value, len(ss))
	for i, s := range ss {
		items[i] = s
	}
	return jinja.NewList(items...)
}

// Set keeps a registered result or a variable that set_fact sets for a host.
func (s *Store) Set(hostName, name string, v jinja.Value) {
	h := s.hosts[hostName]
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set[name] = v
}

// StartPlay sets the magic variables that name the hosts of the play that begins.
func (s *Store) StartPlay(_ *play.Play, name string, hosts []string) {
	all := texts(hosts)
	s.setPlay(map[string]jinja.Value{"ansible_play_name": name, "ansible_play_hosts_all": all}, hosts)
}

// SetActive sets the magic variables that name the hosts of the play which have not failed.
func (s *Store) SetActive(hosts []string) {
	s.mu.RLock()
	fixed := s.play
	s.mu.RUnlock()
	s.setPlay(map[string]jinja.Value{"ansible_play_name": fixed["ansible_play_name"], "ansible_play_hosts_all": fixed["ansible_play_hosts_all"]}, hosts)
}

func (s *Store) setPlay(m map[string]jinja.Value, active []string) {
	for _, name := range []string{"ansible_play_hosts", "ansible_play_batch", "play_hosts"} {
		m[name] = texts(active)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.play = m
}
