package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/pfrun/pfrun/modules/host"
)

func TestUnknownHost(t *testing.T) {
	yes := func(context.Context, string) (bool, error) { return true, nil }
	no := func(context.Context, string) (bool, error) { return false, nil }
	tests := []struct {
		name    string
		policy  HostKeyPolicy
		confirm func(context.Context, string) (bool, error)
		ok      bool
		warns   int
		message string
	}{
		{"ask-nobody", Ask, nil, false, 0, "the host is not known"},
		{"ask-yes", Ask, yes, true, 0, ""},
		{"ask-no", Ask, no, false, 0, "was not accepted"},
		{"refuse", Refuse, yes, false, 0, "the host is not known"},
		{"accept-new", AcceptNew, nil, true, 0, ""},
		{"accept-new-with-warning", AcceptNewWithWarning, nil, true, 1, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key := newSigner(t, "ed25519")
			u := newSetup(t, startServer(t, []gossh.Signer{key}, nil))
			u.cfg.HostKeyPolicy, u.cfg.Confirm = tt.policy, tt.confirm
			if tt.ok {
				u.dial(t)
				want := fmt.Sprintf("[127.0.0.1]:%d %s\n", u.cfg.Port, authorized(key.PublicKey()))
				if got, _ := os.ReadFile(u.knownHosts); string(got) != want {
					t.Errorf("recorded %q, want %q", got, want)
				}
				u.cfg.HostKeyPolicy = Refuse
				u.dial(t)
			} else {
				u.wantRefused(t, tt.message, gossh.FingerprintSHA256(key.PublicKey()))
				if _, err := os.Stat(u.knownHosts); err == nil {
					t.Error("a refused key was recorded")
				}
			}
			if len(u.warnings) != tt.warns {
				t.Errorf("warnings %q, want %d", u.warnings, tt.warns)
			}
		})
	}
}

