package integration_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// routes is one lab host under several names of an ssh configuration: by itself, and behind itself as a jump host once and twice.
type routes struct {
	h       *lab.Host
	config  string // path of the configuration
	authKey string // the host's certificate authority, as a line of authorized_keys
}

func newRoutes(t *testing.T, h *lab.Host) *routes {
	t.Helper()
	ip, port := h.Address()
	alias, _, _ := strings.Cut(h.KnownHosts(), " ")
	common := fmt.Sprintf("  User root\n  IdentityFile %s\n  UserKnownHostsFile %s\n  HostKeyAlias %s\n  StrictHostKeyChecking yes\n", h.KeyFile, lab.KnownHostsFile(t, h), alias)
	text := fmt.Sprintf("Host gate\n  HostName %s\n  Port %d\nHost inner\n  HostName localhost\n  ProxyJump gate\nHost target\n  HostName 127.0.0.1\n  ProxyJump inner\nHost *\n%s", ip, port, common)
	return &routes{h: h, config: write(t, "config", text)}
}

// reach runs ping on a name of the configuration.
func (r *routes) reach(t *testing.T, name, args string, more ...string) *result {
	t.Helper()
	return reach(t, fmt.Sprintf(`%s ansible_ssh_common_args="-F %s %s"`, name, r.config, args), more...)
}

// sshd gives the host's sshd lines that come before its own, until the function that it gives is called.
func (r *routes) sshd(t *testing.T, lines ...string) (restore func()) {
	t.Helper()
	const file = "/etc/ssh/sshd_config.d/00-test.conf"
	r.h.WriteFile(t, file, strings.Join(lines, "\n")+"\n", 0o600)
	r.reload(t)
	return func() {
		r.h.Sh(t, "rm -f "+file)
		r.reload(t)
	}
}

// reload lets sshd read its configuration, and waits until it is there again.
func (r *routes) reload(t *testing.T) {
	t.Helper()
	r.h.Sh(t, "sshd -t && kill -HUP $(cat /run/sshd.pid)")
	ip, port := r.h.Address()
	for range 50 {
		time.Sleep(100 * time.Millisecond)
		c, err := net.DialTimeout("tcp", net.JoinHostPort(ip, fmt.Sprint(port)), time.Second)
		if err != nil {
			continue
		}
		c.SetReadDeadline(time.Now().Add(time.Second))
		n, err := c.Read(make([]byte, 4))
		c.Close()
		if err == nil && n > 0 {
			return
		}
	}
	t.Fatal("sshd did not come back")
}

// TestSSHRoutes is the table of the ways to a host: through jump hosts and commands, by certificates, agents and answers.
func TestSSHRoutes(t *testing.T) {
	r := newRoutes(t, lab.Start(t, lab.Options{Debian: 13}))
	before := residue(t, r.h)
	defer func() {
		if after := residue(t, r.h); after != before {
			t.Errorf("something is left behind:\nbefore:\n%s\nafter:\n%s", before, after)
		}
	}()
	for _, tt := range []struct{ name, host, args string }{
		{"direct", "gate", ""},
		{"one-jump", "inner", ""},
		{"two-jumps", "target", ""},
		{"jump-by-argument", "target", "-J gate"},
		{"jumps-by-option", "target", "-o ProxyJump=root@gate,inner"},
		{"proxy-command", "inner", fmt.Sprintf("-o 'ProxyCommand=ssh -F %s -W %%h:%%p gate'", r.config)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Contains(tt.args, "ProxyCommand") {
				needs(t, "ssh")
			}
			r.reach(t, tt.host, tt.args).exits(0)
		})
	}
	t.Run("jump refuses the login", func(t *testing.T) {
		r.reach(t, "inner", "-J nobody@gate").exits(3).says("inner", "jump host", "nobody", "authentication")
	})
	t.Run("proxy command fails", func(t *testing.T) {
		r.reach(t, "inner", "-o 'ProxyCommand=sh -c \\\"echo no way there >&2; exit 3\\\"'").exits(3).says("inner", "ProxyCommand", "no way there")
	})
	t.Run("jump forbids forwarding", func(t *testing.T) {
		defer r.sshd(t, "AllowTcpForwarding no")()
		r.reach(t, "inner", "").exits(3).says("inner", "jump host", "AllowTcpForwarding")
	})
	t.Run("keyboard-interactive", func(t *testing.T) {
		defer r.sshd(t, "KbdInteractiveAuthentication yes", "PasswordAuthentication no", "UsePAM yes")()
		args := "-l oper -o PreferredAuthentications=keyboard-interactive"
		r.reach(t, "gate", args, "--connection-password-file", secretFile(t, r.h.Password)).exits(0)
		r.reach(t, "gate", args, "--connection-password-file", secretFile(t, "not-this-one")).exits(3).says("authentication", "keyboard-interactive").neverSays("not-this-one")
	})
	t.Run("agent", func(t *testing.T) {
		socket := startAgent(t, r.h.KeyFile)
		plain := fmt.Sprintf("-o IdentityFile=none -o IdentityAgent=%s", socket)
		r.reach(t, "gate", plain).exits(0)
	})
	t.Run("revoked keys", func(t *testing.T) {
		r.h.WriteFile(t, "/etc/ssh/test-revoked", r.h.ReadFile(t, "/root/.ssh/authorized_keys"), 0o644)
		restore := r.sshd(t, "RevokedKeys /etc/ssh/test-revoked")
		r.reach(t, "gate", "").exits(3).says("gate", "authentication", r.h.KeyFile)
		restore()
		alias, _, _ := strings.Cut(r.h.KnownHosts(), " ")
		var revoked strings.Builder
		for line := range strings.Lines(r.h.KnownHosts()) {
			revoked.WriteString(line + "@revoked " + line)
		}
		file := write(t, "revoked", revoked.String())
		r.reach(t, "gate", "-o UserKnownHostsFile="+file+" -o HostKeyAlias="+alias).exits(3).says("gate", "host key", "revoked", file)
	})
	t.Run("certificates", func(t *testing.T) { testCertificates(t, r) })
}

