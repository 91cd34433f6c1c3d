package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/pfrun/pfrun/modules/host"
)

// keyFile writes a new private key, with a passphrase if there is one, and gives its path and public part.
func keyFile(t *testing.T, name, passphrase string) (string, gossh.PublicKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var block *pem.Block
	if passphrase == "" {
		block, err = gossh.MarshalPrivateKey(key, "")
	} else {
		block, err = gossh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.TempDir(), name)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, pem.EncodeToMemory(block), 0o600)); err != nil {
		t.Fatal(err)
	}
	pub, err := gossh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return name, pub
}

// startAgent serves an agent with these keys and gives its socket.
func startAgent(t *testing.T, comments ...string) (socket string, ring agent.Agent) {
	t.Helper()
	ring = agent.NewKeyring()
	for _, comment := range comments {
		_, key, _ := ed25519.GenerateKey(rand.Reader)
		if err := ring.Add(agent.AddedKey{PrivateKey: key, Comment: comment}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "agent") // t.TempDir can be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
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
			go func() { agent.ServeAgent(ring, c); c.Close() }()
		}
	}()
	return socket, ring
}

// serverFor starts a server that takes one key, and no password.
func serverFor(t *testing.T, key gossh.PublicKey) *testServer {
	return startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
		s.config.PasswordCallback = nil
		s.config.PublicKeyCallback = takeKey(key)
	})
}

func (u *setup) wantLogin(t *testing.T) {
	t.Helper()
	if status, err := u.dial(t).Run(t.Context(), sh("exit 9")); status != 9 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
}

// wantNoLogin dials and wants an error about the authentication with these texts.
func (u *setup) wantNoLogin(t *testing.T, texts ...string) {
	t.Helper()
	c, err := Dial(t.Context(), u.cfg)
	if err == nil {
		c.Close()
		t.Fatal("logged in")
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Step != StepAuthentication || e.Hint == "" || !errors.Is(err, host.ErrUnreachable) {
		t.Fatalf("error %v (%+v), want one about the authentication, with a hint, that wraps ErrUnreachable", err, e)
	}
	for _, text := range append(texts, "mail1", "127.0.0.1:", `"tester"`) {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("error %q shows the password", err)
	}
}

func TestPassword(t *testing.T) {
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, nil)
	u := newSetup(t, s)
	u.wantLogin(t)
	u.cfg.Password = "wrong-secret"
	u.wantNoLogin(t, "tried the password", "check the user name and the password")
	u.cfg.Password = ""
	u.wantNoLogin(t, "nothing to try", "the host takes password", "-k")
}

func TestKeyboardInteractive(t *testing.T) {
	questions, echos := []string{"Password: "}, []bool{false}
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
		s.config.PasswordCallback = nil
		s.config.KeyboardInteractiveCallback = func(_ gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
			answers, err := ask("", "", questions, echos)
			if err != nil || answers[0] != "secret" {
				return nil, errors.New("wrong")
			}
			_, err = ask("", "welcome", nil, nil)
			return nil, err
		}
	})
	u := newSetup(t, s)
	u.wantLogin(t)
	u.cfg.Password = "wrong"
	u.wantNoLogin(t, "keyboard-interactive", "check the user name and the password")
	questions, echos = []string{"Token: "}, []bool{true}
	u.cfg.Password = "secret-2"
	_, err := Dial(t.Context(), u.cfg)
	if err == nil || !strings.Contains(err.Error(), "Token: ") {
		t.Errorf("error %v does not say what was asked", err)
	}
}

func TestKeyFile(t *testing.T) {
	file, pub := keyFile(t, "key", "")
	s := serverFor(t, pub)
	u := newSetup(t, s)
	u.cfg.Password = ""
	u.cfg.KeyFiles = []string{file}
	u.wantLogin(t)

	other, _ := keyFile(t, "other", "")
	u.cfg.KeyFiles = []string{other, "/no/such/key"}
	u.wantNoLogin(t, "tried key "+other, "not usable: key /no/such/key: no such file", "authorized_keys")

	u.cfg.KeyFiles = []string{other, file}
	u.wantLogin(t)

	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	u.cfg.KeyFiles = []string{file}
	u.wantNoLogin(t, "nothing to try", "chmod 600")
}

