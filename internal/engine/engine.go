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
	"sync/atomic"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
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
	// User is who tasks become on the host; "": they stay who logs in.
	User() string
	// Connect makes the connection. It is called once a key, when a task first looks at the host. The error wraps host.ErrUnreachable.
	Connect(ctx context.Context) (host.Host, error)
	// Forget closes what Connect has made for logins like this one, and forgets that it failed: Connect is then called again.
	Forget()
}

// Hosts finds hosts by pattern.
type Hosts interface {
	// Match gives the names of the hosts that a play's pattern means, in the inventory's order, and warnings.
	Match(pattern string) (names []string, warnings []string, err error)
}

// Inventory is changed while a run is under way: by add_host, group_by and meta: refresh_inventory. What it adds the variables of the run know afterwards.
type Inventory interface {
	// AddHost adds a host, or more groups and variables to one that is there. changed: it was not so before.
	AddHost(name string, groups []string, variables *jinja.Dict) (changed bool, err error)
	// AddToGroup puts a host into a group below parents; both are made where they are not there.
	AddToGroup(hostName, group string, parents []string) (changed bool, err error)
	// Refresh reads the sources anew.
	Refresh() error
	// Known reports whether the inventory has a host of this name.
	Known(name string) bool
}

// Options is what a run needs.
type Options struct {
	Playbooks []*play.Playbook
	Loader    *play.Loader // reads what tasks include
	Hosts     Hosts
	Inventory Inventory // nil: it cannot be changed
	Vars      *vars.Store
	Connector Connector
	Sink      event.Sink
	Forks     int      // how many hosts at once; 0: 5, as Ansible
	Tags      []string // empty: all
	SkipTags  []string
	PlanOnly  bool // --check: show what would change, make nothing
	Verbosity int
	// OnTarget says whether a module plans on the managed host where that can be (modules.Planner); nil: none does.
	OnTarget func(module string) bool
	// Lookup does a lookup by its name, for with_NAME.
	Lookup func(ctx context.Context, name string, terms []jinja.Value, scope jinja.Scope) ([]jinja.Value, error)
	// Prompt asks a person for an entry of vars_prompt, or for what pause asks; nil: nobody is there to ask.
	Prompt func(ctx context.Context, p Prompt) (string, error)
	// Encrypt makes a password's hash of an answer, as an entry of vars_prompt asks for; nil: that cannot be had.
	Encrypt func(ctx context.Context, answer string, q play.Prompt) (string, error)
	// Secret takes a text that nobody may see from now on; nil: there is nothing that masks.
	Secret func(text string)
	// Control is what tasks read of the control node; nil: nothing can be read.
	Control ControlNode
	// StartAt says with which task the run starts: those before it are passed over. nil: with the first.
	StartAt func(*play.Task) bool
	// Step is asked before each task and handler; nil: nobody is.
	Step Stepper
	// Stop ends the run in good order when it is closed: no new task begins, changes under way are finished, and handlers that are owed run.
	Stop <-chan struct{}
	Settings
}

// Settings are those of Ansible's settings that change how plays run.
type Settings struct {
	ForceHandlers  bool   // force_handlers, --force-handlers: where the play does not say otherwise
	Strategy       string // of plays that do not say; empty: linear
	Gathering      string // implicit, explicit or smart; empty: implicit
	MissingHandler bool   // a notify of a handler that is not there is only warned of (error_on_missing_handler = false)
	AnyErrorsFatal bool   // of plays that do not say
	TaskTimeout    int    // seconds; 0: none
	PollInterval   int    // seconds between two looks at a task in the background that does not say; 0: 15
	Managed        string // what ansible_managed says where no variable does; empty: "Ansible managed"
	NoLog          bool   // nothing is shown of tasks that do not say
	Given          Asked  // what flags and settings say about who to be on a host, where neither a variable nor a keyword does
	KeyFile        string // the private key that they name
}

// Prompt is a question to a person.
type Prompt struct {
	Text    string
	Hidden  bool // the answer is not shown while it is typed
	Confirm bool // it is asked for twice
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
		Options: o, stats: newStats(), hard: ctx, soft: soft, hosts: map[string]*hostState{}, sessions: map[string]*session{}, targets: map[string]*target{}, warned: map[string]bool{},
	}
	defer r.close()
	var err error
	for i, b := range o.Playbooks {
		if i > 0 {
			r.emit(event.PlaybookEnd{Recap: r.recap()})
		}
		if err = r.book(b); err != nil || r.stopped() || slices.ContainsFunc(r.order, func(h *hostState) bool { return h.out.Load() }) {
			break
		}
	}
	s := r.summary()
	r.finishJobs()
	if err == nil {
		err = r.quitting()
	}
	end := r.recap()
	end.Broken = err != nil
	r.emit(end)
	return s, err
}

func (r *run) recap() event.Recap {
	s := r.summary()
	return event.Recap{Hosts: s.Hosts, Interrupted: s.Interrupted, Custom: r.stats.all()}
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
	stats    stats
	jobs     jobs
	matched  bool
	started  bool  // StartAt was met
	unasked  bool  // nobody is asked any more
	quit     error // the run cannot go on: a question could not be asked, or a playbook is wrong in a way that only showed now
	lost     bool  // every host of the last batch failed in it

	emitting sync.Mutex
}

func (r *run) emit(e event.Event) {
	r.emitting.Lock()
	defer r.emitting.Unlock()
	r.Sink.Emit(e)
}

// stopped reports whether the user asked for the end of the run.
func (r *run) stopped() bool {
	if r.quitting() != nil {
		return true
	}
	select {
	case <-r.Stop:
		return true
	default:
		return r.soft.Err() != nil
	}
}

// quitting gives why the run cannot go on; nil: it can.
func (r *run) quitting() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.quit
}

// brokenOff reports whether nothing new may begin under a context of this run.
func (r *run) brokenOff(looking context.Context) bool {
	return looking.Err() != nil || (looking == r.soft && r.stopped())
}

// hostState is what the run knows of a host. It is changed by one goroutine at a time: the one that runs a task on the host, or the one that goes through the play.
type hostState struct {
	name    string
	recap   event.HostRecap
	seen    bool // something was done on it
	changed bool // something was changed, or would be
	marks
	unsure  bool      // a task may or may not have run, under the run's lock
	targets []*target // that its tasks have worked on, under the run's lock
	onPlay
}

// marks say why a host takes no more part. With the strategy free other hosts look at them at any time.
type marks struct {
	out         atomic.Bool // failed or unreachable: no more tasks
	unreachable atomic.Bool
	removed     atomic.Bool  // from this play: it failed, or ended it
	failed      atomic.Bool  // in this play, and nothing rescued it
	pardons     atomic.Int32 // how often meta: clear_host_errors has forgiven what failed
}

// onPlay is what is known of a host in one play.
type onPlay struct {
	rolesRan  map[string]bool // by Role.Key: some task of it was not skipped
	rolesDone map[string]bool
	notified  []notification
	owed      map[*play.Task]debt
	paying    map[*play.Task]debt // handlers that run or ran last
	turn      *turn               // what it has come to; nil: nothing yet
	walked    course              // how it came to the end of the play
}

func newOnPlay() onPlay {
	return onPlay{rolesRan: map[string]bool{}, rolesDone: map[string]bool{}, owed: map[*play.Task]debt{}, paying: map[*play.Task]debt{}}
}

func (r *run) host(name string) *hostState {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[name]
	if h == nil {
		h = &hostState{name: name, recap: event.HostRecap{Host: name}}
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
