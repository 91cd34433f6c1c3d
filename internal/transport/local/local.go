// Package local is the connection to this machine (ansible_connection: local): programs run as its children, files are its own.
package local

import (
	"context"
	"errors"
	"fmt"
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

// patience is how long a program that was told to end may take before it is killed.
const patience = 2 * time.Second

// Run runs a program to its end and gives its exit status; see host.Conn. A program that cannot be started is an error. It is the leader of its own session,
// so that a Ctrl-C on pfrun's terminal does not reach it. When ctx ends it and its children are told to end (SIGTERM), and it is killed where it does not.
// It may read from Stdin once more after it has returned; to Stdout and Stderr it writes no more.
func (Conn) Run(ctx context.Context, c host.Command) (int, error) {
	if len(c.Argv) == 0 {
		return 0, errors.New("a command without a program")
	}
	if err := context.Cause(ctx); err != nil {
		return 0, fmt.Errorf("%s: %w", c.Argv[0], err)
	}
	return run(ctx, c, command(c))
}

// run runs a program that is ready to start.
func run(ctx context.Context, c host.Command, cmd *exec.Cmd) (int, error) {
	r, err := start(c, cmd)
	if err != nil {
		return 0, errNotStarted{err}
	}
	err = r.wait(ctx)
	r.stop()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", c.Argv[0], err)
	}
	return status(r.cmd, r.err)
}

// command makes c ready to start.
func command(c host.Command) *exec.Cmd {
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Dir = c.Dir // empty: where pfrun was started, as with Ansible
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// status reads the exit status; an end by signal N gives 128+N.
func status(cmd *exec.Cmd, err error) (int, error) {
	_, exited := errors.AsType[*exec.ExitError](err)
	if err != nil && !exited {
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
