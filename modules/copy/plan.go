package copy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// look is the task at work.
type look struct {
	*Task
	r    host.Reader
	dest string
	plan *modules.Plan
	made map[string]host.Stat // folders that will be there
}

// Plan compares what is to be copied with what is there.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	l := &look{Task: t, r: r, plan: &modules.Plan{Result: map[string]any{}}, made: map[string]host.Stat{}}
	var err error
	if l.dest, err = modules.Path(ctx, r, t.Dest); err != nil {
		return nil, err
	}
	sources, from, tree := t.Sources, t.From, t.Tree
	if t.RemoteSrc && t.Content == nil {
		if sources, from, tree, err = l.remote(ctx); err != nil {
			return nil, err
		}
	}
	if tree {
		return l.plan, l.tree(ctx, sources, from)
	}
	return l.plan, l.one(ctx, sources[0], from)
}

func (l *look) step(c change.Change) { l.plan.Steps = append(l.plan.Steps, c) }

// one plans a single file.
func (l *look) one(ctx context.Context, s modules.Source, from string) error {
	name, err := l.place(ctx, s.Rel)
	if err != nil {
		return err
	}
	if l.Checksum != "" && !strings.EqualFold(l.Checksum, s.SHA1) {
		l.plan.Result["checksum"], l.plan.Result["expected_checksum"] = s.SHA1, l.Checksum
		l.plan.Unmet = "Copied file does not match the expected checksum. Transfer failed."
		l.plan.Steps = nil
		return nil
	}
	d, err := l.deliver(ctx, s, name, l.Follow)
	if err != nil {
		return err
	}
	if d.Kept {
		l.plan.Result["dest"], l.plan.Result["src"] = name, from
		if l.RemoteSrc {
			l.plan.Result["msg"] = "file already exists"
		}
		return nil
	}
	l.plan.Result["dest"], l.plan.Result["checksum"] = d.Stat.Path, s.SHA1
	if d.Written || l.RemoteSrc {
		l.plan.Result["md5sum"] = s.MD5
		if from != "" {
			l.plan.Result["src"] = from
		}
	} else {
		l.plan.Result["path"] = d.Stat.Path
	}
	if d.Backup != "" {
		l.plan.Result["backup_file"] = d.Backup
	}
	return modules.PathInfo(ctx, l.r, l.plan.Result, d.Stat)
}

// place gives the path of a single file: within dest where that is a folder, which a slash at its end says of one that is not there yet.
func (l *look) place(ctx context.Context, rel string) (string, error) {
	if strings.HasSuffix(l.Dest, "/") {
		if err := l.folders(ctx, l.dest, l.folderAttributes()); err != nil {
			return "", err
		}
		return path.Join(l.dest, rel), nil
	}
	end, err := host.Follow(ctx, l.r, l.dest)
	if err != nil || end.Kind != host.Dir {
		return l.dest, ignoreLoop(err)
	}
	if l.Content != nil {
		return "", errors.New("can not use content with a dir as dest")
	}
	return path.Join(l.dest, rel), nil
}

func ignoreLoop(err error) error {
	if errors.Is(err, host.ErrLoop) {
		return nil
	}
	return err
}

// deliver plans a file.
func (l *look) deliver(ctx context.Context, s modules.Source, name string, follow bool) (*modules.Delivered, error) {
	st := host.Stat{Path: name, Kind: host.Absent}
	above, known := l.made[path.Dir(name)]
	var err error
	if !known || above.Size != fresh {
		if st, err = l.r.Stat(ctx, name); err != nil {
			return nil, err
		}
	}
	if !known {
		at := name
		if st.Kind == host.Link && follow {
			end, err := host.Follow(ctx, l.r, name)
			if err != nil {
				return nil, err
			}
			at = end.Path
		}
		if above, err = host.Follow(ctx, l.r, path.Dir(at)); err != nil {
			return nil, err
		}
	}
	d, err := modules.Delivery{
		Content: s.Content, Attributes: l.With(s.Mode), Follow: follow, Force: l.Force, Backup: l.Backup, Validate: l.ValidateWith,
	}.Deliver(ctx, l.r, name, st, above)
	if err != nil {
		return nil, err
	}
	for _, c := range d.Steps {
		l.step(c)
	}
	return d, nil
}