// wantRefused dials and wants an error about the host key with these texts.
func (u *setup) wantRefused(t *testing.T, texts ...string) {
	t.Helper()
	c, err := Dial(t.Context(), u.cfg)
	if err == nil {
		c.Close()
		t.Fatal("the host key was accepted")
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Step != StepHostKey || !errors.Is(err, host.ErrUnreachable) {
		t.Fatalf("error %v (%+v), want one about the host key that wraps ErrUnreachable", err, e)
	}
	for _, text := range append(texts, "mail1", "127.0.0.1:") {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func TestChangedKeyIsRefusedWhateverThePolicy(t *testing.T) {
	yes := func(context.Context, string) (bool, error) { return true, nil }
	for _, policy := range []HostKeyPolicy{Ask, Refuse, AcceptNew, AcceptNewWithWarning} {
		for _, old := range []string{"ed25519", "rsa"} { // of the same type, and of another
			t.Run(fmt.Sprintf("%d-%s", policy, old), func(t *testing.T) {
				key, was := newSigner(t, "ed25519"), newSigner(t, old)
				u := newSetup(t, startServer(t, []gossh.Signer{key}, nil))
				u.cfg.HostKeyPolicy, u.cfg.Confirm = policy, yes
				u.write(t, "# a comment", fmt.Sprintf("[127.0.0.1]:%d %s", u.cfg.Port, authorized(was.PublicKey())))
				u.wantRefused(t, "has changed", gossh.FingerprintSHA256(key.PublicKey()), gossh.FingerprintSHA256(was.PublicKey()), u.knownHosts+":2")
			})
		}
	}
}

func TestRecordedHost(t *testing.T) {
	keys := map[string]gossh.Signer{"ed25519": newSigner(t, "ed25519"), "ecdsa": newSigner(t, "ecdsa"), "rsa": newSigner(t, "rsa")}
	other := newSigner(t, "ed25519")
	line := func(names, kind string) string { return names + " " + authorized(keys[kind].PublicKey()) }
	s := startServer(t, []gossh.Signer{keys["ed25519"], keys["ecdsa"], keys["rsa"]}, nil)
	at := fmt.Sprintf("[127.0.0.1]:%d", s.port())
	tests := []struct {
		name    string
		lines   []string
		refused string // empty: accepted
	}{
		{"first-type", []string{line(at, "ed25519")}, ""},
		{"ecdsa-only", []string{line(at, "ecdsa")}, ""},
		{"rsa-only", []string{line(at, "rsa")}, ""},
		{"several-keys", []string{at + " " + authorized(other.PublicKey()), line(at, "ed25519")}, ""},
		{"hashed", []string{line(knownhosts.HashHostname(at), "rsa")}, ""},
		{"hashed-other", []string{line(knownhosts.HashHostname("[127.0.0.2]:22"), "rsa")}, "not known"},
		{"list", []string{line("elsewhere,"+at, "ed25519")}, ""},
		{"wildcard", []string{line("[127.0.0.*]:*", "ecdsa")}, ""},
		{"negated", []string{line("[127.0.0.*]:*,!"+at, "ecdsa")}, "not known"},
		{"other-port", []string{line("[127.0.0.1]:1", "ed25519")}, "not known"},
		{"without-port", []string{line("127.0.0.1", "ed25519")}, ""},
		{"without-port-another-key", []string{"127.0.0.1 " + authorized(other.PublicKey())}, "not known"},
		{"revoked", []string{line(at, "ed25519"), line("@revoked *", "ed25519")}, "@revoked"},
		{"revoked-other-key", []string{line(at, "ed25519"), "@revoked * " + authorized(other.PublicKey())}, ""},
		{"authority-is-no-key", []string{line("@cert-authority *", "ed25519")}, "not known"},
		{"authority-beside-key", []string{"@cert-authority * " + authorized(other.PublicKey()), line(at, "ed25519")}, ""},
		{"bad-lines", []string{"nonsense", at + " ssh-ed25519 ????", "@unknown " + line(at, "ecdsa"), line(at, "ed25519")}, ""},
		{"wrong-type-name", []string{at + " ssh-rsa " + strings.Fields(authorized(keys["ed25519"].PublicKey()))[1]}, "not known"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newSetup(t, s)
			u.cfg.HostKeyPolicy = Refuse
			u.write(t, tt.lines...)
			if tt.refused == "" {
				u.dial(t)
			} else {
				u.wantRefused(t, tt.refused)
			}
			if tt.name == "bad-lines" && len(u.warnings) != 3 {
				t.Errorf("warnings %q, want 3", u.warnings)
			}
		})
	}
}

func TestHostKeyAlias(t *testing.T) {
	key := newSigner(t, "ed25519")
	u := newSetup(t, startServer(t, []gossh.Signer{key}, nil))
	u.cfg.HostKeyPolicy, u.cfg.HostKeyAlias = Refuse, "Relay"
	u.write(t, "relay "+authorized(key.PublicKey()))
	u.dial(t)
}

func TestGlobalKnownHosts(t *testing.T) {
	key := newSigner(t, "ed25519")
	u := newSetup(t, startServer(t, []gossh.Signer{key}, nil))
	u.write(t, fmt.Sprintf("[127.0.0.1]:%d %s", u.cfg.Port, authorized(key.PublicKey())))
	u.cfg.HostKeyPolicy, u.cfg.KnownHosts, u.cfg.GlobalKnownHosts = Refuse, []string{filepath.Join(t.TempDir(), "none")}, []string{u.knownHosts}
	u.dial(t)
}

func TestRecordingKeepsTheFile(t *testing.T) {
	key := newSigner(t, "ed25519").PublicKey()
	hashed := knownhosts.HashHostname("other") + " " + authorized(key)
	tests := []struct {
		name, before string
		hash         bool
		plain        bool // the new line has a plain name
	}{
		{"empty", "", false, true},
		{"no-line-end", "other " + authorized(key), false, true},
		{"all-hashed", hashed + "\n", false, false},
		{"some-hashed", hashed + "\nthird " + authorized(key) + "\n", false, true},
		{"asked-for", "", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "new", "known_hosts")
			if tt.before != "" {
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(tt.before), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time there is nothing to do
				if err := appendKnownHost(file, "[mail]:2222", key, tt.hash); err != nil {
					t.Fatal(err)
				}
			}
			text, _ := os.ReadFile(file)
			lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			last := lines[len(lines)-1]
			if !strings.HasPrefix(string(text), tt.before) || strings.HasPrefix(last, "[mail]:2222 ") != tt.plain {
				t.Errorf("file is %q", text)
			}
			db, _ := readKnownHosts([]string{file}, func(w string) { t.Error(w) })
			if n := len(db.find("[mail]:2222", noMarker)); n != 1 {
				t.Errorf("recorded %d times", n)
			}
			if info, _ := os.Stat(filepath.Dir(file)); info.Mode().Perm() != 0o700 {
				t.Errorf("the folder has mode %o", info.Mode().Perm())
			}
		})
	}
	file := filepath.Join(t.TempDir(), "f")
	if err := errors.Join(appendKnownHost(file, "h", key, false)); err != nil {
		t.Fatal(err)
	}
	if err := appendKnownHost(file, "h", newSigner(t, "ed25519").PublicKey(), false); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("another key recorded meanwhile gives %v", err)
	}
}

