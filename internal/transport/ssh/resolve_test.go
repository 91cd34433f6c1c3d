package ssh

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// resolving is a home with a configuration file, and a Resolver that reads it and nothing of this machine.
type resolving struct {
	*Resolver
	home     string
	warnings []string
}

// newResolving makes one for each way of reading: by the ssh client, where there is one, and by the library.
func newResolving(t *testing.T, client, config string) *resolving {
	t.Helper()
	if client == "" {
		if _, err := exec.LookPath("ssh"); err != nil {
			t.Skip("no ssh client is installed: apt-get install openssh-client")
		}
	}
	r := &resolving{home: t.TempDir()}
	env := map[string]string{"HOME": r.home, "USER": "me", "SSH_AUTH_SOCK": "/run/agent", "KEYS": r.home + "/keys"}
	r.Resolver = &Resolver{
		Getenv: func(name string) string { return env[name] }, Warn: func(w string) { r.warnings = append(r.warnings, w) }, client: client, system: r.home + "/system",
	}
	r.write(t, ".ssh/config", config)
	return r
}

func (r *resolving) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(r.home, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eachClient runs a test with the ssh client and with the library.
func eachClient(t *testing.T, f func(t *testing.T, client string)) {
	t.Run("client", func(t *testing.T) { f(t, "") })
	t.Run("library", func(t *testing.T) { f(t, none) })
}

const manyHosts = `
Host mail1
  HostName %h.example.org
  User postmaster
  Port 2222
  IdentityFile ~/.ssh/%h
  IdentityFile ${KEYS}/%r
  CertificateFile %d/c
  IdentitiesOnly yes
  UserKnownHostsFile ~/known
  StrictHostKeyChecking accept-new
  ConnectTimeout 7
  ServerAliveInterval 20
  SetEnv A=b
  ForwardX11 yes
  SendEnv LANG LC_*
  LocalForward 1025 localhost:25

Host behind
  ProxyJump outer,admin@inner:2200
Host inner outer
  User jumper
Host outer
  HostName 192.0.2.7
Host piped
  ProxyCommand nc -X 5 %h %p %r %n
  HostName piped.example.org

Host *
  User nobody
  Port 24
`

func TestResolve(t *testing.T) {
	eachClient(t, func(t *testing.T, client string) {
		r := newResolving(t, client, manyHosts)
		tests := []struct {
			name, args string
			asked      Config
			want       string // the route
			check      func(Config) bool
		}{
			{"mail1", "", Config{}, "postmaster@mail1.example.org:2222", func(c Config) bool {
				return slices.Equal(c.KeyFiles, []string{r.home + "/.ssh/mail1.example.org", r.home + "/keys/postmaster"}) && slices.Equal(c.CertificateFiles, []string{r.home + "/c"}) &&
					c.IdentitiesOnly && slices.Equal(c.KnownHosts, []string{r.home + "/known"}) && c.HostKeyPolicy == AcceptNew && c.ConnectTimeout == 7*time.Second &&
					c.KeepAlive == 20*time.Second && slices.Equal(c.Env, []string{"A=b"}) && c.AgentSocket == "/run/agent" && c.Name == "mail1"
			}},
			{"mail1", "-l args -o ConnectTimeout=3 -i k -o StrictHostKeyChecking=yes -o IdentitiesOnly=no", Config{}, "args@mail1.example.org:2222", func(c Config) bool {
				return c.ConnectTimeout == 3*time.Second && c.KeyFiles[0] == "k" && len(c.KeyFiles) == 3 && c.HostKeyPolicy == Refuse && !c.IdentitiesOnly
			}},
			{"mail1", "-l args -p 1", Config{User: "asked", Port: 26, ConnectTimeout: time.Second, KeyFiles: []string{"first"}, HostKeyPolicy: AcceptNewWithWarning}, "asked@mail1.example.org:26",
				func(c Config) bool {
					return c.ConnectTimeout == time.Second && c.KeyFiles[0] == "first" && c.HostKeyPolicy == AcceptNewWithWarning
				}},
			{"mail1", "-F none", Config{}, "me@mail1:22", func(c Config) bool { return len(c.KeyFiles) == 0 }},
			{"mail1", "-o HostName=%h.lan", Config{}, "postmaster@mail1.lan:2222", nil},
			{"other", "", Config{}, "nobody@other:24", nil},
			{"behind", "", Config{}, "nobody@behind:24 through admin@inner:2200 through jumper@192.0.2.7:24", func(c Config) bool { return c.Via.Name == "inner" && c.Via.Via.Name == "outer" }},
			{"behind", "-J outer", Config{}, "nobody@behind:24 through jumper@192.0.2.7:24", nil},
			{"behind", "-o ProxyJump=none", Config{}, "nobody@behind:24", nil},
			{"behind", "-o ProxyCommand='x %p'", Config{}, "nobody@behind:24 by x 24", nil},
			{"piped", "", Config{}, "nobody@piped.example.org:24 by nc -X 5 piped.example.org 24 nobody piped", nil},
			{"piped", "-J ssh://root@[2001:db8::1]:23/", Config{}, "nobody@piped.example.org:24 through root@[2001:db8::1]:23", nil},
		}
		for _, tt := range tests {
			t.Run(tt.name+tt.args, func(t *testing.T) {
				tt.asked.Address = tt.name
				c, err := r.Resolve(t.Context(), tt.asked, tt.args)
				if err != nil {
					t.Fatal(err)
				}
				if c.Route() != tt.want {
					t.Errorf("route %q, want %q", c.Route(), tt.want)
				}
				if tt.check != nil && !tt.check(c) {
					t.Errorf("got %+v", c)
				}
			})
		}
		if len(r.warnings) > 0 {
			t.Errorf("warnings %q", r.warnings)
		}
	})
}

func TestResolveRefuses(t *testing.T) {
	eachClient(t, func(t *testing.T, client string) {
		tests := []struct{ name, config, args, want string }{
			{"circle", "Host *\n ProxyJump bastion\n", "", "give the jump host itself ProxyJump none"},
			{"pkcs11", "PKCS11Provider /x.so\n", "", "ssh-add -s"},
			{"known-hosts-command", "KnownHostsCommand /bin/x\n", "", "UserKnownHostsFile"},
			{"remote-command", "RemoteCommand tmux\n", "", "RemoteCommand=none"},
			{"no-algorithm", "Ciphers aes128-cbc,3des-cbc\nMACs umac-64@openssh.com\n", "", "none of these algorithms"},
			{"args", "", "-o NoSuch=1", "NoSuch is not supported"},
			{"variable", "IdentityFile ${NOWHERE}/k\n", "", "NOWHERE is not set"},
			{"no-file", "", "-F /no/such/config", "/no/such/config"},
			{"jump-refuses", "Host b\n RemoteCommand x\n", "-J b", "jump host b"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				_, err := newResolving(t, client, tt.config).Resolve(t.Context(), Config{Address: "mail1"}, tt.args)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v lacks %q", err, tt.want)
				}
			})
		}
	})
}

