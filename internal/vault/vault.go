// Package vault reads and writes texts in the formats 1.1 and 1.2 of ansible-vault: AES-256 in counter mode with an HMAC-SHA256, both with keys made of a password by PBKDF2.
//
// Such a text begins with a line "$ANSIBLE_VAULT;1.1;AES256", or "$ANSIBLE_VAULT;1.2;AES256;ID", below which stands hexadecimal in lines of 80 characters.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	mark       = "$ANSIBLE_VAULT"
	cipherName = "AES256"
	lineLength = 80
	saltSize   = 32
	keySize    = 32
	rounds     = 10000
)

// DefaultID is the id of a secret that was given none. What is encrypted with it has format 1.1, in which no id stands.
const DefaultID = "default"

// Secret is a password with the id by which texts name it.
type Secret struct {
	ID       string // "": DefaultID
	Password string
}

// FormatError is a text that begins like one of ansible-vault and cannot be read.
type FormatError struct{ Reason string }

func (e *FormatError) Error() string { return "the encrypted text is damaged: " + e.Reason }

func damaged(format string, args ...any) error {
	return &FormatError{fmt.Sprintf(format, args...)}
}

var errEmpty = errors.New("a vault password must not be empty")

// IsEncrypted reports whether a text begins as one of ansible-vault does. Whether the rest can be read is not looked at.
func IsEncrypted(text string) bool { return strings.HasPrefix(text, mark+";") }

// Encrypt encrypts a text with a fresh salt. The result ends in a newline.
func Encrypt(text string, s Secret) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return EncryptWithSalt(text, s, string(salt))
}

// EncryptWithSalt encrypts a text so that the same text, secret and salt always give the same result, which tells whoever sees two results that the texts are equal.
func EncryptWithSalt(text string, s Secret, salt string) (string, error) {
	switch {
	case salt == "":
		return "", errors.New("the salt of a vault must not be empty")
	case strings.ContainsAny(s.ID, ";\r\n"):
		return "", fmt.Errorf("the vault id %q must be one line without a semicolon", s.ID)
	}
	k, err := derive(s.Password, []byte(salt))
	if err != nil {
		return "", err
	}
	data := pad(text)
	if err := k.crypt(data); err != nil {
		return "", err
	}
	inner := strings.Join([]string{hex.EncodeToString([]byte(salt)), hex.EncodeToString(k.sum(data)), hex.EncodeToString(data)}, "\n")
	return envelope(s.ID, hex.EncodeToString([]byte(inner))), nil
}

// envelope puts the header above the lines of the body.
func envelope(id, body string) string {
	var b strings.Builder
	if id == "" || id == DefaultID {
		b.WriteString(mark + ";1.1;" + cipherName + "\n")
	} else {
		b.WriteString(mark + ";1.2;" + cipherName + ";" + id + "\n")
	}
	for body != "" {
		n := min(lineLength, len(body))
		b.WriteString(body[:n] + "\n")
		body = body[n:]
	}
	return b.String()
}

// keys are what PBKDF2 makes of a password and a salt.
type keys struct{ cipher, mac, counter []byte }

func derive(password string, salt []byte) (*keys, error) {
	if password == "" {
		return nil, errEmpty
	}
	b, err := pbkdf2.Key(sha256.New, password, salt, rounds, 2*keySize+aes.BlockSize)
	if err != nil {
		return nil, fmt.Errorf("making keys of a vault password: %w", err)
	}
	return &keys{b[:keySize], b[keySize : 2*keySize], b[2*keySize:]}, nil
}

// crypt encrypts or decrypts data in its place.
func (k *keys) crypt(data []byte) error {
	block, err := aes.NewCipher(k.cipher)
	if err != nil {
		return err
	}
	cipher.NewCTR(block, k.counter).XORKeyStream(data, data)
	return nil
}

func (k *keys) sum(data []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write(data)
	return h.Sum(nil)
}

// pad fills the last block as PKCS #7 says.
func pad(text string) []byte {
	n := aes.BlockSize - len(text)%aes.BlockSize
	data := make([]byte, len(text)+n)
	copy(data, text)
	for i := range n {
		data[len(text)+i] = byte(n)
	}
	return data
}

func unpad(data []byte) (string, error) {
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return "", damaged("it is no whole number of blocks")
	}
	n := int(data[len(data)-1])
	if n == 0 || n > aes.BlockSize {
		return "", damaged("its padding is wrong")
	}
	for _, b := range data[len(data)-n:] {
		if int(b) != n {
			return "", damaged("its padding is wrong")
		}
	}
	return string(data[:len(data)-n]), nil
}
