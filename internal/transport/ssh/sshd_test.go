package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/pfrun/pfrun/internal/transport/transporttest"
	"github.com/pfrun/pfrun/modules/host"
)

// startSSHD starts OpenSSH's sshd for the current user, with extra lines of configuration, and gives a setup that logs in by key.
func startSSHD(t *testing.T, config ...string) (*setup, gossh.PublicKey) {
	t.Helper()
	const sshd = "/usr/sbin/sshd"
	if _, err := os.Stat(sshd); err != nil {
		t.Skip("no sshd is installed: apt-get install openssh-server")
	}
	if os.Getuid() == 0 { // sshd wants it, and only its service makes it
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	key, pub := keyFile(t, "key", "")
	hostKey, hostPub := keyFile(t, "hostkey", "")
	u := newSetup(t, nil)
	u.cfg.User, u.cfg.Password, u.cfg.KeyFiles, u.cfg.Port = me.Username, "", []string{key}, freePort(t)
	dir := t.TempDir()
	lines := append([]string{
		fmt.Sprintf("ListenAddress 127.0.0.1:%d", u.cfg.Port), "HostKey " + hostKey, "AuthorizedKeysFile " + dir + "/authorized_keys", "PidFile none", "StrictModes no", "UsePAM no",
		"Subsystem sftp internal-sftp", "PermitRootLogin yes", "PasswordAuthentication no",
	}, config...)
	for name, text := range map[string]string{"authorized_keys": authorized(pub), "config": strings.Join(lines, "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	cmd := exec.Command(sshd, "-D", "-e", "-f", filepath.Join(dir, "config"))
	cmd.Stderr = &log
	cmd.WaitDelay = 5 * time.Second // sessions that are left hold the log open
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("sshd says:\n%s", &log)
		}
	})
	waitForPort(t, u.cfg.Port)
	return u, hostPub
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func waitForPort(t *testing.T, port int) {
	t.Helper()
	for range 100 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("sshd does not listen")
}

func TestSSHD(t *testing.T) {
	u, hostKey := startSSHD(t)
	c := u.dial(t)
	t.Run("recorded", func(t *testing.T) {
		if text, _ := os.ReadFile(u.knownHosts); !strings.Contains(string(text), authorized(hostKey)) {
			t.Errorf("recorded %q", text)
		}
	})
	t.Run("run", func(t *testing.T) { transporttest.Run(t, c) })
	t.Run("terminal", func(t *testing.T) { transporttest.Terminal(t, c) })
	t.Run("put", func(t *testing.T) { transporttest.PutGet(t, c) })
	t.Run("files", func(t *testing.T) {
		f, err := c.OpenFiles(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		transporttest.Files(t, f)
	})
	t.Run("context", func(t *testing.T) { testSSHDContext(t, c) })
	t.Run("forward", func(t *testing.T) {
		l := listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) { io.WriteString(c, "hello") })
		conn, err := c.Dial(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if text, err := io.ReadAll(conn); string(text) != "hello" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	})
	t.Run("hashed-by-ssh-keyscan", func(t *testing.T) {
		lines, err := exec.Command("ssh-keyscan", "-H", "-p", strconv.Itoa(u.cfg.Port), "127.0.0.1").Output()
		if err != nil {
			t.Skip("no ssh-keyscan: apt-get install openssh-client")
		}
		v := newSetup(t, nil)
		v.cfg.User, v.cfg.Port, v.cfg.KeyFiles, v.cfg.HostKeyPolicy = u.cfg.User, u.cfg.Port, u.cfg.KeyFiles, Refuse
		v.write(t, string(lines))
		v.dial(t)
	})
}

// testSSHDContext wants a program to be told to end when its context ends. For a login as root sshd passes no signal on, so there it goes on.
func testSSHDContext(t *testing.T, c *Conn) {
	ctx, cancel := context.WithCancel(t.Context())
	var pid int
	out := &firstLine{then: func(line string) { pid, _ = strconv.Atoi(line); cancel() }}
	if _, err := c.Run(ctx, host.Command{Argv: []string{"sh", "-c", "echo $$; exec sleep 300"}, Stdout: out}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if os.Getuid() == 0 {
		syscall.Kill(pid, syscall.SIGKILL)
		return
	}
	wantEnded(t, pid)
}

func wantEnded(t *testing.T, pid int) {
	t.Helper()
	for range 100 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("the program %d goes on running", pid)
}

// firstLine calls then with the first line that is written.
type firstLine struct {
	text []byte
	then func(string)
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.text = append(f.text, b...)
	if line, _, ok := strings.Cut(string(f.text), "\n"); ok && f.then != nil {
		f.then(line)
		f.then = nil
	}
	return len(b), nil
}

func TestSSHDThatRestricts(t *testing.T) {
	u, _ := startSSHD(t, "MaxSessions 2", "AllowTcpForwarding no", "AllowStreamLocalForwarding no")
	c := u.dial(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if status, err := c.Run(t.Context(), sh(fmt.Sprintf("exit %d", i))); status != i || err != nil {
				t.Errorf("run %d: %d, %v", i, status, err)
			}
		})
	}
	wg.Wait()
	if _, err := c.Dial(t.Context(), "tcp", "127.0.0.1:25"); !errors.Is(err, host.ErrNoForwarding) {
		t.Errorf("tcp: error %v", err)
	}
	if _, err := c.Dial(t.Context(), "unix", "/run/x"); err == nil || !strings.Contains(err.Error(), "AllowStreamLocalForwarding") {
		t.Errorf("unix: error %v", err)
	}
}

