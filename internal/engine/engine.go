// Package engine runs playbooks: plays over their hosts, tasks one after another as Ansible's linear strategy does, conditions, loops, handlers.
//
// It asks modules for changes and is the only place that applies them. Whether a run makes its changes or only plans them is decided in session.go, by the host that a
// session hands out; nothing else in the engine asks.
package engine

import (
	"context"
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
}

// Connector reaches hosts.
type Connector interface {
	// Login says what Connect is to be asked for: two tasks with the same key share a session. It reads the connection variables from the scope.
	Login(name string, scope jinja.Scope, asked Asked) (Login, error)
}

// Login is a way to be somebody on a host.
type Login interface {
	// Key is equal for equal logins.
	Key() string
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
	// Set keeps a registered result or a fact that a task sets for a host.
	Set(hostName, name string, v jinja.Value)
	// StartPlay tells the hosts of the play that begins, for the variables that name them.
	StartPlay(p *play.Play, name string, hosts []string)
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
func Run(ctx context.Context, o Options) (*Summary, error) {
	if o.Forks <= 0 {
		o.Forks = 5
	}
	soft, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-o.Stop:
			cancel()
		case <-soft.Done():
		}
	}()
	r := &run{Options: o, hard: ctx, soft: soft, hosts: map[string]*hostState{}, sessions: map[string]*session{}, plans: map[string]*host.Overlay{}}
	defer r.close()
	var err error
	for _, b := range o.Playbooks {
		for _, p := range b.Plays {
			if err == nil && !r.stopped() {
				err = r.play(p)
			}
		}
	}
	s := r.summary()
	r.emit(event.Recap{Hosts: s.Hosts, Interrupted: s.Interrupted})
	return s, err
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
	plans    map[string]*host.Overlay // by host: what is planned on it
	matched  bool

	emitting sync.Mutex
}

func (r *run) emit(e event.Event) {
	r.emitting.Lock()
	defer r.emitting.Unlock()
	r.Sink.Emit(e)
}

// stopped reports whether the user asked for the end of the run.
func (r *run) stopped() bool { return r.soft.Err() != nil }

// hostState is what the run knows of a host.
type hostState struct {
	name   string
	recap  event.HostRecap
	out    bool // failed or unreachable: no more tasks
	ended  bool // meta: end_host, for this play
	owed   map[*play.Task]debt
	paying map[*play.Task][]string // handlers that run or ran last, with the tasks that notified them
	anyChg bool
}

// debt is a handler that a host owes.
type debt struct {
	how owing
	by  []string // the tasks that notified
}

// owing says how sure it is that a handler must run.
type owing int

const (
	possibly owing = iota + 1 // the task that notifies is undecided or deferred
	surely
)

func (r *run) host(name string) *hostState {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[name]
	if h == nil {
		h = &hostState{name: name, recap: event.HostRecap{Host: name}, owed: map[*play.Task]debt{}, paying: map[*play.Task][]string{}}
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
