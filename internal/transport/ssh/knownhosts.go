package ssh

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // the format of hashed host names is HMAC-SHA1
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// marker is the word before the names of a line of a known_hosts file.
type marker string

const (
	noMarker      marker = ""
	markerCA      marker = "@cert-authority"
	markerRevoked marker = "@revoked"
)

// knownKey is one line of a known_hosts file.
type knownKey struct {
	marker marker
	names  []namePattern
	key    gossh.PublicKey
	file   string
	line   int
}

func (k knownKey) place() string { return k.file + ":" + strconv.Itoa(k.line) }

// knownHosts is what the known_hosts files say, in their order.
type knownHosts struct {
	keys []knownKey
}

// readKnownHosts reads files of host keys. A file that is not there is empty. A line that cannot be read is told to warn and passed over, as OpenSSH does.
func readKnownHosts(files []string, warn func(string)) (*knownHosts, error) {
	var db knownHosts
	for _, f := range files {
		text, err := os.ReadFile(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the host keys: %w", err)
		}
		db.parse(text, f, warn)
	}
	return &db, nil
}

func (db *knownHosts) parse(text []byte, file string, warn func(string)) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		k, ok, err := parseKnownHost(string(line))
		if err != nil {
			warn(fmt.Sprintf("%s:%d: host key ignored: %v", file, n, err))
			continue
		}
		if ok {
			k.file, k.line = file, n
			db.keys = append(db.keys, k)
		}
	}
}

// parseKnownHost reads one line of a known_hosts file. It gives ok=false for an empty line and a comment.
func parseKnownHost(line string) (k knownKey, ok bool, err error) {
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
		return k, false, nil
	}
	if strings.HasPrefix(fields[0], "@") {
		k.marker = marker(fields[0])
		if k.marker != markerCA && k.marker != markerRevoked {
			return k, false, fmt.Errorf("marker %q is not known", fields[0])
		}
		fields = fields[1:]
	}
	if len(fields) < 3 {
		return k, false, errors.New("expected names, key type and key")
	}
	if k.names, err = parseNames(fields[0]); err != nil {
		return k, false, err
	}
	k.key, err = parseKey(fields[1], fields[2])
	return k, err == nil, err
}

func parseKey(keyType, blob string) (gossh.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(blob)
	if err != nil {
		return nil, fmt.Errorf("the key is not base64: %w", err)
	}
	key, err := gossh.ParsePublicKey(b)
	if err != nil {
		return nil, err
	}
	if key.Type() != keyType {
		return nil, fmt.Errorf("the line says %s, the key is %s", keyType, key.Type())
	}
	return key, nil
}

// namePattern is one name of a line: plain with wildcards and negation, or hashed.
type namePattern struct {
	negated    bool
	glob       string // lower case; empty where the name is hashed
	salt, hash []byte
}

func parseNames(field string) ([]namePattern, error) {
	if strings.HasPrefix(field, "|") {
		p, err := parseHashedName(field)
		return []namePattern{p}, err
	}
	var ps []namePattern
	for name := range strings.SplitSeq(field, ",") {
		glob, negated := strings.CutPrefix(strings.ToLower(name), "!")
		if glob == "" {
			continue
		}
		// [host]:22 is how some write a host at the default port, which OpenSSH records bare.
		if h, ok := strings.CutSuffix(glob, "]:22"); ok && strings.HasPrefix(h, "[") {
			glob = h[1:]
		}
		ps = append(ps, namePattern{negated: negated, glob: glob})
	}
	if len(ps) == 0 {
		return nil, errors.New("no host name")
	}
	return ps, nil
}

func parseHashedName(field string) (p namePattern, err error) {
	parts := strings.Split(field, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return p, errors.New("hashed name of an unknown form")
	}
	if p.salt, err = base64.StdEncoding.DecodeString(parts[2]); err != nil {
		return p, fmt.Errorf("hashed name: %w", err)
	}
	if p.hash, err = base64.StdEncoding.DecodeString(parts[3]); err != nil {
		return p, fmt.Errorf("hashed name: %w", err)
	}
	if len(p.hash) != sha1.Size {
		return p, errors.New("hashed name: the hash has not 20 bytes")
	}
	return p, nil
}

func (p namePattern) hashed() bool { return p.hash != nil }

func (p namePattern) match(name string) bool {
	if p.hashed() {
		return hmac.Equal(hashName(name, p.salt), p.hash)
	}
	return matchGlob(p.glob, name)
}

func hashName(name string, salt []byte) []byte {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name)) // never fails
	return mac.Sum(nil)
}

// matchGlob matches * (any run of characters) and ? (one character), in time proportional to the product of the lengths.
func matchGlob(glob, s string) bool {
	star, mark, g, i := -1, 0, 0, 0
	for i < len(s) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, mark = g, i
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == s[i]):
			g++
			i++
		case star >= 0:
			mark++
			g, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

// matches says whether a line is about the host that is recorded under name.
func (k knownKey) matches(name string) bool {
	found := false
	for _, p := range k.names {
		if !p.match(name) {
			continue
		}
		if p.negated {
			return false
		}
		found = true
	}
	return found
}

// knownName gives the name under which a host is recorded: the host alone at port 22, else [host]:port.
func knownName(address string, port int) string {
	address = strings.ToLower(address)
	if port == defaultPort {
		return address
	}
	return "[" + address + "]:" + strconv.Itoa(port)
}

// find gives the lines with this marker that are about a name.
func (db *knownHosts) find(name string, m marker) []knownKey {
	var out []knownKey
	for _, k := range db.keys {
		if k.marker == m && k.matches(name) {
			out = append(out, k)
		}
	}
	return out
}

// revoked gives the line that revokes a key, for whatever host: a revoked key is known to be in wrong hands.
func (db *knownHosts) revoked(key gossh.PublicKey) (knownKey, bool) {
	i := slices.IndexFunc(db.keys, func(k knownKey) bool { return k.marker == markerRevoked && sameKey(k.key, key) })
	if i < 0 {
		return knownKey{}, false
	}
	return db.keys[i], true
}

func sameKey(a, b gossh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// hostAddress gives host:port, with brackets around an IPv6 address.
func hostAddress(address string, port int) string {
	return net.JoinHostPort(address, strconv.Itoa(port))
}