// fresh is the size of a folder that is yet to be made.
const fresh = -1

func (l *look) folderAttributes() modules.FileAttributes {
	return modules.FileAttributes{Mode: l.DirectoryMode, Owner: l.Owner, Group: l.Group}
}

// folders plans a folder and those above it that are missing.
func (l *look) folders(ctx context.Context, name string, a modules.FileAttributes) error {
	var missing []string
	for dir := name; ; dir = path.Dir(dir) {
		st, known := l.made[dir]
		if !known {
			var err error
			if st, err = host.Follow(ctx, l.r, dir); err != nil {
				return err
			}
		}
		if st.Kind == host.Dir {
			l.made[dir] = st
			break
		}
		if st.Kind != host.Absent || dir == "/" {
			return fmt.Errorf("%s cannot be made: %s is no folder but a %s", name, dir, st.Kind)
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		meta, err := modules.NewPathMeta(ctx, l.r, l.made[path.Dir(dir)], true)
		if err == nil {
			meta, err = a.Apply(ctx, l.r, meta, true)
		}
		if err != nil {
			return err
		}
		l.step(change.Mkdir{Path: dir, Meta: meta})
		l.made[dir] = host.Stat{Path: dir, Kind: host.Dir, Meta: meta, Size: fresh}
	}
	return nil
}

// tree plans a folder with all that is in it.
func (l *look) tree(ctx context.Context, sources []modules.Source, from string) error {
	l.plan.Result["dest"], l.plan.Result["src"] = strings.TrimSuffix(l.dest, "/")+"/", from
	if l.RemoteSrc {
		l.plan.Result["dest"] = l.dest
	}
	if len(sources) == 0 {
		return nil
	}
	if err := l.folders(ctx, l.dest, l.folderAttributes()); err != nil {
		return err
	}
	for _, s := range sources {
		name := path.Join(l.dest, s.Rel)
		if err := l.folders(ctx, path.Dir(name), l.folderAttributes()); err != nil {
			return err
		}
		var err error
		switch s.Kind {
		case host.Dir:
			err = l.folder(ctx, s, name)
		case host.Link:
			err = l.link(ctx, s, name)
		default:
			_, err = l.deliver(ctx, s, name, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// folder plans a folder that is copied: made, or given its attributes.
func (l *look) folder(ctx context.Context, s modules.Source, name string) error {
	a := l.folderAttributes()
	if l.RemoteSrc && a.Mode == nil {
		a.Mode = modules.PlainMode(s.Mode)
	}
	steps := len(l.plan.Steps)
	if err := l.folders(ctx, name, a); err != nil || len(l.plan.Steps) > steps {
		return err
	}
	st := l.made[name]
	meta, err := l.folderAttributes().Apply(ctx, l.r, st.Meta, true)
	if err != nil || meta.Same(st.Meta) {
		return err
	}
	l.step(change.SetMeta{Path: st.Path, Meta: meta, Before: st.Meta})
	st.Meta = meta
	l.made[name] = st
	return nil
}

// link plans a link that is copied as one.
func (l *look) link(ctx context.Context, s modules.Source, name string) error {
	st := host.Stat{Path: name, Kind: host.Absent}
	above := l.made[path.Dir(name)]
	var err error
	if above.Size != fresh {
		if st, err = l.r.Stat(ctx, name); err != nil {
			return err
		}
	}
	if st.Kind == host.Dir || st.Kind == host.Link && st.Target == s.Target {
		if st.Kind == host.Dir {
			err = fmt.Errorf("refusing to convert from directory to symlink for %s", name)
		}
		return err
	}
	meta, err := modules.NewPathMeta(ctx, l.r, above, false)
	if err == nil {
		meta, err = modules.FileAttributes{Owner: l.Owner, Group: l.Group}.Apply(ctx, l.r, meta, false)
	}
	if err != nil {
		return err
	}
	meta.Mode = 0o777
	before, err := host.NodeAt(ctx, l.r, st, host.Keep{File: modules.MaxHeld})
	if err != nil {
		return err
	}
	l.step(change.Symlink{Path: name, Target: s.Target, Meta: meta, Before: before})
	return nil
}
