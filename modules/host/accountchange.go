package host

import (
	"context"
	"fmt"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

// keepMoved bounds how much of a folder that moves with its user is looked through to show where its files would be.
var keepMoved = Keep{File: 16 << 20, Paths: 10_000, Bytes: 64 << 20}

// FilesOf gives what a change of a user or group does to files, as changes of those: what useradd and its kind write into the accounts, and what becomes of the user's folder.
// now is the host's clock.
func FilesOf(ctx context.Context, r Reader, c change.Change, now time.Time) ([]change.Change, error) {
	a, err := ReadAccounts(ctx, r, PasswdFile, GroupFile, ShadowFile, GshadowFile)
	if err != nil {
		return nil, err
	}
	var steps []change.Change
	after := a.With(c, int(now.Unix()/86400))
	for _, name := range []string{PasswdFile, ShadowFile, GroupFile, GshadowFile} {
		if f := after[name]; f != nil {
			steps = append(steps, change.WriteFile{Path: name, Content: f.Content, Meta: f.Meta, Before: a[name]})
		}
	}
	u, ok := c.(change.User)
	if !ok {
		return steps, nil
	}
	if u.Makes != nil {
		steps = append(steps, *u.Makes)
	}
	for _, gone := range u.Removes {
		steps = append(steps, gone)
	}
	if u.Before.Exists && u.After.Exists {
		more, err := filesOfHome(ctx, r, u)
		return append(steps, more...), err
	}
	return steps, nil
}

// filesOfHome tells what becomes of the folder of a user who stays: it moves, and its files follow the numbers of their user and group.
func filesOfHome(ctx context.Context, r Reader, u change.User) ([]change.Change, error) {
	moves := u.MoveHome && u.Before.Home != u.After.Home
	if !moves && u.Before.UID == u.After.UID && u.Before.GID == u.After.GID {
		return nil, nil
	}
	home := u.After.Home
	if moves {
		home = u.Before.Home
	}
	st, err := r.Stat(ctx, home)
	if err != nil || st.Kind != Dir {
		return nil, err
	}
	if !moves {
		return ownersBelow(ctx, r, st, u)
	}
	n, err := NodeAt(ctx, r, st, keepMoved)
	switch {
	case err != nil:
		return nil, err
	case !n.Below.Held():
		return nil, fmt.Errorf("%s moves to %s, and is too large to tell what will be there: %w", home, u.After.Home, ErrPlanned)
	}
	moved := change.Mkdir{Path: u.After.Home, Meta: u.Follow(n.Meta), Below: n.Below}
	if !n.Below.Empty() {
		entries := make([]change.Entry, len(n.Below.Entries))
		for i, e := range n.Below.Entries {
			e.Meta = u.Follow(e.Meta)
			entries[i] = e
		}
		moved.Below = change.NewBelow(entries, true)
	}
	return []change.Change{change.Remove{Path: home, Node: n}, moved}, nil
}

func ownersBelow(ctx context.Context, r Reader, dir Stat, u change.User) ([]change.Change, error) {
	var steps []change.Change
	follow := func(st Stat) {
		if m := u.Follow(st.Meta); !m.Same(st.Meta) {
			steps = append(steps, change.SetMeta{Path: st.Path, Meta: m, Before: st.Meta, Link: st.Kind == Link})
		}
	}
	follow(dir)
	for st, err := range r.Walk(ctx, dir.Path) {
		if err != nil {
			return nil, err
		}
		follow(st)
	}
	return steps, nil
}

// account plans a change of a user or group: the files that hold it are what is planned, so whoever reads those sees it too.
func (o *Overlay) account(ctx context.Context, c change.Change) error {
	ref, _ := AccountRef(c)
	now, err := o.State(ctx, ref)
	if err == nil && !o.trusting {
		err = ExpectAccount(c, now)
	}
	if err != nil {
		return err
	}
	steps, err := FilesOf(ctx, o, c, time.Now())
	if err != nil {
		return err
	}
	for _, s := range steps {
		if _, err := o.apply(ctx, s); err != nil {
			return err
		}
	}
	after, err := o.accountState(ctx, ref)
	o.plan(func() { o.states[ref] = after }) // for the probes that read it
	return err
}

// accountState looks into the files as planned. Who is in none of them may be known to the base from elsewhere.
func (o *Overlay) accountState(ctx context.Context, ref change.Ref) (change.State, error) {
	changed := false
	for _, name := range []string{PasswdFile, GroupFile, ShadowFile} {
		_, planned := o.plannedFor(change.Path(name))
		changed = changed || planned
	}
	if !changed {
		return o.base.State(ctx, ref)
	}
	a, err := ReadAccounts(ctx, o, PasswdFile, GroupFile, ShadowFile)
	if err != nil {
		return nil, err
	}
	now := a.Account(ref)
	if existsIn(now) {
		return now, nil
	}
	if s, err := o.base.State(ctx, ref); err != nil || !isLocal(s) {
		return s, err
	}
	return now, nil
}

func existsIn(s change.State) bool {
	switch s := s.(type) {
	case change.UserState:
		return s.Exists
	case change.GroupState:
		return s.Exists
	}
	return false
}

// isLocal reports whether an account is in the host's own files.
func isLocal(s change.State) bool {
	switch s := s.(type) {
	case change.UserState:
		return s.Local
	case change.GroupState:
		return s.Local
	}
	return false
}
