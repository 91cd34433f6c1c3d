package vault

import (
	"crypto/hmac"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// maxKept bounds how many keys a Keyring remembers.
const maxKept = 10000

// Keyring decrypts with the secrets of a run. It is safe for concurrent use.
type Keyring struct {
	secrets []Secret

	mu   sync.Mutex
	kept map[keptKey]*keys
}

type keptKey struct{ password, salt string }

// NewKeyring makes a Keyring. A secret without id has DefaultID.
func NewKeyring(secrets ...Secret) *Keyring {
	secrets = slices.Clone(secrets)
	for i := range secrets {
		if secrets[i].ID == "" {
			secrets[i].ID = DefaultID
		}
	}
	return &Keyring{secrets: secrets, kept: map[keptKey]*keys{}}
}

// PasswordError is a text that no secret opens.
type PasswordError struct {
	ID    string   // that the text names; "": none
	Tried []string // the ids of the secrets that were tried
}

func (e *PasswordError) Error() string {
	text := "the text is encrypted with ansible-vault"
	if e.ID != "" {
		text += " for the id " + e.ID
	}
	switch {
	case len(e.Tried) == 0:
		return text + ", and no vault password was given"
	case e.ID != "" && !slices.Contains(e.Tried, e.ID):
		return fmt.Sprintf("%s: no password with this id was given, and none of the others opens it (%s)", text, strings.Join(e.Tried, ", "))
	case len(e.Tried) == 1:
		return text + ": the vault password is wrong, or the text was changed"
	}
	return fmt.Sprintf("%s: none of the vault passwords opens it (%s), or it was changed", text, strings.Join(e.Tried, ", "))
}

// Decrypt gives the plain text. Secrets of the id that the text names are tried first, then all others in their order, as Ansible does unless it is told to match ids.
// Errors are *FormatError and *PasswordError.
func (k *Keyring) Decrypt(text string) (string, error) {
	plain, _, err := k.Open(text)
	return plain, err
}

// Open is Decrypt that also gives the secret which fits.
func (k *Keyring) Open(text string) (plain string, with Secret, err error) {
	s, err := parse(text)
	if err != nil {
		return "", Secret{}, err
	}
	order := slices.Clone(k.secrets)
	slices.SortStableFunc(order, func(a, b Secret) int { return s.rank(a) - s.rank(b) })
	failed := &PasswordError{ID: s.id}
	for _, secret := range order {
		plain, ok, err := k.open(s, secret)
		if ok || err != nil {
			return plain, secret, err
		}
		if !slices.Contains(failed.Tried, secret.ID) {
			failed.Tried = append(failed.Tried, secret.ID)
		}
	}
	return "", Secret{}, failed
}

func (s *sealed) rank(secret Secret) int {
	if secret.ID == s.id {
		return 0
	}
	return 1
}

func (k *Keyring) open(s *sealed, secret Secret) (plain string, ok bool, err error) {
	derived, err := k.keys(secret.Password, s.salt)
	if err != nil || !hmac.Equal(derived.sum(s.data), s.mac) {
		return "", false, err
	}
	data := slices.Clone(s.data)
	if err := derived.crypt(data); err != nil {
		return "", false, err
	}
	plain, err = unpad(data)
	return plain, err == nil, err
}

// keys gives the keys of a password, which take milliseconds to make the first time.
func (k *Keyring) keys(password string, salt []byte) (*keys, error) {
	key := keptKey{password, string(salt)}
	k.mu.Lock()
	known := k.kept[key]
	k.mu.Unlock()
	if known != nil {
		return known, nil
	}
	made, err := derive(password, salt)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) >= maxKept {
		clear(k.kept)
	}
	k.kept[key] = made
	return made, nil
}
