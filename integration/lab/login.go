package lab

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// login is what a test process logs in with, on every host.
type login struct {
	key      ed25519.PrivateKey
	password string
}

var credentials = sync.OnceValues(func() (login, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return login{key: key, password: rand.Text()}, err
})

func mustLogin(t testing.TB) login {
	t.Helper()
	l, err := credentials()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func loginPassword(t testing.TB) string { return mustLogin(t).password }

// publicKey is the key in the form of authorized_keys.
func publicKey(t testing.TB) string {
	pub := mustLogin(t).key.Public().(ed25519.PublicKey)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(wirePublic(pub)) + " lab"
}

// writeKey writes the private key where only this test looks.
func writeKey(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(path, openssh(mustLogin(t).key), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// StrangerKey writes a private key that no host knows, for tests of logins that are refused.
func StrangerKey(t testing.TB) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stranger")
	if err := os.WriteFile(path, openssh(key), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openssh is a private key without a passphrase in OpenSSH's own form, the only
// one that every ssh reads (PROTOCOL.key of OpenSSH).
func openssh(key ed25519.PrivateKey) []byte {
	pub := wirePublic(key.Public().(ed25519.PublicKey))
	var secret []byte
	secret = append(secret, "lab.lab."...) // the check number, twice
	secret = append(secret, pub...)
	secret = wireString(secret, key)
	secret = wireString(secret, []byte("lab"))
	for i := byte(1); len(secret)%8 != 0; i++ {
		secret = append(secret, i)
	}

	out := []byte("openssh-key-v1\x00")
	out = wireString(out, []byte("none"))
	out = wireString(out, []byte("none"))
	out = wireString(out, nil)
	out = binary.BigEndian.AppendUint32(out, 1)
	out = wireString(out, pub)
	out = wireString(out, secret)
	var b bytes.Buffer
	// Writing to a buffer does not fail.
	_ = pem.Encode(&b, &pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: out})
	return b.Bytes()
}

func wirePublic(key ed25519.PublicKey) []byte {
	return wireString(wireString(nil, []byte("ssh-ed25519")), key)
}

func wireString(to, s []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(s))), s...)
}

// KnownHosts returns the lines of known_hosts for this host, one a host key.
func (h *Host) KnownHosts() string {
	var b strings.Builder
	for _, key := range h.hostKey {
		fmt.Fprintf(&b, "[%s]:%d %s\n", engineHost, h.port, key)
	}
	return b.String()
}

// KnownHostsFile writes a known_hosts file with the keys of the hosts.
func KnownHostsFile(t testing.TB, hosts ...*Host) string {
	t.Helper()
	var b strings.Builder
	for _, h := range hosts {
		b.WriteString(h.KnownHosts())
	}
	return writeTemp(t, "known_hosts", b.String())
}

// InventoryLine is the host as a line of an INI inventory, without host keys:
// name, address, port, user and private key.
func (h *Host) InventoryLine(user string) string {
	return fmt.Sprintf("%s ansible_host=%s ansible_port=%d ansible_user=%s ansible_ssh_private_key_file=%s",
		h.Name, engineHost, h.port, user, h.KeyFile)
}

// Inventory writes an INI inventory with the hosts in the group "mail", to log in
// as user (root, admin, oper) with the key, and their host keys known.
func Inventory(t testing.TB, user string, hosts ...*Host) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("[mail]\n")
	for _, h := range hosts {
		b.WriteString(h.InventoryLine(user) + "\n")
	}
	fmt.Fprintf(&b, "\n[mail:vars]\nansible_ssh_common_args='-o UserKnownHostsFile=%s'\n", KnownHostsFile(t, hosts...))
	return writeTemp(t, "hosts", b.String())
}

func writeTemp(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
