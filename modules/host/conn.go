// Package host is the seam between modules and managed hosts: what a module may look at (Reader), what the engine may do (Applier), and the least that a transport must
// offer (Conn).
package host

import (
	"context"
	"io"
	"io/fs"
	"net"
	"strings"
)

// Command is a program to run on a managed host. It is never a shell string: whoever needs a shell names it in Argv.
type Command struct {
	Argv   []string  // the program and its arguments; at least one
	Env    []string  // NAME=value, added to the login's environment
	Dir    string    // the folder to run in; empty: where a login starts, or where pfrun was started on this machine
	Stdin  io.Reader // nil: empty
	Stdout io.Writer // nil: discarded
	Stderr io.Writer // nil: discarded
	// Terminal gives the program a terminal of its own (a pty that does not echo) as stdin, stdout, stderr and controlling terminal: for programs that ask for a password
	// nowhere else. All that it says comes on Stdout. The end of Stdin is not passed on, as a terminal has none; it is hung up when ctx ends. Until the program makes it raw
	// it works in lines. errors.ErrUnsupported is wrapped by a connection that has none to give.
	Terminal bool
}

// Conn is a connection to a managed host as one user: the least that a transport offers, so that an embedder can bring its own.
//
// All methods may be called concurrently. Each ends when ctx ends, with an error that wraps context.Cause(ctx); a program that was running then may go on running on
// the host. An error that says the connection itself is gone wraps ErrUnreachable.
type Conn interface {
	// Run runs a program to its end and gives its exit status. A status other than 0 is no error; 128+N stands for an end by signal N.
	Run(ctx context.Context, c Command) (status int, err error)
	// Put creates a file with content and permission bits, and fails with fs.ErrExist where the path is there. What it could not finish it removes.
	Put(ctx context.Context, path string, content io.Reader, perm fs.FileMode) error
	// Get opens a file for reading; fs.ErrNotExist and fs.ErrPermission are wrapped. The caller closes it.
	Get(ctx context.Context, path string) (io.ReadCloser, error)
	// Dial connects from the managed host to an address: network is tcp or unix. ErrNoForwarding is wrapped where the host forbids it.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Close ends the connection. Calls under way fail.
	Close() error
}

// Quote gives argv as one line that every POSIX shell splits into the same words again (Python's shlex.join). It is the only quoting function of pfrun.
func Quote(argv ...string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = quoteWord(a)
	}
	return strings.Join(words, " ")
}

const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"

func quoteWord(s string) string {
	if s != "" && strings.Trim(s, safe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
