package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// Apply puts what the arguments say into c, in place of what is there.
func (o Overrides) Apply(c *Config) {
	put(&c.User, o.User)
	put(&c.Port, o.Port)
	put(&c.Network, o.Network)
	put(&c.HostKeyAlias, o.HostKeyAlias)
	put(&c.ConnectTimeout, o.ConnectTimeout)
	put(&c.KeepAlive, o.KeepAlive)
	put(&c.KeepAliveCount, o.KeepAliveCount)
	c.NoKeyFiles = c.NoKeyFiles || o.NoKeyFiles
	c.IdentitiesOnly = c.IdentitiesOnly || o.IdentitiesOnly
	c.HashKnownHosts = c.HashKnownHosts || o.HashKnownHosts
	c.KeyFiles = append(slices.Clip(c.KeyFiles), o.KeyFiles...)
	putList(&c.KnownHosts, o.KnownHosts)
	putList(&c.GlobalKnownHosts, o.GlobalKnownHosts)
	putList(&c.HostKeyAlgorithms, o.HostKeyAlgorithms)
	putList(&c.KexAlgorithms, o.KexAlgorithms)
	putList(&c.Ciphers, o.Ciphers)
	putList(&c.MACs, o.MACs)
	if o.AgentSocket != nil {
		c.AgentSocket = *o.AgentSocket
	}
	if o.HostKeyPolicy != nil {
		c.HostKeyPolicy = *o.HostKeyPolicy
	}
	if o.Batch {
		c.Confirm = nil
		c.Passphrase = func(context.Context, string) (string, error) { return "", errors.New("nobody is asked in batch mode") }
	}
	o.applyMethods(c)
}

func (o Overrides) applyMethods(c *Config) {
	putList(&c.Methods, o.Methods)
	if len(o.WithoutMethods) == 0 {
		return
	}
	if len(c.Methods) == 0 {
		c.Methods = allMethods()
	}
	c.Methods = slices.DeleteFunc(slices.Clone(c.Methods), func(m string) bool { return slices.Contains(o.WithoutMethods, m) })
	if len(c.Methods) == 0 {
		c.Methods = []string{"none"}
	}
}

func allMethods() []string { return []string{methodPublicKey, methodPassword, methodKeyboard} }

func put[T comparable](to *T, v T) {
	var zero T
	if v != zero {
		*to = v
	}
}

func putList(to *[]string, v []string) {
	if v != nil {
		*to = v
	}
}

func setIdentityFile(o *Overrides, v string) error {
	if strings.EqualFold(v, "none") {
		o.NoKeyFiles = true
		return nil
	}
	file, err := expandPath(v)
	o.KeyFiles = append(o.KeyFiles, file)
	return err
}

func setIdentityAgent(o *Overrides, v string) error {
	var socket string
	var err error
	switch {
	case strings.EqualFold(v, "none"):
	case v == "SSH_AUTH_SOCK":
		socket = os.Getenv(v)
	default:
		socket, err = expandPath(v)
	}
	o.AgentSocket = &socket
	return err
}

func setAddressFamily(o *Overrides, v string) error {
	networks := map[string]string{"any": "tcp", "inet": "tcp4", "inet6": "tcp6"}
	n, ok := networks[strings.ToLower(v)]
	if !ok {
		return errors.New("expected any, inet or inet6")
	}
	o.Network = n
	return nil
}

func setPolicy(o *Overrides, v string) error {
	p, err := ParseHostKeyPolicy(v)
	if err != nil {
		return err
	}
	o.HostKeyPolicy = &p
	return nil
}

// ParseHostKeyPolicy reads a value of StrictHostKeyChecking: yes, accept-new, ask, and no or off, which are AcceptNewWithWarning.
func ParseHostKeyPolicy(v string) (HostKeyPolicy, error) {
	switch strings.ToLower(v) {
	case "yes", "true":
		return Refuse, nil
	case "accept-new":
		return AcceptNew, nil
	case "ask":
		return Ask, nil
	case "no", "false", "off":
		return AcceptNewWithWarning, nil
	}
	return Ask, fmt.Errorf("%q: expected yes, accept-new, ask, no or off", v)
}

// setMethods takes the methods that pfrun has out of a list in order of preference; the others could only be tried in vain.
func setMethods(o *Overrides, v string) error {
	for m := range strings.SplitSeq(v, ",") {
		if m = strings.TrimSpace(m); slices.Contains(allMethods(), m) {
			o.Methods = append(o.Methods, m)
		}
	}
	if len(o.Methods) == 0 {
		return fmt.Errorf("none of these methods is supported, only %s", strings.Join(allMethods(), ", "))
	}
	return nil
}

