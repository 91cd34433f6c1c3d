package pfrun

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/internal/transport/ssh"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules/host"
)

// connector reaches hosts: it merges flags, keywords and connection variables, and keeps one connection a login.
type connector struct {
	o       *Options
	secrets *vars.Secrets
	warn    func(string)

	mu     sync.Mutex
	conns  map[string]*sharedConn
	warned map[string]bool
}

func newConnector(o *Options, secrets *vars.Secrets, warn func(string)) *connector {
	return &connector{o: o, secrets: secrets, warn: warn, conns: map[string]*sharedConn{}, warned: map[string]bool{}}
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

// login is who to be on a host, and the way there.
type login struct {
	c      *connector
	name   string
	method string // ssh or local
	ssh    ssh.Config
	args   string // ssh arguments, for the key
	become *target.Become
}

// Key tells logins apart. Passwords are no part of it: they come with the other settings.
func (l *login) Key() string {
	return l.connKey() + "|" + becomeKey(l.become)
}

func (l *login) connKey() string {
	s := l.ssh
	return strings.Join([]string{l.method, s.Name, s.Address, fmt.Sprint(s.Port), s.User, strings.Join(s.KeyFiles, ","), l.args}, "|")
}

func becomeKey(b *target.Become) string {
	if b == nil {
		return ""
	}
	return strings.Join([]string{b.Method, b.User, strings.Join(b.Exe, " "), strings.Join(b.Flags, " ")}, "|")
}

// Login merges what variables, keywords and flags say, in Ansible's order: variables win over keywords, keywords over flags.
func (c *connector) Login(name string, scope jinja.Scope, asked engine.Asked) (engine.Login, error) {
	s := &settings{scope: scope}
	l := &login{c: c, name: name}
	l.method = s.text(first(asked.Connection, c.o.Connection, "ssh"), "ansible_connection")
	switch l.method {
	case "ssh", "smart", "local":
	default:
		return nil, fmt.Errorf("the connection %q is not supported: ssh and local are", l.method)
	}
	if l.method == "smart" {
		l.method = "ssh"
	}
	c.sshSettings(l, s, asked)
	l.become = c.becomeSettings(s, asked)
	if len(s.errs) > 0 {
		return nil, fmt.Errorf("connection variables of %s: %w", name, errors.Join(s.errs...))
	}
	c.secrets.Add(l.ssh.Password)
	if l.become != nil {
		c.secrets.Add(l.become.Password)
	}
	return l, nil
}

func (c *connector) sshSettings(l *login, s *settings, asked engine.Asked) {
	cfg := &l.ssh
	*cfg = ssh.Config{Name: l.name, Confirm: c.o.Confirm, Passphrase: c.o.Passphrase, Warn: c.warnOnce, ConnectTimeout: c.o.Timeout, AgentSocket: c.o.Getenv("SSH_AUTH_SOCK")}
	l.args = strings.TrimSpace(s.text(c.o.SSHCommonArgs, "ansible_ssh_common_args") + " " + s.text(c.o.SSHExtraArgs, "ansible_ssh_extra_args"))
	if c.o.hostKeyCheckingOff() || !s.flag(true, "ansible_ssh_host_key_checking", "ansible_host_key_checking") {
		cfg.HostKeyPolicy = ssh.AcceptNewWithWarning
	}
	args, err := ssh.ParseArgs(l.args)
	s.fail(err)
	args.Apply(cfg)
	cfg.Address = s.text(l.name, "ansible_host", "ansible_ssh_host")
	cfg.Port = s.number(firstInt(asked.Port, cfg.Port), "ansible_port", "ansible_ssh_port")
	cfg.User = s.text(first(asked.User, c.o.User, cfg.User), "ansible_user", "ansible_ssh_user")
	cfg.Password = s.text(c.o.ConnectionPassword, "ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
	if key := s.text(c.o.PrivateKeyFile, "ansible_ssh_private_key_file", "ansible_private_key_file"); key != "" {
		cfg.KeyFiles = append([]string{c.o.expandHome(key)}, cfg.KeyFiles...)
	}
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
	conn, err := l.c.conn(ctx, l)
	if err != nil {
		return nil, err
	}
	h, err := target.New(ctx, conn, target.Options{Name: l.name, Login: l.ssh.User, Become: l.become})
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
		if l.method == "local" {
			return local.Conn{}, nil
		}
		conn, err := ssh.Dial(ctx, l.ssh)
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
