package ssh

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Dialer makes connections that share those to their jump hosts: each jump host is logged in to once. Its zero value is ready; methods may be called concurrently.
type Dialer struct {
	mu     sync.Mutex
	hops   map[string]*sharedHop
	closed bool
}

// sharedHop is the connection to a jump host.
type sharedHop struct {
	mu    sync.Mutex
	conn  *Conn
	err   error     // why the last attempt failed
	until time.Time // how long that is not tried again
}

// Dial connects to a host, checks its key and logs in, through its jump hosts where it has some. Its error is an *Error, or wraps context.Cause(ctx) where ctx ended.
func (d *Dialer) Dial(ctx context.Context, cfg Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	for try := 1; ; try++ {
		c, err := d.once(ctx, cfg)
		e, isStep := errors.AsType[*Error](err)
		if err == nil || try >= cfg.Attempts || !isStep || e.Step == StepHostKey || e.Step == StepAuthentication {
			return c, err
		}
		pause(ctx, min(time.Second<<min(try-1, 5), 30*time.Second))
	}
}

func (d *Dialer) once(ctx context.Context, cfg Config) (*Conn, error) {
	var via *Conn
	if cfg.Via != nil && cfg.ProxyCommand == "" {
		var err error
		if via, err = d.hop(ctx, *cfg.Via); err != nil {
			return nil, jumpError(ctx, cfg, err)
		}
	}
	return dial(ctx, cfg, via)
}

// hop gives the connection to a jump host, made when it is first wanted or the last one is gone.
func (d *Dialer) hop(ctx context.Context, cfg Config) (*Conn, error) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, net.ErrClosed
	}
	if d.hops == nil {
		d.hops = map[string]*sharedHop{}
	}
	h := d.hops[cfg.Route()]
	if h == nil {
		h = &sharedHop{}
		d.hops[cfg.Route()] = h
	}
	d.mu.Unlock()
	return h.get(ctx, d, cfg)
}

// get lets one caller connect while the others wait. A failure counts for as long as an attempt may take: a dead jump host costs its time-out once and not for every host
// behind it.
func (h *sharedHop) get(ctx context.Context, d *Dialer, cfg Config) (*Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if h.conn != nil && h.conn.lost() == nil {
		return h.conn, nil
	}
	if h.err != nil && time.Now().Before(h.until) {
		return nil, h.err
	}
	h.conn, h.err = d.Dial(ctx, cfg)
	if h.err != nil && ctx.Err() != nil {
		err := h.err
		h.err = nil
		return nil, err
	}
	h.until = time.Now().Add(cfg.withDefaults().ConnectTimeout)
	return h.conn, h.err
}

// Close ends the connections to jump hosts, and so those that go through them.
func (d *Dialer) Close() error {
	d.mu.Lock()
	hops := d.hops
	d.hops, d.closed = nil, true
	d.mu.Unlock()
	for _, h := range hops {
		h.mu.Lock()
		if h.conn != nil {
			h.conn.Close()
		}
		h.mu.Unlock()
	}
	return nil
}

// Dial connects to one host; see Dialer.Dial. Connections to jump hosts end with it.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	d := &Dialer{}
	c, err := d.Dial(ctx, cfg)
	if err != nil {
		d.Close()
		return nil, err
	}
	go func() {
		<-c.gone
		d.Close()
	}()
	return c, nil
}

// jumpError says that a host was not reached because of its jump host.
func jumpError(ctx context.Context, cfg Config, err error) error {
	if ctx.Err() != nil {
		return err
	}
	hint := ""
	if e, ok := errors.AsType[*Error](err); ok {
		hint = e.Hint
		bare := *e
		bare.Hint = ""
		err = &bare
	}
	return &Error{Host: cfg.Name, Address: hostAddress(cfg.Address, cfg.Port), Step: StepJump, Err: err, Hint: hint}
}
