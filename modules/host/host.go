package host

import (
	"context"
	"io"
	"iter"
	"net"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

// Reader is all that a module gets of a managed host: looks, and no way to write. Paths are absolute.
//
// Every method may be called concurrently and any number of times. A missing path wraps fs.ErrNotExist, a refused one fs.ErrPermission, a lost connection ErrUnreachable,
// and whatever depends on a change that is only planned ErrPlanned.
type Reader interface {
	// Facts tells what kind of host this is. It is looked up once a session.
	Facts(ctx context.Context) (*Facts, error)
	// Stat describes a path without following a link at its end. A path that is not there gives a Stat with Kind Absent and no error.
	Stat(ctx context.Context, path string) (Stat, error)
	// ReadFile reads a regular file of at most limit bytes (ErrTooLarge beyond), following links.
	ReadFile(ctx context.Context, path string, limit int64) (*change.File, error)
	// Walk gives everything below a folder, parents before children, names in order. A failed look is given once and ends the walk.
	Walk(ctx context.Context, dir string) iter.Seq2[Stat, error]
	// State looks at what typed changes alter: change.ServiceState for a service.
	State(ctx context.Context, ref change.Ref) (change.State, error)
	// Probe runs a program that the module's Spec lists as free of effects.
	Probe(ctx context.Context, p Probe) (Output, error)
	// Dial connects from the managed host; network is tcp or unix.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Applier makes changes. Only the engine holds one.
type Applier interface {
	// Apply makes one change, wholly or not at all, and wraps ErrStale where the host is not what the change expects. A program that ends with a status other
	// than 0 is an Outcome of an Exec, and an error of any other change. A WriteFile with a Validate command runs it on the new content before that takes its place
	// (change.WriteFile.ValidateArgv, Validated). File changes do not follow a link at the end of a path: one that is there is not what they expect.
	Apply(ctx context.Context, c change.Change) (change.Outcome, error)
}

// Host is a managed host as the engine has it.
type Host interface {
	Reader
	Applier
	io.Closer
}

// Kind is what stands at a path.
type Kind string

// The kinds of paths.
const (
	Absent  Kind = "absent"
	Regular Kind = "file"
	Dir     Kind = "directory"
	Link    Kind = "link"
	Other   Kind = "other" // device, socket, pipe
)

// Stat describes a path.
type Stat struct {
	Path    string
	Kind    Kind
	Meta    change.Meta
	Size    int64
	ModTime time.Time
	Target  string // of a link, as it is written in it
}

// Facts tells what kind of host this is, as far as modules have to know.
type Facts struct {
	User           string // the user that the looks are made as
	UID            int
	Home           string
	Folder         string            // where the user's programs start, and relative paths with them; empty: Home
	Kernel         string            // uname -s
	Arch           string            // uname -m
	Node           string            // uname -n
	OSRelease      map[string]string // /etc/os-release
	ServiceManager change.Manager    // what pid 1 is, as far as pfrun knows it
	Umask          uint32            // of the user's programs: the permissions that new files do not get where nobody says any
}

// Probe is a program to look with. In a Spec it is a pattern: there a "*" in Argv stands for any one word, and "..." at the end for any number of words.
type Probe struct {
	Argv  []string
	Stdin string
	// Scratch holds files (name → content) that are laid into a private folder for this probe alone and removed afterwards. ScratchDir in Argv stands for its path.
	Scratch map[string]string
	// Reads names what the answer depends on: where one of these is planned to change, the answer is ErrPlanned.
	Reads []change.Ref
}

// ScratchDir stands in a probe's Argv for the folder that holds its scratch files.
const ScratchDir = "{scratch}"

// Output is what a probe gave. A status other than 0 is no error; a program that is not there has status 127.
type Output struct {
	Status int
	Stdout string
	Stderr string
}

// NotFound is the status of a program that the host does not have, NotRunnable that of one that may not be run. A program may end with them by itself: change.Outcome.Errno tells.
const (
	NotFound    = 127
	NotRunnable = 126
)

// Matches reports whether a probe is one that a pattern of a Spec allows.
func (p Probe) Matches(pattern Probe) bool {
	want := pattern.Argv
	rest := len(want) > 0 && want[len(want)-1] == "..."
	if rest {
		want = want[:len(want)-1]
	}
	if len(p.Argv) < len(want) || (!rest && len(p.Argv) != len(want)) {
		return false
	}
	for i, w := range want {
		if w != "*" && w != p.Argv[i] {
			return false
		}
	}
	return true
}
