package ssh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// Conn is a connection to a host as one user. It implements host.Conn and transport.FileOpener; all methods may be called concurrently.
//
// A host that falls silent is noticed by the keepalive: the connection is then closed, and every call under way and to come fails with host.ErrUnreachable.
type Conn struct {
	cfg      Config
	client   *gossh.Client
	raw      *rawConn
	sessions *limiter
	reason   atomic.Pointer[error] // why it ended, where this side knows better than the network
	gone     chan struct{}         // closed when the connection has ended
	arrival  Arrival

	filesMu sync.Mutex
	files   *sftpFiles // the connection's own SFTP session, opened at first use
}

var (
	_ host.Conn            = (*Conn)(nil)
	_ transport.FileOpener = (*Conn)(nil)
)

func newConn(cfg Config, client *gossh.Client, raw *rawConn, via *Conn) *Conn {
	c := &Conn{cfg: cfg, client: client, raw: raw, sessions: newLimiter(maxSessions), gone: make(chan struct{})}
	go func() {
		err := client.Wait()
		if c.reason.Load() == nil {
			err = cmp.Or(raw.why(via), err)
		}
		if err != nil {
			c.reason.CompareAndSwap(nil, &err)
		}
		close(c.gone)
	}()
	if cfg.ForwardAgent != "" {
		agent.ForwardToRemote(client, cfg.ForwardAgent) // fails only for a second handler of its kind
	}
	go c.keepAlive()
	return c
}

// Close ends the connection. Calls under way fail.
func (c *Conn) Close() error {
	c.end(net.ErrClosed)
	<-c.gone
	return nil
}

// end closes the connection, and says why to everybody who waits.
func (c *Conn) end(reason error) {
	c.reason.CompareAndSwap(nil, &reason)
	c.client.Close() // an error would say that it is closed already
}

// lost gives the error for a connection that is gone, or nil while it stands.
func (c *Conn) lost() error {
	select {
	case <-c.gone:
	default:
		return nil
	}
	err := errors.New("closed by the host")
	if p := c.reason.Load(); p != nil {
		err = *p
	}
	return &lostError{c.cfg.Name, err}
}

// explain gives err, or why the connection is gone where that is behind it. To know, it asks the host for a sign of life.
func (c *Conn) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", c.cfg.Name, cause)
	}
	_, pingErr := await(ctx, func() (struct{}, error) { return struct{}{}, c.ping() }, nil)
	if pingErr != nil && context.Cause(ctx) == nil {
		c.client.Close() // no ping, no connection
		<-c.gone
	}
	if lost := c.lost(); lost != nil {
		return lost
	}
	return fmt.Errorf("%s: %w", c.cfg.Name, err)
}

// ping asks the host for a sign of life, and returns when it came or the connection is gone.
func (c *Conn) ping() error {
	_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
	return err
}

// keepAlive asks for signs of life, and ends the connection when nothing at all came for too long. Silence is counted in ticks, not by the clock: when this machine was
// asleep or overloaded the host is not to blame.
func (c *Conn) keepAlive() {
	ticker := time.NewTicker(c.cfg.KeepAlive)
	defer ticker.Stop()
	answered := make(chan struct{}, 1)
	asking := false
	var seen int64
	for missed := 0; ; {
		select {
		case <-c.gone:
			return
		case <-answered:
			asking = false
			continue
		case <-ticker.C:
		}
		missed++
		if n := c.raw.received.Load(); n != seen {
			seen, missed = n, 0
		}
		if missed > c.cfg.KeepAliveCount {
			c.end(fmt.Errorf("the host has been silent for %s", c.cfg.KeepAlive*time.Duration(c.cfg.KeepAliveCount)))
			return
		}
		if !asking {
			asking = true
			go func() {
				c.ping() // what counts is that something comes
				answered <- struct{}{}
			}()
		}
	}
}

// Dial connects from the host to an address: tcp (host:port) or unix (path). host.ErrNoForwarding is wrapped where its sshd forbids that and says so, which OpenSSH does for
// tcp alone.
func (c *Conn) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dial := func() (net.Conn, error) { return c.client.Dial(network, address) }
	conn, err := await(ctx, dial, func(conn net.Conn) { conn.Close() })
	if err == nil {
		return newForward(conn, network, address), nil
	}
	refused, ok := errors.AsType[*gossh.OpenChannelError](err)
	switch {
	case !ok:
		return nil, c.explain(ctx, err)
	case refused.Reason == gossh.Prohibited, refused.Reason == gossh.UnknownChannelType:
		return nil, fmt.Errorf("%s: connecting to %s: %w (%s)", c.cfg.Name, address, host.ErrNoForwarding, refused.Message)
	}
	message := refused.Message
	if network == "unix" { // of these sshd says nothing more
		message += " (nothing listens at that path, or sshd does not let it be reached: AllowStreamLocalForwarding)"
	}
	return nil, fmt.Errorf("%s: connecting to %s from there: %s", c.cfg.Name, address, message)
}

// await runs f, which cannot be interrupted, unless ctx has ended, and gives up waiting when ctx ends. What f gives after that goes to drop, where there is one.
func await[T any](ctx context.Context, f func() (T, error), drop func(T)) (T, error) {
	var zero T
	if cause := context.Cause(ctx); cause != nil {
		return zero, cause
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil && drop != nil {
				drop(r.value)
			}
		}()
		return zero, context.Cause(ctx)
	}
}