func (o *Overrides) setMethod(method, v string) error {
	use, err := yesNo(v)
	if err == nil && !use {
		o.WithoutMethods = append(o.WithoutMethods, method)
	}
	return err
}

// onlyAdding accepts a list that allows more key types for the login, all of which are allowed anyway.
func onlyAdding(_ *Overrides, v string) error {
	if !strings.HasPrefix(v, "+") {
		return errors.New("only the form with + is supported")
	}
	return nil
}

// seconds reads a time as ssh writes it: 90, 90s, 5m, 1h30m. 0 means pfrun's default, because nothing waits for ever here.
func seconds(v string) (time.Duration, error) {
	if n, err := strconv.Atoi(v); err == nil && n >= 0 && n <= 1<<30 {
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(strings.ToLower(v))
	if err != nil || d < 0 || d%time.Second != 0 {
		return 0, errors.New("expected a number of seconds")
	}
	return d, nil
}

// fileList reads a list of files divided by blanks; none is an empty list.
func fileList(v string) ([]string, error) {
	if strings.EqualFold(v, "none") {
		return []string{}, nil
	}
	var files []string
	for f := range strings.FieldsSeq(v) {
		file, err := expandPath(f)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, errors.New("expected a file")
	}
	return files, nil
}

// expandPath expands ~/ and the tokens %d (home) and %%. Other tokens are refused.
func expandPath(v string) (string, error) {
	if rest, ok := strings.CutPrefix(v, "~/"); ok {
		v = "%d/" + rest
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] != '%' {
			b.WriteByte(v[i])
			continue
		}
		i++
		switch {
		case i < len(v) && v[i] == '%':
			b.WriteByte('%')
		case i < len(v) && v[i] == 'd':
			b.WriteString(inHome(""))
		default:
			return "", errors.New("of the tokens only %d and %% are supported")
		}
	}
	return b.String(), nil
}

func hostKeyList(v string) ([]string, error) {
	have := withoutCertificates(slices.Concat(gossh.SupportedAlgorithms().HostKeys, gossh.InsecureAlgorithms().HostKeys))
	return algorithmList(v, defaultHostKeyAlgorithms(), have)
}

func withoutCertificates(algorithms []string) []string {
	return slices.DeleteFunc(algorithms, func(a string) bool { return strings.Contains(a, "-cert-") })
}

func kexList(v string) ([]string, error) {
	return algorithmList(v, gossh.SupportedAlgorithms().KeyExchanges, slices.Concat(gossh.SupportedAlgorithms().KeyExchanges, gossh.InsecureAlgorithms().KeyExchanges))
}

func cipherList(v string) ([]string, error) {
	return algorithmList(v, gossh.SupportedAlgorithms().Ciphers, slices.Concat(gossh.SupportedAlgorithms().Ciphers, gossh.InsecureAlgorithms().Ciphers))
}

func macList(v string) ([]string, error) {
	return algorithmList(v, gossh.SupportedAlgorithms().MACs, slices.Concat(gossh.SupportedAlgorithms().MACs, gossh.InsecureAlgorithms().MACs))
}

// algorithmList reads a list of algorithms as ssh has it: a list, or with + more after the defaults, with ^ before them, with - without some of them (wildcards allowed).
// Names that there are and that x/crypto/ssh lacks are passed over as long as one is left.
func algorithmList(v string, defaults, have []string) ([]string, error) {
	mode := v[0]
	if strings.IndexByte("+-^", mode) >= 0 {
		v = v[1:]
	}
	var named []string
	for n := range strings.SplitSeq(v, ",") {
		named = append(named, strings.TrimSpace(n))
	}
	isNamed := func(a string) bool {
		return slices.ContainsFunc(named, func(n string) bool { return matchGlob(n, a) })
	}
	known := slices.DeleteFunc(slices.Clone(named), func(n string) bool { return !slices.Contains(have, n) })
	others := slices.DeleteFunc(slices.Clone(defaults), isNamed)
	var out []string
	switch mode {
	case '+':
		out = slices.Concat(others, known)
	case '^':
		out = slices.Concat(known, others)
	case '-':
		out = others
	default:
		out = known
	}
	if len(out) == 0 || len(known) == 0 && mode != '-' {
		return nil, fmt.Errorf("none of these algorithms is supported; there are %s", strings.Join(have, ", "))
	}
	return out, nil
}
