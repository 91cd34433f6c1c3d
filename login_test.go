package pfrun

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/transport/ssh"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules/host"
)

// userHome is a home with a configuration for ssh.
func userHome(t *testing.T, config string) map[string]string {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".ssh", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"HOME": home, "USER": "me"}
}

func (w *heard) add(text string) { *w = append(*w, text) }

type heard []string

func TestLogin(t *testing.T) {
	const config = "Host relay\n HostName 192.0.2.9\n User conf\n Port 2022\nHost gate\n Port 2200\n User jump\nHost *\n ConnectTimeout 6\n"
	tests := []struct {
		name  string
		o     Options
		env   map[string]string
		asked engine.Asked
		vars  jinja.MapScope
		want  string // the target's route
		check func(ssh.Config) bool
	}{
		{"configuration", Options{}, nil, engine.Asked{}, nil, "conf@192.0.2.9:2022", func(c ssh.Config) bool { return c.ConnectTimeout == 6*time.Second && c.Name == "relay" }},
		{"args-over-configuration", Options{SSHCommonArgs: "-o User=args -p 1"}, nil, engine.Asked{}, nil, "args@192.0.2.9:1", nil},
		{"flag-over-args", Options{SSHExtraArgs: "-l args", User: "flag", Timeout: 2 * time.Second}, nil, engine.Asked{}, nil, "flag@192.0.2.9:2022",
			func(c ssh.Config) bool { return c.ConnectTimeout == 2*time.Second }},
		{"keyword-over-flag", Options{User: "flag"}, nil, engine.Asked{User: "keyword", Port: 24}, nil, "keyword@192.0.2.9:24", nil},
		{"variable-over-keyword", Options{User: "flag"}, nil, engine.Asked{User: "keyword", Port: 24},
			jinja.MapScope{"ansible_user": "var", "ansible_port": int64(25), "ansible_host": "192.0.2.1", "ansible_ssh_timeout": int64(9)}, "var@192.0.2.1:25",
			func(c ssh.Config) bool { return c.ConnectTimeout == 9*time.Second }},
		{"host-is-looked-up", Options{}, nil, engine.Asked{}, jinja.MapScope{"ansible_host": "gate"}, "jump@gate:2200", nil},
		{"ssh-args-come-first", Options{}, nil, engine.Asked{}, jinja.MapScope{"ansible_ssh_args": "-l first", "ansible_ssh_common_args": "-l second -J gate"},
			"first@192.0.2.9:2022 through jump@gate:2200", nil},
		{"environment", Options{}, map[string]string{"ANSIBLE_SSH_COMMON_ARGS": "-o ProxyCommand='nc %h %p'", "ANSIBLE_REMOTE_USER": "env", "ANSIBLE_TIMEOUT": "4", "ANSIBLE_SSH_RETRIES": "2"},
			engine.Asked{}, nil, "env@192.0.2.9:2022 by nc 192.0.2.9 2022", func(c ssh.Config) bool { return c.ConnectTimeout == 4*time.Second && c.Attempts == 3 }},
		{"keys", Options{PrivateKeyFile: "~/flag"}, nil, engine.Asked{}, jinja.MapScope{"ansible_ssh_extra_args": "-i /args", "ansible_private_key": "TEXT", "ansible_password": "pw"}, "conf@192.0.2.9:2022",
			func(c ssh.Config) bool {
				return slices.Equal(c.KeyFiles, []string{c.Home + "/flag", "/args"}) && slices.Equal(c.PrivateKeys, []string{"TEXT\n"}) && c.Password == "pw"
			}},
		{"no-key-checking", Options{SSHCommonArgs: "-F none"}, map[string]string{"ANSIBLE_HOST_KEY_CHECKING": "False"}, engine.Asked{}, nil, "me@relay:22",
			func(c ssh.Config) bool { return c.HostKeyPolicy == ssh.AcceptNewWithWarning }},
		{"moot", Options{}, nil, engine.Asked{}, jinja.MapScope{
			"ansible_pipelining": true, "ansible_ssh_pipelining": true, "ansible_python_interpreter": "/usr/bin/python3", "ansible_remote_tmp": "~/x", "ansible_ssh_transfer_method": "scp",
			"ansible_scp_if_ssh": "smart", "ansible_sftp_batch_mode": false, "ansible_ssh_use_tty": false, "ansible_shell_type": "sh", "ansible_shell_executable": "/bin/bash",
		}, "conf@192.0.2.9:2022", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := userHome(t, config)
			for k, v := range tt.env {
				env[k] = v
			}
			tt.o.Getenv = func(name string) string { return env[name] }
			var warned heard
			got, err := newConnector(&tt.o, &vars.Secrets{}, warned.add).Login("relay", tt.vars, tt.asked)
			if err != nil {
				t.Fatal(err)
			}
			l := got.(*login)
			if l.ssh.Route() != tt.want {
				t.Errorf("route %q, want %q", l.ssh.Route(), tt.want)
			}
			if tt.check != nil && !tt.check(l.ssh) {
				t.Errorf("got %+v", l.ssh)
			}
			if len(warned) > 0 {
				t.Errorf("warnings %q", warned)
			}
		})
	}
}

func TestLoginRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		vars jinja.MapScope
		want string
	}{
		"powershell": {jinja.MapScope{"ansible_shell_type": "powershell"}, "ansible_shell_type powershell"},
		"pkcs11":     {jinja.MapScope{"ansible_ssh_pkcs11_provider": "/x.so"}, "ssh-add -s /x.so"},
		"port":       {jinja.MapScope{"ansible_port": "smtp"}, `"smtp" is not a number`},
	} {
		t.Run(name, func(t *testing.T) {
			env := userHome(t, "")
			o := Options{Getenv: func(name string) string { return env[name] }}
			_, err := newConnector(&o, &vars.Secrets{}, func(string) {}).Login("relay", tt.vars, engine.Asked{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "relay") {
				t.Errorf("error %v lacks %q", err, tt.want)
			}
		})
	}
}

// Who only computes for a host needs no connection to it: that there is none of the kind is told when it is made.
func TestUnknownConnection(t *testing.T) {
	for name, tt := range map[string]struct {
		vars jinja.MapScope
		want string
	}{
		"winrm":    {jinja.MapScope{"ansible_connection": "winrm"}, `connection variables of relay: the connection "winrm" is not supported`},
		"paramiko": {jinja.MapScope{"ansible_connection": "paramiko_ssh"}, "write ssh"},
		"args":     {jinja.MapScope{"ansible_ssh_common_args": "-o Nonsense=1 -X"}, "Nonsense is not supported"},
	} {
		env := userHome(t, "")
		o := Options{Getenv: func(name string) string { return env[name] }}
		l, err := newConnector(&o, &vars.Secrets{}, func(string) {}).Login("relay", tt.vars, engine.Asked{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v lacks %q", name, err, tt.want)
		}
	}
}

func TestLoginWarnsOnce(t *testing.T) {
	env := userHome(t, "")
	o := Options{Getenv: func(name string) string { return env[name] }, SFTPExtraArgs: "-l 100"}
	var warned heard
	c := newConnector(&o, &vars.Secrets{}, warned.add)
	for _, name := range []string{"h1", "h2"} {
		if _, err := c.Login(name, jinja.MapScope{"ansible_ssh_executable": "/opt/ssh"}, engine.Asked{}); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(warned)
	if len(warned) != 2 || !strings.Contains(warned[0], "ansible_sftp_extra_args has no effect") || !strings.Contains(warned[1], "ansible_ssh_executable is not used") {
		t.Errorf("warnings %q", warned)
	}
}

func TestTwoNamesAreOneTarget(t *testing.T) {
	env := userHome(t, "Host relay\n HostName 192.0.2.9\n")
	o := Options{Getenv: func(name string) string { return env[name] }}
	c := newConnector(&o, &vars.Secrets{}, func(string) {})
	login := func(name string, v jinja.MapScope) engine.Login {
		l, err := c.Login(name, v, engine.Asked{})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	relay, again := login("relay", nil), login("mx1", jinja.MapScope{"ansible_host": "192.0.2.9"})
	if relay.Target() != again.Target() || relay.Key() != again.Key() {
		t.Errorf("%q and %q", relay.Key(), again.Key())
	}
	root := login("relay", jinja.MapScope{"ansible_user": "root", "ansible_become": true})
	if root.Target() != relay.Target() || root.Key() == relay.Key() {
		t.Errorf("another user: %q and %q", root.Key(), relay.Key())
	}
	secret := login("relay", jinja.MapScope{"ansible_password": "s3cret"})
	if secret.Key() == relay.Key() || strings.Contains(secret.Key(), "s3cret") {
		t.Errorf("with a password: %q", secret.Key())
	}
	for name, v := range map[string]jinja.MapScope{"port": {"ansible_port": int64(2222)}, "jump": {"ansible_ssh_common_args": "-J gate"}, "local": {"ansible_connection": "local"}} {
		if other := login("relay", v); other.Target() == relay.Target() {
			t.Errorf("%s: the same target %q", name, other.Target())
		}
	}
}

func TestConnectIsAskedForEveryConnection(t *testing.T) {
	var got ConnectionInfo
	o := Options{Getenv: func(string) string { return "" }, Connect: func(_ context.Context, info ConnectionInfo) (host.Conn, error) {
		got = info
		return nil, host.ErrUnreachable
	}}
	l, err := newConnector(&o, &vars.Secrets{}, func(string) {}).Login("mail1", jinja.MapScope{
		"ansible_connection": "docker", "ansible_host": "c1", "ansible_port": int64(7), "ansible_user": "u", "ansible_password": "p", "ansible_private_key_file": "/k",
	}, engine.Asked{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Connect(t.Context()); err == nil {
		t.Error("no error")
	}
	if got.Name != "mail1" || got.Connection != "docker" || got.Address != "c1" || got.Port != 7 || got.User != "u" || got.Password != "p" || !slices.Equal(got.KeyFiles, []string{"/k"}) {
		t.Errorf("asked for %+v", got)
	}
}
