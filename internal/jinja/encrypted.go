package jinja

import (
	"errors"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
)

// WithDecrypt sets what opens the values of variables that are encrypted with ansible-vault. It is called when such a value is first looked at, from any goroutine.
func WithDecrypt(open func(text string) (string, error)) Option {
	return func(e *Env) { e.decrypt = open }
}

// Encrypted makes a template of an encrypted text: it is decrypted once, when somebody looks at it, and what comes out is then taken as CompileArg takes a text. A text that
// cannot be decrypted is an error only then. Source gives the encrypted text.
func (e *Env) Encrypted(text string, pos diag.Pos) *Template {
	return &Template{env: e, src: text, pos: pos, kind: kindArg, expr: &encryptedNode{open: sync.OnceValues(func() (Value, error) { return e.decrypted(text, pos) })}}
}

// IsEncrypted reports whether a value is an encrypted text that nobody has looked at.
func IsEncrypted(v Value) bool {
	t, ok := v.(*Template)
	if !ok {
		return false
	}
	_, ok = t.expr.(*encryptedNode)
	return ok
}

func (e *Env) decrypted(text string, pos diag.Pos) (Value, error) {
	if e.decrypt == nil {
		return nil, errors.New("a value that is encrypted with ansible-vault cannot be read here")
	}
	plain, err := e.decrypt(text)
	if err != nil || !IsTemplate(plain) {
		return plain, err
	}
	// The text has no place of its own: positions in it would point into the encrypted one.
	return e.CompileArg(plain, diag.Pos{Source: pos.Source, Line: pos.Line})
}

type encryptedNode struct{ open func() (Value, error) }

func (n *encryptedNode) eval(st *state) (Value, error) {
	v, err := n.open()
	if err != nil {
		return nil, err
	}
	return st.forceShallow(v, "")
}
