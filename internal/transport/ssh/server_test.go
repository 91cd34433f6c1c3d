package ssh

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/sftp"
	gossh "golang.org/x/crypto/ssh"
)

// testServer is an SSH server on a socket of 127.0.0.1. It runs commands by sh, and serves files.
type testServer struct {
	t           *testing.T
	config      *gossh.ServerConfig
	listener    net.Listener
	noise       string // printed by the "login shell" before a subsystem or command
	maxSessions int32  // 0: no limit
	forbid      bool   // no forwarding
	frozen      atomic.Bool
	sessions    atomic.Int32
	peak        atomic.Int32
	mu          sync.Mutex
	conns       []net.Conn
	wg          sync.WaitGroup
}

// startServer starts a server with the given host keys, which takes the password "secret"; change alters its configuration before it starts.
func startServer(t *testing.T, keys []gossh.Signer, change func(*testServer)) *testServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{t: t, listener: l, config: &gossh.ServerConfig{PasswordCallback: takePassword}}
	for _, k := range keys {
		s.config.AddHostKey(k)
	}
	if change != nil {
		change(s)
	}
	s.wg.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

func takePassword(_ gossh.ConnMetadata, password []byte) (*gossh.Permissions, error) {
	if string(password) != "secret" {
		return nil, errors.New("wrong password")
	}
	return nil, nil
}

func takeKey(want gossh.PublicKey) func(gossh.ConnMetadata, gossh.PublicKey) (*gossh.Permissions, error) {
	return func(_ gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
		if !sameKey(want, key) {
			return nil, errors.New("not this key")
		}
		return nil, nil
	}
}

func (s *testServer) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *testServer) stop() {
	s.listener.Close()
	s.cut()
	s.wg.Wait()
}

// cut closes every connection.
func (s *testServer) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

// frozenConn neither reads nor writes any more once its server is frozen.
type frozenConn struct {
	net.Conn
	frozen *atomic.Bool
}

func (c frozenConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for c.frozen.Load() && err == nil {
		n, err = c.Conn.Read(b)
	}
	return n, err
}

func (c frozenConn) Write(b []byte) (int, error) {
	if c.frozen.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (s *testServer) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(frozenConn{c, &s.frozen}) })
	}
}

func (s *testServer) serve(c net.Conn) {
	defer c.Close()
	conn, chans, reqs, err := gossh.NewServerConn(c, s.config)
	if err != nil {
		return
	}
	defer conn.Close()
	s.wg.Go(func() { gossh.DiscardRequests(reqs) })
	for ch := range chans {
		switch ch.ChannelType() {
		case "session":
			s.wg.Go(func() { s.session(ch) })
		case "direct-tcpip", "direct-streamlocal@openssh.com":
			s.wg.Go(func() { s.forward(ch) })
		default:
			ch.Reject(gossh.UnknownChannelType, "unknown")
		}
	}
}

func (s *testServer) forward(nc gossh.NewChannel) {
	if s.forbid {
		nc.Reject(gossh.Prohibited, "open failed")
		return
	}
	network, address := "unix", ""
	if nc.ChannelType() == "direct-tcpip" {
		var m struct {
			Host  string
			Port  uint32
			From  string
			FPort uint32
		}
		gossh.Unmarshal(nc.ExtraData(), &m)
		network, address = "tcp", net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port)))
	} else {
		var m struct {
			Path, Reserved string
			Reserved2      uint32
		}
		gossh.Unmarshal(nc.ExtraData(), &m)
		address = m.Path
	}
	target, err := net.Dial(network, address)
	if err != nil {
		nc.Reject(gossh.ConnectionFailed, err.Error())
		return
	}
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	go gossh.DiscardRequests(reqs)
	go func() { io.Copy(target, ch); target.Close() }()
	io.Copy(ch, target)
	ch.Close()
}

