package shell_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/internal/transport/shell"
)

var _ transport.Files = (*shell.Files)(nil)

// shells are those that the field has; one that this machine lacks is left out, sh is always there.
var shells = [][]string{{"sh"}, {"dash"}, {"bash"}, {"bash", "--posix"}, {"busybox", "sh"}}

func eachShell(t *testing.T, test func(t *testing.T, f *shell.Files)) {
	t.Helper()
	for _, argv := range shells {
		if _, err := exec.LookPath(argv[0]); err != nil {
			continue
		}
		t.Run(strings.Join(argv, "_"), func(t *testing.T) { test(t, open(t, argv)) })
	}
}

func open(t *testing.T, argv []string) *shell.Files {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := shell.Open(t.Context(), stdin, stdout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the shell ended with %v", err)
		}
	})
	return f
}

func every() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func TestContentComesBackAsItWasWritten(t *testing.T) {
	contents := map[string][]byte{
		"empty": {}, "text": []byte("a\nb\n"), "no-newline": []byte("-n %s \\x"), "every-byte": every(),
		"large": bytes.Repeat(append(every(), "\nsome text 'quoted'\n"...), 2000),
	}
	eachShell(t, func(t *testing.T, f *shell.Files) {
		for name, want := range contents {
			path := filepath.Join(t.TempDir(), name+" 'q\" \n$x`id`é")
			write(t, f, path, want)
			r, err := f.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || r.Close() != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: read %d bytes that are not the %d written", name, len(got), len(want))
			}
			if onDisk, _ := os.ReadFile(path); !bytes.Equal(onDisk, want) {
				t.Errorf("%s: the disk has something else", name)
			}
		}
	})
}

