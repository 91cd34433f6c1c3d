package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"sort"
	"strings"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// look does something with the file session, with a deadline. Where the session turns out to be lost it is done again with a new one: do must bear that.
func look[T any](ctx context.Context, h *Host, path string, do func(context.Context, transport.Files) (T, error)) (T, error) {
	var zero T
	if err := checkPath(path); err != nil {
		return zero, h.at("", err)
	}
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	for again := true; ; again = false {
		f, err := h.open(ctx)
		if err != nil {
			return zero, err
		}
		v, err := do(ctx, f)
		if err == nil {
			return v, nil
		}
		if !h.lost(ctx, f, err) || !again || ctx.Err() != nil {
			return zero, h.at(path, err)
		}
	}
}

var (
	errNotRegular   = errors.New("it is not a regular file")
	errTooManyLinks = errors.New("too many links in a row")
)

func checkPath(path string) error {
	if !strings.HasPrefix(path, "/") || strings.ContainsRune(path, 0) {
		return fmt.Errorf("path %q is not absolute", path)
	}
	return nil
}

// Stat describes a path without following a link at its end.
func (h *Host) Stat(ctx context.Context, path string) (host.Stat, error) {
	return look(ctx, h, path, func(ctx context.Context, f transport.Files) (host.Stat, error) {
		fi, err := f.Lstat(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			return host.Stat{Path: path, Kind: host.Absent}, nil
		}
		if err != nil {
			return host.Stat{}, err
		}
		return h.describe(ctx, f, path, fi)
	})
}

// describe makes of what a file session tells what modules are told.
func (h *Host) describe(ctx context.Context, f transport.Files, path string, fi transport.FileInfo) (host.Stat, error) {
	meta, err := h.meta(ctx, fi)
	st := host.Stat{Path: path, Kind: kind(fi.Mode), Meta: meta, Size: fi.Size, ModTime: fi.ModTime}
	if err == nil && st.Kind == host.Link {
		st.Target, err = f.Readlink(ctx, path)
	}
	return st, err
}

func kind(m fs.FileMode) host.Kind {
	switch {
	case m.IsRegular():
		return host.Regular
	case m.IsDir():
		return host.Dir
	case m&fs.ModeSymlink != 0:
		return host.Link
	}
	return host.Other
}

func (h *Host) meta(ctx context.Context, fi transport.FileInfo) (change.Meta, error) {
	return h.named(ctx, change.Meta{Mode: rawMode(fi.Mode), UID: fi.UID, GID: fi.GID})
}

// rawMode gives the bits of chmod(2).
func rawMode(m fs.FileMode) uint32 {
	raw := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		raw |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		raw |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		raw |= 0o1000
	}
	return raw
}

// ReadFile reads a regular file of at most limit bytes, following links.
func (h *Host) ReadFile(ctx context.Context, path string, limit int64) (*change.File, error) {
	return look(ctx, h, path, func(ctx context.Context, f transport.Files) (*change.File, error) {
		p, err := resolve(ctx, f, path)
		fi := p.info
		switch {
		case err != nil:
			return nil, err
		case fi == nil:
			return nil, fs.ErrNotExist
		case !fi.Mode.IsRegular():
			return nil, fmt.Errorf("%w but a %s", errNotRegular, kind(fi.Mode))
		case fi.Size > limit:
			return nil, fmt.Errorf("%d bytes: %w", fi.Size, host.ErrTooLarge)
		}
		data, err := readAll(ctx, f, p.path, limit)
		if err != nil {
			return nil, err
		}
		meta, err := h.meta(ctx, *fi)
		return &change.File{Content: change.Bytes(data), Meta: meta}, err
	})
}

func readAll(ctx context.Context, f transport.Files, path string, limit int64) (data []byte, err error) {
	r, err := f.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := r.Close(); err == nil {
			err = cerr
		}
	}()
	data, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = host.ErrTooLarge
	}
	return data, err
}

// maxLinks is how many links in a row are followed, as in Linux.
const maxLinks = 40

// place is where the links at the end of a path lead.
type place struct {
	path string
	info *transport.FileInfo // nil: nothing is there
}

// resolve follows links at the end of a path. Links further up are the kernel's business: for their sake a relative target is not shortened.
func resolve(ctx context.Context, f transport.Files, path string) (place, error) {
	for range maxLinks {
		fi, err := f.Lstat(ctx, path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return place{path, nil}, nil
		case err != nil:
			return place{}, err
		case fi.Mode&fs.ModeSymlink == 0:
			return place{path, &fi}, nil
		}
		target, err := f.Readlink(ctx, path)
		if err != nil {
			return place{}, err
		}
		if !strings.HasPrefix(target, "/") {
			target = folder(path) + target
		}
		path = target
	}
	return place{}, errTooManyLinks
}

// folder gives a path up to and with its last slash.
func folder(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

// Walk gives everything below a folder, parents before children, names in order. It does not follow links below the folder.
func (h *Host) Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error] {
	return func(yield func(host.Stat, error) bool) {
		h.walk(ctx, strings.TrimRight(dir, "/")+"/", dir, yield)
	}
}

// walk gives what is below the folder whose path ends in a slash, and reports whether to go on.
func (h *Host) walk(ctx context.Context, prefix, dir string, yield func(host.Stat, error) bool) bool {
	entries, err := look(ctx, h, dir, func(ctx context.Context, f transport.Files) ([]host.Stat, error) {
		infos, err := f.ReadDir(ctx, dir)
		if err != nil {
			return nil, err
		}
		sort.Slice(infos, func(i, j int) bool { return infos[i].Name < infos[j].Name })
		var all []host.Stat
		for _, fi := range infos {
			st, err := h.describe(ctx, f, prefix+fi.Name, fi)
			if err != nil {
				return nil, err
			}
			all = append(all, st)
		}
		return all, nil
	})
	if err != nil {
		yield(host.Stat{}, err)
		return false
	}
	for _, st := range entries {
		if !yield(st, nil) || st.Kind == host.Dir && !h.walk(ctx, st.Path+"/", st.Path, yield) {
			return false
		}
	}
	return true
}
