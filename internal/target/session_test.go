package target_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// cuttable is a connection whose programs can be ended, as an admin on the host may.
type cuttable struct {
	plain
	mu   sync.Mutex
	runs int
	cuts []context.CancelFunc
}

func (c *cuttable) Run(ctx context.Context, cmd host.Command) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	c.runs++
	c.cuts = append(c.cuts, cancel)
	c.mu.Unlock()
	return c.plain.Run(ctx, cmd)
}

func (c *cuttable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cancel := range c.cuts {
		cancel()
	}
	c.cuts = nil
}

func (c *cuttable) started() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs
}

func TestLostFileSessionIsMadeAgain(t *testing.T) {
	conn := &cuttable{plain: plain{local.Conn{}}}
	h := open(t, conn, target.Options{Name: "h1"})
	path := filepath.Join(t.TempDir(), "f")
	meta := change.Meta{Mode: 0o644, UID: os.Getuid(), GID: os.Getgid()}
	if _, err := h.Apply(t.Context(), change.WriteFile{Path: path, Content: change.Bytes([]byte("text")), Meta: meta}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		conn.cut()
		if f, err := h.ReadFile(t.Context(), path, 10); err != nil || f.Content.Size != 4 {
			t.Fatalf("after the session was lost: %+v, %v", f, err)
		}
	}
}

func TestLostWhileWriting(t *testing.T) {
	conn := &cuttable{plain: plain{local.Conn{}}}
	h := open(t, conn, target.Options{Name: "h1"})
	dir := t.TempDir()
	text := strings.Repeat("x", 1<<20)
	whole := change.Bytes([]byte(text))
	content := change.Reference(whole.Size, whole.SHA256, func() (io.ReadCloser, error) {
		conn.cut()
		return io.NopCloser(strings.NewReader(text)), nil
	})
	if _, err := h.Apply(t.Context(), change.WriteFile{Path: dir + "/f", Content: content, Meta: change.Meta{Mode: 0o644}}); err == nil {
		t.Error("the write succeeded without its session")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Looks at files share one session: no program is started for each.
func TestLooksStartNoPrograms(t *testing.T) {
	conn := &cuttable{plain: plain{local.Conn{}}}
	h := open(t, conn, target.Options{Name: "h1"})
	for range 5 {
		if _, err := h.Stat(t.Context(), "/etc"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.ReadFile(t.Context(), "/etc/passwd", 1<<20); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Facts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := conn.started(); n != 2 {
		t.Errorf("%d programs were started, want the survey and the file session", n)
	}
}

// silent is a host that takes every program and never answers.
type silent struct{ plain }

func (silent) Run(ctx context.Context, _ host.Command) (int, error) {
	<-ctx.Done()
	return 0, context.Cause(ctx)
}

func TestSilentHost(t *testing.T) {
	begin := time.Now()
	_, err := target.New(t.Context(), silent{}, target.Options{Name: "h1", Timeout: 200 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "h1: ") || time.Since(begin) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
}

// gone is a connection that was lost.
type gone struct{ plain }

func (gone) Run(context.Context, host.Command) (int, error) { return 0, host.ErrUnreachable }

func TestUnreachable(t *testing.T) {
	for _, b := range []*target.Become{nil, {}, {Password: "x"}} {
		if _, err := target.New(t.Context(), gone{}, target.Options{Become: b}); !errors.Is(err, host.ErrUnreachable) {
			t.Errorf("got %v", err)
		}
	}
}

func TestNoPermission(t *testing.T) {
	needSudo(t)
	dir := scratch(t, 0, 0)
	if err := os.WriteFile(dir+"/secret", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{User: "nobody"}})
	_, read := h.ReadFile(t.Context(), dir+"/secret", 10)
	_, write := h.Apply(t.Context(), change.WriteFile{Path: dir + "/new", Content: change.Bytes(nil), Meta: change.Meta{Mode: 0o644, UID: nobody, GID: nogroup}})
	for _, err := range []error{read, write} {
		if !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "h1: ") || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	}
}

// A file of root is readable for nobody else before it has its place, whatever it will be then.
func TestNewContentIsPrivate(t *testing.T) {
	for name, conn := range map[string]host.Conn{"own": local.Conn{}, "shell": plain{local.Conn{}}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := open(t, conn, target.Options{Name: "h1"})
			c := change.WriteFile{
				Path: dir + "/f", Content: change.Bytes([]byte("text")), Meta: change.Meta{Mode: 0o644, UID: os.Getuid(), GID: os.Getgid()},
				Validate: []string{"sh", "-c", `stat -c "%a %%s" "$1" > "$2"`, "sh", "%s", dir + "/seen"},
			}
			if _, err := h.Apply(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if seen, _ := os.ReadFile(dir + "/seen"); string(seen) != "600 4\n" {
				t.Errorf("mode and size were %q", seen)
			}
		})
	}
}
