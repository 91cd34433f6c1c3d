package mem

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"

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
	out, err := h.apply(c)
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

func (h *Host) apply(c change.Change) (change.Outcome, error) {
	switch c := c.(type) {
	case change.WriteFile:
		return known(h.writeFile(c))
	case change.Remove:
		return known(h.remove(c))
	case change.SetMeta:
		return known(h.setMeta(c))
	case change.Service:
		return known(h.service(c))
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
	h.mu.Lock()
	defer h.mu.Unlock()
	real, err := h.expect(c.Path, c.Before)
	if err != nil {
		return err
	}
	if parent := h.nodes[path.Dir(real)]; parent == nil || parent.kind != host.Dir {
		return fmt.Errorf("%s: the folder above it: %w", c.Path, fs.ErrNotExist)
	}
	h.tick()
	h.nodes[real] = &node{kind: host.Regular, content: change.Bytes(data), meta: c.Meta, mtime: h.clock}
	return nil
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

// expect compares what is at a path with what a change expects, nil being nothing. A link is never what a file change expects.
func (h *Host) expect(name string, before *change.File) (real string, err error) {
	real, err = h.real(name, false)
	if err != nil {
		return "", err
	}
	n, stale := h.nodes[real], fmt.Errorf("%s: %w", name, host.ErrStale)
	switch {
	case n == nil && before == nil:
		return real, nil
	case n == nil || before == nil || n.kind != host.Regular:
		return "", stale
	case !before.Same(&change.File{Content: n.content, Meta: n.meta}):
		return "", stale
	}
	return real, nil
}

func (h *Host) remove(c change.Remove) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.Before == nil {
		return fmt.Errorf("remove %s: what is removed must be known", c.Path)
	}
	real, err := h.expect(c.Path, c.Before)
	if err != nil {
		return err
	}
	h.tick()
	delete(h.nodes, real)
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
	if n == nil || n.kind == host.Link || !n.meta.Same(c.Before) {
		return fmt.Errorf("%s: %w", c.Path, host.ErrStale)
	}
	changed := *n
	changed.meta = c.Meta
	h.nodes[real] = &changed
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
