package file

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

const danglingNote = "Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this."

func (l *look) link(ctx context.Context) error {
	src, err := modules.Expand(ctx, l.r, l.Src)
	if err != nil {
		return err
	}
	if src == "" && l.st.Kind == host.Link && l.Follow {
		src = l.st.Target
	}
	end := host.Stat{Kind: host.Absent}
	if src != "" {
		if end, err = host.Follow(ctx, l.r, l.leads(src)); err != nil {
			return err
		}
	}
	if !l.Force && src != "" && end.Kind == host.Absent {
		why := `src file does not exist, use "force=yes" if you really want to create the link: %s`
		return l.refuse(map[string]any{"path": l.name, "src": src}, why, l.leads(src))
	}
	l.was(l.st.Kind, Link)
	st, err := l.relink(ctx, src)
	if err != nil {
		return err
	}
	l.plan.Result["src"] = src
	switch {
	case !l.Follow:
		err = l.attributes(ctx, &st, true)
	case end.Kind == host.Absent:
		l.plan.Warn(danglingNote)
	default:
		err = l.attributes(ctx, &end, true)
	}
	if err != nil {
		return err
	}
	return l.tell(ctx, "dest", st)
}

// leads gives the path that a link at the task's path leads to.
func (l *look) leads(src string) string {
	switch {
	case path.IsAbs(src):
		return src
	case l.st.Kind == host.Dir:
		return path.Join(l.name, src)
	case strings.Contains(src, ".."): // a folder above may be a link: the host says where it leads
		return path.Dir(l.name) + "/" + src
	}
	return path.Join(path.Dir(l.name), src)
}

// relink plans the link, where it is not there as it should be, and describes it.
func (l *look) relink(ctx context.Context, src string) (host.Stat, error) {
	switch {
	case l.st.Kind == host.Link && (src == "" || l.st.Target == src):
		return l.st, nil
	case src == "":
		return l.st, errors.New("src is required for creating new symlinks")
	}
	above, err := host.Follow(ctx, l.r, path.Dir(l.name))
	if err != nil {
		return l.st, err
	}
	if above.Kind != host.Dir {
		return l.st, fmt.Errorf("Error while linking: the folder %s does not exist", path.Dir(l.name)) //nolint:staticcheck // Ansible's words
	}
	meta, err := modules.NewPathMeta(ctx, l.r, above, false)
	if err != nil {
		return l.st, err
	}
	if !l.Follow {
		if meta, err = l.Apply(ctx, l.r, meta, false); err != nil {
			return l.st, err
		}
	}
	meta.Mode = 0o777
	before, err := l.inPlace(ctx, "symlink")
	if err != nil {
		return l.st, err
	}
	if l.st.Kind == host.Link {
		l.before["src"], l.after["src"] = l.st.Target, src
	}
	l.step(change.Symlink{Path: l.name, Target: src, Meta: meta, Before: before})
	return host.Stat{Path: l.name, Kind: host.Link, Meta: meta, Size: int64(len(src)), Target: src}, nil
}

// inPlace gives what a link is to take the place of. An empty folder is removed first.
func (l *look) inPlace(ctx context.Context, what string) (*change.Node, error) {
	switch {
	case l.st.Kind == host.Absent:
		return nil, nil
	case l.st.Kind != host.Link && !l.Force:
		return nil, l.refuse(map[string]any{"path": l.name}, "refusing to convert from %s to %s for %s", l.st.Kind, what, l.name)
	}
	n, err := host.NodeAt(ctx, l.r, l.st, keep)
	if err != nil || n.Kind != change.DirNode {
		return n, err
	}
	if !n.Below.Empty() {
		return nil, fmt.Errorf("the directory %s is not empty, refusing to convert it", l.name)
	}
	l.step(change.Remove{Path: l.name, Node: n})
	return nil, nil
}

// sameProbe tells device and inode of two paths.
var sameProbe = host.Probe{Argv: []string{"stat", "-c", "%d %i", "--", "*", "*"}}

func (l *look) hard(ctx context.Context) error {
	if l.Src == "" {
		if l.st.Kind == host.Regular {
			return l.hardThere(ctx, l.st)
		}
		return errors.New("src is required for creating new hardlinks")
	}
	src, err := modules.Path(ctx, l.r, l.Src)
	if err != nil {
		return err
	}
	source, err := host.Follow(ctx, l.r, src)
	switch {
	case err != nil:
		return err
	case source.Kind == host.Absent:
		return l.refuse(map[string]any{"dest": l.name, "src": l.Src}, "src does not exist")
	case source.Kind != host.Regular:
		return fmt.Errorf("src is a %s: only a file can have several names", source.Kind)
	}
	l.plan.Result["src"] = l.Src
	if l.st.Kind == host.Regular {
		same, err := l.same(ctx, source.Path)
		if err != nil {
			return err
		}
		if same {
			return l.hardThere(ctx, l.st)
		}
		if !l.Force {
			return l.refuse(map[string]any{"dest": l.name, "src": l.Src}, "Cannot link, %s exists at destination", l.st.Kind)
		}
	}
	return l.another(ctx, source)
}

// same reports whether a path is another name of the file.
func (l *look) same(ctx context.Context, source string) (bool, error) {
	p := host.Probe{Argv: []string{"stat", "-c", "%d %i", "--", l.name, source}, Reads: []change.Ref{change.Path(l.name), change.Path(source)}}
	out, err := l.r.Probe(ctx, p)
	if err != nil {
		return false, err
	}
	lines := strings.Fields(out.Stdout)
	if out.Status != 0 || len(lines) != 4 {
		return false, fmt.Errorf("%s and %s cannot be compared: %s", l.name, source, strings.TrimSpace(out.Stderr))
	}
	return lines[0] == lines[2] && lines[1] == lines[3], nil
}

// another plans a further name of a file.
func (l *look) another(ctx context.Context, source host.Stat) error {
	above, err := host.Follow(ctx, l.r, path.Dir(l.name))
	if err != nil {
		return err
	}
	if above.Kind != host.Dir {
		return fmt.Errorf("Error while linking: the folder %s does not exist", path.Dir(l.name)) //nolint:staticcheck // Ansible's words
	}
	l.was(l.st.Kind, Hard)
	node, err := host.NodeAt(ctx, l.r, source, keep)
	if err != nil {
		return err
	}
	before, err := l.inPlace(ctx, "hardlink")
	if err != nil {
		return err
	}
	l.step(change.Hardlink{Path: l.name, Source: source.Path, Node: *node, Before: before})
	there := source
	there.Path = l.name
	return l.hardThere(ctx, there)
}

// hardThere plans the attributes of a file that has several names, and tells of it.
func (l *look) hardThere(ctx context.Context, st host.Stat) error {
	if err := l.attributes(ctx, &st, true); err != nil {
		return err
	}
	if err := l.tell(ctx, "dest", st); err != nil {
		return err
	}
	l.plan.Result["state"] = string(Hard)
	return nil
}
