package host

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

// planned is what will stand at a path, Absent for nothing. What the base has below such a path is not seen.
type planned struct {
	kind   Kind
	meta   change.Meta
	file   *change.File // of a regular file
	source string       // of a regular file that is a further name of one of the base: where that has it; file is nil
	size   int64
	target string // of a link
}

func plannedFile(f *change.File) *planned {
	return &planned{kind: Regular, meta: f.Meta, file: f, size: f.Content.Size}
}

func plannedNode(n change.Node) *planned {
	p := &planned{kind: Kind(n.Kind), meta: n.Meta, size: n.Size, target: n.Target}
	if f := n.File(); f != nil {
		return plannedFile(f)
	}
	if n.Kind == change.LinkNode {
		p.size = int64(len(n.Target))
	}
	return p
}

// as gives a planned path with another mode and owner.
func (p *planned) as(m change.Meta) *planned {
	next := *p
	next.meta = m
	if p.file != nil {
		next.file = &change.File{Content: p.file.Content, Meta: m}
	}
	return &next
}

// put plans what stands at a path, in place of what was there and below it.
func (o *Overlay) put(real string, p *planned) {
	o.plan(func() {
		for name := range o.nodes {
			if strings.HasPrefix(name, real+"/") {
				delete(o.nodes, name)
			}
		}
		for name := range o.metas {
			if name == real || strings.HasPrefix(name, real+"/") {
				delete(o.metas, name)
			}
		}
		o.nodes[real], o.times[real] = p, time.Now()
		clear(o.dirs)
	})
}

// covered reports whether the base's answer for a path does not count, because something else is planned for a folder above it. The caller holds the lock.
func (o *Overlay) covered(real string) bool {
	for above := path.Dir(real); above != "/" && above != "."; above = path.Dir(above) {
		if o.nodes[above] != nil {
			return true
		}
	}
	return false
}

// expectNode compares what is at a path with what a change expects, nil being nothing.
func (o *Overlay) expectNode(ctx context.Context, name string, before *change.Node) error {
	if o.trusting {
		return nil
	}
	stale := fmt.Errorf("%s: %w", name, ErrStale)
	st, err := o.Stat(ctx, name)
	switch {
	case err != nil:
		return err
	case st.Kind == Absent && before == nil:
		return o.folderOf(ctx, name)
	case st.Kind == Absent || before == nil || st.Kind != Kind(before.Kind):
		return stale
	}
	now, err := NodeAt(ctx, o, st, keepFor(before))
	switch {
	case isNotExist(err), isTooLarge(err):
		return stale
	case err != nil:
		return err
	case !before.Same(now):
		return stale
	}
	return nil
}

// replace plans what stands at a path where a change expects something.
func (o *Overlay) replace(ctx context.Context, name string, before *change.Node, after *planned) (change.Outcome, error) {
	if err := o.expectNode(ctx, name, before); err != nil {
		return change.Outcome{}, err
	}
	real, err := o.real(ctx, name)
	if err != nil {
		return change.Outcome{}, err
	}
	o.put(real, after)
	return change.Outcome{Known: true}, nil
}

func (o *Overlay) remove(ctx context.Context, c change.Remove) (change.Outcome, error) {
	before := c.Node
	if before == nil && c.Before != nil {
		n := change.NodeOf(c.Before)
		before = &n
	}
	if before == nil {
		return change.Outcome{}, fmt.Errorf("%s: %w", c.Summary(), errUnsaid)
	}
	return o.replace(ctx, c.Path, before, &planned{kind: Absent})
}

func (o *Overlay) mkdir(ctx context.Context, c change.Mkdir) (change.Outcome, error) {
	if !c.Below.Held() {
		return change.Outcome{}, fmt.Errorf("%s: %w", c.Path, change.ErrNotHeld)
	}
	out, err := o.replace(ctx, c.Path, nil, &planned{kind: Dir, meta: c.Meta})
	if err != nil || c.Below.Empty() {
		return out, err
	}
	real, err := o.real(ctx, c.Path)
	if err != nil {
		return change.Outcome{}, err
	}
	for _, e := range c.Below.Entries {
		o.put(path.Join(real, e.Name), plannedNode(e.Node))
	}
	return out, nil
}

