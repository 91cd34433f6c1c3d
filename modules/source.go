package modules

import (
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // what results tell, no proof of anything
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Source is a path of the control node that a task brings to the host.
type Source struct {
	Rel     string // where it goes, below the folder that all go to
	Kind    host.Kind
	Mode    uint32
	Content change.Content // of a file
	SHA1    string         // of a file, as results tell it
	MD5     string
	Target  string // of a link
}

// held is how large a content may be to be kept in memory.
const held = 64 << 10

// ReadSource reads a file of the control node: a small one whole, of a large one only hashes. It is opened again when it is written.
func ReadSource(ctx context.Context, c Control, st host.Stat, rel string, decrypt bool) (Source, error) {
	s := Source{Rel: rel, Kind: host.Regular, Mode: st.Meta.Mode}
	open := func() (io.ReadCloser, error) { return c.Open(st.Path, decrypt) }
	r, err := open()
	if err != nil {
		return s, err
	}
	defer r.Close()
	sha256, sha1, md5 := sha256.New(), sha1.New(), md5.New() //nolint:gosec // what results tell
	all := io.MultiWriter(sha256, sha1, md5)
	var head bytes.Buffer
	size, err := io.Copy(io.MultiWriter(all, &head), io.LimitReader(r, held+1))
	if err == nil && size > held {
		var rest int64
		rest, err = io.Copy(all, &stopping{ctx, r})
		size += rest
	}
	if err != nil {
		return s, err
	}
	s.SHA1, s.MD5 = hex.EncodeToString(sha1.Sum(nil)), hex.EncodeToString(md5.Sum(nil))
	if size <= held {
		s.Content = change.Bytes(head.Bytes())
	} else {
		s.Content = change.Reference(size, hex.EncodeToString(sha256.Sum(nil)), open)
	}
	return s, nil
}

// TextSource makes a source of a text.
func TextSource(text string) Source {
	s := Source{Kind: host.Regular, Mode: 0o600, Content: change.Bytes([]byte(text))}
	sums, _ := Checksums(s.Content, "sha1", "md5") // it is held
	s.SHA1, s.MD5 = sums[0], sums[1]
	return s
}

// stopping is a reader that ends with a context.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s *stopping) Read(p []byte) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
