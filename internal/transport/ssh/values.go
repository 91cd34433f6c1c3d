package ssh

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// none is how ssh writes that there is nothing of a kind.
const none = "none"

func setIdentityFile(o *Overrides, v string) error {
	if strings.EqualFold(v, none) {
		o.NoKeyFiles = true
		return nil
	}
	o.KeyFiles = append(o.KeyFiles, v)
	return checkTokens(v, pathTokens)
}

func setCertificateFile(o *Overrides, v string) error {
	if strings.EqualFold(v, none) {
		return nil
	}
	o.CertificateFiles = append(o.CertificateFiles, v)
	return checkTokens(v, pathTokens)
}

func setIdentityAgent(o *Overrides, v string) error {
	if strings.EqualFold(v, none) {
		v = ""
	}
	o.AgentSocket = &v
	return checkTokens(v, pathTokens)
}

// setForwardAgent reads yes, no, the path of a socket, or $NAME of a variable that holds one.
func setForwardAgent(o *Overrides, v string) error {
	if yes, err := yesNo(v); err == nil {
		o.ForwardAgent = ""
		if yes {
			o.ForwardAgent = "yes"
		}
		return nil
	}
	o.ForwardAgent = v
	return checkTokens(v, pathTokens)
}

func setProxyJump(o *Overrides, v string) error {
	if strings.EqualFold(v, none) {
		v = none
	}
	o.ProxyJump = v
	if v == none {
		return nil
	}
	for hop := range strings.SplitSeq(v, ",") {
		if _, err := parseHop(hop); err != nil {
			return err
		}
	}
	return checkTokens(v, proxyTokens)
}

func setProxyCommand(o *Overrides, v string) error {
	if strings.EqualFold(v, none) {
		v = none
	}
	o.ProxyCommand = v
	return checkTokens(v, proxyTokens)
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

// setPublicKey reads PubkeyAuthentication, which may also say how a login is bound to its host: that means nothing here.
func setPublicKey(o *Overrides, v string) error {
	if containsFold([]string{"unbound", "host-bound"}, v) {
		return nil
	}
	return o.setMethod(methodPublicKey, v)
}

// setEnv reads one or more NAME=value, with quotes around what holds blanks.
func setEnv(o *Overrides, v string) error {
	settings, err := splitWords(v)
	if err != nil {
		return err
	}
	for _, s := range settings {
		if i := strings.IndexByte(s, '='); i <= 0 {
			return fmt.Errorf("%q: expected NAME=value", s)
		}
		o.SetEnv = append(o.SetEnv, s)
	}
	return nil
}

// seconds reads a time as ssh writes it: 90, 90s, 5m, 1h30m. 0 and none mean pfrun's default, because nothing waits for ever here.
func seconds(v string) (time.Duration, error) {
	if n, err := strconv.Atoi(v); err == nil && n >= 0 && n <= 1<<30 {
		return time.Duration(n) * time.Second, nil
	}
	if strings.EqualFold(v, none) {
		return 0, nil
	}
	d, err := time.ParseDuration(strings.ToLower(v))
	if err != nil || d < 0 || d%time.Second != 0 {
		return 0, errors.New("expected a number of seconds")
	}
	return d, nil
}

// fileList reads a list of files divided by blanks; none is an empty list.
func fileList(v string) ([]string, error) {
	if strings.EqualFold(v, none) {
		return []string{}, nil
	}
	files, err := splitWords(v)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("expected a file")
	}
	for _, f := range files {
		if err := checkTokens(f, pathTokens); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func number(v string, least, most int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("expected a number from %d to %d", least, most)
	}
	return n, nil
}

func yesNo(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return false, errors.New("expected yes or no")
}

// unquote takes off the quotes that ssh itself allows around a value.
func unquote(v string) string {
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		return v[1 : len(v)-1]
	}
	return v
}
