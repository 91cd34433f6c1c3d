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
	Name  string
	Pos   diag.Pos
	Hosts []string
}

// NoHosts says that no host matched a play.
type NoHosts struct{ Play, Pattern string }

// TaskStart says that a task begins, on all hosts of the play or batch.
type TaskStart struct {
	Name    string
	Module  string
	Pos     diag.Pos
	Handler bool
}

// TaskResult says how a task, or one item of its loop, ended on a host.
type TaskResult struct {
	Host   string
	Task   string
	Module string
	Pos    diag.Pos
	Status Status
	// Item is set for an item of a loop; the result of the whole loop follows with Loop set.
	Item     *string
	Loop     bool
	Ignored  bool // failed, and ignore_errors says to go on
	Hidden   bool // no_log: nothing of arguments, result or diff may be shown
	Message  string
	Hint     string
	Because  []string        // of a handler: the tasks that notified it
	Notes    []string        // what the user should know though nothing failed
	Diff     string          // of the changes, for people
	ShowDiff *bool           // what the task's keyword diff says; nil: the run decides
	Changes  []change.Change // as they were applied or planned
	Planned  bool            // the changes were planned, not made
	Guess    bool            // changed is a guess: what decides it is not known
	Result   any             // what register sees, as Go data
	Verbose  int             // show Result from this verbosity on; 0: always (debug)
	Duration time.Duration
}

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
}

// HostRecap is what happened on a host, as Ansible counts it.
type HostRecap struct {
	Host                                                        string
	OK, Changed, Unreachable, Failed, Skipped, Rescued, Ignored int
	Undecided, Deferred                                         int
}

func (PlayStart) event()  {}
func (NoHosts) event()    {}
func (TaskStart) event()  {}
func (TaskResult) event() {}
func (Notified) event()   {}
func (Warning) event()    {}
func (Recap) event()      {}
