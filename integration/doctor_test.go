package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// TestDoctor breaks the way to one host at one step after the other: doctor names that step, says what to do, and goes no further.
func TestDoctor(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 12})
	ip, port := h.Address()
	file := lab.KnownHostsFile(t, h)
	name := inventoryName(t, h)
	doctor := func(t *testing.T, line string, args ...string) *result {
		t.Helper()
		return pfrun(t, append([]string{"doctor", strings.Fields(line)[0], "-i", write(t, "hosts", line+"\n"), "-T", "4"}, args...)...)
	}
	root := h.InventoryLine("root") + known(file)

	t.Run("all well", func(t *testing.T) {
		doctor(t, root).exits(0).says("✓ inventory", "✓ connect", "SSH-2.0-OpenSSH", "✓ host key", "known from "+file+":", "SHA256:", "✓ authentication", "as root with", h.KeyFile,
			"Debian GNU/Linux 12", "✓ clock", "✓ postfix", "inet_protocols = all", "✓ port 25", "ipv4 and ipv6").neverSays("✗")
	})
	t.Run("sudo without a password", func(t *testing.T) {
		doctor(t, h.InventoryLine("admin")+known(file)).exits(0).says("✓ sudo", "to root without a password", "✓ port 25", "master")
	})
	t.Run("sudo with a password", func(t *testing.T) {
		oper := h.InventoryLine("oper") + known(file)
		doctor(t, oper).exits(0).says("! sudo", "password", "what to do")
		doctor(t, oper, "-b").exits(3).says("✗ sudo", "password").neverSays("postfix")
		doctor(t, oper, "-b", "--become-password-file", secretFile(t, h.Password)).exits(0).says("✓ sudo", "with the password given").neverSays(h.Password)
		doctor(t, oper, "-b", "--become-password-file", secretFile(t, "wrong-password")).exits(3).says("✗ sudo").neverSays("wrong-password")
	})
	t.Run("unknown host key", func(t *testing.T) {
		doctor(t, h.InventoryLine("root")+known(write(t, "known_hosts", ""))).exits(3).says("✓ connect", "✗ host key", "SHA256:", "what to do").neverSays("authentication")
	})
	t.Run("changed host key", func(t *testing.T) {
		other := write(t, "known_hosts", fmt.Sprintf("[%s]:%d ssh-ed25519 %s\n", ip, port, publicKey(t)))
		doctor(t, h.InventoryLine("root")+known(other)).exits(3).says("✗ host key", "has changed", other+":1", "ssh-keygen -R")
	})
	t.Run("wrong key", func(t *testing.T) {
		doctor(t, strings.Replace(root, h.KeyFile, lab.StrangerKey(t), 1)).exits(3).says("✓ host key", "✗ authentication", "authorized_keys").neverSays("programs")
	})
	t.Run("no name", func(t *testing.T) {
		doctor(t, name+" ansible_host=nowhere.invalid").exits(3).says("✗ resolve", "ansible_host").neverSays("connect ")
	})
	t.Run("reloaded, not restarted", func(t *testing.T) {
		h.Run(t, "postconf", "inet_protocols=ipv4")
		doctor(t, root).exits(0).says("inet_protocols = ipv4", "! port 25", "restart of Postfix")
	})
	t.Run("postfix is down", func(t *testing.T) {
		h.Run(t, "postfix", "stop")
		doctor(t, root).exits(0).says("! postfix", "not running", "! port 25", "nothing listens")
	})
}
