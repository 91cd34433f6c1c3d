package ssh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/pfrun/pfrun/modules/host"
)

// chain is a target behind jump hosts, each a server that takes a key of its own.
type chain struct {
	setup
	servers []*testServer // the target first
	logins  []atomic.Int32
}

func newChain(t *testing.T, hops int, change func(i int, s *testServer)) *chain {
	t.Helper()
	c := &chain{logins: make([]atomic.Int32, hops+1)}
	var last *Config
	for i := hops; i >= 0; i-- {
		file, pub := keyFile(t, "key", "")
		s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
			s.config.PasswordCallback = nil
			take := takeKey(pub)
			s.config.PublicKeyCallback = func(m gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
				if m.User() != fmt.Sprintf("user%d", i) {
					return nil, errors.New("not this user")
				}
				c.logins[i].Add(1)
				return take(m, key)
			}
			if change != nil {
				change(i, s)
			}
		})
		if last == nil {
			c.setup = *newSetup(t, s)
		}
		cfg := c.setup.cfg
		cfg.Name, cfg.Port, cfg.User, cfg.Password, cfg.KeyFiles, cfg.Via = fmt.Sprintf("hop%d", i), s.port(), fmt.Sprintf("user%d", i), "", []string{file}, last
		last = &cfg
		c.servers = append([]*testServer{s}, c.servers...)
	}
	c.cfg = *last
	c.cfg.Name = "mail1"
	return c
}

func TestJumps(t *testing.T) {
	for _, hops := range []int{1, 2} {
		t.Run(fmt.Sprint(hops), func(t *testing.T) {
			c := newChain(t, hops, nil)
			c.wantLogin(t)
			text, err := os.ReadFile(c.knownHosts)
			if err != nil || strings.Count(string(text), "\n") != hops+1 {
				t.Errorf("recorded %q, want each host's key (%v)", text, err)
			}
		})
	}
}

func TestJumpHostsAreSharedAndEnd(t *testing.T) {
	c := newChain(t, 1, nil)
	var d Dialer
	var wg sync.WaitGroup
	conns := make([]*Conn, 6)
	for i := range conns {
		wg.Go(func() {
			var err error
			if conns[i], err = d.Dial(t.Context(), c.cfg); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := c.logins[1].Load(); t.Failed() || n > 2 { // a key is asked about, then proven
		t.Fatalf("the jump host was asked %d times, want one login", n)
	}
	c.servers[1].cut()
	for _, conn := range conns {
		if _, err := conn.Run(t.Context(), sh("true")); !errors.Is(err, host.ErrUnreachable) || !strings.Contains(err.Error(), "hop1") {
			t.Errorf("without its jump host a run gives %v", err)
		}
	}
	again, err := d.Dial(t.Context(), c.cfg)
	if err != nil {
		t.Fatalf("a new connection after the jump host came back: %v", err)
	}
	d.Close()
	if _, err := again.Run(t.Context(), sh("true")); !errors.Is(err, host.ErrUnreachable) {
		t.Errorf("a run after the end gives %v", err)
	}
}

func TestJumpErrors(t *testing.T) {
	closed := listen(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	closed.Close()
	silent := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.Copy(io.Discard, c) })
	tests := []struct {
		name   string
		change func(c *chain)
		step   string
		text   string
	}{
		{"forbidden", func(c *chain) { c.servers[1].forbid = true }, StepJump, "AllowTcpForwarding"},
		{"jump-closed", func(c *chain) { c.cfg.Via.Port = closed.Addr().(*net.TCPAddr).Port }, StepJump, "jump host: hop1 (127.0.0.1:"},
		{"jump-refuses-the-login", func(c *chain) { c.cfg.Via.User = "stranger" }, StepJump, `login as "stranger" refused`},
		{"jump-unknown", func(c *chain) { c.cfg.Via.HostKeyPolicy = Refuse }, StepJump, "the host is not known"},
		{"target-closed", func(c *chain) { c.cfg.Port = closed.Addr().(*net.TCPAddr).Port }, StepConnect, "from the jump host"},
		{"target-silent", func(c *chain) {
			c.cfg.Port, c.cfg.ConnectTimeout = silent.Addr().(*net.TCPAddr).Port, 500*time.Millisecond
		}, StepConnect, "nothing speaks SSH there"},
		{"target-refuses-the-login", func(c *chain) { c.cfg.User = "stranger" }, StepAuthentication, `login as "stranger" refused`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChain(t, 1, nil)
			tt.change(c)
			begin := time.Now()
			_, err := Dial(t.Context(), c.cfg)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Step != tt.step || e.Hint == "" || e.Host != "mail1" || !errors.Is(err, host.ErrUnreachable) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v (%+v), want the step %q and %q", err, e, tt.step, tt.text)
			}
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("it took %s", d)
			}
		})
	}
}

