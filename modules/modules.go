// Package modules is what a module is: a struct whose exported fields are its arguments, and a Plan method that looks at a host and returns changes.
//
// A module never writes, never builds a diff, never sets "changed" and never asks whether this is check mode: the engine does all of that from the changes.
// The arguments are declared once, as struct tags:
//
//	type Task struct {
//		Path string `arg:"path,required,alias=dest" doc:"File to edit."`
//	}
//
// From that come decoding, documentation and the checks at load time. Defaults are the values that Spec.New puts in.
package modules

import (
	"context"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of a module: its exported fields are the arguments. Exported fields are also all of a task that travels to a managed host to plan there (an exported field
// that is no argument has a wire tag); other fields may only hold what Validate and Plan can make anew.
type Task interface {
	// Plan looks at the host and says what has to change. It must give the same plan when it is asked twice, and no steps once its steps were applied.
	// An error that wraps host.ErrPlanned defers the task, any other error fails it.
	Plan(ctx context.Context, r host.Reader) (*Plan, error)
}

// Plan is what a module wants done, and what it saw.
type Plan struct {
	Steps   []change.Change
	Control []change.Change // made on the control node
	Facts   map[string]any  // what becomes a fact of the host: a variable of its name below those of the play, and in ansible_facts, there without the prefix ansible_
	Vars    map[string]any  // what becomes a variable of the host, above those of play and task, as set_fact does
	Result  map[string]any  // what register sees beside changed, failed, skipped and diff, which the engine adds
	Unmet   string          // an expectation that does not hold: the task fails with this message, or is deferred where the host is only planned
	Note    string          // something that the user should know, though all is well
	More    bool            // what follows depends on the outcomes: Continuer is asked once the steps were applied
}

// Warn adds what the module warns of to the result, as Ansible has it there: in warnings. It is shown as a warning, too. An empty text is none.
func (p *Plan) Warn(text string) {
	if text == "" {
		return
	}
	if p.Result == nil {
		p.Result = map[string]any{}
	}
	told, _ := p.Result["warnings"].([]any)
	p.Result["warnings"] = append(told, text)
}

// WithEnvironment gives the programs of a plan variables (NAME=value), where they do not set them themselves.
func (p *Plan) WithEnvironment(env []string) {
	if len(env) == 0 {
		return
	}
	for i, c := range p.Steps {
		x, ok := c.(change.Exec)
		if !ok {
			continue
		}
		all := slices.Clone(x.Env)
		for _, v := range env {
			name, _, _ := strings.Cut(v, "=")
			if !slices.ContainsFunc(x.Env, func(own string) bool { return strings.HasPrefix(own, name+"=") }) {
				all = append(all, v)
			}
		}
		slices.Sort(all)
		x.Env = all
		p.Steps[i] = x
	}
}

// Validator is a Task that checks its arguments against one another before anything is looked at.
type Validator interface{ Validate() error }

// Reporter is a Task whose result depends on the outcomes of its steps. It gets the outcomes in their order and may change Result, Unmet and Note of its plan;
// what an outcome that is not known would have told is change.Unknown{}.
type Reporter interface {
	Report(p *Plan, outcomes []change.Outcome)
}

// VarSetter is a Task that sets variables of its host. Sets gives their names, which are known before it looks: where nobody can tell whether the task runs, they are not known
// afterwards.
type VarSetter interface {
	Sets() []string
}

// Continuer is a Task with several rounds of looking and changing: it is asked after the steps of a plan with More were applied.
type Continuer interface {
	Continue(ctx context.Context, r host.Reader, outcomes []change.Outcome) (*Plan, error)
}

// Planner is a host.Host that plans tasks where it is, with the same code, in place of a module on the control node that looks at it from afar.
type Planner interface {
	// Perform plans a task there and makes its steps, where the request says so. looking ends the looks, hard ends everything; a step under way is finished or undone first. An
	// error that is no error of a step is that of the look, and nothing was made.
	Perform(looking, hard context.Context, r Request) (*Performed, error)
}

// Request is a task to be planned on the host itself.
type Request struct {
	Module string // the module's short name
	Task   Task
	// Next says that this is a further round of the task that was performed last, and Outcomes are those of its steps: Continuer is asked.
	Next     bool
	Outcomes []change.Outcome
	// Over is what is planned on the host so far; nil: nothing. The steps are planned over it on the control node.
	Over *host.Overlay
	// Env are variables of the task's environment, as NAME=value.
	Env []string
	// Make has the steps made at once; with Replan a first step that finds the host changed meanwhile (host.ErrStale) has the task planned once more.
	Make   bool
	Replan bool
	// Behind has the task begun when the one that was sent before it has ended, however that ended; nil: at once. Sent is called when the request is on its way; nil: nobody waits for that.
	Behind *Chain
	Sent   func()
}

// Chain is tasks that follow one another on one host without waiting for answers. It belongs to who sends them, one at a time.
type Chain struct {
	Last uint32 // what the host's Planner calls the one that was sent last; 0: none was
}

// Performed is what came of a Request.
type Performed struct {
	Plan     *Plan
	Outcomes []change.Outcome // of the steps that were made, in their order
	Failed   error            // of the step after those; nil: all were made, or none was to be
}

// Verbose is a Task that is about showing something: its result is shown from this verbosity (the number of -v) on, where that of other tasks needs one -v.
type Verbose interface{ MinVerbosity() int }

// Threshold is a Task that is skipped where the run's verbosity is less, for the reason "Verbosity threshold not met.", as debug is.
type Threshold interface{ VerbosityThreshold() int }

// FreeFormName is the name under which a string in place of arguments is given.
const FreeFormName = "_raw_params"

// FreeFormer is a Task that takes a string in place of arguments: `command: ls -l`.
type FreeFormer interface{ FreeForm(s string) error }

// Spec describes a module to the engine, to the documentation and to the user.
type Spec struct {
	Name   string       // the short name, as in ansible.builtin.NAME
	Short  string       // one line: what it does
	Long   string       // paragraphs for `pfrun doc`
	Names  []string     // further names, such as a collection's: ansible.builtin.command
	New    func() Task  // a task with its defaults
	Probes []host.Probe // what it looks with: patterns of programs that are free of effects
}
