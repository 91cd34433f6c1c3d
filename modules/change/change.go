// Package change is the closed set of things that pfrun does to a managed host, as plain data.
//
// A module returns changes, the engine applies them. Summary, diff, inverse and JSON form all come from the one value that is applied, so what check mode shows, what
// the journal records and what the host gets cannot differ. Prefer a typed change to Exec: what is typed is predicted, shown and undone.
package change

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Change is one step as data. The kinds are WriteFile, Remove, Mkdir, Symlink, Hardlink, SetMeta, Service, User, Group and
// Exec.
type Change interface {
	// Summary says in a few words what the change does, for a person.
	Summary() string
	sealed()
}

// WriteFile makes a regular file, or replaces the one that is there, atomically.
type WriteFile struct {
	Path    string
	Content Content
	Meta    Meta  // what the file has afterwards
	Before  *File // what must be there for the change to be made; nil: nothing
	Backup  bool  // the file is a copy that a backup argument asked for
	// Replaces is a symbolic link that must be there, and whose place the file takes; Before is nil then.
	Replaces *Node `json:",omitempty"`
	// Validate is a command that must end with status 0 on the new content before it takes its place: "%s" in its words stands for the path of the file that holds it, "%%" for "%".
	Validate []string `json:",omitempty"`
}

// ValidateArgv gives the words of Validate for a content that lies at tmp.
func (c WriteFile) ValidateArgv(tmp string) []string {
	argv, place := make([]string, len(c.Validate)), strings.NewReplacer("%s", tmp, "%%", "%")
	for i, w := range c.Validate {
		argv[i] = place.Replace(w)
	}
	return argv
}

// Remove removes what is at a path: a regular file, or what Node says. A folder goes with all that is below it; it loses its name in one step.
type Remove struct {
	Path   string
	Before *File // the regular file that must be there; nil: Node says what it is
	Node   *Node `json:",omitempty"`
}

// Mkdir makes a folder where nothing is. The folder above it must be there.
type Mkdir struct {
	Path  string
	Meta  Meta
	Below *Below `json:",omitempty"` // what is in it from the beginning; its entries must be held. nil: nothing
}

// Symlink makes a symbolic link, or puts it in place of what is there, atomically.
type Symlink struct {
	Path   string
	Target string // as it is written in the link
	Meta   Meta   // of the link itself, whose mode nobody can choose
	Before *Node  // the link or regular file that must be there; nil: nothing
}

// Hardlink gives a regular file another name, or puts it in place of what has that name, atomically.
type Hardlink struct {
	Path   string
	Source string // a name that the file has already; a link at its end is not followed
	Node   Node   // the file that must be there
	Before *Node  // the link or regular file that must be at Path; nil: nothing
}

// SetMeta sets mode, owner and times of a path without touching its content.
type SetMeta struct {
	Path   string
	Meta   Meta
	Before Meta // what must be there
	// Link says that the path is a symbolic link, and that its own owner and times are meant; it has no mode of its own. Without it a link is not what is expected.
	Link  bool   `json:",omitempty"`
	Times *Times `json:",omitempty"` // nil: they stay as they are
}

// Times are the times of a path.
type Times struct {
	Access, Modify             Moment
	BeforeAccess, BeforeModify time.Time // what they were; zero: not known
}

// Moment is what a time is set to. The zero value leaves it as it is.
type Moment struct {
	Now bool `json:",omitempty"` // by the host's clock, when the change is made
	At  time.Time
}

// Zero reports whether the time is left as it is.
func (m Moment) Zero() bool { return !m.Now && m.At.IsZero() }

// Action is what a service change does.
type Action string

// The actions of a service change.
const (
	Start   Action = "start"
	Stop    Action = "stop"
	Restart Action = "restart" // stop and start: new listeners, new settings of the long-running process
	Reload  Action = "reload"
	Enable  Action = "enable" // start at boot
	Disable Action = "disable"
)

// Service acts on a system service.
type Service struct {
	Name   string
	Action Action
	Before ServiceState
	// What init scripts alone understand.
	Arguments []string `json:",omitempty"` // more words for the script
	Sleep     int      `json:",omitempty"` // seconds between stop and start of a restart (sysvinit)
	Runlevel  string   `json:",omitempty"` // in which to start at boot (OpenRC); "": default
}

// Exec runs a program whose effects nothing else can describe.
type Exec struct {
	Argv  []string
	Stdin string
	Dir   string
	Env   []string // NAME=value, sorted
	// Effectless says that the program changes nothing: it is run in check mode too, unless what it reads is planned to change.
	Effectless bool
	Reads      []Ref // what an effectless program depends on
	// Label says what the program does, where its words do not tell a person.
	Label string `json:",omitempty"`
}

