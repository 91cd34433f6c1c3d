package pfrun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/ssh"
)

// login is who to be on a host, and the way there.
type login struct {
	c      *connector
	name   string
	method string // ssh or local, or what the embedder's Connect knows
	ssh    ssh.Config
	become *target.Become
	// unknown says that there is no such connection, or no way to the host. Tasks that only compute can do without.
	unknown error
}

// Key tells logins apart.
func (l *login) Key() string {
	return l.connKey() + "|" + becomeKey(l.become)
}

// connKey is equal for logins that share a connection: two names for one host do.
func (l *login) connKey() string {
	if l.method == "local" {
		return l.method
	}
	password := sha256.Sum256([]byte(l.ssh.Password)) // two names may give different ones
	return strings.Join([]string{l.method, l.ssh.Route(), strings.Join(l.ssh.KeyFiles, ","), hex.EncodeToString(password[:])}, "|")
}

// Target is equal for logins to one machine: what ssh's configuration makes of the names counts, not the names.
func (l *login) Target() string {
	if l.method == "local" {
		return l.method
	}
	return l.method + "|" + l.ssh.Place()
}

// User is who tasks become.
func (l *login) User() string {
	if l.become == nil {
		return ""
	}
	return l.become.User
}

// Login merges what variables, keywords and flags say, in Ansible's order: variables win over keywords, keywords over flags.
func (c *connector) Login(name string, scope jinja.Scope, asked engine.Asked) (engine.Login, error) {
	s := &settings{scope: scope}
	l := &login{c: c, name: name}
	l.method, l.unknown = c.connection(s, asked)
	l.ssh = c.asked(s, name, asked)
	if l.method == "ssh" && c.o.Connect == nil {
		c.resolve(l, s)
	}
	l.become = c.becomeSettings(s, asked)
	if len(s.errs) > 0 {
		return nil, fmt.Errorf("connection variables of %s: %w", name, errors.Join(s.errs...))
	}
	c.secrets.Add(l.ssh.Password)
	if l.become != nil {
		c.secrets.Add(l.become.Password)
	}
	return l, nil
}

// connection gives the kind of connection: ssh, local, or one that the embedder makes. With any other there is an error for who connects.
func (c *connector) connection(s *settings, asked engine.Asked) (string, error) {
	method := s.text(first(asked.Connection, c.o.Connection, c.o.Settings.Connection, "ssh"), "ansible_connection")
	method = strings.TrimPrefix(strings.TrimPrefix(method, "ansible.builtin."), "ansible.legacy.")
	switch {
	case method == "smart":
		return "ssh", nil
	case method == "ssh", method == "local", c.o.Connect != nil:
		return method, nil
	case method == "paramiko" || method == "paramiko_ssh":
		return method, fmt.Errorf("the connection %q is not supported: write ssh, which reaches the same hosts", method)
	}
	return method, fmt.Errorf("the connection %q is not supported: ssh and local are", method)
}

