// Package event is what happens in a run, as a closed set of types. The engine emits events; renderers are sinks that only show them.
package event

import (
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules/change"
)

// Event is one thing that happened. The types are those of this package.
type Event interface{ event() }

// Sink takes events. Emit is called by one goroutine at a time.
type Sink interface{ Emit(Event) }

// Status is how a task ended on a host.
type Status string

// The statuses. Undecided and Deferred are only of a run in which changes are planned, not made.
const (
	OK          Status = "ok"
	Changed     Status = "changed"
	Skipped     Status = "skipped"
	Failed      Status = "failed"
	Unreachable Status = "unreachable"
	Undecided   Status = "undecided"   // whether it would run depends on what only a real run can tell
	Interrupted Status = "interrupted" // the user asked for the end of the run while the task was looking
	Deferred    Status = "deferred"    // it would run; what it sees then depends on changes that are only planned
)

// PlayStart says that a play begins.
type PlayStart struct {
	Name     string
	Pos      diag.Pos
	Hosts    []string
	Strategy string // linear, free or host_pinned, perhaps behind the name of a collection; empty: linear
}

// NoHosts says that no host matched a play.
type NoHosts struct{ Play, Pattern string }

// TaskStart says that a task begins, on all hosts of the play or batch.
type TaskStart struct {
	Name    string // without its role
	Role    string // in which it stands; empty: none
	Module  string
	Pos     diag.Pos
	Handler bool
	Meta    bool // an action of the engine itself, such as flush_handlers
	Planned bool // its changes are planned, not made
}

// Title is how a task is called in output: with its role before its name.
func (t TaskStart) Title() string { return Title(t.Role, t.Name) }

// Title puts the role of a task before its name.
func Title(role, name string) string {
	if role == "" {
		return name
	}
	return role + " : " + name
}

// TaskResult says how a task, or one item of its loop, ended on a host.
type TaskResult struct {
	Host   string
	Task   string // without its role
	Role   string
	Module string
	Pos    diag.Pos
	Status Status
	// Delegated is the host that the task worked on, where delegate_to names one; Address where that host is reached.
	Delegated string
	Address   string
	Attempts  int // of a task with until or retries: how often it was tried; else 0
	// Item is set for an item of a loop; the result of the whole loop follows with Loop set.
	Item    *string
	Loop    bool
	Ignored bool // failed or unreachable, and the task says to go on
	Rescued bool // failed, and a rescue takes over
	Hidden  bool // no_log: nothing of arguments, result or diff may be shown
	Message string
	Hint    string
	// Exception is the stack of a panic that ended the task; register sees it under that name.
	Exception string
	Because   []string        // of a handler: the tasks that notified it
	Notes     []string        // what the user should know though nothing failed
	Diff      string          // of the changes, for people
	ShowDiff  *bool           // what the task's keyword diff says; nil: the run decides
	Changes   []change.Change // as they were applied or planned
	Planned   bool            // the changes were planned, not made
	Guess     bool            // changed is a guess: what decides it is not known
	Result    any             // what register sees, as Go data
	Verbose   int             // show Result from this verbosity on; 0: always (debug)
	Duration  time.Duration
}

// Retry says that a task is tried again on a host: its until does not hold yet, or it failed.
type Retry struct {
	Host, Task, Role string
	Delegated        string
	Item             *string
	Left             int // how many more tries there are
	Retries          int // how many there are in all
	Result           any
	Verbose          int // as in TaskResult
	Hidden           bool
}

// AsyncPoll says that a task that was started in the background was looked at.
type AsyncPoll struct {
	Host, JobID       string
	Started, Finished bool
	Failed            bool // it has finished, and failed
}

// Included says that hosts go on with the tasks of a file, or of a role.
type Included struct {
	Possible bool   // only if a condition holds that only a real run can tell
	What     string // the path of the file, or the name of the role
	Role     bool
	Hosts    []string
	Item     *string // of the loop of the task that includes
}

// MetaDone says what an action of the engine itself did, on a host.
type MetaDone struct {
	Host, Text string
	Skipped    bool
	Task       TaskStart // the task that asks for it
}

// NoHostsLeft says that every host of a play has failed: the rest of it is not done.
type NoHostsLeft struct{}

// Notified says that a task notified handlers on a host.
type Notified struct {
	Host     string
	Handlers []string
	Possible bool // only if the task that notifies turns out to change something
}

// Warning is something that the user should know and that stops nothing.
type Warning struct {
	Host       string // may be empty
	Diagnostic *diag.Diagnostic
}

// Recap ends a run: the counts of every host, in the order of their names.
type Recap struct {
	Hosts       []HostRecap
	Interrupted bool
	Broken      bool // the run ended with an error, which is told after
	// Custom is what set_stats kept: of each host by its name, and of the run under the name _run. Nil: nothing.
	Custom map[string]map[string]any
}

// PlaybookEnd ends a playbook behind which another one comes: the counts so far.
type PlaybookEnd struct{ Recap Recap }

// HostRecap is what happened on a host, as Ansible counts it.
type HostRecap struct {
	Host                                                        string
	OK, Changed, Unreachable, Failed, Skipped, Rescued, Ignored int
	Undecided, Deferred                                         int
	Forgiven                                                    int // of Unreachable and Failed, what meta: clear_host_errors made good
}

func (PlayStart) event()   {}
func (NoHosts) event()     {}
func (Retry) event()       {}
func (AsyncPoll) event()   {}
func (Included) event()    {}
func (MetaDone) event()    {}
func (NoHostsLeft) event() {}
func (TaskStart) event()   {}
func (TaskResult) event()  {}
func (Notified) event()    {}
func (Warning) event()     {}
func (PlaybookEnd) event() {}
func (Recap) event()       {}
