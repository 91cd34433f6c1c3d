package ssh

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseArgs(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	t.Setenv("SSH_AUTH_SOCK", "/run/agent")
	policy := func(p HostKeyPolicy) *HostKeyPolicy { return &p }
	text := func(s string) *string { return &s }
	tests := []struct {
		args string
		want Overrides
	}{
		{"", Overrides{}},
		{"-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null", Overrides{HostKeyPolicy: policy(AcceptNewWithWarning), KnownHosts: []string{"/dev/null"}}},
		{"-oStrictHostKeyChecking=accept-new", Overrides{HostKeyPolicy: policy(AcceptNew)}},
		{"-o 'stricthostkeychecking yes'", Overrides{HostKeyPolicy: policy(Refuse)}},
		{`-o "StrictHostKeyChecking = ask"`, Overrides{HostKeyPolicy: policy(Ask)}},
		{"-o UserKnownHostsFile=none -o 'GlobalKnownHostsFile=~/a %d/b'", Overrides{KnownHosts: []string{}, GlobalKnownHosts: []string{"~/a", "%d/b"}}},
		{"-p 2222 -l root -i ~/k1 -ik2", Overrides{Port: 2222, User: "root", KeyFiles: []string{"~/k1", "k2"}}},
		{"-o Port=1 -p2 -o User=a -la", Overrides{Port: 1, User: "a"}},
		{`-o IdentityFile="my key" -o IdentitiesOnly=yes`, Overrides{KeyFiles: []string{"my key"}, IdentitiesOnly: true}},
		{`-o 'IdentityFile="my key"' -o IdentityFile=none`, Overrides{KeyFiles: []string{"my key"}, NoKeyFiles: true}},
		{"-o IdentityAgent=none", Overrides{AgentSocket: text("")}},
		{"-o IdentityAgent=SSH_AUTH_SOCK", Overrides{AgentSocket: text("SSH_AUTH_SOCK")}},
		{"-4", Overrides{Network: "tcp4"}},
		{"-o AddressFamily=inet6 -4", Overrides{Network: "tcp6"}},
		{"-C -vvv -qT -F none", Overrides{ConfigFile: "none"}},
		{"-F ~/.ssh/other -P lan", Overrides{ConfigFile: "~/.ssh/other", Tag: "lan"}},
		{"-J a,b@c:22 -o ProxyCommand=x", Overrides{ProxyJump: "a,b@c:22"}},
		{`-o ProxyCommand="ssh -W %h:%p b" -J a`, Overrides{ProxyCommand: "ssh -W %h:%p b"}},
		{"-o ProxyJump=None", Overrides{ProxyJump: "none"}},
		{"-o HostName=%h.example.org -o BindAddress=192.0.2.1 -o ConnectionAttempts=3", Overrides{HostName: "%h.example.org", BindAddress: "192.0.2.1", Attempts: 3}},
		{"-o CertificateFile=~/c -o CertificateFile=d -o RequiredRSASize=2048", Overrides{CertificateFiles: []string{"~/c", "d"}, RequiredRSASize: 2048}},
		{`-A -o SetEnv="A=b 'C=d e'" -o SendEnv=LC_*`, Overrides{ForwardAgent: "yes", SetEnv: []string{"A=b", "C=d e"}}},
		{"-o IgnoreUnknown=Frob*,x -o FrobNicate=yes", Overrides{}},
		{"-o CASignatureAlgorithms=ssh-ed25519 -o PubkeyAcceptedAlgorithms=ssh-ed25519,rsa-sha2-512", Overrides{CASignatureAlgorithms: []string{"ssh-ed25519"}, PublicKeyAlgorithms: []string{"ssh-ed25519", "rsa-sha2-512"}}},

		{"-o ConnectTimeout=5 -o ServerAliveInterval=1m30s -o ServerAliveCountMax=2", Overrides{ConnectTimeout: 5 * time.Second, KeepAlive: 90 * time.Second, KeepAliveCount: 2}},
		{"-o ControlMaster=auto -o ControlPersist=60s -o ControlPath=~/.ssh/%r@%h -o LogLevel=ERROR -o Compression=yes -o ForwardAgent=no", Overrides{}},
		{"-o PreferredAuthentications=gssapi-with-mic,password,publickey", Overrides{Methods: []string{"password", "publickey"}}},
		{"-o PasswordAuthentication=no -o PubkeyAuthentication=yes", Overrides{WithoutMethods: []string{"password"}}},
		{"-o BatchMode=yes -o HashKnownHosts=yes -o HostKeyAlias=relay", Overrides{Batch: true, HashKnownHosts: true, HostKeyAlias: "relay"}},
		{"-o HostKeyAlgorithms=ssh-ed25519,sk-ssh-ed25519@openssh.com", Overrides{HostKeyAlgorithms: []string{"ssh-ed25519"}}},
		{"-o HostKeyAlgorithms=+ssh-rsa -o PubkeyAcceptedAlgorithms=+ssh-rsa", Overrides{
			HostKeyAlgorithms: slices.Concat(certAlgorithms(), defaultHostKeyAlgorithms(), []string{"ssh-rsa"}), PublicKeyAlgorithms: publicKeyAlgorithms(),
		}},
		{"-o HostKeyAlgorithms=-ecdsa-*,*-cert-*", Overrides{HostKeyAlgorithms: []string{"ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"}}},
		{"-o HostKeyAlgorithms=^rsa-sha2-256", Overrides{
			HostKeyAlgorithms: slices.Concat([]string{"rsa-sha2-256"}, certAlgorithms(), []string{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512"}),
		}},
		{"-o Ciphers=aes256-ctr -o MACs=hmac-sha1 -o KexAlgorithms=diffie-hellman-group1-sha1", Overrides{Ciphers: []string{"aes256-ctr"}, MACs: []string{"hmac-sha1"}, KexAlgorithms: []string{"diffie-hellman-group1-sha1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			got, err := ParseArgs(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseArgsRefuses(t *testing.T) {
	tests := []struct{ args, want string }{
		{"-J a,,b", `jump host ""`},
		{"-J a:port", "port: expected a number"},
		{"-o ProxyJump=[::1", "expected [user@]host[:port]"},
		{"-o ProxyCommand='nc %q'", `the token "%q" is not supported`},
		{"-o PKCS11Provider=/x.so", "PKCS11Provider=/x.so is not supported: load the token into an agent"},
		{"-o KnownHostsCommand=/bin/x", "UserKnownHostsFile"},
		{"-o PermitLocalCommand=yes", "PermitLocalCommand=yes is not supported"},
		{"-o GSSAPIAuthentication=yes", "use a key"},
		{"-tt", "-t is not supported"},
		{"-L 1:h:2", "-L is not supported"},
		{"-o SendEnv=FOO", "SendEnv=FOO is not supported: set the variable with SetEnv"},
		{"-o SetEnv=FOO", "expected NAME=value"},
		{"-o NoSuchOption=1", "NoSuchOption is not supported"},
		{"-o Port=0", "Port 0: expected a number"},
		{"-p ssh", "-p ssh: expected a number"},
		{"-o ConnectTimeout=soon", "expected a number of seconds"},
		{"-o StrictHostKeyChecking=maybe", "expected yes, accept-new"},
		{"-o Port", "expected Key=Value"},
		{"-o Ciphers=", "expected Key=Value"},
		{`-o 'Ciphers=""'`, "expected Key=Value"},
		{"-o Ciphers=rot13", "none of these algorithms"},
		{"-o IdentityFile=~/.ssh/%C", "token"},
		{"-o PreferredAuthentications=hostbased", "none of these methods"},
		{"-o PubkeyAcceptedAlgorithms=rot13", "none of these algorithms"},
		{"-o", "lacks its value"},
		{"mail1", "is no option"},
		{"-", "is no option"},
		{"-o 'Port=1", "not closed"},
		{`-o Port=1\`, "escapes nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			_, err := ParseArgs(tt.args)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v lacks %q", err, tt.want)
			}
		})
	}
	if _, err := ParseArgs("-t -X -o Port=x"); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not all errors are there: %v", err)
	}
}

func TestFill(t *testing.T) {
	o, err := ParseArgs("-p 2222 -i k2 -l args -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o BatchMode=yes -o StrictHostKeyChecking=yes")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{User: "root", KeyFiles: []string{"k1"}, HostKeyPolicy: AcceptNew}
	o.fill(&c)
	if c.Port != 2222 || c.User != "root" || !slices.Equal(c.KeyFiles, []string{"k1", "k2"}) || c.HostKeyPolicy != Refuse || !slices.Equal(c.Methods, []string{methodPublicKey}) {
		t.Errorf("%+v", c)
	}
	if _, err := c.Passphrase(t.Context(), "k"); err == nil {
		t.Error("batch mode asks")
	}
}

func FuzzParseArgs(f *testing.F) {
	for _, s := range []string{
		"", "-o StrictHostKeyChecking=no -p22", `-o "a b" 'c' \d`, "-oPort=1", "-vvv -4", "-i ~/x -o IdentityFile=%d/%%", "-o Ciphers=+a,-b,^c", "-o 'ConnectTimeout 1h'", "-", "--", "-o=",
		"-o HostKeyAlgorithms=-*", "-o MACs=+", "-o x=\"", "-o UserKnownHostsFile=a b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, args string) {
		o, err := ParseArgs(args)
		if err != nil {
			return
		}
		var c Config
		o.fill(&c)
		again, err := ParseArgs(args)
		if err != nil || !cmp.Equal(o, again) {
			t.Errorf("reading %q again gives %+v, %v", args, again, err)
		}
	})
}

func FuzzSplitWords(f *testing.F) {
	for _, s := range []string{"a b", `'a b' "c\"d" e\ f`, `""`, "a'b'c", "\t\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := splitWords(s)
		if err != nil {
			return
		}
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
		}
		again, err := splitWords(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(words, again) {
			t.Errorf("%q gives %q, and quoted %q (%v)", s, words, again, err)
		}
	})
}
