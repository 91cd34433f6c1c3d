package helper_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/hosttest"
	"github.com/pfrun/pfrun/modules/ontarget"
)

// program builds the helper once.
var program = sync.OnceValues(func() (helper.Binary, error) {
	dir, err := os.MkdirTemp("", "pfrun-helper")
	if err != nil {
		return helper.Binary{}, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "helper")
	cmd := exec.Command("go", "build", "-trimpath", "-tags=purego,helper", "-ldflags=-s -w", "-gcflags=all=-l", "-o", path, "github.com/pfrun/pfrun/cmd/pfrun-helper")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "HOME="+realHome)
	if out, err := cmd.CombinedOutput(); err != nil {
		return helper.Binary{}, fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return helper.Binary{}, err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	err = w.Close()
	uname, _ := exec.Command("uname", "-m").Output()
	sum := sha256.Sum256(data)
	return helper.Binary{Kernel: "Linux", Arch: strings.TrimSpace(string(uname)), Hash: hex.EncodeToString(sum[:]), Form: helper.Form(ontarget.Specs()), Gzip: b.Bytes()}, err
})

var realHome = os.Getenv("HOME")

func binary(t *testing.T) helper.Binary {
	t.Helper()
	b, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// machine is this machine as a host with a home of its own, whose login shell talks. It counts the programs that are started.
type machine struct {
	local.Conn
	mu      sync.Mutex
	started int
	path    string // $PATH; empty: this machine's
}

func newMachine(t *testing.T) (m *machine, cache string) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	return &machine{}, filepath.Join(home, ".cache/pfrun")
}

func (m *machine) Run(ctx context.Context, c host.Command) (int, error) {
	m.mu.Lock()
	m.started++
	m.mu.Unlock()
	c.Argv = append([]string{"/bin/sh", "-c", `echo "pfrun-helper is a fine word"; echo Welcome >&2; exec "$@"`, "sh"}, c.Argv...)
	if m.path != "" {
		c.Env = append(c.Env, "PATH="+m.path)
	}
	return m.Conn.Run(ctx, c)
}

// count gives how many programs were started since it was asked last.
func (m *machine) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.started
	m.started = 0
	return n
}

func connectTo(t *testing.T, m *machine, o target.Options) (*helper.Host, error) {
	t.Helper()
	o.Name = "h1"
	h, err := helper.Connect(t.Context(), m, o, binary(t))
	if err == nil {
		t.Cleanup(func() { h.Close() })
	}
	return h, err
}

func TestConnectPutsTheHelperThereOnce(t *testing.T) {
	m, cache := newMachine(t)
	for i, want := range []int{3, 1} { // look, store, start; then one exec finds and starts it
		h, err := connectTo(t, m, target.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f, err := h.Facts(t.Context()); err != nil || f.Kernel != "Linux" || f.UID != os.Getuid() {
			t.Errorf("facts: %+v, %v", f, err)
		}
		if got := m.count(); got != want {
			t.Errorf("connection %d started %d programs, want %d", i, got, want)
		}
	}
	names, err := os.ReadDir(cache)
	if err != nil || len(names) != 1 || names[0].Name() != "helper-"+binary(t).Hash {
		t.Errorf("the cache holds %v, %v", names, err)
	}
	for path, want := range map[string]fs.FileMode{cache: 0o700, filepath.Join(cache, names[0].Name()): 0o700} {
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, st.Mode(), err)
		}
	}
}