func write(t *testing.T, f *shell.Files, path string, data []byte) {
	t.Helper()
	w, err := f.Create(t.Context(), path, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write(data); err != nil || n != len(data) {
		t.Fatal(n, err)
	}
	if err := w.(interface{ Sync() error }).Sync(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPathsAreDescribed(t *testing.T) {
	eachShell(t, func(t *testing.T, f *shell.Files) {
		dir := t.TempDir()
		write(t, f, dir+"/file", []byte("12345"))
		must(t, f.Chmod(t.Context(), dir+"/file", 0o750|fs.ModeSetuid|fs.ModeSticky))
		must(t, f.Mkdir(t.Context(), dir+"/.sub", 0o700))
		must(t, f.Symlink(t.Context(), "no where\n", dir+"/-l\nink"))
		infos, err := f.ReadDir(t.Context(), dir)
		must(t, err)
		got := map[string]string{}
		for _, fi := range infos {
			got[fi.Name] = fi.Mode.String()
			alone, err := f.Lstat(t.Context(), dir+"/"+fi.Name)
			must(t, err)
			if diff := cmp.Diff(fi, alone); diff != "" {
				t.Error(diff)
			}
			if fi.UID != os.Getuid() || time.Since(fi.ModTime).Abs() > time.Minute {
				t.Errorf("%+v", fi)
			}
		}
		want := map[string]string{"file": "utrwxr-x---", ".sub": "drwx------", "-l\nink": "Lrwxrwxrwx"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if target, err := f.Readlink(t.Context(), dir+"/-l\nink"); err != nil || target != "no where\n" {
			t.Errorf("readlink: %q, %v", target, err)
		}
		for _, name := range []string{"file", ".sub", "-l\nink"} {
			must(t, f.Remove(t.Context(), dir+"/"+name))
		}
		if infos, err := f.ReadDir(t.Context(), dir); err != nil || len(infos) != 0 {
			t.Errorf("%v, %v", infos, err)
		}
	})
}

func TestRenameReplacesAFileAndNothingElse(t *testing.T) {
	eachShell(t, func(t *testing.T, f *shell.Files) {
		dir := t.TempDir()
		write(t, f, dir+"/a", []byte("a"))
		write(t, f, dir+"/b", []byte("b"))
		must(t, f.Rename(t.Context(), dir+"/a", dir+"/b"))
		if got, _ := os.ReadFile(dir + "/b"); string(got) != "a" {
			t.Errorf("b holds %q", got)
		}
		must(t, f.Mkdir(t.Context(), dir+"/d", 0o755))
		if err := f.Rename(t.Context(), dir+"/b", dir+"/d"); err == nil {
			t.Error("a file was renamed over a folder, or into it")
		}
	})
}

func TestErrorsHaveTheirKind(t *testing.T) {
	eachShell(t, func(t *testing.T, f *shell.Files) {
		ctx, dir := t.Context(), t.TempDir()
		write(t, f, dir+"/there", nil)
		open := func(_ io.ReadCloser, err error) error { return err }
		create := func(_ io.WriteCloser, err error) error { return err }
		lstat := func(_ transport.FileInfo, err error) error { return err }
		list := func(_ []transport.FileInfo, err error) error { return err }
		link := func(_ string, err error) error { return err }
		for name, c := range map[string]struct{ got, want error }{
			"open":             {open(f.Open(ctx, dir+"/no")), fs.ErrNotExist},
			"create":           {create(f.Create(ctx, dir+"/there", 0o600)), fs.ErrExist},
			"create-no-folder": {create(f.Create(ctx, dir+"/no/x", 0o600)), fs.ErrNotExist},
			"lstat":            {lstat(f.Lstat(ctx, dir+"/no")), fs.ErrNotExist},
			"readdir":          {list(f.ReadDir(ctx, dir+"/no")), fs.ErrNotExist},
			"readlink":         {link(f.Readlink(ctx, dir+"/no")), fs.ErrNotExist},
			"chmod":            {f.Chmod(ctx, dir+"/no", 0o600), fs.ErrNotExist},
			"chown":            {f.Chown(ctx, dir+"/no", 0, 0), fs.ErrNotExist},
			"rename":           {f.Rename(ctx, dir+"/no", dir+"/x"), fs.ErrNotExist},
			"symlink":          {f.Symlink(ctx, "x", dir+"/there"), fs.ErrExist},
			"mkdir":            {f.Mkdir(ctx, dir+"/there", 0o755), fs.ErrExist},
			"remove":           {f.Remove(ctx, dir+"/no"), fs.ErrNotExist},
		} {
			if !errors.Is(c.got, c.want) {
				t.Errorf("%s: got %v, want %v", name, c.got, c.want)
			}
		}
		if _, err := f.Lstat(ctx, "/nul\x00"); err == nil {
			t.Error("a NUL in a name was taken")
		}
		if _, err := f.Lstat(ctx, dir); err != nil {
			t.Errorf("the session did not survive the errors: %v", err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	eachShell(t, func(t *testing.T, f *shell.Files) {
		dir := t.TempDir()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				path := filepath.Join(dir, strings.Repeat("x", i+1))
				w, err := f.Create(t.Context(), path, 0o600)
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(w, path)
				w.Close()
			})
		}
		wg.Wait()
		names, _ := filepath.Glob(dir + "/*")
		for _, n := range names {
			if got, _ := os.ReadFile(n); string(got) != n {
				t.Errorf("%s holds %q", n, got)
			}
		}
		if len(slices.Compact(names)) != 20 {
			t.Errorf("%d files", len(names))
		}
	})
}

func TestCancelledRequestEndsTheSession(t *testing.T) {
	stdinR, stdin := io.Pipe()
	stdout, stdoutW := io.Pipe()
	defer stdoutW.Close()
	go io.Copy(io.Discard, stdinR) // a shell that never answers
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := shell.Open(ctx, stdin, stdout); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"", "-n", "%s%%\\n", "it's", "\x00\xff\r\n", "é"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 {
			return
		}
		got, err := exec.Command("sh", "-c", "printf "+shell.Literal(data)).Output()
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q became %q, %v", data, got, err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
