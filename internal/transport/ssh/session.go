package ssh

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// session is one program, or subsystem, on the host.
type session struct {
	gossh.Channel
	release func()        // gives the room back; may be called more than once
	exited  chan struct{} // closed when the program has ended, or the channel without that
	status  int           // of the exit, or -1 where there was none; set when exited is closed
}

// openTries is how often a session is asked for that the host refuses: sshd counts one that has ended for some milliseconds more.
const openTries = 6

// openSession opens a session, waiting for room where the host allows no more at once.
func (c *Conn) openSession(ctx context.Context) (*session, error) {
	for try := 1; ; try++ {
		if err := c.sessions.acquire(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", c.cfg.Name, err)
		}
		s, err := await(ctx, c.openChannel, func(s *session) { s.end() })
		if err == nil {
			s.release = sync.OnceFunc(c.sessions.release)
			return s, nil
		}
		c.sessions.release()
		refused, ok := errors.AsType[*gossh.OpenChannelError](err)
		switch {
		case !ok:
			return nil, c.explain(ctx, err)
		case try < openTries:
			pause(ctx, 5*time.Millisecond<<try)
		case c.sessions.lower():
			try = 0
		default:
			return nil, fmt.Errorf("%s: the host refuses a session: %s (its sshd may have reached MaxSessions)", c.cfg.Name, refused.Message)
		}
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (c *Conn) openChannel() (*session, error) {
	ch, reqs, err := c.client.OpenChannel("session", nil)
	if err != nil {
		return nil, err
	}
	s := &session{Channel: ch, release: func() {}, exited: make(chan struct{}), status: -1}
	go s.watch(reqs)
	return s, nil
}

// watch waits for the exit of the program, then for the end of the channel.
func (s *session) watch(reqs <-chan *gossh.Request) {
	exited := sync.OnceFunc(func() { close(s.exited) })
	for r := range reqs {
		if status, ok := exitStatus(r); ok && s.status < 0 {
			s.status = status
			exited()
		}
		if r.WantReply {
			r.Reply(false, nil) // an error would be seen as the end of the channel
		}
	}
	exited()
}

// exitStatus reads the exit status from a request that carries one; an end by signal N gives 128+N.
func exitStatus(r *gossh.Request) (int, bool) {
	switch r.Type {
	case "exit-status":
		if len(r.Payload) >= 4 {
			return int(binary.BigEndian.Uint32(r.Payload)), true
		}
	case "exit-signal":
		var m struct {
			Signal     string
			CoreDumped bool
			Message    string
			Language   string
		}
		if gossh.Unmarshal(r.Payload, &m) == nil {
			return 128 + signalNumber(m.Signal), true
		}
	}
	return 0, false
}

// signalNumber gives the number that a signal has on Linux; 0 for one that is unknown.
func signalNumber(name string) int {
	numbers := map[string]int{
		"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
		"XCPU": 24, "XFSZ": 25, "SYS": 31,
	}
	return numbers[name]
}

// request starts the program (exec) or subsystem of the session.
func (s *session) request(kind, what string) error {
	ok, err := s.SendRequest(kind, true, gossh.Marshal(struct{ What string }{what}))
	if err == nil && !ok {
		return fmt.Errorf("the host refuses %s %q", kind, what)
	}
	return err
}

// start starts a program, on a terminal where it is to have one. The host is asked for the variables and the agent of the configuration; whether it grants them is its affair.
func (s *session) start(line string, terminal bool, cfg Config) error {
	for _, setting := range cfg.Env {
		name, value, _ := strings.Cut(setting, "=")
		if _, err := s.SendRequest("env", false, gossh.Marshal(struct{ Name, Value string }{name, value})); err != nil {
			return err
		}
	}
	if cfg.ForwardAgent != "" {
		if _, err := s.SendRequest("auth-agent-req@openssh.com", false, nil); err != nil {
			return err
		}
	}
	if terminal {
		if err := s.requestTerminal(); err != nil {
			return err
		}
	}
	return s.request("exec", line)
}

// terminalModes are those that differ from what a host gives by default (RFC 4254, section 8): no ECHO (53), no ONLCR (72).
const terminalModes = "\x35\x00\x00\x00\x00" + "\x48\x00\x00\x00\x00" + "\x00"

func (s *session) requestTerminal() error {
	ok, err := s.SendRequest("pty-req", true, gossh.Marshal(struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}{"dumb", 200, 50, 0, 0, terminalModes}))
	if err == nil && !ok {
		return fmt.Errorf("the host gives no terminal (its sshd may say PermitTTY no, or the key's line no-pty): %w", errors.ErrUnsupported)
	}
	return err
}

// end closes the session and gives its room back. It may wait for the network, which the keepalive bounds.
func (s *session) end() {
	s.Close() // io.EOF where the host has closed it already
	s.release()
}

// abandon ends a session whose program is still running: it is asked to stop. It does not wait for the network.
func (s *session) abandon() {
	go func() {
		s.SendRequest("signal", false, gossh.Marshal(struct{ Signal string }{string(gossh.SIGTERM)})) // the program's end is not waited for
		s.end()
	}()
}

// hasExited says whether the program has ended, so that status is set.
func (s *session) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}
