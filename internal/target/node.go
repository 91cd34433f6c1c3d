package target

import (
	"context"
	"errors"
	"fmt"
	"github.com/pfrun/pfrun/internal/transport"
	"io/fs"
	"slices"

	"github.com/pfrun/pfrun/modules/change"
)

// beside gives a name in the same folder that nobody else has.
func beside(path string) string { return folder(path) + ".pfrun-" + transport.Token() + ".tmp" }

func (h *Host) remove(ctx context.Context, c change.Remove) error {
	if err := checkPath(c.Path); err != nil {
		return h.at("", err)
	}
	before := c.Node
	if c.Before != nil {
		n := change.NodeOf(c.Before)
		before = &n
	}
	if before == nil {
		return h.at(c.Path, errors.New("remove: what is removed must be known"))
	}
	return h.commit(ctx, c.Path, remove, append(append([]string{c.Path}, expectation(before)...), beside(c.Path))...)
}

func (h *Host) mkdir(ctx context.Context, c change.Mkdir) error {
	if err := checkPath(c.Path); err != nil {
		return h.at("", err)
	}
	switch {
	case c.Below.Empty():
		return h.commit(ctx, c.Path, mkdir, c.Path, own(c.Meta), octal(c.Meta))
	case !c.Below.Held():
		return h.at(c.Path, change.ErrNotHeld)
	}
	return h.mktree(ctx, c)
}

// mktree lays a folder with what is in it beside its place, readable for nobody else, and renames it.
func (h *Host) mktree(ctx context.Context, c change.Mkdir) (err error) {
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	temp := beside(c.Path)
	defer func() {
		if err != nil {
			err = h.at(c.Path, errors.Join(err, h.discardTree(ctx, temp)))
		}
	}()
	f, err := h.open(ctx)
	if err != nil {
		return err
	}
	if err := f.Mkdir(ctx, temp, 0o700); err != nil {
		return h.noTemp(ctx, f, folder(c.Path), err)
	}
	for _, e := range c.Below.Entries {
		if err := h.layEntry(ctx, temp+"/"+e.Name, e.Node); err != nil {
			return err
		}
	}
	args := []string{temp, c.Path, own(c.Meta), octal(c.Meta)}
	for _, e := range slices.Backward(c.Below.Entries) {
		args = append(args, e.Name, string(e.Kind), own(e.Meta), octal(e.Meta))
	}
	return h.commit(ctx, c.Path, mktree, args...)
}

func (h *Host) layEntry(ctx context.Context, path string, n change.Node) error {
	f, err := h.open(ctx)
	if err != nil {
		return err
	}
	switch n.Kind {
	case change.DirNode:
		return f.Mkdir(ctx, path, 0o700)
	case change.LinkNode:
		return f.Symlink(ctx, n.Target, path)
	case change.RegularNode:
		if n.Content != nil {
			return h.lay(ctx, path, *n.Content)
		}
	}
	return fmt.Errorf("%s: %w", path, change.ErrNotHeld)
}

// discardTree removes a temporary folder that may be there, also when ctx has ended.
func (h *Host) discardTree(ctx context.Context, temp string) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	r, err := h.run(ctx, script(`rm -rf -- "$1"`, temp))
	if err == nil && r.status != 0 {
		err = failure(string(r.stderr), r.status)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return h.at(temp, fmt.Errorf("a temporary folder may still be there: %w", err))
	}
	return nil
}

func (h *Host) symlink(ctx context.Context, c change.Symlink) error {
	if err := checkPath(c.Path); err != nil {
		return h.at("", err)
	}
	return h.commit(ctx, c.Path, symlink, append(append([]string{beside(c.Path), c.Path}, expectation(c.Before)...), c.Target, own(c.Meta))...)
}

func (h *Host) hardlink(ctx context.Context, c change.Hardlink) error {
	if err := errors.Join(checkPath(c.Path), checkPath(c.Source)); err != nil {
		return h.at("", err)
	}
	args := append([]string{beside(c.Path), c.Path}, expectation(c.Before)...)
	return h.commit(ctx, c.Path, hardlink, append(append(args, c.Source), expectation(&c.Node)...)...)
}

func (h *Host) setMeta(ctx context.Context, c change.SetMeta) error {
	if err := checkPath(c.Path); err != nil {
		return h.at("", err)
	}
	before, mode, link, times := shown(c.Before), "", "", change.Times{}
	if !c.Meta.Same(c.Before) { // a change of owner takes setuid and setgid away
		mode = octal(c.Meta)
	}
	if c.Link {
		before, mode, link = fmt.Sprintf("%d %d", c.Before.UID, c.Before.GID), "", "link"
	}
	if c.Times != nil {
		times = *c.Times
	}
	return h.commit(ctx, c.Path, meta, c.Path, before, mode, own(c.Meta), link, stamp(times.Access), stamp(times.Modify))
}
