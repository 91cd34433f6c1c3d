package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/pfrun/pfrun/modules/host"
)

// listen serves each connection with f.
func listen(t *testing.T, network, address string, f func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	return l
}

func TestDialErrors(t *testing.T) {
	silent := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.Copy(io.Discard, c) })
	smtp := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.WriteString(c, "220 mail ESMTP\r\n"); io.Copy(io.Discard, c) })
	closing := listen(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	closed := listen(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	closed.Close()
	tests := []struct {
		name, address string
		listener      net.Listener
		step          string
		text          string
	}{
		{"no-such-name", "mail.invalid", nil, StepResolve, "mail.invalid"},
		{"closed-port", "127.0.0.1", closed, StepConnect, "connection refused (nothing listens on port"},
		{"silent-port", "127.0.0.1", silent, StepConnect, "nothing speaks SSH there within 500ms"},
		{"another-protocol", "127.0.0.1", smtp, StepConnect, ""},
		{"closes-at-once", "127.0.0.1", closing, StepConnect, "no working SSH server"},
		{"no-answer", "192.0.2.1", nil, StepConnect, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newSetup(t, nil)
			u.cfg.Address, u.cfg.ConnectTimeout = tt.address, 500*time.Millisecond
			if tt.listener != nil {
				u.cfg.Port = tt.listener.Addr().(*net.TCPAddr).Port
			}
			begin := time.Now()
			_, err := Dial(t.Context(), u.cfg)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Step != tt.step || e.Hint == "" || !errors.Is(err, host.ErrUnreachable) {
				t.Fatalf("error %v (%+v), want the step %q, with a hint", err, e, tt.step)
			}
			if !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), "mail1 ("+tt.address+":") {
				t.Errorf("error %q lacks %q", err, tt.text)
			}
			if d := time.Since(begin); d > 3*time.Second {
				t.Errorf("it took %s", d)
			}
		})
	}
}

func TestDialFallsBackToTheOtherFamily(t *testing.T) {
	key := newSigner(t, "ed25519")
	s := startServer(t, []gossh.Signer{key}, nil) // 127.0.0.1 only
	u := newSetup(t, s)
	u.cfg.Address = "localhost"
	u.dial(t)
	u.cfg.Network = "tcp6"
	if c, err := Dial(t.Context(), u.cfg); err == nil {
		c.Close()
		t.Error("connected over IPv6 to a server that has none")
	}
}

func TestDialEndsWithContext(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.Copy(io.Discard, c) })
	u := newSetup(t, nil)
	u.cfg.Port, u.cfg.ConnectTimeout = l.Addr().(*net.TCPAddr).Port, time.Minute
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	if _, err := Dial(ctx, u.cfg); !errors.Is(err, why) || errors.Is(err, host.ErrUnreachable) {
		t.Errorf("error %v, want one that wraps %v", err, why)
	}
}

func TestServerFallsSilentDuringAuthentication(t *testing.T) {
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
		s.config.PasswordCallback = func(gossh.ConnMetadata, []byte) (*gossh.Permissions, error) {
			s.frozen.Store(true)
			return nil, nil
		}
	})
	u := newSetup(t, s)
	u.cfg.ConnectTimeout = 500 * time.Millisecond
	u.wantNoLogin(t, "did not answer", "within 500ms")
}

func TestForward(t *testing.T) {
	echo := func(c net.Conn) {
		line, _ := bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, "you said "+line)
	}
	tcp := listen(t, "tcp", "127.0.0.1:0", echo)
	unix := listen(t, "unix", filepath.Join(t.TempDir(), "s"), echo)
	silent := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.Copy(io.Discard, c) })
	c, _ := connect(t, nil)
	for network, address := range map[string]string{"tcp": tcp.Addr().String(), "unix": unix.Addr().String()} {
		conn, err := c.Dial(t.Context(), network, address)
		if err != nil {
			t.Fatal(network, err)
		}
		fmt.Fprintln(conn, "hello")
		answer, err := io.ReadAll(conn)
		if string(answer) != "you said hello\n" || err != nil || conn.RemoteAddr().String() != address {
			t.Errorf("%s: %q, %v from %s", network, answer, err, conn.RemoteAddr())
		}
		conn.Close()
	}
	conn, err := c.Dial(t.Context(), "tcp", silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("reading past the deadline gives %v", err)
	}
	silent.Close()
	if _, err := c.Dial(t.Context(), "tcp", silent.Addr().String()); err == nil || errors.Is(err, host.ErrUnreachable) || errors.Is(err, host.ErrNoForwarding) {
		t.Errorf("a closed port behind the host gives %v", err)
	}
}

func TestForwardForbidden(t *testing.T) {
	c, _ := connect(t, func(s *testServer) { s.forbid = true })
	for _, network := range []string{"tcp", "unix"} {
		if _, err := c.Dial(t.Context(), network, "127.0.0.1:25"); !errors.Is(err, host.ErrNoForwarding) {
			t.Errorf("%s: error %v", network, err)
		}
	}
}
