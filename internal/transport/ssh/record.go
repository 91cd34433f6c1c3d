package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// recording lets one key be recorded at a time, so that no two connections of this process write the same line.
var recording sync.Mutex

// appendKnownHost adds a key to a known_hosts file, in one write. The file and its folder are created (0600, 0700). Where the key was recorded meanwhile nothing is written;
// where another one was, that is a changed key.
func appendKnownHost(file, name string, key gossh.PublicKey, hash bool) error {
	recording.Lock()
	defer recording.Unlock()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var db knownHosts
	db.parse(text, file, func(string) {})
	if known := db.find(name, noMarker); len(known) > 0 {
		if slices.ContainsFunc(known, func(k knownKey) bool { return sameKey(k.key, key) }) {
			return nil
		}
		return changedKey(name, known, key)
	}
	return appendLine(file, knownHostLine(text, name, key, hash || db.allHashed()))
}

// knownHostLine gives the line to append to text, which may lack its last line end.
func knownHostLine(text []byte, name string, key gossh.PublicKey, hash bool) []byte {
	var b bytes.Buffer
	if len(text) > 0 && text[len(text)-1] != '\n' {
		b.WriteByte('\n')
	}
	if hash {
		name = knownhosts.HashHostname(name)
	}
	b.WriteString(name + " ")
	b.Write(gossh.MarshalAuthorizedKey(key)) // ends the line
	return b.Bytes()
}

func appendLine(file string, line []byte) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if n, err := f.Write(line); err != nil {
		return fmt.Errorf("%d of %d bytes written: %w", n, len(line), err)
	}
	return nil
}

// allHashed says whether there are lines and each has a hashed name.
func (db *knownHosts) allHashed() bool {
	return len(db.keys) > 0 && !slices.ContainsFunc(db.keys, func(k knownKey) bool { return !k.names[0].hashed() })
}
