// Package engine runs playbooks: plays over their hosts, tasks one after another as Ansible's linear strategy does, conditions, loops, handlers.
//
// It asks modules for changes and is the only place that applies them. Whether a run makes its changes or only plans them is decided in session.go, by the host that a
// session hands out; nothing else in the engine asks.
package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules/host"
)

// Asked is what the keywords of a play or task say about who to be on a host. Empty: not said.
type Asked struct {
	User         string
	Port         int
	Connection   string
	Become       *bool
	BecomeUser   string
	BecomeMethod string
	BecomeExe    *string // nil: not said. Empty flags are none, not the method's own
	BecomeFlags  *string
}

// Connector reaches hosts.
type Connector interface {
	// Login says what Connect is to be asked for: two tasks with the same key share a session. It reads the connection variables from the scope.
	Login(name string, scope jinja.Scope, asked Asked) (Login, error)
}

// Login is a way to be somebody on a host.
type Login interface {
	// Key is equal for equal logins to a target.
	Key() string
	// Target is equal for logins to the same machine, whoever logs in and under whichever name the inventory has it: what is planned on it is kept together, and tasks on it
	// run one at a time.
	Target() string
	// Connect makes the connection. It is called once a key, when a task first looks at the host. The error wraps host.ErrUnreachable.
	Connect(ctx context.Context) (host.Host, error)
}

// Hosts finds hosts by pattern.
type Hosts interface {
	// Match gives the names of the hosts that a play's pattern means, in the inventory's order, and warnings.
	Match(pattern string) (names []string, warnings []string, err error)
}

// Variables stacks the variables of a run.
type Variables interface {
	// Scope gives what a task sees: local are the variables of its loop and of the result under judgement, task those of its keyword vars. Both may be nil.
	Scope(hostName string, p *play.Play, task, local *jinja.Dict) jinja.Scope
	// Set keeps a registered result or a variable that a task sets for a host.
	Set(hostName, name string, v jinja.Value)
	// SetFacts keeps facts of a host beside those that it has.
	SetFacts(hostName string, facts *jinja.Dict)
	// StartPlay tells the hosts of the play that begins, for the variables that name them.
	StartPlay(p *play.Play, name string, hosts []string)
	// SetActive tells the hosts of the play that have not failed, where they have become fewer.
	SetActive(hosts []string)
}

// Options is what a run needs.
type Options struct {
	Playbooks []*play.Playbook
	Hosts     Hosts
	Vars      Variables
	Connector Connector
	Sink      event.Sink
	Forks     int      // how many hosts at once; 0: 5, as Ansible
	Tags      []string // empty: all
	SkipTags  []string
	PlanOnly  bool // --check: show what would change, make nothing
	Verbosity int
	// OnTarget says whether a module plans on the managed host where that can be (modules.Planner); nil: none does.
	OnTarget func(module string) bool
	// StartAt says with which task the run starts: those before it are passed over. nil: with the first.
	StartAt func(*play.Task) bool
	// Step is asked before each task and handler; nil: nobody is.
	Step Stepper
	// Stop ends the run in good order when it is closed: no new task begins, changes under way are finished, and handlers that are owed run.
	Stop <-chan struct{}
}

// Summary is how a run ended.
type Summary struct {
	Hosts       []event.HostRecap
	Matched     bool // some play matched a host
	Interrupted bool
	Changed     bool
}

// Run runs the playbooks, one after another. The error is of the run as a whole (a pattern that cannot be read); what fails on hosts is in the summary.
//
// As in Ansible, the run ends with a play in which every host of it failed, and with a playbook after which some host has failed.
func Run(ctx context.Context, o Options) (*Summary, error) {
	if o.Forks <= 0 {
		o.Forks = 5
	}
	soft, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-o.Stop:
			cancel(errStopped)
		case <-soft.Done():
		}
	}()
	r := &run{
		Options: o, hard: ctx, soft: soft, hosts: map[string]*hostState{}, sessions: map[string]*session{}, targets: map[string]*target{}, warned: map[string]bool{},
	}
	defer r.close()
	var err error
	for _, b := range o.Playbooks {
		if err = r.book(b); err != nil || r.stopped() || slices.ContainsFunc(r.order, func(h *hostState) bool { return h.out }) {
			break
		}
	}
	s := r.summary()
	r.emit(event.Recap{Hosts: s.Hosts, Interrupted: s.Interrupted})
	if err == nil {
		err = r.quit
	}
	return s, err
}

// errStopped is why looks are broken off when the run is to end in good order.
var errStopped = errors.New("the run was interrupted")

func (r *run) book(b *play.Playbook) error {
	for _, p := range b.Plays {
		if err := r.play(p); err != nil || r.stopped() || r.lost {
			return err
		}
	}
	return nil
}

// run is a run under way.
type run struct {
	Options
	hard context.Context // ends everything at once
	soft context.Context // ends what only looks, and keeps new tasks from beginning

	mu       sync.Mutex
	hosts    map[string]*hostState
	order    []*hostState
	sessions map[string]*session
	targets  map[string]*target // by Login.Target
	warned   map[string]bool
	matched  bool
	started  bool  // StartAt was met
	unasked  bool  // nobody is asked any more
	quit     error // the question before a task could not be asked
	lost     bool  // every host of the last play failed in it

	emitting sync.Mutex
}

func (r *run) emit(e event.Event) {
	r.emitting.Lock()
	defer r.emitting.Unlock()
	r.Sink.Emit(e)
}

// stopped reports whether the user asked for the end of the run.
func (r *run) stopped() bool {
	if r.quit != nil {
		return true
	}
	select {
	case <-r.Stop:
		return true
	default:
		return r.soft.Err() != nil
	}
}

// brokenOff reports whether nothing new may begin under a context of this run.
func (r *run) brokenOff(looking context.Context) bool {
	return looking.Err() != nil || (looking == r.soft && r.stopped())
}

// hostState is what the run knows of a host. It is changed by one goroutine at a time: the one that runs a task on the host, or the one that goes through the play.
type hostState struct {
	name        string
	recap       event.HostRecap
	seen        bool // something was done on it
	changed     bool // something was changed, or would be
	out         bool // failed or unreachable: no more tasks
	unreachable bool
	ended       bool // meta: end_host or end_play, for this play
	broke       bool // a handler failed: no more handlers in this play
	owed        map[*play.Task]debt
	paying      map[*play.Task]debt // handlers that run or ran last
	targets     []*target           // that its tasks have worked on, under the run's lock
	unsure      bool                // a task may or may not have run, under the run's lock
}

func (r *run) host(name string) *hostState {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[name]
	if h == nil {
		h = &hostState{name: name, recap: event.HostRecap{Host: name}, owed: map[*play.Task]debt{}, paying: map[*play.Task]debt{}}
		r.hosts[name] = h
		r.order = append(r.order, h)
	}
	return h
}

func (r *run) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		s.close()
	}
}
