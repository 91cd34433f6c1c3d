// Package tempfile is the module tempfile: it makes an empty file or folder with a name that nothing else has.
package tempfile

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// State says what is made.
type State string

// The states.
const (
	File      State = "file"
	Directory State = "directory"
)

// Enum gives the states.
func (State) Enum() []string { return []string{string(File), string(Directory)} }

// Task is one use of the module.
type Task struct {
	State  State  `arg:"state" doc:"Whether a file or a folder is made."`
	Path   string `arg:"path" doc:"Folder to make it in. Without it, the one for temporary files: $TMPDIR, or /tmp."`
	Prefix string `arg:"prefix" doc:"How its name begins."`
	Suffix string `arg:"suffix" doc:"How its name ends."`
	Unique string `wire:"the part of the name that nothing else has"`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:   "tempfile",
		Short:  "make a temporary file or folder",
		Long:   "Makes an empty file, or a folder, that only the user of the task can use, with a name that nothing else has. The result tells its path. Nothing removes it.",
		New:    func() modules.Task { return &Task{State: File, Prefix: "ansible."} },
		Probes: modules.ExpandProbes(),
	}
}

// Prepare draws the name.
func (t *Task) Prepare(_ context.Context, c modules.Control) error {
	t.Unique = c.Unique()
	return nil
}

// tries is how often a name is looked for that nothing has.
const tries = 100

// Plan gives the file or folder.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	dir, err := t.folder(ctx, r)
	if err != nil {
		return nil, err
	}
	above, err := host.Follow(ctx, r, dir)
	if err != nil {
		return nil, err
	}
	if above.Kind != host.Dir {
		return nil, fmt.Errorf("[Errno 2] No such file or directory: '%s'", dir)
	}
	name, err := t.free(ctx, r, dir)
	if err != nil {
		return nil, err
	}
	meta, err := modules.NewPathMeta(ctx, r, above, t.State == Directory)
	if err != nil {
		return nil, err
	}
	p := &modules.Plan{Result: map[string]any{"path": name}}
	st := host.Stat{Path: name, Kind: host.Regular}
	if t.State == Directory {
		meta.Mode = 0o700
		st.Kind, st.Size = host.Dir, -1
		p.Steps = []change.Change{change.Mkdir{Path: name, Meta: meta}}
	} else {
		meta.Mode = 0o600
		p.Steps = []change.Change{change.WriteFile{Path: name, Content: change.Bytes(nil), Meta: meta}}
	}
	st.Meta = meta
	return p, modules.PathInfo(ctx, r, p.Result, st)
}

// folder gives where it is made.
func (t *Task) folder(ctx context.Context, r host.Reader) (string, error) {
	if t.Path != "" {
		return modules.Path(ctx, r, t.Path)
	}
	dir, err := modules.Expand(ctx, r, "$TMPDIR")
	if err != nil || !strings.HasPrefix(dir, "/") {
		return "/tmp", err
	}
	return path.Clean(dir), nil
}

// free gives a path that nothing has.
func (t *Task) free(ctx context.Context, r host.Reader, dir string) (string, error) {
	for i := range tries {
		more := ""
		if i > 0 {
			more = fmt.Sprint(i)
		}
		name := path.Join(dir, t.Prefix+t.Unique+more+t.Suffix)
		if st, err := r.Stat(ctx, name); err != nil || st.Kind == host.Absent {
			return name, err
		}
	}
	return "", fmt.Errorf("no name is free in %s", dir)
}
