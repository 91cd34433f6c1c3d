package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pfrun/pfrun/modules/host"
)

// What elsewhere takes a shell is done here without one: each process that is not started is a millisecond or two of the host's time, and the helper is there for hundreds of tasks.

// ErrNotPlain says that something takes a shell all the same.
var ErrNotPlain = errors.New("this takes a shell")

// Look is what kind of host this is, as the programs of a shell tell it.
type Look struct {
	User, UID, Home    string
	Kernel, Arch, Node string // uname -s, -m and -n
	Umask              string // octal
	Folder             string // where programs start, without links
	Manager            string // of services: systemd, openrc, sysvinit, or nothing
	OSRelease          string // os-release(5)
	Passwd, Group      string // passwd(5), group(5)
}

// RunPlain runs a program to its end as the launcher of internal/target would: with the administrator's programs in PATH, which is searched, and in a folder that can be entered.
// The error wraps ErrNotPlain where it was not started: the shell says then why, or finds a way.
func (Conn) RunPlain(ctx context.Context, c host.Command) (int, error) {
	if len(c.Argv) == 0 || c.Terminal {
		return 0, ErrNotPlain
	}
	if err := context.Cause(ctx); err != nil {
		return 0, fmt.Errorf("%s: %w", c.Argv[0], err)
	}
	path := searchPath(os.Getenv("PATH"))
	program := find(c.Argv[0], path)
	if program == "" || !canEnter(c.Dir) {
		return 0, ErrNotPlain
	}
	c.Env = append([]string{"PATH=" + path}, c.Env...)
	if c.Dir != "" {
		real, err := filepath.EvalSymlinks(c.Dir) // the launcher enters a folder by its own name
		if err != nil {
			return 0, ErrNotPlain
		}
		c.Env = append([]string{"PWD=" + real, "OLDPWD=" + os.Getenv("PWD")}, c.Env...)
	}
	return runStarted(ctx, c, program)
}

// searchPath gives PATH with the administrator's programs, as the launcher of internal/target does.
func searchPath(path string) string {
	if path == "" {
		path = "/usr/bin:/bin"
	}
	return path + ":/usr/local/sbin:/usr/sbin:/sbin"
}

// find gives the file of a program; empty: a shell has to say what becomes of it.
func find(name, path string) string {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) || !executable(name) {
			return ""
		}
		return name
	}
	for dir := range strings.SplitSeq(path, ":") {
		if !filepath.IsAbs(dir) {
			return ""
		}
		if file := filepath.Join(dir, name); executable(file) {
			return file
		}
	}
	return ""
}

// canEnter reports whether a program can run in a folder without a shell that finds another way. Empty: where this program is.
func canEnter(dir string) bool {
	if dir == "" {
		return accessible(".")
	}
	return filepath.IsAbs(dir) && filepath.Clean(dir) == dir
}

// errNotStarted marks an error of the start of a program.
type errNotStarted struct{ error }

func (e errNotStarted) Unwrap() error { return e.error }

// runStarted runs the file of a program. Where the system refuses to start it, that is a shell's matter: it may be a script without a first line.
func runStarted(ctx context.Context, c host.Command, program string) (int, error) {
	cmd := command(c)
	cmd.Path, cmd.Err = program, nil
	status, err := run(ctx, c, cmd)
	if e := (errNotStarted{}); errors.As(err, &e) {
		return 0, fmt.Errorf("%w: %w", ErrNotPlain, e.error)
	}
	return status, err
}