func TestADeadJumpHostCostsItsTimeOutOnce(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.Copy(io.Discard, c) })
	c := newChain(t, 1, nil)
	c.cfg.Via.Port, c.cfg.Via.ConnectTimeout = l.Addr().(*net.TCPAddr).Port, 700*time.Millisecond
	var d Dialer
	defer d.Close()
	begin := time.Now()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := d.Dial(t.Context(), c.cfg); !errors.Is(err, host.ErrUnreachable) {
				t.Errorf("error %v", err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("ten hosts behind it took %s", took)
	}
}

func TestAttempts(t *testing.T) {
	key := newSigner(t, "ed25519")
	s := startServer(t, []gossh.Signer{key}, nil)
	var refused atomic.Int32
	l := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		if refused.Add(1) == 1 {
			return
		}
		to, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			return
		}
		defer to.Close()
		go io.Copy(to, c)
		io.Copy(c, to)
	})
	u := newSetup(t, s)
	u.cfg.Port, u.cfg.Attempts = l.Addr().(*net.TCPAddr).Port, 2
	u.wantLogin(t)
	if n := refused.Load(); n != 2 {
		t.Errorf("%d attempts, want 2", n)
	}
}

// pipeTo is a ProxyCommand that carries a connection: bash's /dev/tcp is not everywhere, so it is this test's own binary.
func pipeTo(t *testing.T, address string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("env PFRUN_TEST_PIPE=%s %s", address, self)
}

func TestMain(m *testing.M) {
	if address := os.Getenv("PFRUN_TEST_PIPE"); address != "" {
		os.Exit(pipe(address))
	}
	os.Exit(m.Run())
}

func pipe(address string) int {
	fmt.Fprintln(os.Stderr, "piping")
	c, err := net.Dial("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	go func() {
		io.Copy(c, os.Stdin)
		c.Close()
	}()
	io.Copy(os.Stdout, c)
	return 0
}

func TestProxyCommand(t *testing.T) {
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, nil)
	u := newSetup(t, s)
	u.cfg.Address = "nowhere.invalid" // the command alone knows the way
	pidFile := filepath.Join(t.TempDir(), "pid")
	u.cfg.ProxyCommand = fmt.Sprintf("sh -c 'echo $$ > %s; exec %s'", pidFile, pipeTo(t, s.listener.Addr().String()))
	c := u.dial(t)
	if status, err := c.Run(t.Context(), sh("exit 4")); status != 4 || err != nil {
		t.Errorf("%d, %v", status, err)
	}
	if text, _ := os.ReadFile(u.knownHosts); !strings.HasPrefix(string(text), "[nowhere.invalid]:") {
		t.Errorf("recorded %q", text)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	fmt.Sscan(string(text), &pid)
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the command does not run: %v", err)
	}
	c.Close()
	wantEnded(t, pid)
}

func TestProxyCommandThatFails(t *testing.T) {
	closed := listen(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	closed.Close()
	for _, tt := range []struct{ name, line, text string }{
		{"says-why", "sh -c 'echo no such bastion >&2; exit 7'", "exit status 7): no such bastion"},
		{"not-there", "/no/such/program -x", "not found"},
		{"refused", pipeTo(t, closed.Addr().String()), "connection refused"},
		{"silent", "sleep 60", "within 500ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := newSetup(t, nil)
			u.cfg.ProxyCommand, u.cfg.ConnectTimeout = tt.line, 500*time.Millisecond
			begin := time.Now()
			_, err := Dial(t.Context(), u.cfg)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Step != StepConnect || e.Hint == "" || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v (%+v) lacks %q", err, e, tt.text)
			}
			if d := time.Since(begin); d > 4*time.Second {
				t.Errorf("it took %s", d)
			}
		})
	}
}

func TestProxyCommandThatDies(t *testing.T) {
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, nil)
	u := newSetup(t, s)
	u.cfg.ProxyCommand = pipeTo(t, s.listener.Addr().String())
	c := u.dial(t)
	s.cut()
	if _, err := c.Run(t.Context(), sh("true")); !errors.Is(err, host.ErrUnreachable) || !strings.Contains(err.Error(), "piping") {
		t.Errorf("error %v, want one with what the command said", err)
	}
}
