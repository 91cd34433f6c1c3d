package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// The authentication methods that pfrun has, by their protocol names.
const (
	methodPublicKey = "publickey"
	methodPassword  = "password"
	methodKeyboard  = "keyboard-interactive"
)

// attempt is one thing to try.
type attempt struct {
	method string
	name   string // for messages
	auth   gossh.AuthMethod
}

// authentication walks through everything that may be tried, one attempt at a time, and remembers what was.
type authentication struct {
	pending []attempt
	tried   []string
	unused  []string // what could not be tried, with the reason
	allowed []string // what the host last said it takes
	// proceed is called before each attempt: it renews the deadline, or says that the connection is gone.
	proceed func() error
	// pause is called around what a person may have to do; the function that it gives ends the pause.
	pause func() (resume func())
}

func newAuthentication(ctx context.Context, cfg Config, ring *keyring) *authentication {
	a := &authentication{proceed: func() error { return nil }, pause: func() func() { return func() {} }}
	for _, m := range cfg.Methods {
		switch m {
		case methodPublicKey:
			for _, id := range ring.identities(ctx) {
				a.add(m, id.name, gossh.PublicKeys(a.traced(id)))
			}
			a.unused = append(a.unused, ring.unused...)
		case methodPassword:
			if cfg.Password != "" {
				a.add(m, "the password", gossh.Password(cfg.Password))
			}
		case methodKeyboard:
			if cfg.Password != "" {
				a.add(m, "the password (keyboard-interactive)", gossh.KeyboardInteractive(a.answer(cfg.Password)))
			}
		}
	}
	return a
}

func (a *authentication) add(method, name string, auth gossh.AuthMethod) {
	a.pending = append(a.pending, attempt{method, name, auth})
}

// next gives the next attempt of a method that the host takes. Which ones it takes can change after a partial success.
func (a *authentication) next(c *gossh.ClientAuthContext) (gossh.AuthMethod, error) {
	if err := a.proceed(); err != nil {
		return nil, err
	}
	a.allowed = c.AllowedMethods
	i := slices.IndexFunc(a.pending, func(t attempt) bool { return slices.Contains(c.AllowedMethods, t.method) })
	if i < 0 {
		return nil, errors.New("the host takes none of what there is to offer")
	}
	t := a.pending[i]
	a.pending = slices.Delete(a.pending, i, i+1)
	a.tried = append(a.tried, t.name)
	return t.auth, nil
}

// answer answers the question for the password, once: asked again it was wrong. A hidden question alone is that for the password; among several it says so. Other questions
// have no answer.
func (a *authentication) answer(password string) gossh.KeyboardInteractiveChallenge {
	used := false
	return func(_, _ string, questions []string, echos []bool) ([]string, error) {
		answers := make([]string, len(questions))
		var open []string
		for i, q := range questions {
			if used || echos[i] || len(questions) > 1 && !strings.Contains(strings.ToLower(q), "passw") {
				open = append(open, q)
				continue
			}
			answers[i] = password
		}
		if len(open) > 0 {
			err := fmt.Errorf("the host asked %q, which has no answer", strings.Join(open, " "))
			a.unused = append(a.unused, "keyboard-interactive: "+err.Error())
			return nil, err
		}
		used = used || len(questions) > 0
		return answers, nil
	}
}

// tracedSigner stops the clock while a key signs, which may ask a person, and remembers why it could not.
type tracedSigner struct {
	id identity
	a  *authentication
}

// traced gives a signer that signs by the algorithms of the identity's own.
func (a *authentication) traced(id identity) gossh.Signer {
	t := &tracedSigner{id, a}
	if several, ok := id.signer.(gossh.MultiAlgorithmSigner); ok {
		if s, err := gossh.NewSignerWithAlgorithms(t, several.Algorithms()); err == nil {
			return s
		}
	}
	return t
}

func (t *tracedSigner) PublicKey() gossh.PublicKey { return t.id.signer.PublicKey() }

func (t *tracedSigner) Sign(rand io.Reader, data []byte) (*gossh.Signature, error) {
	return t.SignWithAlgorithm(rand, data, "")
}

func (t *tracedSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*gossh.Signature, error) {
	defer t.a.pause()()
	sig, err := signWith(t.id.signer, rand, data, algorithm)
	if err != nil {
		t.a.tried = slices.DeleteFunc(t.a.tried, func(n string) bool { return n == t.id.name })
		t.a.unused = append(t.a.unused, t.id.name+": "+err.Error())
	}
	return sig, err
}

// explain turns the failure of the authentication into an error that says what was tried, and a hint.
func (a *authentication) explain(cfg Config, err error) error {
	var b strings.Builder
	fmt.Fprintf(&b, "login as %q refused", cfg.User)
	if len(a.tried) > 0 {
		b.WriteString("; tried " + strings.Join(a.tried, ", "))
	} else {
		b.WriteString("; there was nothing to try")
	}
	if len(a.unused) > 0 {
		b.WriteString("; not usable: " + strings.Join(a.unused, ", "))
	}
	if len(a.allowed) > 0 {
		b.WriteString("; the host takes " + strings.Join(a.allowed, ", "))
	}
	return &hinted{fmt.Errorf("%s: %w", b.String(), err), a.hint(cfg, err)}
}

func (a *authentication) hint(cfg Config, err error) string {
	keys := slices.ContainsFunc(a.tried, func(n string) bool { return strings.Contains(n, "key ") })
	switch {
	case strings.Contains(strings.ToLower(err.Error()), "too many authentication failures"):
		return "the host gives up after a few keys: name the right one with --private-key, and -o IdentitiesOnly=yes keeps the agent's others out"
	case cfg.Password != "" && slices.ContainsFunc(a.tried, func(n string) bool { return strings.HasPrefix(n, "the password") }):
		return "check the user name and the password"
	case keys && cfg.Password == "" && slices.Contains(a.allowed, methodPassword):
		return "check the user name and that the key is in authorized_keys there, or give a password with -k"
	case keys:
		return "check the user name and that the key is in authorized_keys there"
	case slices.Contains(a.allowed, methodPassword):
		return "give a key with --private-key or an agent, or a password with -k"
	}
	return "give a key with --private-key or an agent"
}
