package mem

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Apply makes one change.
func (h *Host) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	if ctx.Err() != nil {
		return change.Outcome{}, context.Cause(ctx)
	}
	if err := h.injected(); err != nil {
		return change.Outcome{}, err
	}
	out, err := h.apply(ctx, c)
	if err == nil {
		h.mu.Lock()
		h.applied = append(h.applied, c)
		h.mu.Unlock()
	}
	return out, err
}

func (h *Host) injected() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failAt == 0 {
		return nil
	}
	if h.failAt--; h.failAt == 0 {
		return h.failWith
	}
	return nil
}

func (h *Host) apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	switch c := c.(type) {
	case change.WriteFile:
		return known(h.writeFile(c))
	case change.Remove:
		return known(h.remove(c))
	case change.Mkdir:
		return known(h.mkdir(c))
	case change.Symlink:
		return known(h.put(c.Path, c.Before, node{kind: host.Link, target: c.Target, meta: c.Meta}))
	case change.Hardlink:
		return known(h.hardlink(c))
	case change.SetMeta:
		return known(h.setMeta(c))
	case change.Service:
		return known(h.service(c))
	case change.User, change.Group:
		return known(h.account(ctx, c))
	case change.Exec:
		return h.run(c)
	}
	return change.Outcome{}, fmt.Errorf("mem: unknown change %T", c)
}

func known(err error) (change.Outcome, error) { return change.Outcome{Known: err == nil}, err }

func (h *Host) writeFile(c change.WriteFile) error {
	data, err := read(c.Content)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	if err := h.validate(c); err != nil {
		return err
	}
	before := c.Replaces
	if c.Before != nil {
		n := change.NodeOf(c.Before)
		before = &n
	}
	return h.put(c.Path, before, node{kind: host.Regular, content: change.Bytes(data), meta: c.Meta})
}

// validate runs the command that has to accept the content. Nobody sees a file: the answer that the host was given decides.
func (h *Host) validate(c change.WriteFile) error {
	if len(c.Validate) == 0 {
		return nil
	}
	out, err := h.run(change.Exec{Argv: c.ValidateArgv(c.Path + ".pfrun")})
	if err != nil {
		return err
	}
	return host.Validated(out.Status, out.Stderr)
}

func read(c change.Content) ([]byte, error) {
	r, err := c.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if got := change.Bytes(data); got.SHA256 != c.SHA256 {
		return nil, fmt.Errorf("content does not match its hash")
	}
	return data, nil
}

// put puts a node where a change expects something, nil being nothing.
func (h *Host) put(name string, before *change.Node, n node) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	real, err := h.expect(name, before)
	if err != nil {
		return err
	}
	if parent := h.nodes[path.Dir(real)]; parent == nil || parent.kind != host.Dir {
		return fmt.Errorf("%s: the folder above it: %w", name, fs.ErrNotExist)
	}
	h.tick()
	n.mtime = h.clock
	h.nodes[real] = &n
	return nil
}

// expect compares what is at a path with what a change expects, nil being nothing. A link at its end is not followed.
func (h *Host) expect(name string, before *change.Node) (real string, err error) {
	real, err = h.real(name, false)
	if err != nil {
		return "", err
	}
	if !before.Same(h.node(real)) {
		return "", fmt.Errorf("%s: %w", name, host.ErrStale)
	}
	return real, nil
}

// node gives what is at a path as changes have it.
func (h *Host) node(real string) *change.Node {
	n := h.nodes[real]
	switch {
	case n == nil:
		return nil
	case n.kind == host.Regular:
		f := change.NodeOf(&change.File{Content: n.content, Meta: n.meta})
		return &f
	}
	out := &change.Node{Kind: change.NodeKind(n.kind), Meta: n.meta, Target: n.target}
	if n.kind == host.Dir {
		var entries []change.Entry
		for p := range h.nodes {
			if rest, ok := strings.CutPrefix(p, real+"/"); ok {
				entries = append(entries, change.Entry{Name: rest, Node: *h.node(p)})
			}
		}
		slices.SortFunc(entries, func(a, b change.Entry) int { return host.ComparePaths(a.Name, b.Name) })
		out.Below = change.NewBelow(entries, true)
	}
	return out
}

func (h *Host) mkdir(c change.Mkdir) error {
	if !c.Below.Held() {
		return fmt.Errorf("%s: %w", c.Path, change.ErrNotHeld)
	}
	if err := h.put(c.Path, nil, node{kind: host.Dir, meta: c.Meta}); err != nil || c.Below.Empty() {
		return err
	}
	for _, e := range c.Below.Entries {
		n := node{kind: host.Kind(e.Kind), meta: e.Meta, target: e.Target}
		if e.Content != nil {
			n.content = *e.Content
		}
		if err := h.put(path.Join(c.Path, e.Name), nil, n); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) hardlink(c change.Hardlink) error {
	h.mu.Lock()
	source, err := h.expect(c.Source, &c.Node)
	n := h.nodes[source]
	h.mu.Unlock()
	if err != nil {
		return err
	}
	return h.put(c.Path, c.Before, *n)
}

func (h *Host) remove(c change.Remove) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := c.Node
	if c.Before != nil {
		n := change.NodeOf(c.Before)
		before = &n
	}
	if before == nil {
		return fmt.Errorf("remove %s: what is removed must be known", c.Path)
	}
	real, err := h.expect(c.Path, before)
	if err != nil {
		return err
	}
	h.tick()
	for p := range h.nodes {
		if p == real || strings.HasPrefix(p, real+"/") {
			delete(h.nodes, p)
		}
	}
	return nil
}

func (h *Host) setMeta(c change.SetMeta) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	real, err := h.real(c.Path, false)
	if err != nil {
		return err
	}
	n := h.nodes[real]
	same := n != nil && n.meta.Same(c.Before)
	if n != nil && c.Link {
		same = n.meta.UID == c.Before.UID && n.meta.GID == c.Before.GID
	}
	if !same || (n.kind == host.Link) != c.Link {
		return fmt.Errorf("%s: %w", c.Path, host.ErrStale)
	}
	changed := *n
	changed.meta = c.Meta
	if c.Times != nil && !c.Times.Modify.Zero() {
		h.tick()
		changed.mtime = c.Times.Modify.At
		if c.Times.Modify.Now {
			changed.mtime = h.clock
		}
	}
	h.nodes[real] = &changed
	return nil
}

// account changes the files that hold a user or group, and the user's folder.
func (h *Host) account(ctx context.Context, c change.Change) error {
	ref, _ := host.AccountRef(c)
	now, err := h.State(ctx, ref)
	if err == nil {
		err = host.ExpectAccount(c, now)
	}
	if err != nil {
		return err
	}
	steps, err := host.FilesOf(ctx, h, c, h.clock)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if _, err := h.apply(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) service(c change.Service) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	ref := change.Ref{Kind: change.ServiceRef, Name: c.Name}
	if now, _ := h.states[ref].(change.ServiceState); !now.Exists {
		return fmt.Errorf("%s service %s: there is no such service", c.Action, c.Name)
	}
	h.tick()
	h.states[ref] = c.After()
	return nil
}
