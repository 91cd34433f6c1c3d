package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

// playRun is a play under way, on one batch of its hosts.
type playRun struct {
	*run
	p      *play.Play
	name   string
	all    []string     // the hosts of the play
	joined []string     // those that add_host has added, under the run's lock
	hosts  []*hostState // of the batch
	slots  chan struct{}
	// flushes says that handlers run at the end of sections: not where the play as a whole is left out by its tags.
	flushes bool
	wants   sync.Map    // *play.Task → bool: whether the tags of the run ask for it
	broke   bool        // too many hosts failed: the run is over
	endPlay atomic.Bool // meta: end_play: no further batch
	ended   atomic.Bool // meta: end_batch, end_play: no further task
	begun   bool        // the task at which the run is to start was met

	handlersMu sync.Mutex
	handlers   [][]*play.Task
	throttles  sync.Map // *play.Task → chan struct{}
	skips      sync.Map // play.Condition → skipResult
}

func (r *run) play(p *play.Play) error {
	pattern, name, err := Heading(r.hard, p, r.Vars)
	if err != nil {
		return err
	}
	names, warnings, err := r.Hosts.Match(pattern)
	if err != nil {
		return &diag.Diagnostic{Pos: p.Pos, Message: err.Error(), Err: err}
	}
	for _, w := range warnings {
		r.emit(event.Warning{Diagnostic: diag.Warnf(p.Pos, "%s", w)})
	}
	if err := r.prompts(p); err != nil {
		if r.stopped() { // nobody answers any more
			return nil
		}
		return err
	}
	if len(names) == 0 {
		r.emit(event.NoHosts{Play: name, Pattern: pattern})
		return nil
	}
	r.matched = true
	ordered, err := r.ordered(p, names) // the order is that in which hosts are taken; variables name them in the inventory's
	if err != nil {
		return err
	}
	batches, err := r.batches(p, ordered)
	if err != nil {
		return err
	}
	for _, n := range names {
		h := r.host(n)
		h.onPlay = newOnPlay()
		h.removed.Store(false)
		h.failed.Store(false)
	}
	for i, batch := range batches {
		if i > 0 { // a batch before may have added some
			if names, _, err = r.Hosts.Match(pattern); err != nil {
				return &diag.Diagnostic{Pos: p.Pos, Message: err.Error(), Err: err}
			}
		}
		over, err := r.batch(p, name, names, batch)
		if err != nil || over || r.lost || r.stopped() {
			return err
		}
	}
	return nil
}

// batch runs a play on some of its hosts. over says that no further batch is to follow.
func (r *run) batch(p *play.Play, name string, all, batch []string) (over bool, err error) {
	pr := &playRun{run: r, p: p, name: name, all: all, slots: make(chan struct{}, r.Forks), handlers: slices.Clone(p.Handlers)}
	before := 0
	for _, n := range batch {
		h := r.host(n)
		pr.hosts = append(pr.hosts, h)
		if h.out.Load() {
			before++
			h.removed.Store(true)
		}
	}
	way, err := pr.strategyName()
	if err != nil {
		return true, err
	}
	r.emit(event.PlayStart{Name: name, Pos: p.Pos, Hosts: batch, Strategy: way})
	r.Vars.StartPlay(p, name, all)
	pr.tellActive()
	pr.flushes = len(p.Tags) == 0 || pr.wantedTags(p.Tags)
	strategy, err := pr.strategy(way)
	if err != nil {
		return true, err
	}
	strategy()
	out := 0
	for _, h := range pr.hosts {
		if h.walked == failed {
			h.out.Store(true)
		}
		if h.out.Load() {
			out++
		}
	}
	pr.warnOwed()
	r.lost = out-before == len(batch) && (before == 0 || out > before) || pr.broke
	r.started = r.started || pr.begun
	return pr.endPlay.Load(), r.quitting()
}

// strategyName is the word for the way in which the hosts go through the play; one that cannot be computed is an error when the play begins.
func (pr *playRun) strategyName() (string, error) {
	if pr.p.Strategy == nil {
		return pr.Settings.Strategy, nil
	}
	v, err := jinja.Force(pr.hard, pr.p.Strategy, pr.Vars.Scope(vars.View{Play: pr.p}))
	if err != nil {
		return "", err
	}
	return jinja.Str(v), nil
}

