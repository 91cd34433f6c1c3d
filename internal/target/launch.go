package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

// launcher starts a program: in a folder ($2; empty: where the login is, if that can be read), with the administrator's programs in PATH, after the marker ($1) was said on
// both outputs. On stderr the marker is followed by "-", or by "d" where the folder cannot be entered.
const launcher = `m=$1 d=$2; shift 2
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin; export PATH
if [ -n "$d" ]; then cd -- "$d" 2>/dev/null || { printf "%s" "${m}d" >&2; cd -- "$d"; exit 125; }
elif ! [ -r . ] || ! [ -x . ]; then cd 2>/dev/null || cd /; fi
printf "%s-" "$m" >&2; printf "%s" "$m"
exec "$@"`

// program is something to run on the target as the wanted user.
type program struct {
	argv   []string
	dir    string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	ofLogin bool // see Program
}

// script makes the program of a fixed script and its arguments.
func script(text string, args ...string) program {
	return program{argv: append([]string{"sh", "-c", text, "sh"}, args...)}
}

// launch runs a program to its end and gives its status. An error says that it was not run, or that nobody knows how it ended.
func (h *Host) launch(ctx context.Context, p program) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d := &dialogue{h: h, p: p, mark: marker("begin"), prompt: marker("password"), giveUp: cancel, ended: ctx.Done(), begun: make(chan struct{}), asked: make(chan struct{})}
	late := time.AfterFunc(h.timeout, d.late)
	defer late.Stop()
	status, err := h.conn.Run(ctx, d.command())
	return d.outcome(status, err)
}

// dialogue is the start of a program: what is said on stderr until the marker comes, and the password when it is asked for.
type dialogue struct {
	h      *Host
	p      program
	mark   string
	prompt string
	giveUp context.CancelCauseFunc
	ended  <-chan struct{} // the program is at its end, however it got there
	begun  chan struct{}   // the marker came: from here on stdin is the program's
	asked  chan struct{}   // the password is asked for

	mu      sync.Mutex
	said    []byte // on stderr, until the marker, and after it where the folder cannot be entered
	isBegun bool
	noDir   bool
	isAsked bool
	failed  error

	given bool // of the one reader of stdin: the password was handed over
}

func (d *dialogue) command() host.Command {
	argv := append([]string{"sh", "-c", launcher, "sh", d.mark, d.p.dir}, d.p.argv...)
	c := host.Command{Argv: argv, Stdin: d.p.stdin, Stdout: &gate{mark: []byte(d.mark), w: d.p.stdout}, Stderr: writerFunc(d.hear)}
	if b := d.h.become; b != nil {
		// What sudo was told about the language is no business of the program.
		argv[2] = "unset LC_ALL; " + launcher
		c.Argv = b.argv(d.prompt, argv)
		if b.Password != "" {
			c.Stdin = readerFunc(d.speak)
		}
	}
	if d.p.ofLogin {
		c.Argv = append([]string{"sh", "-c", ofLogin, "sh"}, c.Argv...)
	}
	return c
}

// hear takes what comes on stderr.
func (d *dialogue) hear(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(b)
	if d.isBegun && !d.noDir {
		if d.p.stderr != nil {
			return d.p.stderr.Write(b)
		}
		return n, nil
	}
	d.said = append(d.said, b...)
	d.listen()
	if rest := len(d.said) - maxSaid; rest > 0 {
		d.said = d.said[rest:]
	}
	if d.isBegun && !d.noDir {
		rest := d.said
		d.said = nil
		if d.p.stderr != nil && len(rest) > 0 {
			if _, err := d.p.stderr.Write(rest); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// maxSaid is how much of what is said before the marker is kept.
const maxSaid = 64 << 10

// listen looks for the marker and the prompt in what was said.
func (d *dialogue) listen() {
	if i := bytes.Index(d.said, []byte(d.mark)); !d.isBegun && i >= 0 && len(d.said) > i+len(d.mark) {
		d.noDir = d.said[i+len(d.mark)] == 'd'
		d.said = d.said[i+len(d.mark)+1:]
		d.isBegun = true
		close(d.begun)
		return
	}
	for !d.isBegun {
		i := bytes.Index(d.said, []byte(d.prompt))
		if i < 0 {
			return
		}
		d.said = append(d.said[:i:i], d.said[i+len(d.prompt):]...)
		if d.isAsked {
			d.fail(&BecomeError{Host: d.h.name, User: d.h.become.User, Err: ErrWrongPassword, Hint: wrongPasswordHint})
			return
		}
		d.isAsked = true
		close(d.asked)
	}
}

// fail ends the program. The caller holds the lock.
func (d *dialogue) fail(err error) {
	if d.failed == nil {
		d.failed = err
		d.giveUp(err)
	}
}

// late is called when the program should have begun long ago.
func (d *dialogue) late() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isBegun {
		d.fail(d.silence(fmt.Errorf("the program did not begin within %v: %w", d.h.timeout, context.DeadlineExceeded)))
	}
}

// silence describes a program that did not begin.
func (d *dialogue) silence(err error) error {
	if b := d.h.become; b != nil {
		return &BecomeError{Host: d.h.name, User: b.User, Err: fmt.Errorf("%w: %s", err, tail(string(d.said))), Hint: "see what sudo asks for on the host"}
	}
	return d.h.at("", fmt.Errorf("%w: %s", err, tail(string(d.said))))
}

// speak is the reader that stdin comes from where a password may be asked for: nothing until sudo asks or the program begins.
func (d *dialogue) speak(p []byte) (int, error) {
	asked := d.asked
	if d.given {
		asked = nil
	}
	select {
	case <-d.begun: // wins over a prompt that was not needed
	case <-d.ended:
		return 0, io.EOF
	case <-asked:
		line := d.h.become.Password + "\n"
		if len(p) < len(line) {
			return 0, io.ErrShortBuffer
		}
		d.given = true
		return copy(p, line), nil
	}
	if d.p.stdin == nil {
		return 0, io.EOF
	}
	return d.p.stdin.Read(p)
}

// outcome makes of the end of the connection's Run the end of the program.
func (d *dialogue) outcome(status int, err error) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.failed != nil:
		return 0, d.failed
	case err != nil && !d.isBegun && errors.Is(err, context.DeadlineExceeded):
		return 0, d.silence(err)
	case err != nil:
		return 0, d.h.at("", err)
	case d.noDir:
		return 0, d.h.at(d.p.dir, fmt.Errorf("the folder cannot be entered: %s", tail(string(d.said))))
	case !d.isBegun && d.h.become != nil:
		return 0, d.h.become.refused(d.h.name, status, string(d.said))
	case !d.isBegun:
		return 0, d.h.at("", fmt.Errorf("the login shell did not start a program, status %d: %s", status, tail(string(d.said))))
	}
	return status, nil
}

// gate lets through what comes after the marker.
type gate struct {
	mark []byte
	held []byte
	open bool
	w    io.Writer
}

func (g *gate) Write(b []byte) (int, error) {
	n := len(b)
	if !g.open {
		g.held = append(g.held, b...)
		i := bytes.Index(g.held, g.mark)
		if i < 0 {
			g.held = g.held[max(0, len(g.held)-len(g.mark)):]
			return n, nil
		}
		b, g.open = g.held[i+len(g.mark):], true
		g.held = nil
	}
	if g.w == nil || len(b) == 0 {
		return n, nil
	}
	if _, err := g.w.Write(b); err != nil {
		return 0, err
	}
	return n, nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
