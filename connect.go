package pfrun

import (
	"context"
	"fmt"
	"sync"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/internal/transport/ssh"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules/host"
)

// connector reaches hosts: it merges flags, keywords and connection variables, and keeps one connection a login.
type connector struct {
	o        *Options
	secrets  *vars.Secrets
	warn     func(string)
	resolver ssh.Resolver
	dialer   ssh.Dialer

	mu     sync.Mutex
	conns  map[string]*sharedConn
	warned map[string]bool
}

func newConnector(o *Options, secrets *vars.Secrets, warn func(string)) *connector {
	_ = o.complete() // its error is Load's to tell
	c := &connector{o: o, secrets: secrets, warn: warn, conns: map[string]*sharedConn{}, warned: map[string]bool{}}
	c.resolver.Getenv, c.resolver.Warn = o.Getenv, c.warnOnce
	return c
}

// sharedConn is a connection that is made once; a failure is remembered too, so that a dead host costs its time-out once. An attempt that the user broke off is none: a handler
// that is owed connects again.
type sharedConn struct {
	mu   sync.Mutex
	conn host.Conn
	err  error
}

func (s *sharedConn) get(ctx context.Context, open func() (host.Conn, error)) (host.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil || s.err != nil {
		return s.conn, s.err
	}
	conn, err := open()
	if err == nil {
		s.conn = conn
	} else if ctx.Err() == nil {
		s.err = err
	}
	return s.conn, err
}

// warnOnce passes on a warning, each text once a run.
func (c *connector) warnOnce(message string) {
	c.mu.Lock()
	seen := c.warned[message]
	c.warned[message] = true
	c.mu.Unlock()
	if !seen {
		c.warn(message)
	}
}

// Connect makes the host of a login, over the connection that logins with the same settings share.
func (l *login) Connect(ctx context.Context) (host.Host, error) {
	if l.unknown != nil {
		return nil, fmt.Errorf("connection variables of %s: %w", l.name, l.unknown)
	}
	conn, err := l.c.conn(ctx, l)
	if err != nil {
		return nil, err
	}
	o := target.Options{Name: l.name, Login: l.ssh.User, Become: l.become}
	if h, err := l.helper(ctx, conn, o); h != nil || err != nil {
		return h, err
	}
	h, err := target.New(ctx, conn, o)
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (c *connector) conn(ctx context.Context, l *login) (host.Conn, error) {
	c.mu.Lock()
	s := c.conns[l.connKey()]
	if s == nil {
		s = &sharedConn{}
		c.conns[l.connKey()] = s
	}
	c.mu.Unlock()
	return s.get(ctx, func() (host.Conn, error) {
		switch {
		case c.o.Connect != nil:
			return c.o.Connect(ctx, l.info())
		case l.method == "local":
			return local.Conn{}, nil
		}
		conn, err := c.dialer.Dial(ctx, l.ssh)
		if err != nil {
			return nil, err
		}
		return conn, nil
	})
}

func (c *connector) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.conns {
		if s.conn != nil {
			s.conn.Close()
		}
	}
	c.dialer.Close()
}

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

func firstInt(ns ...int) int {
	for _, n := range ns {
		if n != 0 {
			return n
		}
	}
	return 0
}

// Forget closes the connection of the login, so that the next task connects anew.
func (l *login) Forget() {
	l.c.mu.Lock()
	s := l.c.conns[l.connKey()]
	delete(l.c.conns, l.connKey())
	l.c.mu.Unlock()
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
	}
}
