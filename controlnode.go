package pfrun

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/vault"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// controlNode is what tasks read of this machine: files that are copied, and templates.
type controlNode struct{ p *Project }

// Env compiles templates.
func (c controlNode) Env() *jinja.Env { return c.p.env }

// Hostname is what this machine calls itself.
func (c controlNode) Hostname() string {
	name, _ := os.Hostname() // a template that names a host that has no name says so
	return name
}

// Home gives the home of the user that pfrun runs as.
func (c controlNode) Home() (string, bool) {
	home := c.p.options.Getenv("HOME")
	return home, home != ""
}

// Stat describes a path without following a link at its end.
func (c controlNode) Stat(ctx context.Context, path string) (host.Stat, error) {
	if err := context.Cause(ctx); err != nil {
		return host.Stat{}, err
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return host.Stat{Path: path, Kind: host.Absent}, nil
	}
	if err != nil {
		return host.Stat{}, err
	}
	return describe(path, info)
}

func describe(path string, info fs.FileInfo) (host.Stat, error) {
	st := host.Stat{Path: path, Kind: host.Other, Size: info.Size(), ModTime: info.ModTime(), Meta: change.Meta{Mode: uint32(info.Mode().Perm())}}
	for bit, raw := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if info.Mode()&bit != 0 {
			st.Meta.Mode |= raw
		}
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.Meta.UID, st.Meta.GID = int(sys.Uid), int(sys.Gid)
		if u, err := user.LookupId(strconv.Itoa(st.Meta.UID)); err == nil {
			st.Meta.Owner = u.Username
		}
	}
	var err error
	switch {
	case info.Mode().IsRegular():
		st.Kind = host.Regular
	case info.IsDir():
		st.Kind = host.Dir
	case info.Mode()&fs.ModeSymlink != 0:
		st.Kind = host.Link
		st.Target, err = os.Readlink(path)
	}
	return st, err
}

// Walk gives everything below a folder, parents before children, names in order.
func (c controlNode) Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error] {
	return func(yield func(host.Stat, error) bool) { c.walk(ctx, dir, yield) }
}

func (c controlNode) walk(ctx context.Context, dir string, yield func(host.Stat, error) bool) bool {
	entries, err := os.ReadDir(dir)
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		yield(host.Stat{}, err)
		return false
	}
	for _, e := range entries {
		st, err := c.Stat(ctx, filepath.Join(dir, e.Name()))
		if err != nil {
			yield(host.Stat{}, err)
			return false
		}
		if st.Kind == host.Absent {
			continue
		}
		if !yield(st, nil) || st.Kind == host.Dir && !c.walk(ctx, st.Path, yield) {
			return false
		}
	}
	return true
}

// peeked is how much of a file tells whether it is encrypted.
const peeked = 32

// maxEncrypted is how large a file may be that is decrypted.
const maxEncrypted = 256 << 20

// Open opens a file; with decrypt its plain text where it is encrypted with ansible-vault.
func (c controlNode) Open(path string, decrypt bool) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil || !decrypt {
		return f, err
	}
	r := bufio.NewReader(f)
	if head, _ := r.Peek(peeked); !vault.IsEncrypted(string(head)) {
		return struct {
			io.Reader
			io.Closer
		}{r, f}, nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxEncrypted))
	if err != nil {
		return nil, err
	}
	text, err := c.p.opener.open(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return io.NopCloser(bytes.NewReader([]byte(text))), nil
}
