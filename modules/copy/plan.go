package copy

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// look is the task at work.
type look struct {
	*Task
	*modules.Placer
	r      host.Reader
	result map[string]any
	unmet  string
}

// Plan compares what is to be copied with what is there.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	l := &look{Task: t, Placer: modules.NewPlacer(r), r: r, result: map[string]any{}}
	sources, from, tree := t.Sources, t.From, t.Tree
	if t.RemoteSrc && t.Content == nil {
		var err error
		if sources, from, tree, err = l.remote(ctx); err != nil {
			return nil, err
		}
	}
	err := error(nil)
	if tree {
		err = l.tree(ctx, sources, from)
	} else {
		err = l.one(ctx, sources[0], from)
	}
	if err != nil {
		return nil, err
	}
	return &modules.Plan{Steps: l.Steps, Result: l.result, Unmet: l.unmet}, nil
}

// one plans a single file.
func (l *look) one(ctx context.Context, s modules.Source, from string) error {
	if l.Checksum != "" && !strings.EqualFold(l.Checksum, s.SHA1) {
		l.result["checksum"], l.result["expected_checksum"] = s.SHA1, l.Checksum
		l.unmet = "Copied file does not match the expected checksum. Transfer failed."
		return nil
	}
	name, err := l.Place(ctx, l.Dest, s.Rel, l.folderAttributes())
	if err != nil {
		return err
	}
	d, err := l.deliver(ctx, s, name, l.Follow)
	if err != nil {
		return err
	}
	if d.Kept {
		l.result["dest"], l.result["src"] = name, from
		if l.RemoteSrc {
			l.result["msg"] = "file already exists"
		}
		return nil
	}
	if l.RemoteSrc {
		l.result["src"], l.result["md5sum"] = from, s.MD5
	}
	return d.Result(ctx, l.r, l.result, s, from)
}

// deliver plans a file.
func (l *look) deliver(ctx context.Context, s modules.Source, name string, follow bool) (*modules.Delivered, error) {
	return l.Deliver(ctx, modules.Delivery{
		Content: s.Content, Attributes: l.With(s.Mode), Follow: follow, Force: l.Force, Backup: l.Backup, Validate: l.ValidateWith,
	}, name)
}

func (l *look) folderAttributes() modules.FileAttributes {
	return modules.FileAttributes{Mode: l.DirectoryMode, Owner: l.Owner, Group: l.Group}
}

// tree plans a folder with all that is in it.
func (l *look) tree(ctx context.Context, sources []modules.Source, from string) error {
	dest, err := modules.Path(ctx, l.r, l.Dest)
	if err != nil {
		return err
	}
	l.result["dest"], l.result["src"] = strings.TrimSuffix(dest, "/")+"/", from
	if l.RemoteSrc {
		l.result["dest"] = dest
	}
	if len(sources) == 0 {
		return nil
	}
	if err := l.Folders(ctx, dest, l.folderAttributes()); err != nil {
		return err
	}
	for _, s := range sources {
		name := path.Join(dest, s.Rel)
		if err := l.Folders(ctx, path.Dir(name), l.folderAttributes()); err != nil {
			return err
		}
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
	steps := len(l.Steps)
	if err := l.Folders(ctx, name, a); err != nil || len(l.Steps) > steps {
		return err
	}
	st, err := l.Folder(ctx, name)
	if err != nil {
		return err
	}
	meta, err := l.folderAttributes().Apply(ctx, l.r, st.Meta, true)
	if err == nil && !meta.Same(st.Meta) {
		l.SetMeta(name, st, meta)
	}
	return err
}

// link plans a link that is copied as one.
func (l *look) link(ctx context.Context, s modules.Source, name string) error {
	st, err := l.Stat(ctx, name)
	switch {
	case err != nil || st.Kind == host.Link && st.Target == s.Target:
		return err
	case st.Kind == host.Dir:
		return fmt.Errorf("refusing to convert from directory to symlink for %s", name)
	}
	above, err := l.Folder(ctx, path.Dir(name))
	if err != nil {
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
	l.Steps = append(l.Steps, change.Symlink{Path: name, Target: s.Target, Meta: meta, Before: before})
	return nil
}
