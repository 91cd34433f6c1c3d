package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// exchanging is a file session that can swap two paths.
type exchanging interface {
	transport.Files
	transport.Exchanger
}

// exchanger gives the file session where a file that is there can change places with its successor: on the host itself, so in the helper and for connection: local.
func (h *Host) exchanger(ctx context.Context, c change.WriteFile) exchanging {
	if c.Before == nil { // nothing is replaced
		return nil
	}
	f, err := h.open(ctx)
	if err != nil {
		return nil
	}
	x, _ := f.(exchanging)
	return x
}

// exchange lets the prepared file and the one that it succeeds change places, and looks at what came out. Where that is not what the change expects to find it is put back, so
// nobody's work is lost between a look and a rename. It is run to its end though ctx ends. foreign says that the temporary name stands for a file of somebody else's.
func (h *Host) exchange(ctx context.Context, x exchanging, temp string, c change.WriteFile) (foreign bool, err error) {
	ctx, cancel := detached(ctx)
	defer cancel()
	mine, err := identify(ctx, x, temp)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errors.ErrUnsupported, err) // a file that even its owner may not read
	}
	if err := x.Exchange(ctx, c.Path, temp); err != nil {
		return false, err
	}
	old, err := identify(ctx, x, temp)
	if err == nil {
		differs := old.differs(*c.Before)
		if differs == "" {
			return false, x.Remove(ctx, temp)
		}
		err = fmt.Errorf("%w: %s", host.ErrStale, differs)
	}
	return putBack(ctx, x, c.Path, temp, mine, err)
}

// maxBack is how often a file is put back whose place is taken at the same moment.
const maxBack = 5

// putBack gives the file at the temporary name its place again, which now holds what was put there last. Where something else comes out, somebody has put that there in the
// meantime: he was the last to write, so what he wrote is put back in turn, and takes the place of what it had replaced.
func putBack(ctx context.Context, x exchanging, path, temp string, put identity, stale error) (foreign bool, err error) {
	for range maxBack {
		back, err := identify(ctx, x, temp)
		if err == nil {
			err = x.Exchange(ctx, path, temp)
		}
		if err != nil {
			return true, fmt.Errorf("%w; it could not be put back and is now %s: %w", stale, temp, err)
		}
		if out, err := identify(ctx, x, temp); err == nil && out == put {
			return false, stale
		}
		put = back
	}
	return true, fmt.Errorf("%w; others replace it all the time, and one of their versions is now %s", stale, temp)
}

// identity is what tells a file from another.
type identity struct {
	info transport.FileInfo // without its name
	sum  string             // of a regular file
}

func identify(ctx context.Context, f transport.Files, path string) (identity, error) {
	fi, err := f.Lstat(ctx, path)
	fi.Name, fi.ModTime = "", fi.ModTime.UTC()
	id := identity{info: fi}
	if err != nil || !fi.Mode.IsRegular() {
		return id, err
	}
	r, err := f.Open(ctx, path)
	if err != nil {
		return id, err
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return id, err
	}
	id.sum = hex.EncodeToString(hash.Sum(nil))
	return id, nil
}

// differs says in what it differs from what a change expects, or nothing.
func (id identity) differs(want change.File) string {
	got := shown(change.Meta{Mode: rawMode(id.info.Mode), UID: id.info.UID, GID: id.info.GID})
	switch {
	case !id.info.Mode.IsRegular():
		return "a file was expected to be there"
	case got != shown(want.Meta):
		return fmt.Sprintf("mode, uid and gid were expected to be %s, they are %s", shown(want.Meta), got)
	case id.sum != want.Content.SHA256:
		return "its content is another one"
	}
	return ""
}