func TestManyHostsAreRecordedAtOnce(t *testing.T) {
	u := newSetup(t, nil)
	var wg sync.WaitGroup
	const n = 10
	for range n {
		cfg := u.cfg
		cfg.Port = startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, nil).port()
		wg.Go(func() {
			c, err := Dial(t.Context(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
	}
	wg.Wait()
	db, err := readKnownHosts([]string{u.knownHosts}, func(w string) { t.Error(w) })
	if err != nil || len(db.keys) != n {
		t.Errorf("%d keys recorded, want %d (%v)", len(db.keys), n, err)
	}
}

func TestKnownHostsNowhere(t *testing.T) {
	u := newSetup(t, startServer(t, []gossh.Signer{newSigner(t, "ed25519")}, nil))
	u.cfg.KnownHosts = []string{"/dev/null"}
	u.dial(t)
	u.cfg.KnownHosts = []string{"/proc/none/known_hosts"}
	u.dial(t)
	if len(u.warnings) != 1 || !strings.Contains(u.warnings[0], "could not be recorded") {
		t.Errorf("warnings %q", u.warnings)
	}
}

func TestMatchGlob(t *testing.T) {
	for _, tt := range []struct {
		glob, s string
		want    bool
	}{
		{"", "", true}, {"*", "", true}, {"*", "abc", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"*.org", "a.b.org", true}, {"*.org", "org", false},
		{"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXbYbZ", false}, {"2001:db8::*", "2001:db8::1", true}, {"x", "xy", false}, {"**", "a", true},
	} {
		if got := matchGlob(tt.glob, tt.s); got != tt.want {
			t.Errorf("matchGlob(%q, %q) = %v", tt.glob, tt.s, got)
		}
	}
}

func FuzzKnownHosts(f *testing.F) {
	key := authorized(newSigner(f, "ed25519").PublicKey())
	for _, s := range []string{
		"", "# c\n", "h " + key, "h,!i,*.x,[h]:22 " + key + " comment\n", knownhosts.HashHostname("h") + " " + key, "@revoked * " + key, "@cert-authority *.org " + key,
		"@bad h " + key, "|1|a|b " + key, "|2|a|b " + key, "! " + key, ",, " + key, "h ssh-rsa AAAA", "\x00 \x01 \x02",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var db knownHosts
		warned := 0
		db.parse([]byte(text), "f", func(string) { warned++ })
		if lines := strings.Count(text, "\n") + 1; len(db.keys)+warned > lines {
			t.Errorf("%d keys and %d warnings from %d lines", len(db.keys), warned, lines)
		}
		for _, k := range db.keys {
			if k.line < 1 || k.key == nil || len(k.names) == 0 {
				t.Errorf("half a line: %+v", k)
			}
			k.matches("h")
		}
	})
}
