// Package play is the playbook as a tree that is loaded once and never changed: plays, roles, blocks, tasks and handlers, every one with its place in the file.
//
// Loading checks all that can be checked without a host: keywords, modules, the names and literal values of arguments, expressions, the names of handlers. Every fault is
// told, at its place. What pfrun does not have is refused here, by name.
//
// What a task inherits from the blocks, roles and the play around it is worked out when it is loaded, so that a task is complete in itself. Files that tasks include while a run is
// under way are loaded by the same Loader, with what they inherit.
package play

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// Playbook is a file of plays, with the plays of the files that it imports in their places.
type Playbook struct {
	File  string
	Plays []*Play
}

// Play maps hosts to tasks.
type Play struct {
	Pos       diag.Pos
	Dir       string      // absolute folder of the file in which the play stands
	Name      jinja.Value // a string or a template; nil: the hosts pattern
	Hosts     jinja.Value // a pattern, or a list of patterns
	Vars      *jinja.Dict // never nil; those of import_playbook are among them
	VarsFiles []VarsFile
	Prompts   []Prompt
	Roles     []*Role   // of the keyword roles, in their order, then those that tasks import; their blocks stand in Sections
	Sections  []Section // pre_tasks, roles, tasks, post_tasks, though they be empty
	// Handlers are those of the roles, then the play's own, then those of roles that tasks import: a group for each list that they stand in.
	Handlers [][]*Task
	Gather   *Task // gathers facts before the first section, whatever the tags of the run unless the play has some; nil: nothing does
	// GatherSaid says that the play says itself whether facts are gathered; else the setting "gathering" decides.
	GatherSaid bool
	Common
	ForceHandlers     *bool       // nil: not said
	MaxFailPercentage jinja.Value // a number; nil: not said
	Serial            jinja.Value // a number, a percentage, or a list of them; nil: all hosts at once
	Strategy          jinja.Value // nil: not said
	Order             jinja.Value // nil: the inventory's
}

// VarsFile is an entry of vars_files: the first of its names that is there counts.
type VarsFile struct {
	Pos   diag.Pos
	Names []jinja.Value // strings or templates
	// Fixed is what the file holds, where its name is written out; else it is read when the names are known. Nil: not read yet.
	Fixed *jinja.Dict
}

// Prompt is an entry of vars_prompt.
type Prompt struct {
	Pos       diag.Pos
	Name      string
	Text      jinja.Value
	Private   bool
	Confirm   bool
	Encrypt   string
	SaltSize  int
	Salt      string
	Default   jinja.Value // nil: none
	Unsafe    bool
	HasPrompt bool
}

// Section is a part of a play. Handlers that were notified run at the end of pre_tasks, of tasks (with the roles before them) and of post_tasks.
type Section struct {
	Name  string
	Nodes []Node
	Flush bool // handlers run at its end
}

// Node is an element of a list of tasks: a *Task or a *Block.
type Node interface{ node() }

// Block is a group of tasks, or the tasks of a role. Its keywords are in its tasks already.
type Block struct {
	Pos    diag.Pos
	Name   jinja.Value
	Body   []Node
	Rescue []Node
	Always []Node
	// Role is set where the block is a role as a whole: it runs once a host unless it allows duplicates, and meta: end_role ends it.
	Role *Role
}

// Common are the keywords that plays, roles and blocks hand down to their tasks. Nil: not said.
type Common struct {
	Become            jinja.Value
	BecomeUser        jinja.Value
	BecomeMethod      jinja.Value
	BecomeExe         jinja.Value
	BecomeFlags       jinja.Value
	RemoteUser        jinja.Value
	Port              jinja.Value
	Connection        jinja.Value
	IgnoreErrors      jinja.Value
	IgnoreUnreachable jinja.Value
	AnyErrorsFatal    jinja.Value
	NoLog             jinja.Value
	CheckMode         jinja.Value
	Diff              jinja.Value
	RunOnce           jinja.Value
	Throttle          jinja.Value
	Timeout           jinja.Value
	DelegateTo        jinja.Value // not of plays
	DelegateFacts     jinja.Value // not of plays
	// Environment holds what each level says, the play's first: a later one adds to it and wins.
	Environment []jinja.Value
	// ModuleDefaults holds what each level says, the play's first: mappings of a module's name, or "group/NAME", to arguments.
	ModuleDefaults []Defaults
	Tags           []jinja.Value // strings or templates of all levels
	Collections    []string      // searched for what has no namespace; the nearest level that says something
}

// Defaults are arguments that tasks of modules get where they do not say them: one level of module_defaults.
type Defaults struct {
	Pos     diag.Pos
	Modules map[string][]Arg // by the module's short name, or as it is written where pfrun does not have the module
}

