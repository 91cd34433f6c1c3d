package modules

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// PathInfo puts into a result what Ansible tells of the path that a module is about: uid, gid, owner, group, mode, state, size. The size of a folder is its file system's business
// and left out where it is not known (below 0), as is everything where nothing is there.
func PathInfo(ctx context.Context, r host.Reader, result map[string]any, st host.Stat) error {
	if st.Kind == host.Absent {
		return nil
	}
	m := st.Meta
	if m.Owner == "" {
		u, err := nameOf(ctx, r, m.UID, LookupUser)
		if err != nil {
			return err
		}
		m.Owner = u
	}
	if m.Group == "" {
		g, err := nameOf(ctx, r, m.GID, LookupGroup)
		if err != nil {
			return err
		}
		m.Group = g
	}
	state := string(st.Kind)
	if st.Kind == host.Other {
		state = "file"
	}
	result["uid"], result["gid"], result["owner"], result["group"] = int64(m.UID), int64(m.GID), m.Owner, m.Group
	result["mode"], result["state"] = ModeText(m.Mode), state
	if st.Size >= 0 {
		result["size"] = st.Size
	}
	return nil
}

// nameOf gives the name that a number stands for, or the number.
func nameOf(ctx context.Context, r host.Reader, id int, look func(context.Context, host.Reader, string) (Account, error)) (string, error) {
	text := strconv.Itoa(id)
	a, err := look(ctx, r, text)
	switch {
	case errors.Is(err, ErrNoAccount):
		return text, nil
	case err != nil:
		return "", err
	case a.ID != id:
		return text, nil
	}
	return a.Name, nil
}

// ModeText gives a mode as Ansible's results have it.
func ModeText(mode uint32) string { return fmt.Sprintf("0%03o", mode) }

// NewPathMeta gives what a new file or folder gets where nothing else is said, in the folder above: that of NewFileMeta, and the group of a folder that hands its group on.
func NewPathMeta(ctx context.Context, r host.Reader, above host.Stat, isDir bool) (change.Meta, error) {
	m, err := NewFileMeta(ctx, r)
	if err != nil {
		return m, err
	}
	if isDir {
		facts, err := r.Facts(ctx)
		if err != nil {
			return m, err
		}
		m.Mode = 0o777 &^ facts.Umask
	}
	const setgid = 0o2000
	if above.Meta.Mode&setgid != 0 {
		m.GID, m.Group = above.Meta.GID, above.Meta.Group
		if isDir {
			m.Mode |= setgid
		}
	}
	return m, nil
}

// MetaDiff puts into the two sides of a result's diff what differs between two metas, in Ansible's form.
func MetaDiff(before, after map[string]any, was, will change.Meta) {
	if was.UID != will.UID {
		before["owner"], after["owner"] = int64(was.UID), int64(will.UID)
	}
	if was.GID != will.GID {
		before["group"], after["group"] = int64(was.GID), int64(will.GID)
	}
	if was.Mode != will.Mode {
		before["mode"], after["mode"] = ModeText(was.Mode), ModeText(will.Mode)
	}
}
