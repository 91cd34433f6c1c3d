package host

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"sync"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

// Overlay is a host as it would be: a reader, and the changes planned so far. It takes a Reader, so it cannot write through.
//
// Looks at files and states see the planned ones. A probe that reads what is planned to change, and a connection to a host whose services are planned to change, end in
// ErrPlanned.
type Overlay struct {
	base Reader
	*planned
}

// planned is what overlays of one host share: the changes so far, whoever looks.
type planned struct {
	mu      sync.RWMutex
	files   map[string]*change.File // nil: planned to be removed
	metas   map[string]change.Meta
	states  map[change.Ref]change.State
	blurred bool
}

// NewOverlay makes an overlay in which nothing is planned.
func NewOverlay(base Reader) *Overlay {
	return &Overlay{base, &planned{files: map[string]*change.File{}, metas: map[string]change.Meta{}, states: map[change.Ref]change.State{}}}
}

// As gives the same plan over another reader of the same host: what one user's tasks would change, another's see.
func (o *Overlay) As(base Reader) *Overlay { return &Overlay{base, o.planned} }

// Blurred reports whether a change was planned whose effects nobody can tell: what is missing afterwards may be there in a real run.
func (o *Overlay) Blurred() bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.blurred
}

// Close forgets the plan. The base stays open.
func (o *Overlay) Close() error { return nil }

// Apply plans a change: it is checked against the host as planned so far and remembered.
func (o *Overlay) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	switch c := c.(type) {
	case change.WriteFile:
		return o.setFile(ctx, c.Path, c.Before, &change.File{Content: c.Content, Meta: c.Meta})
	case change.Remove:
		return o.setFile(ctx, c.Path, c.Before, nil)
	case change.SetMeta:
		return o.setMeta(ctx, c)
	case change.Service:
		o.plan(func() { o.states[change.Ref{Kind: change.ServiceRef, Name: c.Name}] = c.After() })
		return change.Outcome{Known: true}, nil
	case change.Exec:
		return o.exec(ctx, c)
	}
	return change.Outcome{}, fmt.Errorf("overlay: unknown change %T", c)
}

func (o *Overlay) plan(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *Overlay) setFile(ctx context.Context, path string, before, after *change.File) (change.Outcome, error) {
	limit := int64(1)
	if before != nil {
		limit = before.Content.Size
	}
	now, err := o.ReadFile(ctx, path, limit)
	stale := fmt.Errorf("%s: %w", path, ErrStale)
	switch {
	case isNotExist(err):
		now = nil
	case isTooLarge(err):
		return change.Outcome{}, stale
	case err != nil:
		return change.Outcome{}, err
	}
	if !before.Same(now) {
		return change.Outcome{}, stale
	}
	o.plan(func() {
		o.files[path] = after
		delete(o.metas, path)
	})
	return change.Outcome{Known: true}, nil
}

func (o *Overlay) setMeta(ctx context.Context, c change.SetMeta) (change.Outcome, error) {
	st, err := o.Stat(ctx, c.Path)
	if err != nil {
		return change.Outcome{}, err
	}
	if st.Kind == Absent || !st.Meta.Same(c.Before) {
		return change.Outcome{}, fmt.Errorf("%s: %w", c.Path, ErrStale)
	}
	o.plan(func() {
		if f := o.files[c.Path]; f != nil {
			o.files[c.Path] = &change.File{Content: f.Content, Meta: c.Meta}
			return
		}
		o.metas[c.Path] = c.Meta
	})
	return change.Outcome{Known: true}, nil
}

