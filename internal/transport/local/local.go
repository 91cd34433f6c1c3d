// Package local is the connection to this machine (ansible_connection: local): programs run as its children, files are its own.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// Conn is this machine as the user that pfrun runs as. The zero Conn is ready to use. It implements host.Conn and transport.FileOpener.
type Conn struct{}

var (
	_ host.Conn            = Conn{}
	_ transport.FileOpener = Conn{}
)

// lingering is how long the streams of a program that has ended, or was told to end, may be held open: by a daemon that it started, or because it does not end.
const lingering = 2 * time.Second

// Run runs a program to its end and gives its exit status; see host.Conn. A program that cannot be started is an error. It has no terminal and is the leader of its own session,
// so that a Ctrl-C on pfrun's terminal does not reach it. When ctx ends it and its children are told to end (SIGTERM), and it is killed where it does not.
// It may read from Stdin once more after it has returned.
func (Conn) Run(ctx context.Context, c host.Command) (int, error) {
	if len(c.Argv) == 0 {
		return 0, errors.New("a command without a program")
	}
	cmd := command(ctx, c)
	failed, err := start(cmd, c.Stdin)
	if err != nil {
		return 0, err
	}
	err = cmd.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return 0, fmt.Errorf("%s: %w", c.Argv[0], cause)
	}
	select {
	case err := <-failed:
		return 0, fmt.Errorf("reading the input for %s: %w", c.Argv[0], err)
	default:
		return status(cmd, err)
	}
}

// command makes c ready to start.
func command(ctx context.Context, c host.Command) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Dir = c.Dir // empty: where pfrun was started, as with Ansible
	cmd.Stdout, cmd.Stderr = c.Stdout, c.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = lingering
	return cmd
}

// start starts a program and feeds it its input beside it, so that waiting for the program never waits for the input. An error of reading the input ends the program.
func start(cmd *exec.Cmd, input io.Reader) (failed <-chan error, err error) {
	if input == nil {
		return nil, cmd.Start()
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	errs := make(chan error, 1)
	go func() {
		defer stdin.Close() // the program may have closed it already
		if err := feed(stdin, input); err != nil {
			errs <- err
			cmd.Cancel() // an error would say that it has ended by itself
		}
	}()
	return errs, nil
}

// feed copies the input and gives only the errors of reading: a program may end without reading it all.
func feed(w io.Writer, r io.Reader) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if _, writeErr := w.Write(buf[:n]); writeErr != nil || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// status reads the exit status; an end by signal N gives 128+N.
func status(cmd *exec.Cmd, err error) (int, error) {
	_, exited := errors.AsType[*exec.ExitError](err)
	if err != nil && !exited && !errors.Is(err, exec.ErrWaitDelay) {
		return 0, err
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// Dial connects to an address: tcp or unix.
func (Conn) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// Close does nothing.
func (Conn) Close() error { return nil }
