// Package transporttest holds the tests that every transport passes. They work on this machine, as the current user: the transport under test must lead there.
package transporttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// Files checks file access.
func Files(t *testing.T, f transport.Files) {
	t.Run("create", func(t *testing.T) { checkCreate(t, f) })
	t.Run("tree", func(t *testing.T) { checkTree(t, f) })
	t.Run("errors", func(t *testing.T) { checkFileErrors(t, f) })
	t.Run("large", func(t *testing.T) { checkLarge(t, f) })
	t.Run("context", func(t *testing.T) { checkFilesContext(t, f) })
}

func checkCreate(t *testing.T, f transport.Files) {
	ctx, dir := t.Context(), t.TempDir()
	defer syscall.Umask(syscall.Umask(0o077))
	for _, perm := range []fs.FileMode{0o644, 0o600, 0o666, 0o755 | fs.ModeSetgid, 0o400} {
		name := filepath.Join(dir, perm.String())
		w, err := f.Create(ctx, name, perm)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(name)
		if err != nil || info.Size() != 0 || info.Mode() != perm {
			t.Errorf("while empty: %v %v, want %v", info, err, perm)
		}
		if _, err := io.WriteString(w, "con"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "tent"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if text, _ := os.ReadFile(name); string(text) != "content" {
			t.Errorf("content %q", text)
		}
		if _, err := f.Create(ctx, name, perm); !errors.Is(err, fs.ErrExist) {
			t.Errorf("creating it again gives %v", err)
		}
	}
	if err := f.Mkdir(ctx, filepath.Join(dir, "d"), 0o775); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Lstat(filepath.Join(dir, "d")); info.Mode() != fs.ModeDir|0o775 {
		t.Errorf("folder has %v", info.Mode())
	}
}

func checkTree(t *testing.T, f transport.Files) {
	ctx, dir := t.Context(), t.TempDir()
	at := func(n string) string { return filepath.Join(dir, n) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(at("b"), []byte("bb"), 0o640))
	must(os.WriteFile(at("a"), []byte("aaa"), 0o600))
	must(f.Symlink(ctx, "no/where", at("link")))
	must(f.Rename(ctx, at("a"), at("b")))
	must(f.Chown(ctx, at("b"), os.Getuid(), -1))
	must(f.Chmod(ctx, at("b"), 0o751|fs.ModeSetuid))
	must(f.Mkdir(ctx, at("c"), 0o700))

	info, err := f.Lstat(ctx, at("b"))
	must(err)
	if info.Name != "b" || info.Size != 3 || info.Mode != 0o751|fs.ModeSetuid || info.UID != os.Getuid() || info.GID != os.Getgid() || time.Since(info.ModTime) > time.Minute {
		t.Errorf("lstat gives %+v", info)
	}
	if target, err := f.Readlink(ctx, at("link")); target != "no/where" || err != nil {
		t.Errorf("readlink gives %q, %v", target, err)
	}
	list, err := f.ReadDir(ctx, dir)
	must(err)
	if len(list) != 3 || list[0].Name != "b" || !list[1].Mode.IsDir() || list[2].Mode.Type() != fs.ModeSymlink {
		t.Errorf("readdir gives %+v", list)
	}
	for _, n := range []string{"b", "c", "link"} {
		must(f.Remove(ctx, at(n)))
		if _, err := os.Lstat(at(n)); err == nil {
			t.Errorf("%s is still there", n)
		}
	}
}

func checkFileErrors(t *testing.T, f transport.Files) {
	ctx, dir := t.Context(), t.TempDir()
	none := filepath.Join(dir, "none")
	full := filepath.Join(dir, "full")
	if err := errors.Join(os.Mkdir(full, 0o700), os.WriteFile(filepath.Join(full, "x"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		want error
		err  error
	}{
		{"lstat", fs.ErrNotExist, second(f.Lstat(ctx, none))},
		{"readlink", fs.ErrNotExist, second(f.Readlink(ctx, none))},
		{"readdir", fs.ErrNotExist, second(f.ReadDir(ctx, none))},
		{"open", fs.ErrNotExist, second(f.Open(ctx, none))},
		{"create", fs.ErrNotExist, second(f.Create(ctx, none+"/x", 0o600))},
		{"create-over", fs.ErrExist, second(f.Create(ctx, full, 0o600))},
		{"chmod", fs.ErrNotExist, f.Chmod(ctx, none, 0o600)},
		{"rename", fs.ErrNotExist, f.Rename(ctx, none, none+"2")},
		{"symlink", fs.ErrExist, f.Symlink(ctx, "x", full)},
		{"mkdir", fs.ErrExist, f.Mkdir(ctx, full, 0o700)},
		{"remove", fs.ErrNotExist, f.Remove(ctx, none)},
		{"remove-full", fs.ErrExist, f.Remove(ctx, full)},
	} {
		if !errors.Is(tt.err, tt.want) || errors.Is(tt.err, host.ErrUnreachable) {
			t.Errorf("%s: error %v, want %v", tt.name, tt.err, tt.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func checkLarge(t *testing.T, f transport.Files) {
	ctx, name := t.Context(), filepath.Join(t.TempDir(), "large")
	for _, size := range []int{0, 1, 32 << 10, 32<<10 + 1, 256 << 10, 3<<20 + 5} {
		content := bytes.Repeat([]byte("0123456789abcdefg"), size/17+1)[:size]
		w, err := f.Create(ctx, name, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := f.Open(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("size %d: %d bytes came back, %v", size, len(got), err)
		}
		if err := f.Remove(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
}

func checkFilesContext(t *testing.T, f transport.Files) {
	name := filepath.Join(t.TempDir(), "f")
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	w, err := f.Create(ctx, name, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(ctx, "/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	_, err = io.WriteString(w, "x")
	if err := errors.Join(err, w.Close()); !errors.Is(err, why) {
		t.Errorf("writing gives %v", err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, why) {
		t.Errorf("reading gives %v", err)
	}
	r.Close()
	if _, err := f.Lstat(ctx, name); !errors.Is(err, why) {
		t.Errorf("lstat gives %v", err)
	}
}
