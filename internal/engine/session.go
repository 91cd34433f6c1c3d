package engine

import (
	"context"
	"iter"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// session is a host as one user: the real one, and the one that tasks are shown. In a run that makes its changes they are the same; in check mode the one shown is an
// overlay over the real one.
type session struct {
	real   *openHost
	shown  host.Host
	target *target

	// Under the run's lock:
	jobs      int  // tasks in the background that work through it
	forgotten bool // it is to be closed when they have ended
}

// target is a machine, whoever logs in and under whichever name the inventory has it.
type target struct {
	busy    chan struct{} // holds something while a task works on it
	overlay *host.Overlay // what is planned on it, whoever looks
	// unsure says that a task may or may not run: what is missing afterwards may be there in a real run, as after a command that was planned.
	unsure atomic.Bool
}

// take waits until no other task works on the target. A task holds one target and waits for none beside it, so this comes to an end.
func (t *target) take(ctx context.Context) (release func(), err error) {
	select {
	case t.busy <- struct{}{}:
		return func() { <-t.busy }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func newSession(real *openHost, t *target) *session {
	return &session{real: real, shown: real, target: t}
}

// newPlanningSession shares the overlay of a target between its sessions: what root's tasks would change, the login's tasks see.
func newPlanningSession(real *openHost, t *target) *session {
	return &session{real: real, shown: t.overlay.As(real), target: t}
}

// host gives the host for a task. A task with `check_mode: true` gets an overlay of its own, which is thrown away, so that later tasks see as little of it as in a run that makes its
// changes; one with `check_mode: false` gets the real host; without a word it is the one shown.
func (s *session) host(checkMode *bool) host.Host {
	switch {
	case checkMode == nil:
		return s.shown
	case *checkMode:
		return host.NewOverlay(s.shown)
	}
	return s.real
}

func (s *session) close() { s.real.Close() }

// blurred reports whether what is looked at on a host may be missing only because nobody can tell what the changes planned before would have done.
func (s *session) blurred(h host.Host) bool {
	o, planning := h.(*host.Overlay)
	return planning && (o.Blurred() || (plansOnly(s.shown) && s.target.unsure.Load()))
}

// awaitsUser reports whether the user that tasks on a host are to become is only planned: nobody can look as that user yet.
func (s *session) awaitsUser(h host.Host) bool {
	if !plansOnly(h) || s.real.login.User() == "" {
		return false
	}
	return slices.ContainsFunc(s.target.overlay.Planned(0), func(c change.Change) bool {
		u, ok := c.(change.User)
		return ok && u.Name == s.real.login.User() && !u.Before.Exists && u.After.Exists
	})
}

// guesses reports whether what is missing on a host, in its variables too, may be there in a real run: a task may or may not have run. Where the run is real, nothing is guessed of
// tasks that were only tried.
func (r *run) guesses(h *hostState) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.plans() && h.unsure
}

// plans reports whether the run as a whole makes nothing.
func (r *run) plans() bool { return r.PlanOnly }

// plansOnly reports whether changes applied to a host are planned, not made.
func plansOnly(h host.Host) bool {
	_, planning := h.(*host.Overlay)
	return planning
}

// planner gives who plans tasks on the host itself, and the overlay that lies over the host, if any; nil: nobody does.
func planner(ctx context.Context, h host.Host) (modules.Planner, *host.Overlay, error) {
	over, _ := h.(*host.Overlay)
	base := host.Reader(h)
	if over != nil {
		base = over.Base()
	}
	o, ok := base.(*openHost)
	if !ok {
		return nil, nil, nil
	}
	real, err := o.host(ctx)
	p, _ := real.(modules.Planner)
	return p, over, err
}

// session gives the session of a login, made at its first use.
func (r *run) session(h *hostState, l Login) *session {
	key := l.Target() + "\x00" + l.Key()
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.targets[l.Target()]
	if t == nil {
		t = &target{busy: make(chan struct{}, 1)}
		r.targets[l.Target()] = t
	}
	if !slices.Contains(h.targets, t) {
		h.targets = append(h.targets, t)
	}
	if h.unsure {
		t.unsure.Store(true)
	}
	if s := r.sessions[key]; s != nil {
		return s
	}
	open := newSession
	if r.PlanOnly {
		open = newPlanningSession
	}
	real := &openHost{login: l}
	if t.overlay == nil {
		t.overlay = host.NewOverlay(real)
	}
	s := open(real, t)
	r.sessions[key] = s
	return s
}

// openHost is a host that is connected to when it is first looked at: a task that only computes needs no connection.
type openHost struct {
	login Login

	mu  sync.Mutex
	h   host.Host
	err error
}

// host connects once. A host that cannot be reached stays so; an attempt that was broken off is made anew, for the handlers of a run that is to end.
func (o *openHost) host(ctx context.Context) (host.Host, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.h != nil || o.err != nil {
		return o.h, o.err
	}
	h, err := o.login.Connect(ctx)
	switch {
	case err == nil:
		o.h = h
	case ctx.Err() == nil:
		o.err = err
	}
	return h, err
}

func (o *openHost) Facts(ctx context.Context) (*host.Facts, error) {
	h, err := o.host(ctx)
	if err != nil {
		return nil, err
	}
	return h.Facts(ctx)
}

func (o *openHost) Stat(ctx context.Context, path string) (host.Stat, error) {
	h, err := o.host(ctx)
	if err != nil {
		return host.Stat{}, err
	}
	return h.Stat(ctx, path)
}

func (o *openHost) ReadFile(ctx context.Context, path string, limit int64) (*change.File, error) {
	h, err := o.host(ctx)
	if err != nil {
		return nil, err
	}
	return h.ReadFile(ctx, path, limit)
}

func (o *openHost) Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error] {
	h, err := o.host(ctx)
	if err != nil {
		return func(yield func(host.Stat, error) bool) { yield(host.Stat{}, err) }
	}
	return h.Walk(ctx, dir)
}

func (o *openHost) State(ctx context.Context, ref change.Ref) (change.State, error) {
	h, err := o.host(ctx)
	if err != nil {
		return nil, err
	}
	return h.State(ctx, ref)
}

func (o *openHost) Probe(ctx context.Context, p host.Probe) (host.Output, error) {
	h, err := o.host(ctx)
	if err != nil {
		return host.Output{}, err
	}
	return h.Probe(ctx, p)
}

func (o *openHost) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	h, err := o.host(ctx)
	if err != nil {
		return nil, err
	}
	return h.Dial(ctx, network, address)
}

func (o *openHost) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	h, err := o.host(ctx)
	if err != nil {
		return change.Outcome{}, err
	}
	return h.Apply(ctx, c)
}

func (o *openHost) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.h == nil {
		return nil
	}
	return o.h.Close()
}
