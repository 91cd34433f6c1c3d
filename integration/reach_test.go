package integration_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// ping is the least that needs a host.
const ping = "- hosts: all\n  gather_facts: false\n  tasks:\n    - command: id -un\n"

// reach runs ping against one line of an inventory, and holds that it ends soon, whatever the way is like.
func reach(t *testing.T, line string, args ...string) *result {
	t.Helper()
	r := pfrun(t, append([]string{write(t, "ping.yml", ping), "-i", write(t, "hosts", line+"\n"), "-T", "4"}, args...)...)
	if r.took > time.Minute {
		t.Errorf("it took %s", r.took)
	}
	return r
}

// known gives the arguments that make pfrun use a file of host keys.
func known(file string) string {
	return fmt.Sprintf(" ansible_ssh_common_args='-o UserKnownHostsFile=%s'", file)
}

// TestReach holds that whatever keeps a host from being reached is told at once, with host, address, step and what to do.
func TestReach(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	ip, port := h.Address()
	file := lab.KnownHostsFile(t, h)
	good := h.InventoryLine("root") + known(file)
	name := inventoryName(t, h)
	where := net.JoinHostPort(ip, fmt.Sprint(port))

	t.Run("good", func(t *testing.T) { reach(t, good).exits(0) })
	t.Run("changed host key", func(t *testing.T) {
		other := write(t, "known_hosts", fmt.Sprintf("[%s]:%d ssh-ed25519 %s\n", ip, port, publicKey(t)))
		for _, policy := range []string{"yes", "no", "accept-new"} {
			line := h.InventoryLine("root") + fmt.Sprintf(" ansible_ssh_common_args='-o UserKnownHostsFile=%s -o StrictHostKeyChecking=%s'", other, policy)
			r := reach(t, line).exits(3)
			r.says(name, where, "host key", other+":1", "SHA256:")
			if strings.Count(r.out, "SHA256:") < 2 {
				t.Errorf("not both fingerprints are told:\n%s", r.out)
			}
		}
	})
	t.Run("unknown host key", func(t *testing.T) {
		empty := write(t, "known_hosts", "")
		reach(t, h.InventoryLine("root")+known(empty)).exits(3).says(name, "host key")
		accept := h.InventoryLine("root") + fmt.Sprintf(" ansible_ssh_common_args='-o UserKnownHostsFile=%s -o StrictHostKeyChecking=accept-new'", empty)
		reach(t, accept).exits(0)
		if text, err := os.ReadFile(empty); err != nil || !strings.Contains(string(text), " ssh-") { // the name may be hashed, as this machine's ssh_config says
			t.Errorf("the new key was not recorded: %q, %v", text, err)
		}
		reach(t, h.InventoryLine("root")+known(empty)).exits(0)
	})
	t.Run("closed port", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		_, closed, _ := net.SplitHostPort(l.Addr().String())
		reach(t, "gone ansible_host=127.0.0.1 ansible_port="+closed).exits(3).says("gone", "127.0.0.1:"+closed, "connect", "refused")
	})
	t.Run("wrong key", func(t *testing.T) {
		key := lab.StrangerKey(t)
		line := strings.Replace(good, h.KeyFile, key, 1)
		reach(t, line).exits(3).says(name, where, "authentication", key)
	})
	t.Run("wrong password", func(t *testing.T) {
		line := fmt.Sprintf("%s ansible_host=%s ansible_port=%d ansible_user=oper%s", name, ip, port, known(file))
		none := filepath.Join(t.TempDir(), "none")
		reach(t, line, "--connection-password-file", secretFile(t, "not-this-one"), "--ssh-extra-args", "-o IdentityFile=none").exits(3).says("authentication").neverSays("not-this-one", none)
		reach(t, line, "--connection-password-file", secretFile(t, h.Password), "--ssh-extra-args", "-o IdentityFile=none").exits(0)
	})
	t.Run("sudo", func(t *testing.T) { reachSudo(t, h, file) })
	t.Run("no name", func(t *testing.T) {
		reach(t, "nowhere ansible_host=nowhere.invalid").exits(3).says("nowhere", "resolve")
	})
	t.Run("dead sshd", func(t *testing.T) { reachDead(t, h, good) })
}

// reachSudo holds that a wrong or missing password of sudo is an error at once.
func reachSudo(t *testing.T, h *lab.Host, file string) {
	line := h.InventoryLine("oper") + known(file)
	start := time.Now()
	reach(t, line, "-b", "--become-password-file", secretFile(t, "wrong-password")).exits(2).says("sudo", "password").neverSays("wrong-password")
	reach(t, line, "-b").exits(2).says("sudo", "password")
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("a wrong and a missing password took %s", took)
	}
	reach(t, line, "-b", "--become-password-file", secretFile(t, h.Password), "-v").exits(0).says("root")
	reach(t, line, "-b", "-K").exits(1).says("terminal", "--become-password-file")
}

// reachDead holds that a host whose sshd says nothing costs its own time-out, and nobody else's.
func reachDead(t *testing.T, h *lab.Host, good string) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, silent, _ := net.SplitHostPort(l.Addr().String())
	both := "silent ansible_host=127.0.0.1 ansible_port=" + silent + "\n" + good
	r := reach(t, both).exits(3).says("silent", "127.0.0.1:"+silent)
	if r.count(inventoryName(t, h), "ok") != 1 || r.took > 30*time.Second {
		t.Errorf("the living host was held up by the dead one (%s):\n%s", r.took, r.out)
	}
}

// TestNoRoute reaches for the address of a host that is gone from the engine's own network.
func TestNoRoute(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	address := strings.Fields(h.Run(t, "hostname", "-I"))[0]
	h.Remove(t)
	r := reach(t, "gone ansible_host="+address)
	r.exits(3).says("gone", address, "connect")
	if r.took > 20*time.Second {
		t.Errorf("it took %s", r.took)
	}
}

func publicKey(t *testing.T) string {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wire := append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), pub...)
	return base64.StdEncoding.EncodeToString(wire)
}
