package vars

import (
	"context"
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// roleLayers is what a role's tasks see of roles, each list lowest first. It is worked out once a role.
type roleLayers struct{ params, vars, defaults []*jinja.Dict }

func (s *Store) roleLayers(r *play.Role) *roleLayers {
	if l, ok := s.roles.Load(r); ok {
		return l.(*roleLayers)
	}
	l, _ := s.roles.LoadOrStore(r, &roleLayers{params: r.ParamLayers(), vars: r.VarLayers(), defaults: r.DefaultLayers()})
	return l.(*roleLayers)
}

// playState is what the run adds to a play.
type playState struct {
	public  []*play.Role // roles that tasks included, and whose variables later tasks see
	layers  *roleLayers  // of all its roles: what they export; nil: to be worked out
	answers *jinja.Dict  // to vars_prompt; may be nil
}

// exported gives what every task of a play sees of its roles.
func (s *Store) exported(p *play.Play) *roleLayers {
	s.mu.RLock()
	st := s.plays[p]
	if st != nil && st.layers != nil {
		defer s.mu.RUnlock()
		return st.layers
	}
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	st = s.state(p)
	l := &roleLayers{}
	for _, r := range slices.Concat(p.Roles, st.public) {
		if r.Private {
			continue
		}
		l.defaults = append(l.defaults, r.DefaultLayers()...)
		l.vars = append(l.vars, r.ExportedVars()...)
	}
	st.layers = l
	return l
}

// state is called with the lock held for writing.
func (s *Store) state(p *play.Play) *playState {
	st := s.plays[p]
	if st == nil {
		st = &playState{}
		s.plays[p] = st
	}
	return st
}

// AddRole makes the variables of a role that a task included with public seen by the tasks after it.
func (s *Store) AddRole(p *play.Play, r *play.Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state(p)
	if !slices.ContainsFunc(st.public, func(known *play.Role) bool { return known.Key == r.Key }) {
		st.public, st.layers = append(slices.Clone(st.public), r), nil
	}
}

func (s *Store) playRoles(p *play.Play) []*play.Role {
	if p == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if st := s.plays[p]; st != nil {
		return slices.Concat(p.Roles, st.public)
	}
	return p.Roles
}

// Answer keeps what was answered to a play's vars_prompt. It is higher than the play's vars.
func (s *Store) Answer(p *play.Play, name string, v jinja.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state(p)
	d := jinja.NewDict()
	if st.answers != nil {
		d = st.answers.Copy()
	}
	d.Set(name, v)
	st.answers = d
}

func (s *Store) answers(p *play.Play) *jinja.Dict {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if st := s.plays[p]; st != nil {
		return st.answers
	}
	return nil
}

// files gives what the play's files of variables hold for the host, lowest first. A name that needs what is not there yet is passed over, as in Ansible; so is an entry of which no file
// is there.
func (sc *scope) files() []*jinja.Dict {
	if len(sc.Play.VarsFiles) == 0 || sc.within {
		return nil
	}
	if !slices.ContainsFunc(sc.Play.VarsFiles, func(f play.VarsFile) bool { return f.Fixed == nil }) {
		return sc.readFiles()
	}
	h := sc.host
	if h == nil {
		return sc.readFiles()
	}
	h.mu.RLock()
	known, version := h.files, h.version
	h.mu.RUnlock()
	if known != nil && known.play == sc.Play && known.version == version {
		return known.layers
	}
	layers := sc.readFiles()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files = &hostFiles{sc.Play, version, layers}
	return layers
}

// hostFiles is what vars_files gave for a host, as long as its other variables stay what they were.
type hostFiles struct {
	play    *play.Play
	version int
	layers  []*jinja.Dict
}

func (sc *scope) readFiles() []*jinja.Dict {
	outer := *sc
	outer.within, outer.Local = true, nil
	var layers []*jinja.Dict
	for _, f := range sc.Play.VarsFiles {
		if f.Fixed != nil {
			layers = append(layers, f.Fixed)
			continue
		}
		if d := sc.store.firstFile(f, sc.Play, &outer); d != nil {
			layers = append(layers, d)
		}
	}
	return layers
}

// firstFile reads the first file of an entry that is there; nil: none is, or a name cannot be computed.
func (s *Store) firstFile(f play.VarsFile, p *play.Play, sc jinja.Scope) *jinja.Dict {
	for _, n := range f.Names {
		v, err := jinja.Force(context.Background(), n, sc)
		if err != nil || jinja.HasUnknown(v) || s.varsFile == nil {
			return nil
		}
		if d, err := s.varsFile(p, jinja.Str(v)); err == nil {
			return d
		}
	}
	return nil
}
