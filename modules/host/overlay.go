package host

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
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
	*pending
	trusting bool // changes are taken without a look at what they expect
}

// pending is what overlays of one host share: the changes so far, whoever looks.
type pending struct {
	mu      sync.RWMutex
	nodes   map[string]*planned
	metas   map[string]change.Meta // of paths that are there already
	states  map[change.Ref]change.State
	times   map[string]time.Time // modification times of what is planned
	dirs    map[string]string    // folder → where it leads
	blurred bool
	changes []change.Change // all that was planned, in its order
}

// NewOverlay makes an overlay in which nothing is planned.
func NewOverlay(base Reader) *Overlay {
	return &Overlay{base: base, pending: &pending{
		nodes: map[string]*planned{}, metas: map[string]change.Meta{}, states: map[change.Ref]change.State{},
		times: map[string]time.Time{}, dirs: map[string]string{},
	}}
}

// As gives the same plan over another reader of the same host: what one user's tasks would change, another's see.
func (o *Overlay) As(base Reader) *Overlay { return &Overlay{base: base, pending: o.pending} }

// Base gives what the overlay lies over.
func (o *Overlay) Base() Reader { return o.base }

// Identity tells plans apart: overlays made by As have that of the one they were made from.
func (o *Overlay) Identity() any { return o.pending }

// Planned gives the changes planned so far, in their order, from the n-th on. What a program that changes nothing gave is none of them.
func (o *Overlay) Planned(n int) []change.Change {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.changes[min(n, len(o.changes)):])
}

// Replay plans changes that another overlay of the same host has planned: it takes them without comparing the host with what they expect.
func (o *Overlay) Replay(ctx context.Context, changes []change.Change) error {
	t := &Overlay{base: o.base, pending: o.pending, trusting: true}
	for _, c := range changes {
		if _, err := t.Apply(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.Summary(), err)
		}
	}
	return nil
}

// Blurred reports whether a change was planned whose effects nobody can tell: what is missing afterwards may be there in a real run.
func (o *Overlay) Blurred() bool {
	if below, ok := o.base.(*Overlay); ok && below.Blurred() {
		return true
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.blurred
}

// Close forgets the plan. The base stays open.
func (o *Overlay) Close() error { return nil }

// Apply plans a change: it is checked against the host as planned so far and remembered.
func (o *Overlay) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	out, err := o.apply(ctx, c)
	if e, ok := c.(change.Exec); err == nil && !(ok && e.Effectless) {
		o.plan(func() { o.changes = append(o.changes, c) })
	}
	return out, err
}

func (o *Overlay) apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	switch c := c.(type) {
	case change.WriteFile:
		return o.write(ctx, c)
	case change.Remove:
		return o.remove(ctx, c)
	case change.Mkdir:
		return o.mkdir(ctx, c)
	case change.Symlink:
		return o.replace(ctx, c.Path, c.Before, plannedNode(change.Node{Kind: change.LinkNode, Meta: c.Meta, Target: c.Target}))
	case change.Hardlink:
		return o.hardlink(ctx, c)
	case change.SetMeta:
		return o.setMeta(ctx, c)
	case change.Service:
		o.plan(func() { o.states[change.Ref{Kind: change.ServiceRef, Name: c.Name}] = c.After() })
		return change.Outcome{Known: true}, nil
	case change.User, change.Group:
		return change.Outcome{Known: true}, o.account(ctx, c)
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

func (o *Overlay) write(ctx context.Context, c change.WriteFile) (change.Outcome, error) {
	before := c.Replaces
	if c.Before != nil {
		n := change.NodeOf(c.Before)
		before = &n
	}
	return o.replace(ctx, c.Path, before, plannedFile(&change.File{Content: c.Content, Meta: c.Meta}))
}

// folderOf wants the folder that a new file goes to.
func (o *Overlay) folderOf(ctx context.Context, name string) error {
	st, err := Follow(ctx, o, path.Dir(name))
	if err == nil && st.Kind != Dir {
		err = fmt.Errorf("%s: the folder above it: %w", name, fs.ErrNotExist)
	}
	return err
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

// Stat sees planned files, with the time at which they were planned.
func (o *Overlay) Stat(ctx context.Context, name string) (Stat, error) {
	real, err := o.known(ctx, name)
	if err != nil {
		return Stat{}, err
	}
	if st, ok := o.plannedStat(real, name); ok {
		return st, nil
	}
	st, err := o.base.Stat(ctx, real)
	st.Path = name
	return o.withMeta(real, st), err
}

// State sees planned states.
func (o *Overlay) State(ctx context.Context, ref change.Ref) (change.State, error) {
	o.mu.RLock()
	s, planned := o.states[ref]
	o.mu.RUnlock()
	switch {
	case ref.Kind == change.UserRef || ref.Kind == change.GroupRef:
		return o.accountState(ctx, ref)
	case planned:
		return s, nil
	}
	return o.base.State(ctx, ref)
}

// Probe asks the base, unless the answer depends on what is planned.
func (o *Overlay) Probe(ctx context.Context, p Probe) (Output, error) {
	for _, r := range p.Reads {
		if r.Kind == change.PathRef && r.Name != "*" {
			real, err := o.end(ctx, r.Name)
			if err != nil {
				return Output{}, err
			}
			r.Name = real
		}
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

// plannedFor gives what is planned that r covers: the first by name where there are several, so that messages do not differ from run to run.
func (o *Overlay) plannedFor(r change.Ref) (change.Ref, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var found []change.Ref
	take := func(ref change.Ref) {
		if r.Covers(ref) {
			found = append(found, ref)
		}
	}
	for name := range o.nodes {
		take(change.Path(name))
	}
	if r.Kind == change.PathRef && r.Name != "*" && o.covered(r.Name) {
		found = append(found, r)
	}
	for name := range o.metas {
		take(change.Path(name))
	}
	for ref := range o.states {
		take(ref)
	}
	if len(found) == 0 {
		return change.Ref{}, false
	}
	return slices.MinFunc(found, func(a, b change.Ref) int { return strings.Compare(a.Name, b.Name) }), true
}
