package lookup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/pyrandom"
)

const (
	asciiLower  = "abcdefghijklmnopqrstuvwxyz"
	asciiUpper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// charSets are the names of sets of characters.
var charSets = map[string]string{
	"ascii_letters": asciiLower + asciiUpper, "ascii_lowercase": asciiLower, "ascii_uppercase": asciiUpper, "digits": digits, "hexdigits": digits + "abcdefABCDEF",
	"octdigits": "01234567", "punctuation": punctuation, "whitespace": " \t\n\r\v\f", "printable": digits + asciiLower + asciiUpper + punctuation + " \t\n\r\v\f",
}

// saltSizes are the lengths of new salts by the kind of the hash.
var saltSizes = map[string]int{"md5_crypt": 8, "md5": 8, "bcrypt": 22, "blowfish": 22, "sha256_crypt": 16, "sha256": 16, "sha512_crypt": 16, "sha512": 16}

// passwordFile is what the file of a password holds, and how a new one is made.
type passwordFile struct {
	path, password, salt, ident string
	encrypt                     string
	length                      int
	chars                       []string
	seed                        jinja.Value
}

// password gives the password in a file, which is made where there is none.
func (l *lookups) password(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	names, err := texts(terms)
	if err != nil {
		return nil, err
	}
	out := make([]jinja.Value, len(names))
	for i, term := range names {
		p, err := l.readPasswordTerm(term, o.Copy())
		if err != nil {
			return nil, err
		}
		if out[i], err = l.passwordIn(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (l *lookups) readPasswordTerm(term string, o *jinja.Dict) (*passwordFile, error) {
	path, err := inline(term, o)
	if err != nil {
		return nil, err
	}
	p := &passwordFile{path: path, encrypt: textOption(o, "encrypt", ""), ident: textOption(o, "ident", ""), chars: []string{"ascii_letters", "digits", ".,:-_"}}
	p.seed, _ = option(o, "seed")
	if v, ok := option(o, "chars"); ok {
		p.chars = charSpecs(v)
	}
	if p.length, err = strconv.Atoi(textOption(o, "length", "20")); err != nil || p.length < 1 || p.length > 10_000 {
		return nil, errors.New("length must be a number from 1 to 10000")
	}
	if path == "" {
		return nil, errors.New("the path of the file is missing")
	}
	if !filepath.IsAbs(p.path) {
		p.path = filepath.Join(l.o.BaseDir, p.path)
	}
	return p, done(o)
}

// charSpecs splits "a,b,,c" at the commas; ",," stands for a comma.
func charSpecs(v jinja.Value) []string {
	text, ok := v.(string)
	if !ok {
		var specs []string
		for _, e := range listOf(v) {
			specs = append(specs, jinja.Str(e))
		}
		return specs
	}
	var specs []string
	if strings.Contains(text, ",,") {
		specs = append(specs, ",")
	}
	for s := range strings.SplitSeq(strings.ReplaceAll(text, ",,", ","), ",") {
		if s != "" {
			specs = append(specs, s)
		}
	}
	return specs
}

func (l *lookups) passwordIn(p *passwordFile) (jinja.Value, error) {
	old := ""
	if p.path != "/dev/null" {
		data, err := l.o.ReadFile(p.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		old = strings.TrimRightFunc(string(data), unicode.IsSpace)
	}
	p.parse(old)
	if err := p.complete(); err != nil {
		return nil, err
	}
	if text := p.String(); text != old && p.path != "/dev/null" {
		if l.o.WriteFile == nil {
			return nil, fmt.Errorf("%s would have to be written, which cannot be done here", p.path)
		}
		if err := l.o.WriteFile(p.path, []byte(text+"\n")); err != nil {
			return nil, err
		}
	}
	if p.encrypt == "" {
		return p.password, nil
	}
	return jinja.HashPassword(p.password, p.encrypt, p.salt, jinja.PasswordOptions{Ident: p.ident})
}

// parse reads "password salt=… ident=…".
func (p *passwordFile) parse(content string) {
	i := strings.LastIndex(content, " salt=")
	if i < 0 {
		p.password = content
		return
	}
	p.password, p.salt = content[:i], content[i+len(" salt="):]
	if salt, ident, ok := strings.Cut(p.salt, " ident="); ok {
		p.salt = salt
		if p.ident == "" {
			p.ident = ident
		}
	}
}

// complete makes what is not there yet.
func (p *passwordFile) complete() (err error) {
	if p.password == "" {
		if p.password, err = p.random(p.candidates(), p.length, p.seed); err != nil {
			return err
		}
	}
	if p.encrypt == "" {
		return nil
	}
	size, ok := saltSizes[p.encrypt]
	if !ok {
		return fmt.Errorf("the hash %q is not supported", p.encrypt)
	}
	if p.salt == "" {
		p.salt, err = p.random([]rune(asciiLower+asciiUpper+digits+"./"), size, nil)
	}
	if p.ident == "" && size == 22 {
		p.ident = "2b"
	}
	return err
}

// String is the content of the file.
func (p *passwordFile) String() string {
	text := p.password
	if p.salt != "" {
		text += " salt=" + p.salt
		if p.ident != "" {
			text += " ident=" + p.ident
		}
	}
	return text
}

// candidates are the characters that a new password may have; quotes are never among them.
func (p *passwordFile) candidates() []rune {
	all := ""
	for _, spec := range p.chars {
		if set, ok := charSets[spec]; ok {
			spec = set
		}
		all += spec
	}
	return slices.DeleteFunc([]rune(all), func(r rune) bool { return r == '"' || r == '\'' })
}

func (p *passwordFile) random(chars []rune, n int, seed jinja.Value) (string, error) {
	if len(chars) == 0 {
		return "", errors.New("there are no characters to make a password of")
	}
	below := func(n int64) (int64, error) {
		v, err := rand.Int(rand.Reader, big.NewInt(n))
		if err != nil {
			return 0, err
		}
		return v.Int64(), nil
	}
	if seed != nil {
		r := pyrandom.FromString(jinja.Str(seed))
		if i, ok := seed.(int64); ok {
			r = pyrandom.FromInt(big.NewInt(i))
		}
		below = func(n int64) (int64, error) { return r.Below(n), nil }
	}
	out := make([]rune, n)
	for i := range out {
		k, err := below(int64(len(chars)))
		if err != nil {
			return "", err
		}
		out[i] = chars[k]
	}
	return string(out), nil
}
