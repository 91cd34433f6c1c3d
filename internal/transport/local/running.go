package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// running is a started program with its streams.
type running struct {
	cmd     *exec.Cmd
	pipes   []*os.File // this side's ends of its output
	output  transport.Output
	failed  chan error    // a stream of this side failed
	drained chan struct{} // all output has come
	exited  chan struct{} // closed when err is set
	err     error         // from waiting for the program
}

// start starts a program and the copying of its streams.
func start(c host.Command, cmd *exec.Cmd) (_ *running, err error) {
	r := &running{cmd: cmd, failed: make(chan error, 3), drained: make(chan struct{}), exited: make(chan struct{})}
	fail := func(err error) { r.failed <- err }
	r.output = transport.Output{Stdout: transport.NewSink(c.Stdout, fail), Stderr: transport.NewSink(c.Stderr, fail)}
	stdin, err := r.launch(c.Terminal)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := transport.Feed(stdin, c.Stdin); err != nil {
			fail(fmt.Errorf("reading its input: %w", err))
		}
		if !c.Terminal {
			stdin.Close() // the program may have ended already
		}
	}()
	var wg sync.WaitGroup
	for i, p := range r.pipes { // a terminal is one
		sink := []*transport.Sink{r.output.Stdout, r.output.Stderr}[i]
		wg.Go(func() { io.Copy(sink, p) }) // ends with the pipe, or a terminal's last user; a sink never fails
	}
	go func() {
		wg.Wait()
		close(r.drained)
	}()
	go func() {
		r.err = r.cmd.Wait()
		close(r.exited)
	}()
	return r, nil
}

// launch starts the program and gives its input.
func (r *running) launch(terminal bool) (io.WriteCloser, error) {
	if terminal {
		return r.startOnTerminal()
	}
	stdin, err := r.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return stdin, r.startWithPipes()
}

// startOnTerminal starts the program on a terminal, which is hung up with stop.
func (r *running) startOnTerminal() (io.WriteCloser, error) {
	near, far, err := openTerminal()
	if err != nil {
		return nil, err
	}
	defer far.Close() // the program has its own
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = far, far, far
	r.cmd.SysProcAttr.Setctty = true
	if err := r.cmd.Start(); err != nil {
		near.Close()
		return nil, err
	}
	r.pipes = []*os.File{near}
	return near, nil
}

// startWithPipes starts the program with its output in pipes, whose near ends it keeps. Package exec's own would make waiting for the program wait for a writer that is stuck.
func (r *running) startWithPipes() (err error) {
	var far []*os.File
	defer func() {
		closeAll(far) // the program has its own
		if err != nil {
			closeAll(r.pipes)
		}
	}()
	for range 2 {
		pr, pw, err := os.Pipe()
		if err != nil {
			return err
		}
		r.pipes, far = append(r.pipes, pr), append(far, pw)
	}
	r.cmd.Stdout, r.cmd.Stderr = far[0], far[1]
	return r.cmd.Start()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// wait waits until the program has ended and its output has come.
func (r *running) wait(ctx context.Context) error {
	drained, exited, silent := r.drained, r.exited, (<-chan time.Time)(nil)
	for drained != nil || exited != nil {
		select {
		case <-drained:
			drained, silent = nil, nil
		case <-exited:
			exited = nil
			r.output.Silent()
			silent = time.After(transport.Lingering)
		case err := <-r.failed:
			return errors.Join(err, r.end())
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), r.end())
		case <-silent:
			if r.output.Silent() {
				return nil // somebody else holds the output open
			}
			silent = time.After(transport.Lingering)
		}
	}
	return nil
}

// end tells the program and its children to end, and kills it where it does not.
func (r *running) end() error {
	select {
	case <-r.exited:
		return nil
	default:
	}
	group := -r.cmd.Process.Pid
	if err := syscall.Kill(group, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	select {
	case <-r.exited:
		return nil
	case <-time.After(patience):
	}
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	<-r.exited
	return nil
}

// stop ends the copying.
func (r *running) stop() {
	r.output.Stop()
	closeAll(r.pipes)
}
