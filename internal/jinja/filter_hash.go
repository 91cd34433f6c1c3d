package jinja

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
)

func hexBytes(s string) ([]byte, error) { return hex.DecodeString(s) }

// uuid5 is the UUID of a name in a name space, by SHA-1.
func uuid5(space []byte, name string) string {
	sum := sha1.Sum(append(append([]byte{}, space...), name...))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// hashAlphabet is what salts are written in.
const hashAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// passwordHash is one kind of password hash: how long its salt is, and the rounds where none are said.
type passwordHash struct {
	saltSize, rounds int
	exact            bool // the salt has this very length
	make             func(password string, salt []byte, rounds int, ident string) (algorithm.Digest, error)
}

var passwordHashes = map[string]passwordHash{
	"md5":    {saltSize: 8, make: md5Digest},
	"sha256": {saltSize: 16, rounds: 535_000, make: shaDigest(shacrypt.VariantSHA256)},
	"sha512": {saltSize: 16, rounds: 656_000, make: shaDigest(shacrypt.VariantSHA512)},
	"bcrypt": {saltSize: 22, rounds: 12, exact: true, make: bcryptDigest},
}

var passwordAliases = map[string]string{"blowfish": "bcrypt", "md5_crypt": "md5", "sha256_crypt": "sha256", "sha512_crypt": "sha512"}

func md5Digest(password string, salt []byte, _ int, _ string) (algorithm.Digest, error) {
	h, err := md5crypt.New(md5crypt.WithVariant(md5crypt.VariantStandard))
	if err != nil {
		return nil, err
	}
	return h.HashWithSalt(password, salt)
}

func shaDigest(v shacrypt.Variant) func(string, []byte, int, string) (algorithm.Digest, error) {
	return func(password string, salt []byte, rounds int, _ string) (algorithm.Digest, error) {
		h, err := shacrypt.New(shacrypt.WithVariant(v), shacrypt.WithIterations(rounds))
		if err != nil {
			return nil, err
		}
		return h.HashWithSalt(password, salt)
	}
}

func bcryptDigest(password string, salt []byte, rounds int, ident string) (algorithm.Digest, error) {
	if ident != "" && ident != "2b" && ident != "2a" && ident != "2y" {
		return nil, fmt.Errorf("the ident %q is not supported", ident)
	}
	h, err := bcrypt.New(bcrypt.WithVariant(bcrypt.VariantStandard), bcrypt.WithIterations(rounds))
	if err != nil {
		return nil, err
	}
	raw, err := bcryptSalt(salt)
	if err != nil {
		return nil, err
	}
	return h.HashWithSalt(password, raw)
}

// bcryptSalt decodes the 22 characters of a salt into its 16 bytes; the bits that are over are dropped.
func bcryptSalt(text []byte) ([]byte, error) {
	const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var out []byte
	acc, bits := 0, 0
	for _, c := range text {
		i := strings.IndexByte(alphabet, c)
		if i < 0 {
			return nil, errors.New("the salt has characters other than letters, digits, . and /")
		}
		acc, bits = acc<<6|i, bits+6
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
			acc &= 1<<bits - 1
		}
	}
	return out, nil
}

func filterPasswordHash(c *Call) (Value, error) {
	size, err := c.Int(2, 0)
	if err != nil {
		return nil, err
	}
	rounds, err := c.Int(3, 0)
	if err != nil {
		return nil, err
	}
	text, err := HashPassword(c.input(), c.Text(0, "sha512"), c.Text(1, ""), PasswordOptions{SaltSize: int(size), Rounds: int(rounds), Ident: c.Text(4, "")})
	return text, err
}

// PasswordOptions are the finer points of a password hash; zero values are the defaults of Ansible.
type PasswordOptions struct {
	SaltSize, Rounds int
	Ident            string // of bcrypt: 2b, 2a or 2y
}

// HashPassword hashes a password for /etc/shadow. Kind is md5, blowfish, sha256 or sha512; without a salt a random one is taken.
func HashPassword(password, kind, salt string, o PasswordOptions) (string, error) {
	if a, ok := passwordAliases[kind]; ok {
		kind = a
	}
	k, ok := passwordHashes[kind]
	if !ok {
		return "", fmt.Errorf("%q is none of the hashes that there are: md5, blowfish, sha256, sha512", kind)
	}
	if o.Rounds == 0 {
		o.Rounds = k.rounds
	}
	if kind == "bcrypt" && o.Rounds < 10 {
		return "", fmt.Errorf("%d rounds of blowfish are too few: 10 are the least", o.Rounds)
	}
	if kind == "bcrypt" && o.Rounds > 18 || o.Rounds > 10_000_000 {
		return "", fmt.Errorf("%d rounds would take too long", o.Rounds)
	}
	raw, err := k.salt(salt, o.SaltSize)
	if err != nil {
		return "", err
	}
	d, err := k.make(password, raw, o.Rounds, o.Ident)
	if err != nil {
		return "", fmt.Errorf("could not hash the secret: %w", err)
	}
	text := d.Encode()
	if kind == "bcrypt" && o.Ident != "" {
		text = "$" + o.Ident + strings.TrimPrefix(text, "$2b")
	}
	return text, nil
}

// salt gives the salt that was given, after it was checked, or a random one.
func (k passwordHash) salt(given string, size int) ([]byte, error) {
	if given == "" {
		if size < 1 || size > k.saltSize || k.exact {
			size = k.saltSize
		}
		return randomSalt(size)
	}
	switch {
	case strings.Trim(given, hashAlphabet) != "":
		return nil, errors.New("the salt has characters other than letters, digits, . and /")
	case k.exact && len(given) != k.saltSize:
		return nil, fmt.Errorf("the salt must have exactly %d characters", k.saltSize)
	case len(given) > k.saltSize:
		return nil, fmt.Errorf("the salt must have at most %d characters", k.saltSize)
	}
	return []byte(given), nil
}

func randomSalt(n int) ([]byte, error) {
	salt := make([]byte, n)
	for i := range salt {
		v, err := rand.Int(rand.Reader, big.NewInt(int64(len(hashAlphabet))))
		if err != nil {
			return nil, err
		}
		salt[i] = hashAlphabet[v.Int64()]
	}
	return salt, nil
}
