package target_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/internal/transport/local"
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
