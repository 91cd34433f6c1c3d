package jinja

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Control is what filters and tests look at on the control node: its clock, environment and files. A function that is nil makes what needs it an error.
type Control struct {
	Now      func() time.Time // its location is the local time zone; nil is time.Now
	Getenv   func(string) (string, bool)
	Home     func(user string) (string, error) // of "" for the user who runs
	WorkDir  func() (string, error)
	Stat     func(path string) (fs.FileInfo, error)
	Lstat    func(path string) (fs.FileInfo, error)
	SameFile func(a, b fs.FileInfo) bool
	RealPath func(path string) (string, error)
	Glob     func(pattern string) ([]string, error)
	ReadFile func(path string) ([]byte, error)
}

// Vault encrypts and decrypts for the filters vault and unvault. The id may be empty, and so may the salt, which is then random.
type Vault interface {
	Encrypt(text, secret, id, salt string) (string, error)
	Decrypt(text, secret string) (string, error)
}

// WithControl sets what filters and tests see of the control node.
func WithControl(c Control) Option {
	return func(e *Env) { e.control = c }
}

// WithYAML sets the reader of YAML for from_yaml and from_yaml_all: it gives the documents of a text.
func WithYAML(read func(ctx context.Context, text string) ([]Value, error)) Option {
	return func(e *Env) { e.yaml = read }
}

// WithVault sets what the filters vault and unvault use.
func WithVault(v Vault) Option {
	return func(e *Env) { e.vault = v }
}

var errNoControl = errors.New("it cannot be used here: it looks at the control node")

func (c *Control) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Call) control() *Control { return &c.st.t.env.control }

// fileTest is a test of a file of the control node. What is not there, or cannot be looked at, is false.
func fileTest(link bool, holds func(fs.FileInfo) bool) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		look := c.control().Stat
		if link {
			look = c.control().Lstat
		}
		if look == nil {
			return false, errNoControl
		}
		if err := c.path(); err != nil {
			return false, err
		}
		info, err := look(c.input())
		return err == nil && holds(info), nil
	}
}

// path holds that the input is a text, as a path must be.
func (c *Call) path() error {
	if _, ok := c.In.(string); !ok {
		return fmt.Errorf("a path must be a str, not '%s'", TypeName(c.In))
	}
	return nil
}

func isAnyFile(fs.FileInfo) bool { return true }

func testSameFile(c *Call) (bool, error) {
	k := c.control()
	if k.Stat == nil || k.SameFile == nil {
		return false, errNoControl
	}
	a, err := k.Stat(c.input())
	if err != nil {
		return false, err
	}
	b, err := k.Stat(c.Text(0, ""))
	if err != nil {
		return false, err
	}
	return k.SameFile(a, b), nil
}

// testMount compares the device of a directory with that of its parent, as far as the file's information tells it.
func testMount(c *Call) (bool, error) {
	k := c.control()
	if k.Lstat == nil {
		return false, errNoControl
	}
	if err := c.path(); err != nil {
		return false, err
	}
	path := c.input()
	info, err := k.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink != 0 {
		return false, nil
	}
	up, err := k.Lstat(path + "/..")
	if err != nil {
		return false, nil
	}
	if k.SameFile != nil && k.SameFile(info, up) {
		return true, nil
	}
	d, ok := info.(interface{ Device() uint64 })
	u, okUp := up.(interface{ Device() uint64 })
	return ok && okUp && d.Device() != u.Device(), nil
}

func testVaultedFile(c *Call) (bool, error) {
	k := c.control()
	if k.ReadFile == nil {
		return false, errNoControl
	}
	text, err := k.ReadFile(c.input())
	return strings.HasPrefix(string(text), "$ANSIBLE_VAULT;"), err
}

func filterExpandUser(c *Call) (Value, error) {
	s := c.input()
	if !strings.HasPrefix(s, "~") {
		return s, nil
	}
	if c.control().Home == nil {
		return nil, errNoControl
	}
	user, rest := s[1:], ""
	if i := strings.IndexByte(s, '/'); i >= 0 {
		user, rest = s[1:i], s[i:]
	}
	home, err := c.control().Home(user)
	if err != nil {
		return s, nil
	}
	return strings.TrimRight(home, "/") + rest, nil
}

// filterExpandVars replaces $name and ${name}; an unknown one stays.
func filterExpandVars(c *Call) (Value, error) {
	getenv := c.control().Getenv
	if getenv == nil {
		return nil, errNoControl
	}
	var b strings.Builder
	for s := c.input(); s != ""; {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		name, n := variableName(s)
		v, ok := getenv(name)
		if n == 0 || !ok {
			n = max(n, 1)
			v = s[:n]
		}
		b.WriteString(v)
		s = s[n:]
	}
	return b.String(), nil
}

// variableName reads $name or ${name} and gives how long it is.
func variableName(s string) (string, int) {
	if rest, ok := strings.CutPrefix(s, "${"); ok {
		name, _, ok := strings.Cut(rest, "}")
		if !ok {
			return "", 0
		}
		return name, len(name) + 3
	}
	n := 1
	for n < len(s) && isWordByte(s[n]) {
		n++
	}
	if n == 1 {
		return "", 0
	}
	return s[1:n], n
}

func filterRealPath(c *Call) (Value, error) {
	if c.control().RealPath == nil {
		return nil, errNoControl
	}
	p, err := c.control().RealPath(c.input())
	return p, err
}

func filterFileGlob(c *Call) (Value, error) {
	k := c.control()
	if k.Glob == nil || k.Stat == nil {
		return nil, errNoControl
	}
	paths, err := k.Glob(c.input())
	if err != nil {
		return nil, err
	}
	out := NewList()
	for _, p := range paths {
		if info, err := k.Stat(p); err == nil && info.Mode().IsRegular() {
			out.Append(p)
		}
	}
	return out, nil
}

func filterFromYAML(all bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		text, ok := c.In.(string)
		if !ok && all && c.In == nil {
			return NewList(), nil
		}
		if !ok {
			return c.In, nil
		}
		if c.st.t.env.yaml == nil {
			return nil, errors.New("YAML cannot be read here")
		}
		docs, err := c.st.t.env.yaml(c.st.ctx, text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the text is no YAML: %w", err)
		case all:
			return NewList(docs...), nil
		case len(docs) == 0:
			return nil, nil
		case len(docs) > 1:
			return nil, errors.New("expected a single document in the stream, but found another (from_yaml_all takes several)")
		}
		return docs[0], nil
	}
}

func filterVault(c *Call) (Value, error) {
	if c.st.t.env.vault == nil {
		return nil, errors.New("vault cannot be used here")
	}
	text, ok := c.In.(string)
	secret, okSecret := c.args[0].(string)
	if !ok || !okSecret {
		return nil, fmt.Errorf("the text and the secret must be str, not '%s' and '%s'", TypeName(c.In), TypeName(c.args[0]))
	}
	id := c.Text(2, "filter_default")
	if id == "filter_default" {
		id = c.Text(4, id)
	}
	s, err := c.st.t.env.vault.Encrypt(text, secret, id, c.Text(1, ""))
	return s, err
}

func filterUnvault(c *Call) (Value, error) {
	text, ok := c.In.(string)
	if !ok {
		return nil, fmt.Errorf("the text must be str, not '%s'", TypeName(c.In))
	}
	if !strings.HasPrefix(text, "$ANSIBLE_VAULT;") {
		return text, nil
	}
	if c.st.t.env.vault == nil {
		return nil, errors.New("vault cannot be used here")
	}
	s, err := c.st.t.env.vault.Decrypt(text, c.Text(0, ""))
	return s, err
}