func TestUsualKeyFiles(t *testing.T) {
	home := t.TempDir()
	_, pub := keyFile(t, filepath.Join(home, ".ssh", "id_ed25519"), "")
	s := serverFor(t, pub)
	u := newSetup(t, s)
	t.Setenv("HOME", home)
	u.wantLogin(t)
	u.cfg.NoKeyFiles = true
	u.wantNoLogin(t, "nothing to try")
}

func TestKeyWithPassphrase(t *testing.T) {
	file, pub := keyFile(t, "key", "sesame")
	s := serverFor(t, pub)
	u := newSetup(t, s)
	u.cfg.KeyFiles = []string{file}
	u.wantNoLogin(t, "not usable: key "+file, "passphrase")

	asked := 0
	answer := "wrong"
	u.cfg.Passphrase = func(_ context.Context, f string) (string, error) {
		asked++
		if f != file {
			t.Errorf("asked for %s", f)
		}
		return answer, nil
	}
	u.wantNoLogin(t, "the passphrase is wrong")
	answer = "sesame"
	u.wantLogin(t)
	if asked != 2 {
		t.Errorf("asked %d times, want 2", asked)
	}

	other, _ := keyFile(t, "other", "x")
	u.cfg.KeyFiles = []string{other, file}
	u.wantLogin(t)
	if asked != 3 {
		t.Errorf("asked %d times, want 3: not for a key that the host does not take", asked)
	}
}

func TestAskingTakesItsTime(t *testing.T) {
	file, pub := keyFile(t, "key", "sesame")
	u := newSetup(t, serverFor(t, pub))
	u.cfg.KeyFiles, u.cfg.ConnectTimeout = []string{file}, 500*time.Millisecond
	u.cfg.Passphrase = func(context.Context, string) (string, error) { time.Sleep(time.Second); return "sesame", nil }
	u.cfg.HostKeyPolicy = Ask
	u.cfg.Confirm = func(context.Context, string) (bool, error) { time.Sleep(time.Second); return true, nil }
	u.wantLogin(t)
}

func TestAgent(t *testing.T) {
	socket, ring := startAgent(t, "first@desk", "second@desk")
	keys, _ := ring.List()
	s := serverFor(t, keys[1])
	u := newSetup(t, s)
	u.cfg.AgentSocket = socket
	u.wantLogin(t)

	s2 := serverFor(t, newSigner(t, "ed25519").PublicKey())
	u.cfg.Port = s2.port()
	u.wantNoLogin(t, "first@desk", "second@desk", gossh.FingerprintSHA256(keys[0]))

	u.cfg.AgentSocket = "/no/such/agent"
	u.wantNoLogin(t, "not usable: the agent")
}

func TestKeyThatTheAgentHolds(t *testing.T) {
	socket, ring := startAgent(t, "1", "2", "3", "4", "5", "6", "7", "right")
	keys, _ := ring.List()
	right := keys[7]
	s := serverFor(t, right)
	u := newSetup(t, s)
	u.cfg.AgentSocket = socket
	u.wantNoLogin(t, "too many authentication failures", "IdentitiesOnly")

	pub := filepath.Join(t.TempDir(), "right.pub")
	if err := os.WriteFile(pub, []byte(authorized(right)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	u.cfg.KeyFiles = []string{pub}
	u.wantLogin(t)
	u.cfg.IdentitiesOnly = true
	u.wantLogin(t)
	u.cfg.KeyFiles = nil
	u.wantNoLogin(t, "nothing to try")
}

func TestKeyThenPassword(t *testing.T) {
	file, pub := keyFile(t, "key", "")
	s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
		s.config.PasswordCallback = nil
		s.config.PublicKeyCallback = func(c gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
			if _, err := takeKey(pub)(c, key); err != nil {
				return nil, err
			}
			return nil, &gossh.PartialSuccessError{Next: gossh.ServerAuthCallbacks{PasswordCallback: takePassword}}
		}
	})
	u := newSetup(t, s)
	u.cfg.KeyFiles = []string{file}
	u.wantLogin(t)
}

func TestMethods(t *testing.T) {
	file, pub := keyFile(t, "key", "")
	u := newSetup(t, serverFor(t, pub))
	u.cfg.KeyFiles, u.cfg.Methods = []string{file}, []string{methodPassword}
	u.wantNoLogin(t, "the host takes publickey")
}
