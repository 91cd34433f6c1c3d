package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

func (l *look) directory(ctx context.Context) error {
	st := l.st
	if st.Kind == host.Link && l.Follow {
		var err error
		if st, err = host.Follow(ctx, l.r, l.name); err != nil {
			return err
		}
		l.name = st.Path
		l.before["path"], l.after["path"] = l.name, l.name
	}
	l.was(st.Kind, Directory)
	switch {
	case st.Kind == host.Absent:
		made, err := l.make(ctx, l.name)
		if err != nil {
			return err
		}
		return l.tell(ctx, "path", made)
	case st.Kind != host.Dir:
		return fmt.Errorf("%s already exists as a %s", l.name, st.Kind)
	}
	if err := l.attributes(ctx, &st, true); err != nil {
		return err
	}
	if l.Recurse {
		if err := l.recurse(ctx, st.Path, map[string]bool{st.Path: true}); err != nil {
			return err
		}
	}
	return l.tell(ctx, "path", st)
}

// make plans a folder and those above it that are missing, all with the attributes of the task.
func (l *look) make(ctx context.Context, name string) (host.Stat, error) {
	above, missing, err := l.missing(ctx, name)
	if err != nil {
		return host.Stat{}, err
	}
	for _, dir := range missing {
		fresh, err := modules.NewPathMeta(ctx, l.r, above, true)
		if err != nil {
			return host.Stat{}, err
		}
		meta, err := l.Apply(ctx, l.r, fresh, true)
		if err != nil {
			return host.Stat{}, err
		}
		l.step(change.Mkdir{Path: dir, Meta: meta})
		above = host.Stat{Path: dir, Kind: host.Dir, Meta: meta, Size: -1}
		times, err := l.newTimes(ctx)
		if err != nil {
			return host.Stat{}, err
		}
		if times != nil {
			l.step(change.SetMeta{Path: dir, Meta: meta, Before: meta, Times: times})
		}
	}
	return above, nil
}

// missing gives the nearest folder above a path that is there, and the paths from there on, the path itself at the end.
func (l *look) missing(ctx context.Context, name string) (above host.Stat, missing []string, err error) {
	for dir := name; ; dir = path.Dir(dir) {
		st, err := host.Follow(ctx, l.r, dir)
		switch {
		case err != nil:
			return st, nil, err
		case st.Kind == host.Dir:
			slices.Reverse(missing)
			return st, missing, nil
		case st.Kind != host.Absent:
			return st, nil, fmt.Errorf("There was an issue creating %s as requested: %s is not a directory but a %s", name, dir, st.Kind) //nolint:staticcheck // Ansible's words
		case dir == "/":
			return st, nil, fs.ErrNotExist
		}
		missing = append(missing, dir)
	}
}

// recurse plans the attributes of all that is in a folder. What was seen is not looked at again, whichever links lead there.
func (l *look) recurse(ctx context.Context, dir string, seen map[string]bool) error {
	for st, err := range l.r.Walk(ctx, dir) {
		if err == nil {
			err = l.once(ctx, st, seen)
		}
		if err == nil && st.Kind == host.Link && l.Follow {
			err = l.through(ctx, st.Path, seen)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// once plans the attributes of a path that was not seen yet.
func (l *look) once(ctx context.Context, st host.Stat, seen map[string]bool) error {
	if seen[st.Path] {
		return nil
	}
	seen[st.Path] = true
	return l.attributes(ctx, &st, false)
}

// through plans the attributes of what a link leads to, where something is there.
func (l *look) through(ctx context.Context, link string, seen map[string]bool) error {
	end, err := host.Follow(ctx, l.r, link)
	if err != nil || end.Kind == host.Absent || seen[end.Path] {
		return ignoreMissing(err)
	}
	if err := l.once(ctx, end, seen); err != nil || end.Kind != host.Dir {
		return err
	}
	return l.recurse(ctx, end.Path, seen)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, host.ErrLoop) {
		return nil
	}
	return err
}