// Task is one task or handler.
type Task struct {
	Pos    diag.Pos
	Dir    string      // absolute folder of the file in which it stands
	Name   jinja.Value // a string or a template; nil: the module's name
	Action string      // the module as the task names it
	// Dynamic is set where the module's name is a template: Module is nil then, and ResolveAction finds it.
	Dynamic *jinja.Template
	Module  *modules.Module
	Meta    Meta     // set for a meta task, which has no Module
	Include *Include // set for include_tasks and include_role, which have no Module
	// Unsupported says why a task cannot run: it was announced when the playbook was loaded and fails when it is reached.
	Unsupported *diag.Diagnostic
	// Broken says that it fails with that before its when is looked at.
	Broken      bool
	Args        []Arg
	ArgsValue   jinja.Value // a template that gives more arguments (args: "{{ x }}"); nil: none
	When        []Condition // those of the levels around first
	ChangedWhen []Condition
	FailedWhen  []Condition
	Until       []Condition // nil: no retries, unless Retries is set
	Retries     jinja.Value // nil: not said
	Delay       jinja.Value
	Async       jinja.Value
	Poll        jinja.Value
	Register    string
	Notify      []Name // of the nearest level that says something
	Listen      []jinja.Value
	Loop        *Loop
	Vars        []*jinja.Dict // of the levels around (blocks, imports), then its own: a later one wins; those of the play and of the role are not among them
	Role        *Role         // in which it stands; nil: none
	Handler     bool
	Common
	at *file // in which it stands
	// key, value and more are the module's name, what stands behind it, and the keyword args: ResolveAction reads them anew.
	key, value, more *yamlsrc.Node
}

// Include is what a task includes while the run is under way.
type Include struct {
	// File names the file of tasks; nil: a role is included.
	File jinja.Value
	Role *IncludeRole
	Vars *jinja.Dict // the keyword vars of the including task, which what is included sees; never nil
	// under is what the included tasks inherit: what is around the including task, and what its apply says.
	under *level
}

// IncludeRole says which role is included, and which of its files.
type IncludeRole struct {
	Name                                            jinja.Value
	TasksFrom, VarsFrom, DefaultsFrom, HandlersFrom jinja.Value // nil: main
	Public                                          jinja.Value // its defaults and vars are seen by the tasks after it
	AllowDuplicates                                 jinja.Value // nil: yes
	RolespecValidate                                jinja.Value // nil: yes
}

// Arg is an argument of a task.
type Arg struct {
	Name         string
	NamePos, Pos diag.Pos
	Value        jinja.Value       // may be or hold templates
	Expressions  []*jinja.Template // of an argument that is an expression or a list of them; Value is nil then
	NameValue    jinja.Value       // the template that gives the name, where the module has such; else nil
}

// Name is a name that a task gives, such as of a handler that it notifies.
type Name struct {
	Value jinja.Value // a string or a template
	Pos   diag.Pos
}

// Loop says over what a task is repeated.
type Loop struct {
	Pos   diag.Pos
	Items jinja.Value // a list, or a template that gives one
	// With is the lookup of with_NAME, which gets Items as its terms; empty: loop.
	With        string
	Var         jinja.Value // name of the variable that holds the item; nil: item
	IndexVar    jinja.Value // nil: none
	Label       jinja.Value // what is shown of an item; nil: the item
	Pause       jinja.Value // seconds between items; nil: none
	Extended    jinja.Value // ansible_loop is set
	ExtendedAll jinja.Value // ansible_loop.allitems too; nil: yes
	BreakWhen   []Condition
}

// Meta is an action of the engine itself.
type Meta string

// The meta actions that there are.
const (
	FlushHandlers    Meta = "flush_handlers"
	Noop             Meta = "noop"
	EndPlay          Meta = "end_play"
	EndBatch         Meta = "end_batch"
	EndHost          Meta = "end_host"
	EndRole          Meta = "end_role"
	ClearFacts       Meta = "clear_facts"
	ClearHostErrors  Meta = "clear_host_errors"
	RefreshInventory Meta = "refresh_inventory"
	ResetConnection  Meta = "reset_connection"
)

func (*Task) node()  {}
func (*Block) node() {}

// Tasks gives every task below nodes, in the order of the file: of a block its tasks, then those of rescue and always.
func Tasks(nodes []Node) []*Task {
	var all []*Task
	for _, n := range nodes {
		switch n := n.(type) {
		case *Task:
			all = append(all, n)
		case *Block:
			all = append(append(append(all, Tasks(n.Body)...), Tasks(n.Rescue)...), Tasks(n.Always)...)
		}
	}
	return all
}

// Tasks gives every task of every section, in their order.
func (p *Play) Tasks() []*Task {
	var all []*Task
	for _, s := range p.Sections {
		all = append(all, Tasks(s.Nodes)...)
	}
	return all
}
