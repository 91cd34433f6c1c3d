package target_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/hosttest"
)

func open(t *testing.T, conn host.Conn, o target.Options) *target.Host {
	t.Helper()
	h, err := target.New(t.Context(), conn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return h
}

// scratch gives a folder that other users can reach, which t.TempDir is not for all of its parents.
func scratch(t *testing.T, uid, gid int) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pfrun-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return dir
}

func suite(t *testing.T, open func(t *testing.T) host.Host, uid, gid int) {
	t.Helper()
	hosttest.Run(t, open, hosttest.Options{Dir: scratch(t, uid, gid), Programs: true})
}

func TestLocal(t *testing.T) {
	suite(t, func(t *testing.T) host.Host { return open(t, local.Conn{}, target.Options{Name: "h1"}) }, os.Getuid(), os.Getgid())
}

// TestLookHere holds what files and system calls say of this machine to what a shell says, and programs started at once to those that a shell starts.
func TestLookHere(t *testing.T) {
	here, through := open(t, local.Conn{}, target.Options{Name: "h1"}), open(t, plain{local.Conn{}}, target.Options{Name: "h1"})
	a, err := here.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := through.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("facts differ from those of a shell: %s", diff)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "no first line")
	if err := os.WriteFile(file, []byte("echo it runs\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]change.Exec{
		"found":      {Argv: []string{"sh", "-c", "pwd; printf '%s|' \"$PATH\" \"$PWD\" \"$X\"; cat"}, Env: []string{"X=a b"}, Dir: dir, Stdin: "in"},
		"not found":  {Argv: []string{"no-such-program-here"}},
		"shell's":    {Argv: []string{file}},
		"a folder":   {Argv: []string{dir}},
		"relative":   {Argv: []string{"./no first line"}, Dir: dir},
		"no folder":  {Argv: []string{"true"}, Dir: dir + "/missing"},
		"odd folder": {Argv: []string{"pwd"}, Dir: dir + "/../"},
	} {
		want, wantErr := through.Apply(t.Context(), c)
		got, err := here.Apply(t.Context(), c)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s: error %v, want %v", name, err, wantErr)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(change.Outcome{}, "Start", "End")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// plain is a connection without file access of its own.
type plain struct{ host.Conn }

func TestShellFiles(t *testing.T) {
	suite(t, func(t *testing.T) host.Host { return open(t, plain{local.Conn{}}, target.Options{Name: "h1"}) }, os.Getuid(), os.Getgid())
}

// noisy is a host whose login shell talks before it does what it is told.
type noisy struct{ plain }

func (n noisy) Run(ctx context.Context, c host.Command) (int, error) {
	c.Argv = append([]string{"sh", "-c", `echo "Welcome to h1!"; echo "Authorised use only" >&2; exec "$@"`, "sh"}, c.Argv...)
	return n.plain.Run(ctx, c)
}

func TestNoisyLogin(t *testing.T) {
	suite(t, func(t *testing.T) host.Host { return open(t, noisy{plain{local.Conn{}}}, target.Options{Name: "h1"}) }, os.Getuid(), os.Getgid())
}

const (
	nobody  = 65534
	nogroup = 65534
)

// needSudo skips where this machine has no sudo by which root becomes somebody else.
func needSudo(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else here")
	}
	if err := exec.Command("sudo", "-n", "-u", "nobody", "true").Run(); err != nil {
		t.Skip("no sudo on this machine:", err)
	}
}

func TestBecomeAnother(t *testing.T) {
	needSudo(t)
	suite(t, func(t *testing.T) host.Host {
		return open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{User: "nobody"}})
	}, nobody, nogroup)
}

var _ transport.FileOpener = local.Conn{}
