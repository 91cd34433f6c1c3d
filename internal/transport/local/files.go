package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// OpenFiles gives access to this machine's files. Access through a command, to become somebody else, is refused with errors.ErrUnsupported.
func (Conn) OpenFiles(_ context.Context, through *host.Command) (transport.Files, error) {
	if through != nil {
		return nil, fmt.Errorf("file access as another user over the local connection: %w", errors.ErrUnsupported)
	}
	return files{}, nil
}

// Put creates a file with content and permission bits; see host.Conn.
func (Conn) Put(ctx context.Context, path string, content io.Reader, perm fs.FileMode) (err error) {
	w, err := files{}.Create(ctx, path, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	_, err = io.Copy(w, content)
	return errors.Join(err, w.Close())
}

// Get opens a file for reading; see host.Conn.
func (Conn) Get(ctx context.Context, path string) (io.ReadCloser, error) {
	return files{}.Open(ctx, path)
}

// files is transport.Files by system calls.
type files struct{}

func (files) Lstat(ctx context.Context, path string) (transport.FileInfo, error) {
	if err := context.Cause(ctx); err != nil {
		return transport.FileInfo{}, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return transport.FileInfo{}, err
	}
	return fileInfo(info), nil
}

func fileInfo(info fs.FileInfo) transport.FileInfo {
	t := transport.FileInfo{Name: info.Name(), Mode: info.Mode(), Size: info.Size(), ModTime: info.ModTime()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		t.UID, t.GID = int(st.Uid), int(st.Gid)
	}
	return t
}

func (files) Readlink(ctx context.Context, path string) (string, error) {
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	return os.Readlink(path)
}

// ReadDir lists a folder, sorted by name. What vanishes meanwhile is left out.
func (f files) ReadDir(ctx context.Context, path string) ([]transport.FileInfo, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	out := make([]transport.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, fileInfo(info))
	}
	return out, nil
}

// Open opens a file for reading. The reading ends when ctx ends.
func (files) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &file{f, ctx}, nil
}

// Create makes a new file; see transport.Files. It is made with mode 0600, then given perm.
func (files) Create(ctx context.Context, path string, perm fs.FileMode) (io.WriteCloser, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return &file{f, ctx}, nil
}

// Exchange swaps what two paths name; see transport.Exchanger.
func (files) Exchange(ctx context.Context, path, other string) error {
	return unlessEnded(ctx, func() error {
		if err := exchange(path, other); err != nil {
			return &fs.PathError{Op: "exchange", Path: path, Err: err}
		}
		return nil
	})
}

// file is an open file whose reading and writing end with a context.
type file struct {
	f   *os.File
	ctx context.Context
}

func (f *file) Read(b []byte) (int, error) {
	if err := context.Cause(f.ctx); err != nil {
		return 0, err
	}
	return f.f.Read(b)
}

func (f *file) Write(b []byte) (int, error) {
	if err := context.Cause(f.ctx); err != nil {
		return 0, err
	}
	return f.f.Write(b)
}

func (f *file) Close() error { return f.f.Close() }

func (files) Chmod(ctx context.Context, path string, mode fs.FileMode) error {
	return unlessEnded(ctx, func() error { return os.Chmod(path, mode) })
}

func (files) Chown(ctx context.Context, path string, uid, gid int) error {
	return unlessEnded(ctx, func() error { return os.Chown(path, uid, gid) })
}

func (files) Rename(ctx context.Context, oldpath, newpath string) error {
	return unlessEnded(ctx, func() error { return os.Rename(oldpath, newpath) })
}

func (files) Symlink(ctx context.Context, target, path string) error {
	return unlessEnded(ctx, func() error { return os.Symlink(target, path) })
}

// Mkdir makes a folder with these permission bits, whatever the umask.
func (files) Mkdir(ctx context.Context, path string, perm fs.FileMode) error {
	return unlessEnded(ctx, func() error {
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		if err := os.Chmod(path, perm); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		return nil
	})
}

func (files) Remove(ctx context.Context, path string) error {
	return unlessEnded(ctx, func() error { return os.Remove(path) })
}

func (files) Close() error { return nil }

func unlessEnded(ctx context.Context, do func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return do()
}
