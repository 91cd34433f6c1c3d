package target_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/ssh"
	"github.com/pfrun/pfrun/modules/host"
)

// sshd starts OpenSSH's server for the user of the test, with further lines of configuration, and gives a way to log in.
func sshd(t *testing.T, lines ...string) ssh.Config {
	t.Helper()
	const server = "/usr/sbin/sshd"
	if _, err := os.Stat(server); err != nil {
		t.Skip("no sshd on this machine (apt-get install openssh-server)")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		os.MkdirAll("/run/sshd", 0o755) // only sshd's service makes it
	}
	dir, port := t.TempDir(), freePort(t)
	for _, key := range []string{"key", "hostkey"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	lines = append([]string{
		fmt.Sprintf("ListenAddress 127.0.0.1:%d", port), "HostKey " + dir + "/hostkey", "AuthorizedKeysFile " + dir + "/key.pub", "PidFile none", "StrictModes no", "UsePAM no",
		"PasswordAuthentication no", "PermitRootLogin yes", "MaxStartups 100",
		"SetEnv SHLVL=5", // with this bash leaves out the user's own .bashrc, which may take longer than all else
	}, lines...)
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(server, "-D", "-e", "-f", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	waitForPort(t, port)
	return ssh.Config{
		Name: "h1", Address: "127.0.0.1", Port: port, User: me.Username, KeyFiles: []string{dir + "/key"}, KnownHosts: []string{dir + "/known_hosts"},
		GlobalKnownHosts: []string{}, HostKeyPolicy: ssh.AcceptNew, ConnectTimeout: 30 * time.Second,
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func waitForPort(t *testing.T, port int) {
	t.Helper()
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("sshd does not listen")
}

func dial(t *testing.T, c ssh.Config) *ssh.Conn {
	t.Helper()
	conn, err := ssh.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

const subsystem = "Subsystem sftp internal-sftp"

func TestSSH(t *testing.T) {
	conn := dial(t, sshd(t, subsystem))
	suite(t, func(t *testing.T) host.Host { return open(t, conn, target.Options{Name: "h1"}) }, os.Getuid(), os.Getgid())
}

// Without the subsystem the same sftp-server is started as a program.
func TestSSHWithoutSubsystem(t *testing.T) {
	conn := dial(t, sshd(t))
	suite(t, func(t *testing.T) host.Host { return open(t, conn, target.Options{Name: "h1"}) }, os.Getuid(), os.Getgid())
}

func TestSSHBecomeAnother(t *testing.T) {
	needSudo(t)
	conn := dial(t, sshd(t, subsystem))
	suite(t, func(t *testing.T) host.Host {
		return open(t, conn, target.Options{Name: "h1", Become: &target.Become{User: "nobody"}})
	}, nobody, nogroup)
}

func TestSSHBecomeWithPassword(t *testing.T) {
	conn := dial(t, sshd(t, subsystem))
	for _, name := range []string{"sudo", "doas"} { // through a pipe and on a terminal
		t.Run(name, func(t *testing.T) {
			exe := fake(t, name, "", "")
			suite(t, func(t *testing.T) host.Host {
				return open(t, conn, target.Options{Name: "h1", Become: &target.Become{Method: name, Exe: []string{exe}, Password: password}})
			}, os.Getuid(), os.Getgid())
		})
	}
}
