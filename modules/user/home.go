package user

import (
	"cmp"
	"context"
	"path"
	"strconv"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// keepSkeleton bounds how much of a skeleton is read.
var keepSkeleton = host.Keep{File: 16 << 20, Paths: 10_000, Bytes: 64 << 20}

// planHome plans the step that changes the user, and what it needs of a folder: before it the folders above a new one, and after it a folder that is missing.
func (t *Task) planHome(ctx context.Context, r host.Reader, p *plan) error {
	home := p.after.Home
	st, err := host.Follow(ctx, r, home)
	if err != nil {
		return err
	}
	missing := t.CreateHome && st.Kind == host.Absent && path.IsAbs(home)
	if t.MoveHome && p.now.Exists && home != p.now.Home && st.Kind == host.Absent {
		old, err := r.Stat(ctx, p.now.Home)
		if err != nil {
			return err
		}
		p.step.MoveHome = old.Kind == host.Dir
		missing = missing && !p.step.MoveHome
	}
	var folder *change.Mkdir
	if missing {
		above := modules.NewPlacer(r)
		if err := above.Folders(ctx, path.Dir(home), modules.FileAttributes{}); err != nil {
			return err
		}
		p.Steps = above.Steps
		if folder, err = t.newHome(ctx, r, p); err != nil {
			return err
		}
	}
	if !p.now.Exists && folder != nil {
		p.step.Makes, folder = folder, nil
		if t.Skeleton != nil {
			p.step.Skeleton = *t.Skeleton
		}
		if t.Umask != nil {
			p.step.Defs = []string{"UMASK=" + *t.Umask}
		}
	}
	if err := p.add(); err != nil {
		return err
	}
	if folder != nil {
		p.Steps = append(p.Steps, *folder)
	}
	return nil
}

// newHome gives the folder of the user as it is made: with the skeleton in it, all of it the user's.
func (t *Task) newHome(ctx context.Context, r host.Reader, p *plan) (*change.Mkdir, error) {
	own := func(m change.Meta) change.Meta {
		m = change.Meta{Mode: m.Mode, UID: p.after.UID, GID: p.after.GID, Owner: t.Name}
		if p.step.OwnGroup {
			m.Group = t.Name
		}
		return m
	}
	c := &change.Mkdir{Path: p.after.Home, Meta: own(change.Meta{Mode: t.homeMode(p)})}
	skeleton := cmp.Or(p.presets["SKEL"], "/etc/skel")
	if t.Skeleton != nil {
		skeleton = *t.Skeleton
	}
	st, err := host.Follow(ctx, r, skeleton)
	if err != nil || st.Kind != host.Dir {
		return c, err
	}
	n, err := host.NodeAt(ctx, r, st, keepSkeleton)
	if err != nil || n.Below.Empty() {
		return c, err
	}
	entries := make([]change.Entry, len(n.Below.Entries))
	for i, e := range n.Below.Entries {
		e.Meta = own(e.Meta)
		entries[i] = e
	}
	c.Below = change.NewBelow(entries, n.Below.Held())
	return c, nil
}

// homeMode is the mode of a new folder of a user: HOME_MODE of login.defs, else what the umask leaves.
func (t *Task) homeMode(p *plan) uint32 {
	octal := func(s string, without uint64) uint32 {
		n, err := strconv.ParseUint(s, 8, 12)
		if err != nil {
			n = without
		}
		return uint32(n)
	}
	umask := p.defs["UMASK"]
	switch {
	case t.Local && !p.now.Exists:
		return 0o700 // libuser's own
	case t.Umask != nil && !p.now.Exists:
		umask = *t.Umask
	}
	return octal(p.defs["HOME_MODE"], uint64(0o777&^octal(umask, 0o22)))
}