func TestResolveReadsTheSystemsFileToo(t *testing.T) {
	eachClient(t, func(t *testing.T, client string) {
		r := newResolving(t, client, "Host mail1\n User own\n")
		r.write(t, "system", "Host *\n User system\n Port 2200\n")
		for range 2 { // the second time from memory
			c, err := r.Resolve(t.Context(), Config{Address: "mail1"}, "")
			if err != nil || c.Route() != "own@mail1:2200" {
				t.Errorf("%s, %v", c.Route(), err)
			}
		}
		r.write(t, "other", "User other\n")
		c, err := r.Resolve(t.Context(), Config{Address: "mail1"}, "-F ~/other")
		if err != nil || c.Route() != "other@mail1:22" {
			t.Errorf("with -F: %s, %v", c.Route(), err)
		}
	})
}

func TestResolveWithMatch(t *testing.T) {
	const config = "Match host mail1 user root\n Port 2200\nMatch all\n ConnectTimeout 4\n"
	r := newResolving(t, "", config)
	for user, want := range map[string]string{"root": "root@mail1:2200", "me": "me@mail1:22"} {
		c, err := r.Resolve(t.Context(), Config{Address: "mail1", User: user}, "")
		if err != nil || c.Route() != want || c.ConnectTimeout != 4*time.Second {
			t.Errorf("%s: %s, %s, %v", user, c.Route(), c.ConnectTimeout, err)
		}
	}
	for name, config := range map[string]string{"direct": config, "included": "Include more\n", "exec": "Match exec true\n Port 1\n"} {
		r := newResolving(t, none, config)
		r.write(t, ".ssh/more", "Match host mail1 user root\n Port 2200\n")
		c, err := r.Resolve(t.Context(), Config{Address: "mail1", User: "root"}, "")
		if err != nil || c.Route() != "root@mail1:22" || len(r.warnings) != 1 || !strings.Contains(r.warnings[0], "openssh-client") {
			t.Errorf("%s: without a client: %s, %v, warnings %q", name, c.Route(), err, r.warnings)
		}
	}
}

func TestResolveReportsABrokenFile(t *testing.T) {
	_, err := newResolving(t, "", "Host mail1\n NoSuchOption yes\n").Resolve(t.Context(), Config{Address: "mail1"}, "")
	if err == nil || !strings.Contains(strings.ToLower(err.Error()), "nosuchoption") || !strings.Contains(err.Error(), "config") {
		t.Errorf("error %v", err)
	}
}

func TestParseHop(t *testing.T) {
	for text, want := range map[string]hop{
		"h": {host: "h"}, "u@h": {"u", "h", 0}, "u@h:1": {"u", "h", 1}, "a@b@h": {"a@b", "h", 0}, "2001:db8::1": {host: "2001:db8::1"}, "[::1]:22": {host: "::1", port: 22},
		"ssh://u@h:2/": {"u", "h", 2},
	} {
		if got, err := parseHop(text); got != want || err != nil {
			t.Errorf("%q gives %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "u@", "h:", "-x", "h:0", "[::1", "[::1]x"} {
		if got, err := parseHop(text); err == nil && text != "h:" {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}

func FuzzParseHop(f *testing.F) {
	for _, s := range []string{"h", "u@h:1", "[::1]:22", "ssh://u@h/", "@", ":", "[]", "a@b@c:d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHop(s)
		if err == nil && (h.host == "" || h.host[0] == '-' || h.port < 0 || h.port > 65535) {
			t.Errorf("%q gives %+v", s, h)
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"~/x", "%h-%p", "%%", "%", "${HOME}/x", "${", "a%dc"} {
		f.Add(s)
	}
	tok := newTokens(&Config{Home: "/h", Address: "%p", Port: 1, User: "u"}, "o", "l", "host.name", 0, func(string) string { return "%h" })
	f.Fuzz(func(t *testing.T, s string) {
		got, err := tok.path(s)
		if err == nil && checkTokens(s, pathTokens) != nil {
			t.Errorf("%q passes as %q", s, got)
		}
	})
}