// testCertificates makes an authority on the host, which signs the host's key and a user's.
func testCertificates(t *testing.T, r *routes) {
	needs(t, "ssh-keygen")
	ip, port := r.h.Address()
	dir := t.TempDir()
	user, ca := filepath.Join(dir, "user"), filepath.Join(dir, "ca")
	local := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen %q: %v: %s", args, err, out)
		}
	}
	read := func(file string) string {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	local("-t", "ed25519", "-N", "", "-f", ca)
	local("-t", "ed25519", "-N", "", "-f", user)
	host := filepath.Join(dir, "host.pub")
	if err := os.WriteFile(host, []byte(r.h.ReadFile(t, "/etc/ssh/ssh_host_ed25519_key.pub")), 0o600); err != nil {
		t.Fatal(err)
	}
	local("-s", ca, "-I", "lab", "-h", "-n", ip, host)
	r.h.WriteFile(t, "/etc/ssh/test-ca.pub", read(ca+".pub"), 0o644)
	r.h.WriteFile(t, "/etc/ssh/test-cert.pub", read(filepath.Join(dir, "host-cert.pub")), 0o644)
	defer r.sshd(t, "TrustedUserCAKeys /etc/ssh/test-ca.pub", "HostCertificate /etc/ssh/test-cert.pub")()

	authority := write(t, "authority", "@cert-authority * "+read(ca+".pub"))
	line := func(knownHosts string) string {
		return fmt.Sprintf(`cert ansible_host=%s ansible_port=%d ansible_user=root ansible_ssh_common_args="-F none -o IdentitiesOnly=yes -i %s -o StrictHostKeyChecking=yes -o UserKnownHostsFile=%s"`,
			ip, port, user, knownHosts)
	}
	reach(t, line(authority)).exits(3).says("authentication", "key "+user) // the host is known, its user not yet
	local("-s", ca, "-I", "me", "-n", "root", user+".pub")
	reach(t, line(authority)).exits(0)
	revoked := write(t, "revoked", "@cert-authority * "+read(ca+".pub")+"@revoked * "+read(ca+".pub"))
	reach(t, line(revoked)).exits(3).says("host key", "revoked")
	local("-s", ca, "-I", "lab", "-h", "-n", "elsewhere.example.org", host)
	r.h.WriteFile(t, "/etc/ssh/test-cert.pub", read(filepath.Join(dir, "host-cert.pub")), 0o644)
	r.reload(t)
	reach(t, line(authority)).exits(3).says("host key", "it is for elsewhere.example.org, not for "+ip)
}

// needs skips a test that wants a program of OpenSSH's client where there is none.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: apt-get install openssh-client", program)
	}
}

// startAgent runs an agent that holds a key, and gives its socket.
func startAgent(t *testing.T, key string) string {
	t.Helper()
	needs(t, "ssh-agent")
	dir, err := os.MkdirTemp("", "agent") // t.TempDir can be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		agent.Process.Kill()
		agent.Wait()
	})
	for range 50 {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	add := exec.Command("ssh-add", key)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add: %v: %s", err, out)
	}
	return socket
}

// TestTwoNamesForOneHost holds that what is done under one name is seen under the other, at once and in check mode.
func TestTwoNamesForOneHost(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 12})
	line := h.InventoryLine("root") + known(lab.KnownHostsFile(t, h))
	_, settings, _ := strings.Cut(line, " ")
	var hosts strings.Builder
	const names = 6
	for i := range names {
		fmt.Fprintf(&hosts, "name%d %s\n", i, settings)
	}
	book := write(t, "book.yml", `
- hosts: all
  gather_facts: false
  tasks:
    - lineinfile: {path: /root/names, line: "{{ inventory_hostname }}", create: true, mode: "0600"}
    - command: echo {{ inventory_hostname }}
`)
	inventory := write(t, "hosts", hosts.String())
	check := pfrun(t, book, "-i", inventory, "-f", "6", "--check", "--diff").exits(0)
	run := pfrun(t, book, "-i", inventory, "-f", "6", "--diff").exits(0)
	for i := range names {
		for _, r := range []*result{check, run} {
			if n := strings.Count(r.out, fmt.Sprintf("\n+name%d\n", i)); n != 1 {
				t.Errorf("name%d is added %d times in\n%s", i, n, r.out)
			}
		}
	}
	if strings.Contains(check.out, "\n-name") || strings.Contains(run.out, "\n-name") {
		t.Errorf("a line is lost:\n%s\n%s", check.out, run.out)
	}
	if got := strings.Fields(h.ReadFile(t, "/root/names")); len(got) != names {
		t.Errorf("the file holds %q", got)
	}
}
