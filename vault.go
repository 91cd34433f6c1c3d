package pfrun

import (
	"errors"
	"fmt"
	"os"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/internal/vault"
)

// VaultSecret is a password of ansible-vault with its id; without one its id is "default".
type VaultSecret = vault.Secret

// opener decrypts what a run reads. What it decrypts of single values nobody may see; files that are encrypted as a whole hold much that is no secret.
type opener struct {
	ring    *vault.Keyring
	secrets *vars.Secrets
}

func newOpener(given []VaultSecret, secrets *vars.Secrets) *opener {
	for _, s := range given {
		secrets.Add(s.Password)
	}
	return &opener{vault.NewKeyring(given...), secrets}
}

// value decrypts the value of a variable.
func (o *opener) value(text string) (string, error) {
	plain, err := o.open(text)
	if err == nil && !jinja.IsTemplate(plain) {
		o.secrets.Add(plain)
	}
	return plain, err
}

// source makes the source of a file that was read, decrypted where it is encrypted. The lines of such a file are not shown in messages.
func (o *opener) source(name, text string) (*diag.Source, error) {
	if !vault.IsEncrypted(text) {
		return &diag.Source{Name: name, Text: text}, nil
	}
	plain, err := o.open(text)
	return &diag.Source{Name: name, Text: plain, Hidden: true}, err
}

func (o *opener) open(text string) (string, error) {
	plain, err := o.ring.Decrypt(text)
	var shut *vault.PasswordError
	if errors.As(err, &shut) && len(shut.Tried) == 0 {
		return "", fmt.Errorf("%w; give one with --vault-id LABEL@FILE, --vault-password-file FILE or --ask-vault-pass", err)
	}
	return plain, err
}

// reader decrypts the files that are encrypted among those that read gives.
func (o *opener) reader(read func(string) ([]byte, error)) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		b, err := read(path)
		if err != nil || !vault.IsEncrypted(string(b)) {
			return b, err
		}
		text, err := o.open(string(b))
		if err != nil {
			return nil, &os.PathError{Op: "decrypt", Path: path, Err: err}
		}
		return []byte(text), nil
	}
}

// filters serve the filters vault and unvault, which are given their passwords.
type filters struct{}

// Encrypt encrypts a text; without a salt with a random one.
func (filters) Encrypt(text, secret, id, salt string) (string, error) {
	s := vault.Secret{ID: id, Password: secret}
	if salt == "" {
		return vault.Encrypt(text, s)
	}
	return vault.EncryptWithSalt(text, s, salt)
}

// Decrypt decrypts a text.
func (filters) Decrypt(text, secret string) (string, error) {
	return vault.NewKeyring(vault.Secret{Password: secret}).Decrypt(text)
}
