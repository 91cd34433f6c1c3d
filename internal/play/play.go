// Package play is the playbook as a tree that is loaded once and never changed: plays, tasks and handlers, every one with its place in the file.
//
// Loading checks all that can be checked without a host: keywords, modules, the names and literal values of arguments, expressions, the names of handlers. Every fault is
// told, at its place. What pfrun does not have is refused here, by name.
package play

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
)

// Playbook is a file of plays.
type Playbook struct {
	File  string
	Plays []*Play
}

// Play maps hosts to tasks.
type Play struct {
	Pos      diag.Pos
	Name     jinja.Value // a string or a template; nil: the hosts pattern
	Hosts    jinja.Value // a pattern, or a list of patterns
	Vars     *jinja.Dict // never nil
	Sections []Section   // pre_tasks, tasks, post_tasks, though they be empty: handlers that were notified run at the end of each
	Handlers []*Task
	Gather   *Task // gathers facts before the first section, whatever the tags of the run unless the play has some; nil: nothing does
	Common
	ForceHandlers  bool
	AnyErrorsFatal bool
}

// Section is a list of tasks of a play.
type Section struct {
	Name  string
	Tasks []*Task
}

// Common are the keywords that a play hands down to its tasks.
type Common struct {
	Become       jinja.Value // nil: not said; the connection variables decide
	BecomeUser   jinja.Value
	BecomeMethod jinja.Value
	BecomeExe    jinja.Value
	BecomeFlags  jinja.Value
	RemoteUser   jinja.Value
	Port         jinja.Value
	Connection   jinja.Value
	IgnoreErrors jinja.Value
	NoLog        jinja.Value
	CheckMode    jinja.Value
	Diff         jinja.Value
	Tags         []string
}

// Task is one task or handler.
type Task struct {
	Pos    diag.Pos
	Name   jinja.Value // a string or a template; nil: the module's name
	Action string      // the module as the task names it
	Module *modules.Module
	Meta   Meta // set for a meta task, which has no Module
	// Unsupported says why a task behind a when cannot run: it is announced when the playbook is loaded and fails when it is reached.
	Unsupported *diag.Diagnostic
	Args        []Arg
	When        []Condition
	ChangedWhen []Condition
	FailedWhen  []Condition
	Register    string
	Notify      []Name
	Listen      []string // topics of a handler
	Loop        *Loop
	Vars        *jinja.Dict // may be nil
	Common
}

// Arg is an argument of a task.
type Arg struct {
	Name         string
	NamePos, Pos diag.Pos
	Value        jinja.Value       // may be or hold templates
	Expressions  []*jinja.Template // of an argument that is an expression or a list of them; Value is nil then
}

// Name is a name that a task gives, such as of a handler that it notifies.
type Name struct {
	Value jinja.Value // a string or a template
	Pos   diag.Pos
}

// Loop says over what a task is repeated.
type Loop struct {
	Pos      diag.Pos
	Items    jinja.Value // a list, or a template that gives one
	Var      string      // name of the variable that holds the item
	IndexVar string      // may be empty
	Label    jinja.Value // what is shown of an item; nil: the item
}

// Meta is an action of the engine itself.
type Meta string

// The meta actions that there are.
const (
	FlushHandlers Meta = "flush_handlers"
	Noop          Meta = "noop"
	EndPlay       Meta = "end_play"
	EndHost       Meta = "end_host"
)

// Handles reports whether a handler answers to a name: its own, or a topic it listens to.
func (t *Task) Handles(name string) bool {
	if s, ok := t.Name.(string); ok && s == name {
		return true
	}
	for _, topic := range t.Listen {
		if topic == name {
			return true
		}
	}
	return false
}

// Tasks gives every task of every section, in their order.
func (p *Play) Tasks() []*Task {
	var all []*Task
	for _, s := range p.Sections {
		all = append(all, s.Tasks...)
	}
	return all
}
