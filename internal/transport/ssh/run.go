package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

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
	if _, err := await(ctx, func() (struct{}, error) { return struct{}{}, s.start(line, cmd.Terminal, c.cfg) }, nil); err != nil {
		s.abandon()
		return 0, c.explain(ctx, err)
	}
	r := newRunning(s, cmd)
	if err := r.wait(ctx, c); err != nil {
		s.abandon()
		r.output.Stop()
		return 0, err
	}
	r.output.Stop()
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
	s       *session
	output  transport.Output
	failed  chan error    // a stream of this side failed
	drained chan struct{} // all output has come
}

func newRunning(s *session, cmd host.Command) *running {
	r := &running{s: s, failed: make(chan error, 3), drained: make(chan struct{})}
	fail := func(err error) { r.failed <- err }
	r.output = transport.Output{Stdout: transport.NewSink(cmd.Stdout, fail), Stderr: transport.NewSink(cmd.Stderr, fail)}
	go func() {
		if err := transport.Feed(s.Channel, cmd.Stdin); err != nil {
			fail(fmt.Errorf("reading the input for %s: %w", cmd.Argv[0], err))
		}
		if !cmd.Terminal {
			s.CloseWrite() // io.EOF where the host has closed it already
		}
	}()
	var wg sync.WaitGroup
	wg.Go(func() { io.Copy(r.output.Stdout, s.Channel) }) // ends with the channel; a sink never fails
	wg.Go(func() { io.Copy(r.output.Stderr, s.Stderr()) })
	go func() {
		wg.Wait()
		close(r.drained)
	}()
	return r
}

// wait waits until the program has ended and its output has come.
func (r *running) wait(ctx context.Context, c *Conn) error {
	exited, silent := r.s.exited, (<-chan time.Time)(nil)
	drained := r.drained
	for {
		select {
		case <-drained:
			drained, silent = nil, nil
		case <-exited:
			exited = nil
			if drained != nil {
				r.output.Silent()
				silent = time.After(transport.Lingering)
			}
		case err := <-r.failed:
			return fmt.Errorf("%s: %w", c.cfg.Name, err)
		case <-ctx.Done():
			return c.explain(ctx, nil)
		case <-silent:
			if err := c.roundTrip(ctx); err != nil {
				return err
			}
			if r.output.Silent() {
				return nil // the host has sent all that it has: somebody else holds the output open
			}
			silent = time.After(transport.Lingering)
		}
		if drained == nil && exited == nil {
			return nil
		}
	}
}

// roundTrip asks the host for a sign of life. After it all output has come that the host had before.
func (c *Conn) roundTrip(ctx context.Context) error {
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, c.ping() }, nil)
	if err != nil {
		return c.explain(ctx, err)
	}
	return nil
}
