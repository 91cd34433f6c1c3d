package change

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Meta is mode and ownership of a path. The numbers decide; the names are for people and may be empty.
type Meta struct {
	Mode  uint32 `json:"mode"` // permission bits with setuid, setgid and sticky: 07777
	UID   int    `json:"uid"`
	GID   int    `json:"gid"`
	Owner string `json:"owner,omitempty"`
	Group string `json:"group,omitempty"`
}

// Same reports whether two paths have the same mode, owner and group.
func (m Meta) Same(o Meta) bool { return m.Mode == o.Mode && m.UID == o.UID && m.GID == o.GID }

// String gives the mode in octal with owner and group.
func (m Meta) String() string {
	name := func(s string, id int) string {
		if s != "" {
			return s
		}
		return fmt.Sprint(id)
	}
	return fmt.Sprintf("%04o %s:%s", m.Mode, name(m.Owner, m.UID), name(m.Group, m.GID))
}

// File is a regular file as it was read.
type File struct {
	Content Content
	Meta    Meta
}

// Same reports whether two files have the same content, mode and owner. Two nil files are the same: nothing is there.
func (f *File) Same(o *File) bool {
	if f == nil || o == nil {
		return f == o
	}
	return f.Content.SHA256 == o.Content.SHA256 && f.Meta.Same(o.Meta)
}

// Content is what is in a file: small ones as bytes, large ones by reference.
type Content struct {
	Size   int64
	SHA256 string // hex
	data   []byte
	open   func() (io.ReadCloser, error)
}

// ErrNotHeld says that a content is known by size and hash only: somebody has to bring the bytes.
var ErrNotHeld = errors.New("content is known by its hash only")

// Bytes makes a content that is held in memory. The slice must not be changed afterwards.
func Bytes(b []byte) Content {
	sum := sha256.Sum256(b)
	return Content{Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:]), data: b}
}

// Reference makes a content that is read when it is needed. With a nil open it is known by size and hash only.
func Reference(size int64, sha256 string, open func() (io.ReadCloser, error)) Content {
	return Content{Size: size, SHA256: sha256, open: open}
}

// Open gives the content to read from its start. ErrNotHeld is returned where only the hash is known.
func (c Content) Open() (io.ReadCloser, error) {
	switch {
	case c.open != nil:
		return c.open()
	case c.data != nil || c.Size == 0:
		return io.NopCloser(bytes.NewReader(c.data)), nil
	}
	return nil, ErrNotHeld
}

// Data gives the bytes of a content that is held in memory; ok is false for one by reference.
func (c Content) Data() (b []byte, ok bool) {
	if c.data == nil && c.Size > 0 {
		return nil, false
	}
	return c.data, true
}
