package ssh

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// certify makes a certificate for a key, valid for an hour unless change says otherwise.
func certify(t *testing.T, authority gossh.Signer, key gossh.PublicKey, kind uint32, principals []string, change func(*gossh.Certificate)) *gossh.Certificate {
	t.Helper()
	now := uint64(time.Now().Unix())
	cert := &gossh.Certificate{Key: key, Serial: 7, CertType: kind, KeyId: "id", ValidPrincipals: principals, ValidAfter: now - 60, ValidBefore: now + 3600}
	if change != nil {
		change(cert)
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return cert
}

// hostWithCertificate starts a server that shows a certificate for its key as well as the key.
func hostWithCertificate(t *testing.T, key gossh.Signer, cert *gossh.Certificate) *testServer {
	t.Helper()
	s, err := gossh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return startServer(t, []gossh.Signer{s, key}, nil)
}

func TestHostCertificate(t *testing.T) {
	key, ca, other := newSigner(t, "ed25519"), newSigner(t, "ecdsa"), newSigner(t, "ed25519")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	plainRSA, err := gossh.NewSignerFromKey(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	sha1, err := gossh.NewSignerWithAlgorithms(plainRSA.(gossh.AlgorithmSigner), []string{gossh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	here := []string{"127.0.0.1"}
	line := func(marker string, k gossh.Signer) string { return marker + " * " + authorized(k.PublicKey()) }
	tests := []struct {
		name    string
		cert    *gossh.Certificate
		lines   []string
		refused string // empty: accepted
	}{
		{"valid", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", ca)}, ""},
		{"pattern", certify(t, ca, key.PublicKey(), gossh.HostCert, []string{"x", "127.0.*"}, nil), []string{line("@cert-authority", ca)}, ""},
		{"no-principals", certify(t, ca, key.PublicKey(), gossh.HostCert, nil, nil), []string{line("@cert-authority", ca)}, ""},
		{"for-ever", certify(t, ca, key.PublicKey(), gossh.HostCert, here, func(c *gossh.Certificate) { c.ValidBefore = gossh.CertTimeInfinity }), []string{line("@cert-authority", ca)}, ""},
		{"rsa-authority", certify(t, plainRSA, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", plainRSA)}, ""},
		{"another-host", certify(t, ca, key.PublicKey(), gossh.HostCert, []string{"mail2"}, nil), []string{line("@cert-authority", ca)}, "it is for mail2, not for 127.0.0.1"},
		{"expired", certify(t, ca, key.PublicKey(), gossh.HostCert, here, func(c *gossh.Certificate) { c.ValidBefore = 1700000000 }), []string{line("@cert-authority", ca)}, "it was valid until 2023-11-14T22:13:20Z"},
		{"not-yet", certify(t, ca, key.PublicKey(), gossh.HostCert, here, func(c *gossh.Certificate) { c.ValidAfter += 600 }), []string{line("@cert-authority", ca)}, "it is valid from"},
		{"a-users", certify(t, ca, key.PublicKey(), gossh.UserCert, here, nil), []string{line("@cert-authority", ca)}, "it is a user's"},
		{"sha1", certify(t, sha1, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", sha1)}, "signed with ssh-rsa"},
		{"critical-option", certify(t, ca, key.PublicKey(), gossh.HostCert, here, func(c *gossh.Certificate) { c.CriticalOptions = map[string]string{"x@y": ""} }), []string{line("@cert-authority", ca)}, "critical option"},
		{"revoked-authority", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", ca), line("@revoked", ca)}, "revoked"},
		{"revoked-key", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", ca), line("@revoked", key)}, "revoked"},
		{"another-authority", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", other)}, "not known"},
		{"authority-of-others", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{"@cert-authority *.example.org " + authorized(ca.PublicKey())}, "not known"},
		{"expired-but-key-recorded", certify(t, ca, key.PublicKey(), gossh.HostCert, here, func(c *gossh.Certificate) { c.ValidBefore = 1 }), []string{line("@cert-authority", ca), line("", key)}, ""},
		{"another-key-recorded", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{line("@cert-authority", ca), line("", other)}, ""},
		{"no-authority-key-recorded", certify(t, ca, key.PublicKey(), gossh.HostCert, here, nil), []string{line("", key)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newSetup(t, hostWithCertificate(t, key, tt.cert))
			u.cfg.HostKeyPolicy = Refuse
			u.write(t, tt.lines...)
			if tt.refused == "" {
				u.dial(t)
			} else {
				u.wantRefused(t, tt.refused)
			}
		})
	}
}

func TestAHostWithoutCertificateIsUnknownToAnAuthority(t *testing.T) {
	u := newSetup(t, startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, nil))
	u.cfg.HostKeyPolicy = Refuse
	u.write(t, "@cert-authority * "+authorized(newSigner(t, "ed25519").PublicKey()))
	u.wantRefused(t, "not known")
	u.cfg.HostKeyPolicy = AcceptNew
	u.dial(t)
}

func TestRevokedHostKeys(t *testing.T) {
	key := newSigner(t, "ed25519")
	u := newSetup(t, startServer(t, []gossh.Signer{key}, nil))
	file := filepath.Join(t.TempDir(), "revoked")
	for text, want := range map[string]string{
		"# none\n\n": "", authorized(newSigner(t, "ed25519").PublicKey()) + "\n": "", "# one\n" + authorized(key.PublicKey()) + "\n": file + ":2", "SSHKRL\n\x00": "binary form", "nonsense": file + ":1",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		u.cfg.RevokedHostKeys = []string{file}
		if want == "" {
			u.dial(t)
		} else {
			u.wantRefused(t, want)
		}
	}
	u.cfg.RevokedHostKeys = []string{"/no/such/file"}
	u.wantRefused(t, "/no/such/file")
}

func TestRequiredRSASize(t *testing.T) {
	u := newSetup(t, startServer(t, []gossh.Signer{newSigner(t, "rsa")}, nil))
	u.cfg.RequiredRSASize = 3072
	u.wantRefused(t, "2048 bits, fewer than 3072")
	u.cfg.RequiredRSASize = 2048
	u.dial(t)
}

// serverForAuthority starts a server that takes the certificates of one authority for the user tester.
func serverForAuthority(t *testing.T, ca gossh.PublicKey) *testServer {
	return startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
		s.config.PasswordCallback = nil
		checker := &gossh.CertChecker{IsUserAuthority: func(k gossh.PublicKey) bool { return sameKey(k, ca) }}
		s.config.PublicKeyCallback = checker.Authenticate
	})
}

func writeKey(t *testing.T, file string, key gossh.PublicKey) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(authorized(key)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUserCertificate(t *testing.T) {
	ca := newSigner(t, "ed25519")
	u := newSetup(t, serverForAuthority(t, ca.PublicKey()))
	file, pub := keyFile(t, "key", "")
	user := func(change func(*gossh.Certificate)) *gossh.Certificate {
		return certify(t, ca, pub, gossh.UserCert, []string{"tester"}, change)
	}
	u.cfg.KeyFiles = []string{file}
	u.wantNoLogin(t, "tried key "+file)

	beside := writeKey(t, file+"-cert.pub", user(nil))
	u.wantLogin(t)
	writeKey(t, beside, user(func(c *gossh.Certificate) { c.ValidBefore = 1700000000 }))
	u.wantNoLogin(t, "certificate "+beside+": it was valid until 2023-11-14")
	writeKey(t, beside, certify(t, ca, pub, gossh.HostCert, nil, nil))
	u.wantNoLogin(t, "it is a host's")

	elsewhere := writeKey(t, filepath.Join(t.TempDir(), "c"), user(nil))
	u.cfg.CertificateFiles = []string{"/no/such/certificate", elsewhere}
	u.wantLogin(t)
	u.cfg.PublicKeyAlgorithms = []string{gossh.KeyAlgoED25519}
	u.wantNoLogin(t, "PubkeyAcceptedAlgorithms does not name ssh-ed25519-cert-v01")
	u.cfg.PublicKeyAlgorithms = []string{gossh.CertAlgoED25519v01}
	u.wantLogin(t)
}

func TestUserCertificateOfAnRSAKey(t *testing.T) {
	ca := newSigner(t, "ecdsa")
	u := newSetup(t, serverForAuthority(t, ca.PublicKey()))
	socket, ring := startAgent(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	keys, _ := ring.List()
	pub, err := gossh.ParsePublicKey(keys[0].Blob)
	if err != nil {
		t.Fatal(err)
	}
	u.cfg.AgentSocket = socket
	u.cfg.CertificateFiles = []string{writeKey(t, filepath.Join(t.TempDir(), "c"), certify(t, ca, pub, gossh.UserCert, []string{"tester"}, nil))}
	u.wantLogin(t)
	u.cfg.PublicKeyAlgorithms = []string{gossh.CertAlgoRSASHA512v01}
	u.wantLogin(t)
}

func TestCertificateOfTheAgent(t *testing.T) {
	ca := newSigner(t, "ed25519")
	u := newSetup(t, serverForAuthority(t, ca.PublicKey()))
	socket, ring := startAgent(t)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := gossh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	valid := certify(t, ca, pub, gossh.UserCert, []string{"tester"}, nil)
	if err := errors.Join(ring.Add(agent.AddedKey{PrivateKey: key}), ring.Add(agent.AddedKey{PrivateKey: key, Certificate: valid})); err != nil {
		t.Fatal(err)
	}
	u.cfg.AgentSocket = socket
	u.wantLogin(t)
	u.cfg.IdentitiesOnly = true
	u.wantNoLogin(t, "nothing to try")
	u.cfg.KeyFiles = []string{writeKey(t, filepath.Join(t.TempDir(), "key.pub"), pub)}
	u.wantLogin(t)
	if err := ring.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	old := certify(t, ca, pub, gossh.UserCert, []string{"tester"}, func(c *gossh.Certificate) { c.ValidBefore = 1700000000 })
	if err := ring.Add(agent.AddedKey{PrivateKey: key, Certificate: old, Comment: "old"}); err != nil {
		t.Fatal(err)
	}
	u.cfg.IdentitiesOnly, u.cfg.KeyFiles = false, nil
	u.wantNoLogin(t, "old: it was valid until 2023-11-14")
}

// securityKey is an agent that holds one key of a security key, which signs as such a device does.
type securityKey struct {
	agent.Agent
	private ed25519.PrivateKey
}

const application = "ssh:"

func (k *securityKey) public(t testing.TB) gossh.PublicKey {
	t.Helper()
	pub, err := gossh.ParsePublicKey(gossh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{gossh.KeyAlgoSKED25519, k.private.Public().(ed25519.PublicKey), application}))
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

type skAgent struct {
	*securityKey
	t testing.TB
}

func (a skAgent) List() ([]*agent.Key, error) {
	pub := a.public(a.t)
	return []*agent.Key{{Format: pub.Type(), Blob: pub.Marshal(), Comment: "token"}}, nil
}

func (a skAgent) Sign(_ gossh.PublicKey, data []byte) (*gossh.Signature, error) {
	const userPresent = 1
	app, message := sha256.Sum256([]byte(application)), sha256.Sum256(data)
	rest := binary.BigEndian.AppendUint32([]byte{userPresent}, 5)
	signed := append(append(append([]byte{}, app[:]...), rest...), message[:]...)
	return &gossh.Signature{Format: gossh.KeyAlgoSKED25519, Blob: ed25519.Sign(a.private, signed), Rest: rest}, nil
}

func TestSecurityKey(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := &securityKey{private: private}
	u := newSetup(t, serverFor(t, key.public(t)))
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listen(t, "unix", socket, func(c net.Conn) { agent.ServeAgent(skAgent{key, t}, c) })
	u.cfg.AgentSocket = socket
	u.wantLogin(t)

	// The file that ssh-keygen -t ed25519-sk writes has no private key that could sign.
	file := filepath.Join(t.TempDir(), "id_ed25519_sk")
	if err := os.WriteFile(file, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	writeKey(t, file+".pub", key.public(t))
	u.cfg.KeyFiles, u.cfg.IdentitiesOnly = []string{file}, true
	u.wantLogin(t)
	u.cfg.AgentSocket = ""
	u.wantNoLogin(t, "only an agent can use: ssh-add "+file)
}

func TestKeyGivenAsText(t *testing.T) {
	file, pub := keyFile(t, "key", "")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u := newSetup(t, serverFor(t, pub))
	u.cfg.PrivateKeys = []string{string(text)}
	u.wantLogin(t)
	u.cfg.PrivateKeys = []string{"nonsense"}
	u.wantNoLogin(t, "not usable: the key given as text")
}

func TestKeyboardInteractiveWithSeveralQuestions(t *testing.T) {
	type round struct {
		questions []string
		answers   []string // what is right; nil: the round cannot be answered
	}
	tests := []struct {
		name   string
		rounds []round
		asked  string // what the error names; empty: logged in
	}{
		{"twice-at-once", []round{{[]string{"Password: ", "Again, the password: "}, []string{"secret", "secret"}}}, ""},
		{"token-too", []round{{[]string{"Password: ", "OTP: "}, nil}}, "OTP: "},
		{"token-after", []round{{[]string{"Password: "}, []string{"secret"}}, {[]string{"OTP: "}, nil}}, "OTP: "},
		{"empty-round", []round{{nil, []string{}}, {[]string{"Password: "}, []string{"secret"}}, {nil, []string{}}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, func(s *testServer) {
				s.config.PasswordCallback = nil
				s.config.KeyboardInteractiveCallback = func(_ gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
					for _, r := range tt.rounds {
						got, err := ask("", "", r.questions, make([]bool, len(r.questions)))
						if err != nil {
							return nil, err
						}
						if r.answers == nil || strings.Join(got, ",") != strings.Join(r.answers, ",") {
							return nil, fmt.Errorf("wrong: %d answers", len(got))
						}
					}
					return nil, nil
				}
			})
			u := newSetup(t, s)
			if tt.asked == "" {
				u.wantLogin(t)
				return
			}
			u.cfg.Password = "hidden"
			if tt.rounds[0].answers != nil {
				u.cfg.Password = "secret"
			}
			if _, err := Dial(t.Context(), u.cfg); err == nil || !strings.Contains(err.Error(), tt.asked) || !strings.Contains(err.Error(), "no answer") {
				t.Errorf("error %v", err)
			}
		})
	}
}
