package vars

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

// factsName is the variable that holds all facts of a host.
const factsName = "ansible_facts"

// gathered is the facts of a host. It is replaced as a whole when there are new ones: who looks at it never sees it change.
type gathered struct {
	tree      *jinja.Dict            // the value of ansible_facts; nil: none were gathered
	variables map[string]jinja.Value // those that are variables of their own
}

// with gives the facts with more of them, over those of the same names: below ansible_facts without the prefix ansible_, but ansible_local, and as variables by the name they have.
// As with Ansible a host cannot say by its facts how it is reached: those are no variables (see injected).
func (g gathered) with(facts *jinja.Dict) gathered {
	next := gathered{jinja.NewDict(), map[string]jinja.Value{}}
	if g.tree != nil {
		next.tree = g.tree.Copy()
	}
	for name, v := range g.variables {
		next.variables[name] = v
	}
	for k, v := range facts.Items {
		name, ok := k.(string)
		if !ok {
			continue
		}
		bare := name
		if name != "ansible_local" {
			bare = strings.TrimPrefix(name, "ansible_")
		}
		next.tree.Set(bare, v)
		if injected(name) {
			next.variables[name] = v
		}
	}
	return next
}

// SetFacts adds facts of a host.
func (s *Store) SetFacts(hostName string, facts *jinja.Dict) {
	h := s.host(hostName)
	if h == nil {
		return
	}
	h.mu.Lock()
	h.facts = h.facts.with(facts)
	h.version++
	h.mu.Unlock()
	if s.cache != nil {
		s.cache.Save(hostName, facts)
	}
}

// ClearFacts forgets the facts of a host, also those that are kept beyond the run.
func (s *Store) ClearFacts(hostName string) {
	h := s.host(hostName)
	if h == nil {
		return
	}
	h.mu.Lock()
	h.facts = gathered{}
	h.version++
	h.mu.Unlock()
	if s.cache != nil {
		s.cache.Clear(hostName)
	}
}

// HasFacts reports whether facts of a host were gathered, by this run or one before it.
func (s *Store) HasFacts(hostName string) bool {
	h := s.host(hostName)
	if h == nil {
		return false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.facts.tree == nil {
		return false
	}
	_, ok := h.facts.tree.GetString("module_setup")
	return ok
}

// reserved are variables that say how a host is reached, or what only the control node knows.
var reserved = strings.Fields(`ansible_connection ansible_host ansible_port ansible_user ansible_password ansible_pass ansible_private_key_file ansible_ssh ansible_shell_type
	ansible_shell_executable ansible_executable ansible_network_os ansible_pipelining ansible_timeout ansible_module_compression ansible_become ansible_common_remote_group
	ansible_scp_if_ssh ansible_remote_tmp ansible_rsync_path ansible_playbook_python ansible_facts add_host add_group`)

var reservedKinds = regexp.MustCompile(`^ansible_(ssh|become|local|paramiko_ssh|winrm|psrp|sudo|su|doas|sftp|scp|control)_|^ansible_.*_interpreter$`)

// injected reports whether a fact is a variable of its own. An interface that is named "port" must not say where to connect.
func injected(name string) bool {
	if strings.HasPrefix(name, "ansible_ssh_host_key_") {
		return true
	}
	return !slices.Contains(reserved, name) && !reservedKinds.MatchString(name)
}

// lookupFact finds a fact by the name of its variable. ansible_facts is there though nothing was gathered.
func (sc *scope) lookupFact(name string) (jinja.Value, bool) {
	if sc.host == nil {
		return nil, false
	}
	sc.host.mu.RLock()
	defer sc.host.mu.RUnlock()
	if name == factsName {
		if sc.host.facts.tree == nil {
			return jinja.NewDict(), true
		}
		return sc.host.facts.tree, true
	}
	if sc.store.factsHidden && name != "ansible_local" {
		return nil, false
	}
	v, ok := sc.host.facts.variables[name]
	return v, ok
}
