package ssh

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// The tokens that ssh expands in paths, and in ProxyCommand and ProxyJump (ssh_config(5), TOKENS). %C and %j, for ControlPath, are left out.
const (
	pathTokens  = "%dhikLlnpru"
	proxyTokens = "%hnpr"
	nameTokens  = "%h"
)

// tokens are what the tokens of a connection stand for.
type tokens struct {
	values map[byte]string
	home   string
	getenv func(string) string
}

// checkTokens wants every token of v to be one of allowed.
func checkTokens(v, allowed string) error {
	_, err := eachToken(v, allowed, func(byte) string { return "" })
	return err
}

func eachToken(v, allowed string, value func(byte) string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] != '%' {
			b.WriteByte(v[i])
			continue
		}
		i++
		if i == len(v) || strings.IndexByte(allowed, v[i]) < 0 {
			return "", fmt.Errorf("%q: the token %q is not supported, only %%%s", v, v[i-1:min(i+1, len(v))], strings.Join(strings.Split(allowed, ""), ", %"))
		}
		b.WriteString(value(v[i]))
	}
	return b.String(), nil
}

// expand expands the tokens of v.
func (t tokens) expand(v, allowed string) (string, error) {
	return eachToken(v, allowed, func(c byte) string {
		if c == '%' {
			return "%"
		}
		return t.values[c]
	})
}

// path expands a path: ~/, ${NAME}, and tokens.
func (t tokens) path(v string) (string, error) {
	if rest, ok := strings.CutPrefix(v, "~/"); ok {
		v = filepath.Join(strings.ReplaceAll(t.home, "%", "%%"), rest)
	} else if strings.HasPrefix(v, "~") {
		return "", fmt.Errorf("%q: of the homes only ~/ is supported", v)
	}
	v, err := t.environment(v)
	if err != nil {
		return "", err
	}
	return t.expand(v, pathTokens)
}

// environment expands ${NAME}. A variable that is not set is an error, as for ssh.
func (t tokens) environment(v string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(v, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("%q: ${ is not closed", v)
		}
		value := t.getenv(name)
		if value == "" {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		b.WriteString(strings.ReplaceAll(value, "%", "%%"))
		v = after
	}
}

// socket expands the place of an agent: a path, $NAME or SSH_AUTH_SOCK for what a variable says.
func (t tokens) socket(v string) (string, error) {
	if v == "SSH_AUTH_SOCK" {
		return t.getenv(v), nil
	}
	if name, ok := strings.CutPrefix(v, "$"); ok && !strings.HasPrefix(name, "{") {
		return t.getenv(name), nil
	}
	return t.path(v)
}

// expandAll expands everything in o that is a path or a command.
func (t tokens) expandAll(o *Overrides) error {
	lists := []*[]string{&o.KeyFiles, &o.CertificateFiles, &o.KnownHosts, &o.GlobalKnownHosts, &o.RevokedHostKeys}
	for _, l := range lists {
		if *l == nil {
			continue
		}
		expanded := make([]string, len(*l))
		for i, v := range *l {
			var err error
			if expanded[i], err = t.path(v); err != nil {
				return err
			}
		}
		*l = expanded
	}
	if o.AgentSocket != nil {
		socket, err := t.socket(*o.AgentSocket)
		if err != nil {
			return err
		}
		o.AgentSocket = &socket
	}
	if o.ForwardAgent != "" && o.ForwardAgent != "yes" {
		socket, err := t.socket(o.ForwardAgent)
		if err != nil {
			return err
		}
		o.ForwardAgent = socket
	}
	return nil
}

// newTokens gives the tokens for a host that was called original.
func newTokens(c *Config, original, localUser, localHost string, uid int, getenv func(string) string) tokens {
	short, _, _ := strings.Cut(localHost, ".")
	return tokens{home: c.Home, getenv: getenv, values: map[byte]string{
		'd': c.Home, 'h': c.Address, 'i': strconv.Itoa(uid), 'k': firstOf(c.HostKeyAlias, original), 'L': short, 'l': localHost, 'n': original, 'p': strconv.Itoa(c.Port), 'r': c.User,
		'u': localUser,
	}}
}
