// Package pfrun runs Ansible-style playbooks over SSH, from Go programs as from the command line.
//
//	project, err := pfrun.Load(pfrun.Options{
//		Playbooks: []string{"playbooks/ipv4-only.yml"},
//		Inventory: []string{"hosts"},
//		Sink:      mySink,
//	})
//	if err != nil { … } // *InvalidError: every fault of playbook and inventory, with its place
//	report, err := project.Run(ctx)
//
// Load reads and checks everything before any host is connected to. Run emits events to the Sink as they happen. This package is the only place where pfrun's parts are
// wired together.
package pfrun

import (
	"context"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/modules/change"
)

// Options says what to run, on which hosts, and how. Where ansible-playbook has a flag of the same meaning, the field is its name and has its meaning.
type Options struct {
	Playbooks []string // paths; one that is not there but ships with pfrun (playbooks/ipv4-only.yml) is taken from the binary
	AdHoc     *AdHoc   // one task in place of playbooks
	Inventory []string // -i: files, or host lists "h1,h2,"
	Limit     string
	ExtraVars []string // -e: k=v, JSON, or @file
	Tags      []string
	SkipTags  []string
	Check     bool // show what would change, change nothing
	Diff      bool
	Forks     int // 0: as the settings say, else 5
	Verbosity int
	// Lenient is for scripts that were written for ansible-playbook: a source of the inventory that is not there is a warning, and a run in which no play matches a host is no error.
	// What is wrong in files that tasks include while the run is under way is warned of, and counts when it is reached.
	Lenient bool
	// ForceHandlers runs the handlers of a host though a task failed on it, as the keyword force_handlers.
	ForceHandlers bool
	// FlushCache forgets the facts that were cached.
	FlushCache bool
	// StartAtTask names the task with which the run starts, or is a glob of its name; empty: the first.
	StartAtTask string
	// Step is asked before each task and handler; nil: nobody is.
	Step func(ctx context.Context, task string) (StepAnswer, error)

	User               string
	Connection         string // ssh or local; empty: as the settings say, else ssh. With Connect any word
	PrivateKeyFile     string
	SSHCommonArgs      string
	SSHExtraArgs       string
	SFTPExtraArgs      string        // of no effect: files travel over the connection that SSH made
	SCPExtraArgs       string        // likewise
	Timeout            time.Duration // to connect; 0: as ssh is configured, else 10 s
	Become             bool
	BecomeMethod       string
	BecomeUser         string
	ConnectionPassword string
	BecomePassword     string
	VaultSecrets       []VaultSecret // what opens texts that are encrypted with ansible-vault, tried in this order
	NoHelper           bool          // put no helper on the hosts, as PFRUN_HELPER=off in the environment: every look and change is made from here, which is slower

	// Connect makes the connections in place of pfrun's own SSH and local ones; nil: pfrun's own.
	Connect Connect

	Sink Sink // takes what happens; nil: nobody looks
	// Confirm asks a person, such as whether a new host key is right; nil: nobody is there to ask.
	Confirm func(ctx context.Context, question string) (bool, error)
	// Prompt asks a person what vars_prompt or pause wants to know; nil: nobody is there to ask.
	Prompt func(ctx context.Context, q Prompt) (string, error)
	// Passphrase asks a person for the passphrase of a key file; nil: nobody is there to ask.
	Passphrase func(ctx context.Context, keyfile string) (string, error)
	// Getenv reads the environment (HOME, SSH_AUTH_SOCK, ANSIBLE_HOST_KEY_CHECKING); nil: there is none.
	Getenv func(string) string
	// Settings are those of ansible.cfg; see ReadSettings. Where a field above says something it wins. nil: those that Getenv knows as ANSIBLE_*.
	Settings *Settings
	// Stop ends the run in good order when it is closed: changes under way are finished and handlers that are owed run, but no new task begins.
	Stop <-chan struct{}
}

// The events of a run; package documentation of each stands at its fields.
type (
	Event       = event.Event
	Sink        = event.Sink
	PlayStart   = event.PlayStart
	NoHosts     = event.NoHosts
	TaskStart   = event.TaskStart
	TaskResult  = event.TaskResult
	Retry       = event.Retry
	AsyncPoll   = event.AsyncPoll
	Included    = event.Included
	MetaDone    = event.MetaDone
	NoHostsLeft = event.NoHostsLeft
	Notified    = event.Notified
	Warning     = event.Warning
	PlaybookEnd = event.PlaybookEnd
	Recap       = event.Recap
	HostRecap   = event.HostRecap
	Status      = event.Status
	Diagnostic  = diag.Diagnostic
	Position    = diag.Pos
)

// Title puts the role of a task before its name.
func Title(role, name string) string { return event.Title(role, name) }

// StepAnswer is what a person says to a task that is about to run.
type StepAnswer = engine.Answer

// Prompt is a question to a person.
type Prompt = engine.Prompt

// The answers to Options.Step.
const (
	SkipTask    = engine.SkipTask
	DoTask      = engine.DoTask
	DoAllFromOn = engine.DoAllFromOn
)

// The statuses of a TaskResult.
const (
	OK          = event.OK
	Changed     = event.Changed
	Skipped     = event.Skipped
	Failed      = event.Failed
	Unreachable = event.Unreachable
	Undecided   = event.Undecided
	Deferred    = event.Deferred
	Interrupted = event.Interrupted
)

// Report is how a run ended.
type Report struct {
	Hosts       []HostRecap // in the order of their names
	Changed     bool        // something was changed, or would be
	Interrupted bool
}

// Failed reports whether a task failed on some host.
func (r *Report) Failed() bool {
	return r.any(func(h HostRecap) bool { return h.Failed > 0 && h.Failed+h.Unreachable > h.Forgiven })
}

// Unreachable reports whether some host could not be reached.
func (r *Report) Unreachable() bool {
	return r.any(func(h HostRecap) bool { return h.Unreachable > 0 && h.Failed+h.Unreachable > h.Forgiven })
}

func (r *Report) any(f func(HostRecap) bool) bool {
	for _, h := range r.Hosts {
		if f(h) {
			return true
		}
	}
	return false
}

// InvalidError says that playbook, inventory or variables are invalid, or that no play matches a host. Nothing was connected to.
type InvalidError struct {
	Diagnostics []*Diagnostic // errors, in the order of their places
}

func (e *InvalidError) Error() string { return diag.List(e.Diagnostics).Error() }

// IsUnknown reports whether a value in a result stands for what only a real run can tell.
func IsUnknown(v any) bool {
	switch v.(type) {
	case change.Unknown, unknown:
		return true
	}
	return false
}

// RenderDiagnostic gives a diagnostic as people read it: place, message, the lines around, a hint.
func RenderDiagnostic(d *Diagnostic) string { return diag.Render(d) }
