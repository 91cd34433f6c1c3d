package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

// lingering is how long a program that has ended may have somebody else, a daemon that it started, hold its output open and silent.
const lingering = time.Second

// Run runs a program to its end and gives its exit status; see host.Conn. It goes through the login shell, so a program that is not there gives status 127 and a folder that
// cannot be entered 1 or 2, with the shell's words on Stderr. It may read from Stdin once more after it has returned; to Stdout and Stderr it writes no more.
func (c *Conn) Run(ctx context.Context, cmd host.Command) (int, error) {
	line, err := commandLine(cmd)
	if err != nil {
		return 0, err
	}
	s, err := c.openSession(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := await(ctx, func() (struct{}, error) { return struct{}{}, s.request("exec", line) }, nil); err != nil {
		s.abandon()
		return 0, c.explain(ctx, err)
	}
	r := newRunning(s, cmd)
	if err := r.wait(ctx, c); err != nil {
		s.abandon()
		r.stop()
		return 0, err
	}
	r.stop()
	s.end()
	if s.status < 0 {
		return 0, c.explain(ctx, errors.New("the program ended without an exit status"))
	}
	return s.status, nil
}

// commandLine gives the line for the login shell. exec makes the words a program and its arguments, whatever they mean to a shell.
func commandLine(cmd host.Command) (string, error) {
	if len(cmd.Argv) == 0 || cmd.Argv[0] == "" {
		return "", errors.New("a command without a program")
	}
	if strings.HasPrefix(cmd.Argv[0], "-") || len(cmd.Env) > 0 && strings.Contains(cmd.Argv[0], "=") {
		return "", fmt.Errorf("program %q: this name cannot be started through a shell", cmd.Argv[0])
	}
	var b strings.Builder
	if cmd.Dir != "" {
		dir := cmd.Dir
		if !strings.HasPrefix(dir, "/") {
			dir = "./" + dir // so that neither CDPATH nor a leading dash means anything
		}
		b.WriteString(host.Quote("cd", dir) + " && ")
	}
	b.WriteString("exec ")
	if len(cmd.Env) > 0 {
		b.WriteString("env " + host.Quote(cmd.Env...) + " ")
	}
	b.WriteString(host.Quote(cmd.Argv...))
	line := b.String()
	if strings.ContainsRune(line, 0) {
		return "", fmt.Errorf("program %q: a NUL byte in its arguments", cmd.Argv[0])
	}
	return line, nil
}

// running is a started program with its streams.
type running struct {
	s        *session
	out, err *sink
	failed   chan error    // a stream of this side failed
	drained  chan struct{} // all output has come
	received atomic.Int64  // bytes of output so far
}

func newRunning(s *session, cmd host.Command) *running {
	r := &running{s: s, failed: make(chan error, 3), drained: make(chan struct{})}
	r.out = r.newSink(cmd.Stdout)
	r.err = r.newSink(cmd.Stderr)
	go func() {
		if err := s.feed(cmd.Stdin); err != nil {
			r.failed <- fmt.Errorf("reading the input for %s: %w", cmd.Argv[0], err)
		}
	}()
	var wg sync.WaitGroup
	wg.Go(func() { io.Copy(r.out, s.Channel) }) // ends with the channel; a sink never fails
	wg.Go(func() { io.Copy(r.err, s.Stderr()) })
	go func() {
		wg.Wait()
		close(r.drained)
	}()
	return r
}

// wait waits until the program has ended and its output has come.
func (r *running) wait(ctx context.Context, c *Conn) error {
	exited, silent := r.s.exited, (<-chan time.Time)(nil)
	var received int64
	for {
		select {
		case <-r.drained:
			select {
			case <-r.s.exited:
				return nil
			case <-ctx.Done():
				return c.explain(ctx, nil)
			}
		case err := <-r.failed:
			return fmt.Errorf("%s: %w", c.cfg.Name, err)
		case <-ctx.Done():
			return c.explain(ctx, nil)
		case <-exited:
			exited, silent, received = nil, time.After(lingering), r.received.Load()
		case <-silent:
			if err := c.explainPing(ctx); err != nil {
				return err
			}
			if r.received.Load() == received {
				return nil // the host has sent all that it has: somebody else holds the output open
			}
			silent, received = time.After(lingering), r.received.Load()
		}
	}
}

// explainPing makes a round trip, after which all output that the host had before it has come.
func (c *Conn) explainPing(ctx context.Context) error {
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, c.ping() }, nil)
	if err != nil {
		return c.explain(ctx, err)
	}
	return nil
}

// stop makes sure that nothing is written to the caller's writers from here on.
func (r *running) stop() {
	r.out.stop()
	r.err.stop()
}

// sink passes output on to a writer of the caller, until it is stopped or the writer fails; the rest is discarded, so that the program is not held up.
type sink struct {
	w      io.Writer
	r      *running
	busy   chan struct{} // holds one token while a write is under way
	ended  atomic.Bool
	broken bool
}

func (r *running) newSink(w io.Writer) *sink {
	if w == nil {
		w = io.Discard
	}
	return &sink{w: w, r: r, busy: make(chan struct{}, 1)}
}

func (k *sink) Write(b []byte) (int, error) {
	k.r.received.Add(int64(len(b)))
	k.busy <- struct{}{}
	defer func() { <-k.busy }()
	if k.ended.Load() || k.broken {
		return len(b), nil
	}
	if _, err := k.w.Write(b); err != nil {
		k.broken = true
		k.r.failed <- fmt.Errorf("writing the program's output: %w", err)
	}
	return len(b), nil
}

// stop waits for a write that is under way, but not for long: a writer that is stuck is the caller's to free.
func (k *sink) stop() {
	k.ended.Store(true)
	select {
	case k.busy <- struct{}{}:
		<-k.busy
	case <-time.After(lingering):
	}
}