// asked gives what flags, keywords and variables say about a host; what they leave open stays so.
func (c *connector) asked(s *settings, name string, asked engine.Asked) ssh.Config {
	cfg := ssh.Config{Name: name, Home: c.o.Getenv("HOME"), Confirm: c.o.Confirm, Passphrase: c.o.Passphrase, Warn: c.warnOnce}
	if !c.o.Settings.SSHHostKeyChecking || !s.flag(true, "ansible_ssh_host_key_checking", "ansible_host_key_checking") {
		cfg.HostKeyPolicy = ssh.AcceptNewWithWarning
	}
	cfg.Address = s.text(name, "ansible_host", "ansible_ssh_host")
	cfg.Port = s.number(firstInt(asked.Port, c.o.Settings.RemotePort), "ansible_port", "ansible_ssh_port")
	cfg.User = s.text(first(asked.User, c.o.User, c.o.Settings.RemoteUser), "ansible_user", "ansible_ssh_user")
	cfg.Password = s.text(c.o.ConnectionPassword, "ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
	if key := s.text(first(c.o.PrivateKeyFile, c.o.Settings.PrivateKeyFile), "ansible_ssh_private_key_file", "ansible_private_key_file"); key != "" {
		cfg.KeyFiles = []string{c.o.expandHome(key)}
	}
	if key := s.text(c.o.Settings.PrivateKey, "ansible_ssh_private_key", "ansible_private_key"); key != "" {
		c.secrets.Add(key)
		cfg.PrivateKeys = []string{key + "\n"}
	}
	if phrase := s.text(c.o.Settings.PrivateKeyPassphrase, "ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase"); phrase != "" {
		c.secrets.Add(phrase)
		cfg.Passphrase = func(context.Context, string) (string, error) { return phrase, nil }
	}
	c.times(s, &cfg)
	return cfg
}

// times sets the time-out and the number of attempts. Without a word of them the ssh configuration decides.
func (c *connector) times(s *settings, cfg *ssh.Config) {
	given := int(c.o.Timeout / time.Second)
	env := firstInt(c.o.Settings.SSHTimeout, c.o.Settings.Timeout)
	cfg.ConnectTimeout = time.Duration(s.number(firstInt(given, env), "ansible_ssh_timeout", "ansible_timeout")) * time.Second
	if given > 0 && cfg.ConnectTimeout == time.Duration(given)*time.Second {
		cfg.ConnectTimeout = c.o.Timeout
	}
	if retries := s.number(c.o.Settings.SSHRetries, "ansible_ssh_retries"); retries > 0 {
		cfg.Attempts = retries + 1
	}
}

// resolve finds the way to a host: what was asked for, then ssh's arguments, then its configuration files.
func (c *connector) resolve(l *login, s *settings) {
	args := strings.Join([]string{
		s.text(c.o.Settings.SSHArgs, "ansible_ssh_args"),
		s.text(first(c.o.SSHCommonArgs, c.o.Settings.SSHCommonArgs), "ansible_ssh_common_args"),
		s.text(first(c.o.SSHExtraArgs, c.o.Settings.SSHExtraArgs), "ansible_ssh_extra_args"),
	}, " ")
	c.refuse(s)
	if len(s.errs) > 0 {
		return
	}
	cfg, err := c.resolver.Resolve(context.Background(), l.ssh, args)
	if err != nil {
		l.unknown = err
		return
	}
	l.ssh = cfg
}

// posixShells are the login shells that read the lines which pfrun writes.
var posixShells = []string{"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "csh", "fish"}

// refuse names the connection variables that ask for what pfrun has not. Those that concern only how Ansible sends its modules (pipelining, transfer method, remote_tmp, the
// Python interpreter) mean nothing here and are not looked at.
func (c *connector) refuse(s *settings) {
	shell := strings.TrimPrefix(s.text("sh", "ansible_shell_type"), "ansible.posix.")
	if !slices.Contains(posixShells, shell) {
		s.fail(fmt.Errorf("ansible_shell_type %s is not supported: only hosts with a POSIX shell are", shell))
	}
	if p := s.text("", "ansible_ssh_pkcs11_provider"); p != "" {
		s.fail(fmt.Errorf("ansible_ssh_pkcs11_provider is not supported: load the token into an agent: ssh-add -s %s", p))
	}
	for name, flag := range map[string]string{"ansible_sftp_extra_args": c.o.SFTPExtraArgs, "ansible_scp_extra_args": c.o.SCPExtraArgs} {
		if s.text(flag, name) != "" {
			c.warnOnce(name + " has no effect: files travel over the connection that is there, by SFTP; give what is for the connection in ansible_ssh_common_args")
		}
	}
	for _, name := range []string{"ansible_ssh_executable", "ansible_sftp_executable", "ansible_scp_executable"} {
		if s.text("", name) != "" {
			c.warnOnce(name + " is not used: pfrun speaks SSH itself; what the program does beyond that can be a ProxyCommand")
		}
	}
}