func (o *Overlay) hardlink(ctx context.Context, c change.Hardlink) (change.Outcome, error) {
	if err := o.expectNode(ctx, c.Source, &c.Node); err != nil {
		return change.Outcome{}, err
	}
	source, err := o.real(ctx, c.Source)
	if err != nil {
		return change.Outcome{}, err
	}
	o.mu.RLock()
	p := o.nodes[source]
	o.mu.RUnlock()
	if p == nil {
		p = &planned{kind: Regular, meta: c.Node.Meta, size: c.Node.Size, source: source}
	}
	return o.replace(ctx, c.Path, c.Before, p)
}

func (o *Overlay) setMeta(ctx context.Context, c change.SetMeta) (change.Outcome, error) {
	st, err := o.Stat(ctx, c.Path)
	if err != nil {
		return change.Outcome{}, err
	}
	same := st.Meta.Same(c.Before)
	if c.Link {
		same = st.Meta.UID == c.Before.UID && st.Meta.GID == c.Before.GID
	}
	if !o.trusting && (st.Kind == Absent || (st.Kind == Link) != c.Link || !same) {
		return change.Outcome{}, fmt.Errorf("%s: %w", c.Path, ErrStale)
	}
	real, err := o.real(ctx, c.Path)
	if err != nil {
		return change.Outcome{}, err
	}
	o.plan(func() {
		if p := o.nodes[real]; p != nil {
			o.nodes[real] = p.as(c.Meta)
		} else {
			o.metas[real] = c.Meta
		}
		if c.Times != nil && !c.Times.Modify.Zero() {
			o.times[real] = c.Times.Modify.At
			if c.Times.Modify.Now {
				o.times[real] = time.Now()
			}
		}
	})
	return change.Outcome{Known: true}, nil
}

// plannedStat describes what is planned at a path, or for a folder above it; name is what the answer calls it.
func (o *Overlay) plannedStat(real, name string) (Stat, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	p := o.nodes[real]
	switch {
	case p == nil && !o.covered(real):
		return Stat{}, false
	case p == nil || p.kind == Absent:
		return Stat{Path: name, Kind: Absent}, true
	}
	return Stat{Path: name, Kind: p.kind, Meta: p.meta, Size: p.size, ModTime: o.times[real], Target: p.target}, true
}

// withMeta puts planned mode, owner and time into what the base said.
func (o *Overlay) withMeta(real string, st Stat) Stat {
	o.mu.RLock()
	defer o.mu.RUnlock()
	meta, ok := o.metas[real]
	if !ok || st.Kind == Absent {
		return st
	}
	st.Meta = meta
	if at, ok := o.times[real]; ok {
		st.ModTime = at
	}
	return st
}

// ReadFile sees planned files.
func (o *Overlay) ReadFile(ctx context.Context, name string, limit int64) (*change.File, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	real, err := o.end(ctx, name)
	if err != nil {
		return nil, err
	}
	o.mu.RLock()
	p, covered := o.nodes[real], o.covered(real)
	meta, metaPlanned := o.metas[real]
	o.mu.RUnlock()
	from := real
	switch {
	case p == nil && covered, p != nil && p.kind == Absent:
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	case p == nil:
	case p.kind != Regular:
		return nil, fmt.Errorf("%s: is not a regular file but a %s", name, p.kind)
	case p.size > limit:
		return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
	case p.file != nil:
		return p.file, nil
	default:
		from, meta, metaPlanned = p.source, p.meta, true
	}
	f, err := o.base.ReadFile(ctx, from, limit)
	if err == nil && metaPlanned {
		f = &change.File{Content: f.Content, Meta: meta}
	}
	return f, err
}
