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
	// SearchPath gives the folders in which the files of a task are searched, for ansible_search_path; nil: there is none.
	SearchPath func(*play.Task) []string
	// VarsFile reads a file that vars_files of a play names by a template; nil: there is none.
	VarsFile func(p *play.Play, name string) (*jinja.Dict, error)
	// FactsHidden says that facts are no variables of their own: only ansible_facts has them (inject_facts_as_vars = false).
	FactsHidden bool
	// FactCache keeps facts beyond the run; nil: nothing does.
	FactCache FactCache
}

// FactCache keeps facts of hosts from one run to the next.
type FactCache interface {
	Load(hostName string) *jinja.Dict // nil: none
	Save(hostName string, facts *jinja.Dict)
	Clear(hostName string)
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
	extra       *jinja.Dict
	searchPath  func(*play.Task) []string
	varsFile    func(*play.Play, string) (*jinja.Dict, error)
	factsHidden bool
	cache       FactCache
	all         *allHosts
	roles       sync.Map // *play.Role → *roleLayers

	mu    sync.RWMutex
	magic map[string]jinja.Value // replaced as a whole when it changes
	hosts map[string]*hostVars
	play  map[string]jinja.Value // magic variables of the play under way
	plays map[*play.Play]*playState
}

// hostVars are the variables of a host.
type hostVars struct {
	mu       sync.RWMutex
	magic    map[string]jinja.Value
	layers   []*jinja.Dict          // highest first
	set      map[string]jinja.Value // registered results and variables that set_fact sets
	included []*jinja.Dict          // that include_vars read
	facts    gathered
	files    *hostFiles
	version  int // counts what may change the names of vars_files
}

// New makes the store of a run.
func New(o Options) *Store {
	s := &Store{
		extra: o.Extra, searchPath: o.SearchPath, varsFile: o.VarsFile, factsHidden: o.FactsHidden, cache: o.FactCache,
		magic: map[string]jinja.Value{"omit": jinja.Omit{}}, hosts: map[string]*hostVars{}, plays: map[*play.Play]*playState{},
		all: &allHosts{maps: map[string]*jinja.ScopeMap{}},
	}
	if s.extra == nil {
		s.extra = jinja.NewDict()
	}
	maps.Copy(s.magic, o.Magic)
	s.magic["groups"] = groups(o.Groups)
	s.magic["hostvars"] = jinja.NewScopeMap(s.all)
	for _, h := range o.Hosts {
		s.PutHost(h)
	}
	return s
}

// PutHost adds a host, or gives one that is there other groups and inventory variables; what it has registered, set and gathered stays.
func (s *Store) PutHost(h Host) {
	layers := slices.Clone(h.Layers)
	slices.Reverse(layers)
	short, _, _ := strings.Cut(h.Name, ".")
	magic := map[string]jinja.Value{"inventory_hostname": h.Name, "inventory_hostname_short": short, "group_names": texts(h.Groups)}
	maps.Copy(magic, h.Magic)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.hosts[h.Name]
	if known == nil {
		known = &hostVars{set: map[string]jinja.Value{}}
		s.hosts[h.Name] = known
		if s.cache != nil {
			if facts := s.cache.Load(h.Name); facts != nil {
				known.facts = known.facts.with(facts)
			}
		}
	}
	known.mu.Lock()
	known.layers, known.magic = layers, magic
	known.version++
	known.mu.Unlock()
	s.all.add(h, jinja.NewScopeMap(&scope{store: s, host: known, bare: true}))
}

// SetGroups replaces what the variable groups says.
func (s *Store) SetGroups(all map[string][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := maps.Clone(s.magic)
	next["groups"] = groups(all)
	s.magic = next
}

func (s *Store) host(name string) *hostVars {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.hosts[name]
}

func (s *Store) magicMap() map[string]jinja.Value {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.magic
}

func (s *Store) magicOf(name string) (jinja.Value, bool) {
	v, ok := s.magicMap()[name]
	return v, ok
}

func (h *hostVars) magicMap() map[string]jinja.Value {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.magic
}

func (h *hostVars) magicOf(name string) (jinja.Value, bool) {
	v, ok := h.magicMap()[name]
	return v, ok
}

func (h *hostVars) names(n names) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	n.add(h.layers...)
	n.add(h.included...)
	n.addMap(h.set)
	n.addMap(h.facts.variables)
	n[factsName] = true
}

// allHosts is the scope behind hostvars: the variables of every host, each seen from the host itself.
type allHosts struct {
	mu    sync.RWMutex
	names []string // without implicit hosts, in the order of the inventory
	maps  map[string]*jinja.ScopeMap
}

func (a *allHosts) add(h Host, m *jinja.ScopeMap) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.maps[h.Name] == nil && !h.Implicit {
		a.names = append(a.names, h.Name)
	}
	a.maps[h.Name] = m
}

// Lookup gives the variables of a host.
func (a *allHosts) Lookup(name string) (jinja.Value, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	m, ok := a.maps[name]
	return m, ok
}

// OrderedNames gives the names of the hosts.
func (a *allHosts) OrderedNames() []string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.names)
}

func groups(all map[string][]string) *jinja.Dict {
	d := jinja.NewDict()
	for _, name := range slices.Sorted(maps.Keys(all)) {
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
	h := s.host(hostName)
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set[name] = v
	h.version++
}

// Include keeps what include_vars read for a host, over what it read before.
func (s *Store) Include(hostName string, d *jinja.Dict) {
	h := s.host(hostName)
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.included = append(slices.Clone(h.included), d)
	h.version++
}

// HasExtra reports whether -e sets a variable.
func (s *Store) HasExtra(name string) bool {
	_, ok := s.extra.GetString(name)
	return ok
}