// strategy gives the way in which the hosts go through the play.
func (pr *playRun) strategy(name string) (func(), error) {
	switch strings.TrimPrefix(name, "ansible.builtin.") {
	case "", "linear":
		return pr.linear, nil
	case "free":
		return func() { pr.free(false) }, nil
	case "host_pinned":
		return func() { pr.free(true) }, nil
	}
	return nil, diag.Errorf(pr.p.Pos, "the strategy %q is not supported", name).WithHint("there are linear, free and host_pinned")
}

// Heading computes the pattern and the name of a play, from what is known without a host.
func Heading(ctx context.Context, p *play.Play, variables *vars.Store) (pattern, name string, err error) {
	scope := variables.Scope(vars.View{Play: p})
	v, err := jinja.Force(ctx, p.Hosts, scope)
	if err != nil {
		return "", "", err
	}
	if l, ok := v.(*jinja.List); ok {
		var parts []string
		for _, item := range l.Items() {
			parts = append(parts, jinja.Str(item))
		}
		pattern = strings.Join(parts, ",")
	} else {
		pattern = jinja.Str(v)
	}
	if p.Name == nil {
		return pattern, pattern, nil
	}
	v, err = jinja.Force(ctx, p.Name, scope)
	return pattern, jinja.Str(v), err
}

// active gives the hosts of the batch that still take part.
func (pr *playRun) active() []*hostState {
	return slices.DeleteFunc(slices.Clone(pr.hosts), func(h *hostState) bool { return h.out.Load() || h.removed.Load() })
}

// join lets a host that was added count as one of the play, in the variables that name those: as in Ansible, whatever the pattern says.
func (pr *playRun) join(name string) {
	pr.mu.Lock()
	if pr.Vars.JoinPlay(name) {
		pr.joined = append(pr.joined, name)
	}
	pr.mu.Unlock()
	pr.tellActive()
}

// tellActive tells the variables which hosts have not failed.
func (pr *playRun) tellActive() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	var names, batch []string
	for _, n := range slices.Concat(pr.all, pr.joined) {
		if h := pr.run.hosts[n]; h == nil || (!h.out.Load() && !h.removed.Load()) {
			names = append(names, n)
		}
	}
	for _, h := range pr.hosts {
		if !h.out.Load() && !h.removed.Load() {
			batch = append(batch, h.name)
		}
	}
	pr.Vars.SetActive(names, batch)
}

// forced reports whether handlers run on hosts that failed too.
func (pr *playRun) forced() bool {
	if pr.p.ForceHandlers != nil {
		return *pr.p.ForceHandlers
	}
	return pr.Settings.ForceHandlers
}

// reached reports whether some task of the play will run: a run that starts within it has its facts.
func (pr *playRun) reached() bool {
	return pr.StartAt == nil || pr.started || slices.ContainsFunc(pr.p.Tasks(), func(t *play.Task) bool { return pr.StartAt(t) })
}

// met notes that the task at which the run is to start was met.
func (pr *playRun) met() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.begun = true
}

// gathers reports whether the facts of a host are to be gathered, after the setting gathering.
func (pr *playRun) gathers(h *hostState) bool {
	switch pr.Gathering {
	case "explicit":
		return pr.p.GatherSaid
	case "smart":
		return !pr.Vars.HasFacts(h.name)
	}
	return true
}

// TaskName is how a task is called, without its role, as far as it is known without a host: what cannot be computed is as it is written.
func TaskName(ctx context.Context, t *play.Task, scope jinja.Scope) string {
	switch n := t.Name.(type) {
	case nil:
		return t.Action
	case *jinja.Template:
		v, err := n.Eval(ctx, scope)
		if err != nil || jinja.HasUnknown(v) {
			return n.Source()
		}
		return jinja.Str(v)
	default:
		return jinja.Str(n)
	}
}

// roleName is the role of a task, as output names it: an include_role is named without the one that it stands in, as in Ansible.
func roleName(t *play.Task) string {
	if t.Role == nil || t.Include != nil && t.Include.Role != nil {
		return ""
	}
	return t.Role.FullName()
}
