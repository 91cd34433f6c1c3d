package mem

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

const maxLinks = 40

// Stat describes a path without following a link at its end.
func (h *Host) Stat(ctx context.Context, name string) (host.Stat, error) {
	if ctx.Err() != nil {
		return host.Stat{}, context.Cause(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	real, err := h.real(name, false)
	if err != nil {
		return host.Stat{}, err
	}
	n := h.nodes[real]
	if n == nil {
		return host.Stat{Path: name, Kind: host.Absent}, nil
	}
	return n.stat(name), nil
}

func (n *node) stat(name string) host.Stat {
	return host.Stat{Path: name, Kind: n.kind, Meta: n.meta, Size: n.size(), ModTime: n.mtime, Target: n.target}
}

func (n *node) size() int64 {
	if n.kind == host.Link {
		return int64(len(n.target))
	}
	return n.content.Size
}

// ReadFile reads a regular file, following links.
func (h *Host) ReadFile(ctx context.Context, name string, limit int64) (*change.File, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.readFile(name, limit)
}

func (h *Host) readFile(name string, limit int64) (*change.File, error) {
	real, err := h.real(name, true)
	if err != nil {
		return nil, err
	}
	n := h.nodes[real]
	switch {
	case n == nil:
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	case n.kind != host.Regular:
		return nil, fmt.Errorf("%s: is not a regular file but a %s", name, n.kind)
	case n.content.Size > limit:
		return nil, fmt.Errorf("%s: %w", name, host.ErrTooLarge)
	}
	return &change.File{Content: n.content, Meta: n.meta}, nil
}

// Walk gives everything below a folder, parents before children, names in order.
func (h *Host) Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error] {
	return func(yield func(host.Stat, error) bool) {
		below, err := h.below(ctx, dir)
		if err != nil {
			yield(host.Stat{}, err)
			return
		}
		for _, st := range below {
			if !yield(st, nil) {
				return
			}
		}
	}
}

func (h *Host) below(ctx context.Context, dir string) ([]host.Stat, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	real, err := h.real(dir, true)
	if err != nil {
		return nil, err
	}
	switch n := h.nodes[real]; {
	case n == nil:
		return nil, fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
	case n.kind != host.Dir:
		return nil, fmt.Errorf("%s: is not a directory but a %s", dir, n.kind)
	}
	prefix := strings.TrimSuffix(real, "/") + "/"
	var out []host.Stat
	for p, n := range h.nodes {
		if rest, ok := strings.CutPrefix(p, prefix); ok && rest != "" {
			out = append(out, n.stat(path.Join(dir, rest)))
		}
	}
	slices.SortFunc(out, func(a, b host.Stat) int { return host.ComparePaths(a.Path, b.Path) })
	return out, nil
}

// real resolves the links in a path, and the one at its end where follow is set.
func (h *Host) real(name string, follow bool) (string, error) {
	if !path.IsAbs(name) {
		return "", fmt.Errorf("%s: is not an absolute path", name)
	}
	done, rest := "/", strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		word := rest[0]
		next := path.Join(done, word) // for "", "." and ".." too: done has no links
		rest = rest[1:]
		n := h.nodes[next]
		if word == ".." || n == nil || n.kind != host.Link || (!follow && strings.Join(rest, "") == "") {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s: too many levels of symbolic links", name)
		}
		if path.IsAbs(n.target) {
			done = "/"
		}
		rest = append(strings.Split(n.target, "/"), rest...)
	}
	return done, nil
}

// Node is a path of a Snapshot. Owner and group are numbers only: names are for people.
type Node struct {
	Kind    host.Kind
	Content string
	Mode    uint32
	UID     int
	GID     int
	Target  string
}

// Snapshot is all that is on a host, to compare.
type Snapshot struct {
	Nodes  map[string]Node
	States map[change.Ref]change.State
}

// Snapshot gives what is on the host now.
func (h *Host) Snapshot() Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Snapshot{Nodes: map[string]Node{}, States: maps.Clone(h.states)}
	for p, n := range h.nodes {
		data, _ := n.content.Data()
		s.Nodes[p] = Node{Kind: n.kind, Content: string(data), Mode: n.meta.Mode, UID: n.meta.UID, GID: n.meta.GID, Target: n.target}
	}
	return s
}
