package modules

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Placer plans files and folders below one another: what it plans to make counts as there.
type Placer struct {
	Steps []change.Change
	r     host.Reader
	made  map[string]host.Stat // folders that are or will be there, by the names they were asked for
}

// NewPlacer makes a Placer of which nothing is planned.
func NewPlacer(r host.Reader) *Placer { return &Placer{r: r, made: map[string]host.Stat{}} }

// ErrContentIntoFolder says, in Ansible's words, that a text has no name within a folder.
var ErrContentIntoFolder = errors.New("can not use content with a dir as dest")

// fresh is the size of a folder that is yet to be made.
const fresh = -1

// Place gives the path of a single file that is brought to dest: within it, under its own name, where that is a folder. A slash at the end of dest says so of one that is not
// there yet, which is planned with attributes. An empty name is that of a text, which has none.
func (p *Placer) Place(ctx context.Context, dest, name string, folders FileAttributes) (string, error) {
	at, err := Path(ctx, p.r, dest)
	if err != nil {
		return "", err
	}
	if strings.HasSuffix(dest, "/") {
		return path.Join(at, name), p.Folders(ctx, at, folders)
	}
	end, err := host.Follow(ctx, p.r, at)
	switch {
	case errors.Is(err, host.ErrLoop):
		return at, nil
	case err != nil || end.Kind != host.Dir:
		return at, err
	case name == "":
		return "", ErrContentIntoFolder
	}
	return path.Join(at, name), nil
}

// Folders plans a folder and those above it that are missing, and gives them attributes.
func (p *Placer) Folders(ctx context.Context, name string, a FileAttributes) error {
	var missing []string
	for dir := name; ; dir = path.Dir(dir) {
		st, err := p.Folder(ctx, dir)
		if err != nil {
			return err
		}
		if st.Kind == host.Dir {
			break
		}
		if st.Kind != host.Absent || dir == "/" {
			return fmt.Errorf("%s cannot be made: %s is no folder but a %s", name, dir, st.Kind)
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		meta, err := NewPathMeta(ctx, p.r, p.made[path.Dir(dir)], true)
		if err == nil {
			meta, err = a.Apply(ctx, p.r, meta, true)
		}
		if err != nil {
			return err
		}
		p.Steps = append(p.Steps, change.Mkdir{Path: dir, Meta: meta})
		p.made[dir] = host.Stat{Path: dir, Kind: host.Dir, Meta: meta, Size: fresh}
	}
	return nil
}

// Folder describes what will be at the path of a folder, links followed.
func (p *Placer) Folder(ctx context.Context, dir string) (host.Stat, error) {
	if st, known := p.made[dir]; known {
		return st, nil
	}
	st, err := host.Follow(ctx, p.r, dir)
	if err == nil && st.Kind == host.Dir {
		p.made[dir] = st
	}
	return st, err
}

// Stat describes what is at a path, no link followed: nothing where its folder is yet to be made.
func (p *Placer) Stat(ctx context.Context, name string) (host.Stat, error) {
	if above, known := p.made[path.Dir(name)]; known && above.Size == fresh {
		return host.Stat{Path: name, Kind: host.Absent}, nil
	}
	return p.r.Stat(ctx, name)
}

// SetMeta plans mode and owner of a folder that is there.
func (p *Placer) SetMeta(name string, st host.Stat, meta change.Meta) {
	p.Steps = append(p.Steps, change.SetMeta{Path: st.Path, Meta: meta, Before: st.Meta})
	st.Meta = meta
	p.made[name] = st
}

// Deliver plans a file.
func (p *Placer) Deliver(ctx context.Context, d Delivery, name string) (*Delivered, error) {
	st, err := p.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	at := name
	if st.Kind == host.Link && d.Follow {
		end, err := host.Follow(ctx, p.r, name)
		if err != nil {
			return nil, err
		}
		at = end.Path
	}
	above, err := p.Folder(ctx, path.Dir(at))
	if err != nil {
		return nil, err
	}
	out, err := d.Deliver(ctx, p.r, name, st, above)
	if err == nil {
		p.Steps = append(p.Steps, out.Steps...)
	}
	return out, err
}

// Result puts into a task's result what Ansible tells of a file that was brought; from is where it came from, or empty.
func (d *Delivered) Result(ctx context.Context, r host.Reader, result map[string]any, s Source, from string) error {
	result["dest"], result["checksum"] = d.Stat.Path, s.SHA1
	if d.Written {
		result["md5sum"] = s.MD5
		if from != "" {
			result["src"] = from
		}
	} else {
		result["path"] = d.Stat.Path
	}
	if d.Backup != "" {
		result["backup_file"] = d.Backup
	}
	return PathInfo(ctx, r, result, d.Stat)
}