func TestSSHDWithOneSession(t *testing.T) {
	u, _ := startSSHD(t, "MaxSessions 1")
	c := u.dial(t)
	f, err := c.OpenFiles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Run(t.Context(), sh("true")); err == nil || !strings.Contains(err.Error(), "MaxSessions") {
		t.Errorf("beside file access, a run gives %v", err)
	}
	f.Close()
	for range 2 {
		if status, err := c.Run(t.Context(), sh("exit 8")); status != 8 || err != nil {
			t.Errorf("%d, %v", status, err)
		}
	}
}

func TestSSHDThatIsStopped(t *testing.T) {
	u, _ := startSSHD(t)
	u.cfg.KeepAlive, u.cfg.KeepAliveCount = 200*time.Millisecond, 3
	c := u.dial(t)
	var pid int
	out := &firstLine{then: func(line string) { pid, _ = strconv.Atoi(line) }}
	begin := time.Now()
	_, err := c.Run(t.Context(), host.Command{Argv: []string{"sh", "-c", "echo $PPID; sleep 0.3; kill -STOP $PPID; sleep 5"}, Stdout: out})
	if !errors.Is(err, host.ErrUnreachable) || time.Since(begin) > 4*time.Second {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	if pid > 1 {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

func TestSSHDRefusesTheKey(t *testing.T) {
	u, _ := startSSHD(t)
	other, _ := keyFile(t, "other", "")
	u.cfg.KeyFiles = []string{other}
	_, err := Dial(t.Context(), u.cfg)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Step != StepAuthentication || !strings.Contains(err.Error(), "tried key "+other) {
		t.Errorf("error %v", err)
	}
}

// behind gives v the way through the host of u.
func (u *setup) behind(via *setup) {
	jump := via.cfg
	jump.Name = "bastion"
	u.cfg.Via = &jump
}

func TestSSHDBehindJumps(t *testing.T) {
	outer, _ := startSSHD(t)
	inner, _ := startSSHD(t)
	target, _ := startSSHD(t)
	inner.behind(outer)
	target.behind(inner)
	target.wantLogin(t)

	closed, _ := startSSHD(t, "AllowTcpForwarding no")
	target.behind(closed)
	_, err := Dial(t.Context(), target.cfg)
	if e, ok := errors.AsType[*Error](err); !ok || e.Step != StepJump || !strings.Contains(err.Error(), "AllowTcpForwarding") {
		t.Errorf("through a host that forbids forwarding: %v", err)
	}
}

func TestSSHDByProxyCommand(t *testing.T) {
	jump, _ := startSSHD(t)
	target, _ := startSSHD(t)
	target.cfg.ProxyCommand = fmt.Sprintf("ssh -F none -i %s -l %s -p %d -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -W 127.0.0.1:%d 127.0.0.1",
		jump.cfg.KeyFiles[0], jump.cfg.User, jump.cfg.Port, target.cfg.Port)
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("no ssh client is installed: apt-get install openssh-client")
	}
	target.wantLogin(t)
	target.cfg.ProxyCommand = strings.Replace(target.cfg.ProxyCommand, jump.cfg.KeyFiles[0], "/no/such/key -o IdentitiesOnly=yes", 1)
	if _, err := Dial(t.Context(), target.cfg); err == nil || !strings.Contains(err.Error(), "Permission denied") {
		t.Errorf("a ProxyCommand that may not log in gives %v", err)
	}
}

// keygen runs ssh-keygen in a folder.
func keygen(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %q: %v: %s", args, err, out)
	}
}

// TestSSHDWithCertificates lets OpenSSH make the certificates, for the host and for the user.
func TestSSHDWithCertificates(t *testing.T) {
	dir := t.TempDir()
	ca, hostKey := filepath.Join(dir, "ca"), filepath.Join(dir, "host")
	for _, f := range []string{ca, hostKey} {
		keygen(t, "-t", "ecdsa", "-N", "", "-f", f)
	}
	keygen(t, "-s", ca, "-I", "host", "-h", "-n", "127.0.0.1", hostKey+".pub")
	u, _ := startSSHD(t, "HostKey "+hostKey, "HostCertificate "+hostKey+"-cert.pub", "TrustedUserCAKeys "+ca+".pub")
	authority, err := os.ReadFile(ca + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	u.cfg.HostKeyPolicy = Refuse
	u.write(t, "@cert-authority * "+string(authority))

	user := filepath.Join(dir, "user")
	keygen(t, "-t", "rsa", "-b", "2048", "-N", "", "-f", user)
	u.cfg.KeyFiles = []string{user}
	_, err = Dial(t.Context(), u.cfg)
	if e, ok := errors.AsType[*Error](err); !ok || e.Step != StepAuthentication {
		t.Fatalf("the host's certificate must be accepted, the key alone not: %v", err)
	}
	keygen(t, "-s", ca, "-I", "user", "-n", u.cfg.User, user+".pub")
	u.wantLogin(t)

	u.write(t, "@cert-authority * "+string(authority), "@revoked * "+string(authority))
	u.wantRefused(t, "revoked")
}

func TestSSHDWithAgent(t *testing.T) {
	socket, ring := startAgent(t, "me@desk")
	keys, err := ring.List()
	if err != nil {
		t.Fatal(err)
	}
	authorizedKeys := writeKey(t, filepath.Join(t.TempDir(), "authorized_keys"), keys[0])
	u, _ := startSSHD(t, "Match all", "AuthorizedKeysFile "+authorizedKeys, "AcceptEnv PFRUN_TEST")
	u.cfg.KeyFiles, u.cfg.NoKeyFiles, u.cfg.AgentSocket, u.cfg.ForwardAgent, u.cfg.Env = nil, true, socket, socket, []string{"PFRUN_TEST=set here"}
	c := u.dial(t)
	var out bytes.Buffer
	status, err := c.Run(t.Context(), host.Command{Argv: []string{"sh", "-c", `echo "$PFRUN_TEST"; ssh-add -l`}, Stdout: &out})
	if status != 0 || err != nil || !strings.Contains(out.String(), "set here") || !strings.Contains(out.String(), gossh.FingerprintSHA256(keys[0])) {
		t.Errorf("the variable and the agent on the host: status %d, %v, %q", status, err, &out)
	}
}