// exec runs an effectless program for real, unless what it reads is planned to change. Any other blurs the overlay.
func (o *Overlay) exec(ctx context.Context, c change.Exec) (change.Outcome, error) {
	if !c.Effectless {
		o.plan(func() { o.blurred = true })
		return change.Outcome{}, nil
	}
	out, err := o.Probe(ctx, Probe{Argv: probeArgv(c), Stdin: c.Stdin, Reads: c.Reads})
	switch {
	case isPlanned(err):
		return change.Outcome{}, nil
	case err != nil:
		return change.Outcome{}, err
	}
	return change.Outcome{Known: true, Status: out.Status, Stdout: []byte(out.Stdout), Stderr: []byte(out.Stderr)}, nil
}

// probeArgv gives an Exec as the words of a probe, which has no folder and no environment of its own.
func probeArgv(c change.Exec) []string {
	argv := c.Argv
	if len(c.Env) > 0 {
		argv = append(append([]string{"env"}, c.Env...), argv...)
	}
	if c.Dir != "" {
		argv = append([]string{"sh", "-c", `cd "$1" && shift && exec "$@"`, "sh", c.Dir}, argv...)
	}
	return argv
}

// Facts are those of the base: nothing that is planned alters them.
func (o *Overlay) Facts(ctx context.Context) (*Facts, error) { return o.base.Facts(ctx) }

// Stat sees planned files, with a fresh modification time.
func (o *Overlay) Stat(ctx context.Context, path string) (Stat, error) {
	o.mu.RLock()
	f, planned := o.files[path]
	meta, metaPlanned := o.metas[path]
	o.mu.RUnlock()
	if planned {
		if f == nil {
			return Stat{Path: path, Kind: Absent}, nil
		}
		return Stat{Path: path, Kind: Regular, Meta: f.Meta, Size: f.Content.Size, ModTime: time.Now()}, nil
	}
	st, err := o.base.Stat(ctx, path)
	if err == nil && metaPlanned {
		st.Meta = meta
	}
	return st, err
}

// ReadFile sees planned files.
func (o *Overlay) ReadFile(ctx context.Context, path string, limit int64) (*change.File, error) {
	o.mu.RLock()
	f, planned := o.files[path]
	meta, metaPlanned := o.metas[path]
	o.mu.RUnlock()
	switch {
	case planned && f == nil:
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	case planned && f.Content.Size > limit:
		return nil, fmt.Errorf("%s: %w", path, ErrTooLarge)
	case planned:
		return f, nil
	}
	f, err := o.base.ReadFile(ctx, path, limit)
	if err == nil && metaPlanned {
		f = &change.File{Content: f.Content, Meta: meta}
	}
	return f, err
}

// State sees planned states.
func (o *Overlay) State(ctx context.Context, ref change.Ref) (change.State, error) {
	o.mu.RLock()
	s, planned := o.states[ref]
	o.mu.RUnlock()
	if planned {
		return s, nil
	}
	return o.base.State(ctx, ref)
}

// Probe asks the base, unless the answer depends on what is planned.
func (o *Overlay) Probe(ctx context.Context, p Probe) (Output, error) {
	for _, r := range p.Reads {
		if planned, ok := o.plannedFor(r); ok {
			return Output{}, fmt.Errorf("%s %s: %w", planned.Kind, planned.Name, ErrPlanned)
		}
	}
	return o.base.Probe(ctx, p)
}

// Dial asks the base, unless a service is planned to change: who would answer then is not known.
func (o *Overlay) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if planned, ok := o.plannedFor(change.Ref{Kind: change.ServiceRef, Name: "*"}); ok {
		return nil, fmt.Errorf("%s %s: %w", planned.Kind, planned.Name, ErrPlanned)
	}
	return o.base.Dial(ctx, network, address)
}

// plannedFor gives something planned that r covers.
func (o *Overlay) plannedFor(r change.Ref) (change.Ref, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for path := range o.files {
		if p := change.Path(path); r.Covers(p) {
			return p, true
		}
	}
	for path := range o.metas {
		if p := change.Path(path); r.Covers(p) {
			return p, true
		}
	}
	for s := range o.states {
		if r.Covers(s) {
			return s, true
		}
	}
	return change.Ref{}, false
}
