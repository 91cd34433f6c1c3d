package target_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// meddled is this machine with somebody on it who does something right before each exchange of files.
type meddled struct {
	local.Conn
	meddle func(times int)
	times  int
}

func (m *meddled) OpenFiles(ctx context.Context, through *host.Command) (transport.Files, error) {
	f, err := m.Conn.OpenFiles(ctx, through)
	return meddledFiles{f, m}, err
}

type meddledFiles struct {
	transport.Files
	m *meddled
}

func (f meddledFiles) Exchange(ctx context.Context, path, other string) error {
	f.m.times++
	f.m.meddle(f.m.times)
	return f.Files.(transport.Exchanger).Exchange(ctx, path, other)
}

// What somebody else does between the last look and the exchange is not lost: it stays, or comes back.
func TestExchange(t *testing.T) {
	const old, mine, others, last = "old\n", "mine\n", "others\n", "last\n"
	for _, tt := range []struct {
		name   string
		meddle func(file string, times int) error
		wants  string // in the file in the end
		stale  string // what the error says
	}{
		{"nobody", func(string, int) error { return nil }, mine, ""},
		{"written in place", func(file string, times int) error {
			if times > 1 {
				return nil
			}
			return os.WriteFile(file, []byte(others), 0o644)
		}, others, "content"},
		{"replaced", func(file string, times int) error {
			if times > 1 {
				return nil
			}
			return errors.Join(os.WriteFile(file+".new", []byte(others), 0o644), os.Rename(file+".new", file))
		}, others, "content"},
		{"replaced again while it is put back", func(file string, times int) error {
			switch times {
			case 1:
				return os.WriteFile(file, []byte(others), 0o644)
			case 2:
				return errors.Join(os.WriteFile(file+".new", []byte(last), 0o644), os.Rename(file+".new", file))
			}
			return nil
		}, last, "content"},
		{"mode changed", func(file string, times int) error {
			if times > 1 {
				return nil
			}
			return os.Chmod(file, 0o600)
		}, old, "mode, uid and gid"},
		{"a link instead", func(file string, times int) error {
			if times > 1 {
				return nil
			}
			return errors.Join(os.WriteFile(file+".far", []byte(old), 0o644), os.Remove(file), os.Symlink(file+".far", file))
		}, old, "a file was expected"},
		{"gone", func(file string, _ int) error { return os.Remove(file) }, "", "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			if err := os.WriteFile(file, []byte(old), 0o644); err != nil {
				t.Fatal(err)
			}
			conn := &meddled{meddle: func(times int) {
				if err := tt.meddle(file, times); err != nil {
					t.Error(err)
				}
			}}
			h := open(t, conn, target.Options{Name: "h1"})
			meta := change.Meta{Mode: 0o644, UID: os.Getuid(), GID: os.Getgid()}
			_, err := h.Apply(t.Context(), change.WriteFile{Path: file, Content: change.Bytes([]byte(mine)), Meta: meta, Before: &change.File{Content: change.Bytes([]byte(old)), Meta: meta}})
			if got, _ := os.ReadFile(file); string(got) != tt.wants {
				t.Errorf("the file holds %q, want %q (%v)", got, tt.wants, err)
			}
			if (err != nil) != (tt.stale != "") || err != nil && !strings.Contains(err.Error(), tt.stale) {
				t.Errorf("the error is %v, want one about %q", err, tt.stale)
			}
			if conn.times == 0 {
				t.Error("nothing was exchanged")
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".pfrun-*")); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
