package ssh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// testFiles checks a transport.Files that works on this machine as the current user.
func testFiles(t *testing.T, f transport.Files) {
	t.Run("create", func(t *testing.T) { testCreate(t, f) })
	t.Run("tree", func(t *testing.T) { testTree(t, f) })
	t.Run("errors", func(t *testing.T) { testFileErrors(t, f) })
	t.Run("large", func(t *testing.T) { testLarge(t, f) })
	t.Run("context", func(t *testing.T) { testFilesContext(t, f) })
}

func testCreate(t *testing.T, f transport.Files) {
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

func testTree(t *testing.T, f transport.Files) {
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

func testFileErrors(t *testing.T, f transport.Files) {
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

func testLarge(t *testing.T, f transport.Files) {
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

func testFilesContext(t *testing.T, f transport.Files) {
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
	io.WriteString(w, "x")
	if err := w.Close(); !errors.Is(err, why) {
		t.Errorf("closing gives %v", err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, why) {
		t.Errorf("reading gives %v", err)
	}
	r.Close()
	if _, err := f.Lstat(ctx, name); !errors.Is(err, why) {
		t.Errorf("lstat gives %v", err)
	}
}

func TestFilesBySubsystem(t *testing.T) {
	c, _ := connect(t, func(s *testServer) { s.noise = "Welcome to mail1!\nLast login: today\n" })
	f, err := c.OpenFiles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	testFiles(t, f)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Lstat(t.Context(), "/"); err == nil || errors.Is(err, host.ErrUnreachable) {
		t.Errorf("after closing, lstat gives %v", err)
	}
}

// sftpServer is the SFTP server program of this machine, if there is one.
func sftpServer(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server"} {
		if _, err := exec.LookPath(p); err == nil {
			return p
		}
	}
	t.Skip("no sftp-server is installed: apt-get install openssh-sftp-server")
	return ""
}

func TestFilesThroughACommand(t *testing.T) {
	server := sftpServer(t)
	c, _ := connect(t, func(s *testServer) { s.noise = "noise of a login shell\n" })
	script := `read -r p; [ "$p" = sesame ] || { echo "Sorry, try again." >&2; exit 1; }; echo "more noise"; exec "$0"`
	through := host.Command{Argv: []string{"sh", "-c", script, server}, Stdin: strings.NewReader("sesame\n")}
	f, err := c.OpenFiles(t.Context(), &through)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	testFiles(t, f)

	through.Stdin = strings.NewReader("wrong\n")
	_, err = c.OpenFiles(t.Context(), &through)
	if err == nil || errors.Is(err, host.ErrUnreachable) || !strings.Contains(err.Error(), "Sorry, try again.") || !strings.Contains(err.Error(), "status 1") {
		t.Errorf("a wrong password gives %v", err)
	}
	_, err = c.OpenFiles(t.Context(), &host.Command{Argv: []string{"echo", "This account is not available."}})
	if err == nil || !strings.Contains(err.Error(), "This account is not available.") {
		t.Errorf("no server gives %v", err)
	}
}

func TestFilesOnALostConnection(t *testing.T) {
	c, s := connect(t, nil)
	f, err := c.OpenFiles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.cut()
	if _, err := f.Lstat(t.Context(), "/"); !errors.Is(err, host.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
}

func TestPutGet(t *testing.T) {
	c, _ := connect(t, nil)
	ctx, dir := t.Context(), t.TempDir()
	name := filepath.Join(dir, "f")
	if err := c.Put(ctx, name, strings.NewReader("hello"), 0o640); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Lstat(name); info.Mode() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	r, err := c.Get(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); string(text) != "hello" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	r.Close()
	if err := c.Put(ctx, name, strings.NewReader("other"), 0o640); !errors.Is(err, fs.ErrExist) {
		t.Errorf("putting over it gives %v", err)
	}
	if text, _ := os.ReadFile(name); string(text) != "hello" {
		t.Errorf("it is %q now", text)
	}
	if _, err := c.Get(ctx, name+"2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("getting nothing gives %v", err)
	}
	broken := errors.New("source failed")
	half := filepath.Join(dir, "half")
	if err := c.Put(ctx, half, io.MultiReader(strings.NewReader("x"), failingReader{broken}), 0o600); !errors.Is(err, broken) {
		t.Errorf("a failing source gives %v", err)
	}
	if _, err := os.Lstat(half); err == nil {
		t.Error("half a file stays")
	}
}

func TestFilesComeToBePrivate(t *testing.T) {
	open := []byte("\x00\x00\x00\x12\x03\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x2a\x00\x00\x00\x00")
	for _, tt := range []struct{ name, in, want string }{
		{"create", string(open), "\x00\x00\x00\x16\x03\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x2a\x00\x00\x00\x04\x00\x00\x01\x80"},
		{"mkdir", "\x00\x00\x00\x0e\x0e\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x00", "\x00\x00\x00\x12\x0e\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x04\x00\x00\x01\xc0"},
		{"read", "\x00\x00\x00\x12\x03\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x01\x00\x00\x00\x00", ""},
		{"other", "\x00\x00\x00\x0e\x0f\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x00", ""},
		{"short", "\x00\x00\x00\x05\x03\x00\x00\x00\x01", ""},
		{"wrong-length", "\x00\x00\x00\x0e\x0e\x00\x00\x00\x01\xff\xff\xff\xffa\x00\x00\x00\x00", ""},
	} {
		want := tt.want
		if want == "" {
			want = tt.in
		}
		if got := withMode([]byte(tt.in)); string(got) != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}