func TestConnectTrustsNothingInTheCache(t *testing.T) {
	m, cache := newMachine(t)
	if _, err := connectTo(t, m, target.Options{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "helper-"+binary(t).Hash)
	touched := filepath.Join(t.TempDir(), "touched")
	for name, spoil := range map[string]func() error{
		"other_content": func() error {
			return errors.Join(os.Remove(path), os.WriteFile(path, []byte("#!/bin/sh\ntouch "+touched+"\n"), 0o700)) // the one that runs cannot be written to
		},
		"writable":    func() error { return os.Chmod(path, 0o722) },
		"open_folder": func() error { return os.Chmod(cache, 0o777) },
		"a_link": func() error {
			return errors.Join(os.Rename(path, filepath.Join(cache, "away")), os.Symlink("away", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			m.count()
			if _, err := connectTo(t, m, target.Options{}); err != nil {
				t.Fatal(err)
			}
			if got := m.count(); got != 3 {
				t.Errorf("%d programs were started, want the helper put there anew", got)
			}
			if _, err := os.Stat(touched); err == nil {
				t.Error("what lay there was run")
			}
		})
	}
}

// tools makes a folder with links to programs of this machine, but for some.
func tools(t *testing.T, without ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range strings.Fields("sh id stat sha256sum gunzip gzip uname mktemp mkdir chmod mv rm find env cat printf sleep") {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(" "+strings.Join(without, " ")+" ", " "+name+" ") {
			if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestConnectSaysWhyThereIsNoHelper(t *testing.T) {
	b := binary(t)
	for name, tt := range map[string]struct {
		prepare func(m *machine, cache string, b *helper.Binary)
		want    string
	}{
		"other_architecture": {func(_ *machine, _ string, b *helper.Binary) { b.Arch = "vax" }, "it is for Linux vax, and this is Linux "},
		"no_sha256sum":       {func(m *machine, _ string, _ *helper.Binary) { m.path = tools(t, "sha256sum") }, "sha256sum"},
		"no_gunzip":          {func(m *machine, _ string, _ *helper.Binary) { m.path = tools(t, "gunzip", "gzip") }, "gunzip"},
		"broken":             {func(_ *machine, _ string, b *helper.Binary) { b.Gzip = b.Gzip[:len(b.Gzip)/2] }, "cannot be put there"},
		"another":            {func(_ *machine, _ string, b *helper.Binary) { b.Hash = strings.Repeat("0", 64) }, "what arrived is not what was sent"},
		"cache_is_a_file": {func(_ *machine, cache string, _ *helper.Binary) {
			os.MkdirAll(filepath.Dir(cache), 0o700)
			os.WriteFile(cache, nil, 0o600)
		}, "cannot be put there"},
		"no_home": {func(*machine, string, *helper.Binary) { os.Setenv("HOME", "/proc/nowhere") }, "cannot be put there"},
		"odd_home": {func(*machine, string, *helper.Binary) {
			odd := t.TempDir() + "/it's $x"
			os.Mkdir(odd, 0o700)
			os.Setenv("HOME", odd)
		}, "it is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			m, cache := newMachine(t)
			own := b
			tt.prepare(m, cache, &own)
			_, err := helper.Connect(t.Context(), m, target.Options{Name: "h1"}, own)
			if !errors.Is(err, helper.ErrNoHelper) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "h1: ") {
				t.Errorf("got %v", err)
			}
			if left, _ := filepath.Glob(cache + "/.new-*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestConnectRefusesAHelperOfOtherSources(t *testing.T) {
	m, _ := newMachine(t)
	b := binary(t)
	b.Form = "0123456789abcdef"
	_, err := helper.Connect(t.Context(), m, target.Options{Name: "h1"}, b)
	if !errors.Is(err, helper.ErrOtherSources) || !errors.Is(err, helper.ErrNoHelper) || !strings.Contains(err.Error(), "make helper") {
		t.Errorf("%v", err)
	}
}

func TestConnectTellsOtherErrorsAsTheyAre(t *testing.T) {
	m, _ := newMachine(t)
	_, err := connectTo(t, m, target.Options{Become: &target.Become{User: "no-such-user"}})
	if become := (*target.BecomeError)(nil); !errors.As(err, &become) || errors.Is(err, helper.ErrNoHelper) {
		t.Errorf("become: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := helper.Connect(ctx, m, target.Options{}, binary(t)); !errors.Is(err, context.Canceled) || errors.Is(err, helper.ErrNoHelper) {
		t.Errorf("ended: %v", err)
	}
}

func TestProgram(t *testing.T) {
	m, _ := newMachine(t)
	dir := scratch(t, os.Getuid())
	hosttest.Run(t, func(t *testing.T) host.Host { return mustConnect(t, m, target.Options{}) }, hosttest.Options{Dir: dir, Programs: true})
}

func TestProgramAsAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else here")
	}
	if err := exec.Command("sudo", "-n", "-u", "nobody", "true").Run(); err != nil {
		t.Skip("no sudo on this machine:", err)
	}
	m, _ := newMachine(t)
	as := target.Options{Login: "root", Become: &target.Become{User: "nobody"}}
	t.Cleanup(func() { os.Remove("/var/tmp/pfrun-0/helper-" + binary(t).Hash) }) // the folder may be in use
	const nobody = 65534
	hosttest.Run(t, func(t *testing.T) host.Host { return mustConnect(t, m, as) }, hosttest.Options{Dir: scratch(t, nobody), Programs: true})
	if st, err := os.Stat(fmt.Sprintf("/var/tmp/pfrun-%d", os.Getuid())); err != nil || st.Mode().Perm() != 0o711 {
		t.Errorf("the folder for others: %v, %v", st, err)
	}
}

func mustConnect(t *testing.T, m *machine, o target.Options) *helper.Host {
	t.Helper()
	h, err := connectTo(t, m, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func scratch(t *testing.T, uid int) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pfrun-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(dir, uid, uid)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestProgramFinishesWhatIsUnderWay has the connection end while a step is made: the step is finished, and the program ends.
func TestProgramFinishesWhatIsUnderWay(t *testing.T) {
	m, _ := newMachine(t)
	h := mustConnect(t, m, target.Options{})
	marker := filepath.Join(t.TempDir(), "made")
	go h.Apply(context.WithoutCancel(t.Context()), change.Exec{Argv: []string{"sh", "-c", "echo begun > " + marker + "; sleep 0.4; echo done > " + marker}})
	waitFor(t, marker, "begun\n")
	h.Close()
	waitFor(t, marker, "done\n")
}

func waitFor(t *testing.T, path, want string) {
	t.Helper()
	var got []byte
	for range 200 {
		if got, _ = os.ReadFile(path); string(got) == want {
			return
		}
		waitABit()
	}
	t.Fatalf("%s holds %q", path, got)
}