// Summary of a file that is written.
func (c WriteFile) Summary() string {
	switch {
	case c.Backup:
		return "back up to " + c.Path
	case c.Replaces != nil:
		return "put a file in place of the link " + c.Path
	case c.Before == nil:
		return "create " + c.Path
	}
	return "edit " + c.Path
}

// Summary of what is removed.
func (c Remove) Summary() string {
	switch {
	case c.Node == nil || c.Node.Kind == RegularNode || c.Node.Kind == OtherNode:
		return "remove " + c.Path
	case c.Node.Kind == LinkNode:
		return "remove the link " + c.Path
	case c.Node.Below.Empty():
		return "remove the empty folder " + c.Path
	}
	return fmt.Sprintf("remove the folder %s with %d paths in it", c.Path, c.Node.Below.Count)
}

// Summary of a folder that is made.
func (c Mkdir) Summary() string {
	if c.Below.Empty() {
		return "make the folder " + c.Path
	}
	return fmt.Sprintf("make the folder %s with %d paths in it", c.Path, c.Below.Count)
}

// Summary of a symbolic link.
func (c Symlink) Summary() string { return fmt.Sprintf("link %s to %s", c.Path, c.Target) }

// Summary of a hard link.
func (c Hardlink) Summary() string { return fmt.Sprintf("make %s a name of %s", c.Path, c.Source) }

// Summary of mode, owner and times that are set.
func (c SetMeta) Summary() string {
	switch {
	case c.Times == nil && c.Link:
		return "set owner of the link " + c.Path
	case c.Times == nil:
		return "set mode and owner of " + c.Path
	case c.Meta.Same(c.Before):
		return "set times of " + c.Path
	}
	return "set mode, owner and times of " + c.Path
}

// Summary of what is done to a service.
func (c Service) Summary() string {
	if c.Runlevel != "" && (c.Action == Enable || c.Action == Disable) {
		return fmt.Sprintf("%s %s in runlevel %s", c.Action, c.Name, c.Runlevel)
	}
	return fmt.Sprintf("%s %s", c.Action, c.Name)
}

// Summary of a program that is run: its label, else its argv, each word as Go would quote it where it has blanks.
func (c Exec) Summary() string {
	if c.Label != "" {
		return c.Label
	}
	return "run " + words(c.Argv)
}

// words joins an argv for reading: words with blanks or nothing in them are quoted.
func words(argv []string) string {
	shown := make([]string, len(argv))
	for i, a := range argv {
		shown[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'") {
			shown[i] = fmt.Sprintf("%q", a)
		}
	}
	return strings.Join(shown, " ")
}

func (WriteFile) sealed() {}
func (Remove) sealed()    {}
func (Mkdir) sealed()     {}
func (Symlink) sealed()   {}
func (Hardlink) sealed()  {}
func (SetMeta) sealed()   {}
func (Service) sealed()   {}
func (Exec) sealed()      {}

// After is the state of the service once the change was made.
func (c Service) After() ServiceState {
	s := c.Before
	switch c.Action {
	case Start, Restart:
		s.Running = true
	case Stop:
		s.Running = false
	case Enable, Disable:
		s.Enabled = c.Action == Enable
		if s.Manager == OpenRC {
			s = c.runlevels(s)
		}
	}
	return s
}

// runlevels puts a service of OpenRC into the runlevel, or takes it out.
func (c Service) runlevels(s ServiceState) ServiceState {
	level := cmp.Or(c.Runlevel, DefaultRunlevel)
	levels := slices.DeleteFunc(strings.Fields(s.Status[Runlevels]), func(l string) bool { return l == level })
	if c.Action == Enable {
		levels = append(levels, level)
	}
	slices.Sort(levels)
	s.Status = maps.Clone(s.Status)
	if s.Status == nil {
		s.Status = map[string]string{}
	}
	s.Status[Runlevels], s.Enabled = strings.Join(levels, " "), slices.Contains(levels, DefaultRunlevel)
	return s
}

// Outcome is what came of a change.
type Outcome struct {
	Known  bool // false: the change was only planned, and nobody can say what it would have given
	Status int  // of an Exec
	Stdout []byte
	Stderr []byte
	// Errno says of an Exec why it could not be started, as Linux numbers errors: 2, there is no such program; 13, it may not be run. 0: it was started.
	Errno int
	// Start and End are when an Exec was begun and was over, by the clock of who ran it; zero where nobody looked.
	Start, End time.Time
}

// Unknown stands in a result for what only a real run could tell.
type Unknown struct{}

// Integer stands in a result for a whole number that is too large for an int64, in its digits.
type Integer string

// MarshalJSON gives the digits.
func (i Integer) MarshalJSON() ([]byte, error) { return []byte(i), nil }
