// Package target makes a managed host of a connection: what modules look at and what the engine changes, over any host.Conn, as the login's user or as another one that
// sudo, su or doas leads to.
//
// Looks at files and the bytes that are written go through one file session (SFTP where there is one, else a shell, started through sudo where the play becomes someone).
// Everything else is a program on the target. Every program is started by one fixed script, which says a marker before the program begins: what a login shell, its banner or
// sudo say before it is told apart from what the program says, and a failed sudo from a failed program. Run and Stream start any other program the same way:
// from the marker on its stdin and stdout are the caller's.
//
// A password is given when it is asked for, and nothing else is sent before the program has begun. It goes through a pipe wherever the method reads one (sudo, su); only where
// it turns out that a terminal is demanded (doas with a password, requiretty of sudoers, an old su) the same Host starts its programs on one from then on.
//
// Nothing that comes from data is ever part of a script; it travels as quoted words. Nothing is left half made: a file is written beside its place under a name of its own,
// and one command on the target compares what is there with what the change expects and renames.
package target

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// Options says how to use a connection. The zero value is the login's user with default deadlines.
type Options struct {
	Name   string  // the inventory's name for the host, for messages
	Login  string  // the user that the connection is logged in as; empty: not known. Becoming this very user needs no sudo
	Become *Become // nil: stay the login's user
	// Timeout bounds each look and each file change whose context has no deadline, and in any case the time until a program has begun, sudo included. 0: 60 s.
	Timeout time.Duration
	// ServiceTimeout bounds each action on a service whose context has no deadline. 0: 5 min. A program of an Exec has no bound but its context's.
	ServiceTimeout time.Duration
}

const (
	defaultTimeout        = time.Minute
	defaultServiceTimeout = 5 * time.Minute
	// finishTimeout bounds what is done though the context has ended: the step that makes a change whole, or the removal of what was begun.
	finishTimeout = 20 * time.Second
)

// Host is a managed host reached through a connection. It implements host.Host; all its methods may be called concurrently.
type Host struct {
	conn    host.Conn
	name    string
	become  *Become
	timeout time.Duration
	service time.Duration

	terminal atomic.Bool // becoming the wanted user needs a terminal

	life  context.Context // ends with Close
	close context.CancelCauseFunc

	files slot[transport.Files]
	seen  slot[*survey]
}

var _ host.Host = (*Host)(nil)

// errClosed is why sessions end when the Host is closed.
var errClosed = errors.New("the host is closed")

// New makes a host of a connection and proves that programs can be run on it as the wanted user: a wrong sudo password is an error here (*BecomeError). It costs one round
// trip, whose answer is also that of Facts. The connection stays the caller's, who closes it after the Host.
func New(ctx context.Context, conn host.Conn, o Options) (*Host, error) {
	h, err := Open(ctx, conn, o)
	if err != nil {
		return nil, err
	}
	if _, err := h.survey(ctx); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Open makes a host of a connection without a look at it: what New proves shows at the first use.
func Open(ctx context.Context, conn host.Conn, o Options) (*Host, error) {
	h := &Host{conn: conn, name: o.Name, timeout: o.Timeout, service: o.ServiceTimeout, files: newSlot[transport.Files](), seen: newSlot[*survey]()}
	if h.name == "" {
		h.name = "host"
	}
	if h.timeout <= 0 {
		h.timeout = defaultTimeout
	}
	if h.service <= 0 {
		h.service = defaultServiceTimeout
	}
	var err error
	if h.become, err = o.Become.normal(o.Login); err != nil {
		return nil, h.at("", err)
	}
	h.life, h.close = context.WithCancelCause(context.WithoutCancel(ctx))
	return h, nil
}

// Close ends the sessions of this Host; the connection stays open.
func (h *Host) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	defer h.close(errClosed)
	f, ok, err := h.files.take(ctx)
	if err != nil || !ok {
		return err
	}
	return f.Close()
}

// Dial connects from the managed host, as the login's user whoever the play becomes: the way leads through the connection's own forwarding.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	c, err := h.conn.Dial(ctx, network, address)
	return c, h.at("", err)
}

// at says on which host and path an error came up, as far as the transport has not said so.
func (h *Host) at(path string, err error) error {
	if err == nil {
		return nil
	}
	if pe, ok := err.(*fs.PathError); ok && pe.Path == path {
		err = pe.Err
	}
	text, prefix := err.Error(), h.name+": "
	named, located := strings.HasPrefix(text, prefix), path == "" || strings.Contains(text, path)
	switch {
	case named && located:
		return err
	case named:
		return fmt.Errorf("%w (%s)", err, path)
	case located:
		return fmt.Errorf("%s%w", prefix, err)
	}
	return fmt.Errorf("%s%s: %w", prefix, path, err)
}

// bounded gives ctx a deadline where it has none.
func bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("no answer within %v: %w", d, context.DeadlineExceeded))
}

// detached gives a context for what has to be done although ctx has ended.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), finishTimeout, fmt.Errorf("no answer within %v: %w", finishTimeout, context.DeadlineExceeded))
}