func (s *testServer) session(nc gossh.NewChannel) {
	n := s.sessions.Add(1)
	defer s.sessions.Add(-1)
	if s.maxSessions > 0 && n > s.maxSessions {
		nc.Reject(gossh.ConnectionFailed, "open failed")
		return
	}
	for p := s.peak.Load(); n > p && !s.peak.CompareAndSwap(p, n); p = s.peak.Load() {
	}
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	for r := range reqs {
		what := ""
		if len(r.Payload) >= 4 {
			what = string(r.Payload[4:])
		}
		switch {
		case r.Type == "exec":
			r.Reply(true, nil)
			io.WriteString(ch, s.noise)
			s.run(ch, reqs, what)
			return
		case r.Type == "subsystem" && what == "sftp":
			r.Reply(true, nil)
			go gossh.DiscardRequests(reqs)
			io.WriteString(ch, s.noise)
			serveSFTP(ch)
			return
		default:
			r.Reply(false, nil)
		}
	}
}

func serveSFTP(rwc io.ReadWriteCloser) {
	srv, err := sftp.NewServer(rwc)
	if err == nil {
		srv.Serve()
	}
	rwc.Close()
}

// run runs a command as sshd does it, with its output in pipes that somebody else may keep open.
func (s *testServer) run(ch gossh.Channel, reqs <-chan *gossh.Request, line string) {
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, _ := cmd.StdinPipe()
	outR, outW, _ := os.Pipe()
	errR, errW, _ := os.Pipe()
	cmd.Stdout, cmd.Stderr = outW, errW
	if err := cmd.Start(); err != nil {
		s.t.Error(err)
		return
	}
	outW.Close()
	errW.Close()
	go func() { io.Copy(in, ch); in.Close() }()
	ended := make(chan struct{})
	go func() {
		defer func() {
			select {
			case <-ended:
			default:
				syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			}
			outR.SetReadDeadline(time.Now()) // nobody is interested any more
			errR.SetReadDeadline(time.Now())
		}()
		for r := range reqs {
			if r.Type == "signal" {
				syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
			}
			r.Reply(false, nil)
		}
	}()
	var out sync.WaitGroup
	out.Go(func() { io.Copy(ch, outR) })
	out.Go(func() { io.Copy(ch.Stderr(), errR) })
	cmd.Wait()
	close(ended)
	sendStatus(ch, cmd.ProcessState.Sys().(syscall.WaitStatus))
	out.Wait()
	outR.Close()
	errR.Close()
}

func sendStatus(ch gossh.Channel, ws syscall.WaitStatus) {
	if ws.Signaled() {
		name := map[syscall.Signal]string{syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL", syscall.SIGSEGV: "SEGV"}[ws.Signal()]
		ch.SendRequest("exit-signal", false, gossh.Marshal(struct {
			Signal     string
			CoreDumped bool
			Message    string
			Language   string
		}{Signal: name}))
		return
	}
	ch.SendRequest("exit-status", false, binary.BigEndian.AppendUint32(nil, uint32(ws.ExitStatus())))
}

func newSigner(t testing.TB, kind string) gossh.Signer {
	t.Helper()
	var key any
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := gossh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// setup is one client's side of a test: a home of its own, and a configuration that reaches the server.
type setup struct {
	cfg        Config
	knownHosts string
	warnings   []string
}

func newSetup(t *testing.T, s *testServer) *setup {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	u := &setup{knownHosts: filepath.Join(home, ".ssh", "known_hosts")}
	u.cfg = Config{
		Name: "mail1", Address: "127.0.0.1", User: "tester", Password: "secret", HostKeyPolicy: AcceptNew,
		GlobalKnownHosts: []string{}, Warn: func(w string) { u.warnings = append(u.warnings, w) }, ConnectTimeout: 5 * time.Second,
	}
	if s != nil {
		u.cfg.Port = s.port()
	}
	return u
}

// write puts lines into the known_hosts file.
func (u *setup) write(t *testing.T, lines ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(u.knownHosts), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(u.knownHosts, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (u *setup) dial(t *testing.T) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), u.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// connect gives a connection to a fresh server.
func connect(t *testing.T, change func(*testServer)) (*Conn, *testServer) {
	t.Helper()
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, change)
	return newSetup(t, s).dial(t), s
}

func authorized(key gossh.PublicKey) string {
	return strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key)))
}
