// Package file is the module file: it holds files, folders, links and their attributes, or keeps paths away, as Ansible's module does.
//
// What differs from Ansible: the size of a folder that is made is not told, a file with several names is told as a file, not as a hard link, where state is not hard, and
// check mode tells what will be, not what is.
package file

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// State says what should be at the path.
type State string

// The states.
const (
	Absent    State = "absent"
	Directory State = "directory"
	File      State = "file"
	Hard      State = "hard"
	Link      State = "link"
	Touch     State = "touch"
)

// Enum gives the states.
func (State) Enum() []string {
	return []string{string(Absent), string(Directory), string(File), string(Hard), string(Link), string(Touch)}
}

// Task is one use of the module.
type Task struct {
	Path                   string              `arg:"path,required,alias=dest,alias=name" doc:"Path to manage."`
	State                  State               `arg:"state" doc:"What should be there: a folder, made with those above it; a file, whose attributes are set and which is never made; a link; another name of a file (hard); touch makes an empty file or sets times; absent removes, a folder with all that is in it. Without it, what is there, else a file."`
	Src                    string              `arg:"src" doc:"Where the link leads, as it is to stand in it; with state hard, the file that gets another name. Relative to the folder of the link."`
	Force                  bool                `arg:"force" doc:"Make a link though nothing is where it leads, or a file or an empty folder is in its place."`
	Follow                 bool                `arg:"follow" doc:"Set the attributes of what a link leads to, not of the link."`
	Recurse                bool                `arg:"recurse" doc:"Set the attributes of everything in the folder too."`
	ModificationTime       string              `arg:"modification_time" doc:"Time of the last modification: preserve, now, or a time in the form of modification_time_format. Without it, now with state touch."`
	ModificationTimeFormat string              `arg:"modification_time_format" doc:"Form of modification_time, in the words of strptime: %Y %m %d %H %M %S %y %j %b %B %p %I."`
	AccessTime             string              `arg:"access_time" doc:"Time of the last access, as modification_time."`
	AccessTimeFormat       string              `arg:"access_time_format" doc:"Form of access_time."`
	Basename               string              `arg:"_original_basename" doc:"Name that is taken within a path that is a folder. Of use to other modules only."`
	DiffPeek               modules.Unsupported `arg:"_diff_peek" doc:"Not supported: of use to Ansible only."`
	modules.FileAttributes
}

// Spec describes the module.
func Spec() modules.Spec {
	const format = "%Y%m%d%H%M.%S"
	return modules.Spec{
		Name:  "file",
		Short: "hold files, folders, links and their attributes",
		Long: "Sets mode and owner of what is at a path, makes folders, links and empty files, or removes what is there.\n\n" +
			"A folder that is removed goes with all that is in it, in one step. Where that is little it is kept, so that the removal can be undone.",
		New: func() modules.Task {
			return &Task{Follow: true, ModificationTimeFormat: format, AccessTimeFormat: format}
		},
		Probes: append(modules.ExpandProbes(), timesProbe, sameProbe, dateProbe),
	}
}

// Validate checks the arguments against one another.
func (t *Task) Validate() error {
	switch {
	case t.Recurse && t.State != Directory && t.State != "":
		return errors.New("recurse option requires state to be 'directory'")
	case t.Src != "" && t.State != Link && t.State != Hard && t.State != "":
		return errors.New("src option requires state to be 'link' or 'hard'")
	}
	return nil
}

// keep is what a removal keeps, so that it can be undone.
var keep = host.Keep{File: 1 << 20, Paths: 200, Bytes: 1 << 20}

// look is the task at work: what it saw and what it plans.
type look struct {
	*Task
	r      host.Reader
	name   string    // the path, as the result calls it
	st     host.Stat // what is there, no link at its end followed
	state  State
	plan   *modules.Plan
	before map[string]any
	after  map[string]any
}

// Plan looks at the path and gives what has to change.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	l := &look{Task: t, r: r, plan: &modules.Plan{Result: map[string]any{}}, before: map[string]any{}, after: map[string]any{}}
	if err := l.begin(ctx); err != nil {
		return nil, err
	}
	l.before["path"], l.after["path"] = l.name, l.name
	var err error
	switch l.state {
	case Absent:
		err = l.absent(ctx)
	case Directory:
		err = l.directory(ctx)
	case File:
		err = l.file(ctx)
	case Link:
		err = l.link(ctx)
	case Hard:
		err = l.hard(ctx)
	case Touch:
		err = l.touch(ctx)
	}
	if no := (*refusal)(nil); errors.As(err, &no) {
		return &modules.Plan{Result: no.result, Unmet: no.message}, nil
	}
	if err != nil {
		return nil, err
	}
	if l.state != Absent || len(l.plan.Steps) > 0 {
		l.plan.Result["diff"] = map[string]any{"before": l.before, "after": l.after}
	}
	return l.plan, nil
}

// refusal is a failure whose result says more than a message.
type refusal struct {
	message string
	result  map[string]any
}

func (r *refusal) Error() string { return r.message }

func (l *look) refuse(result map[string]any, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), result}
}

// begin finds out which path and which state are meant.
func (l *look) begin(ctx context.Context) (err error) {
	if l.name, err = modules.Path(ctx, l.r, l.Path); err != nil {
		return err
	}
	if l.st, err = l.r.Stat(ctx, l.name); err != nil {
		return err
	}
	if base := l.within(); base != "" && l.State != Link && l.State != Absent {
		end, err := host.Follow(ctx, l.r, l.name)
		if err != nil {
			return err
		}
		if end.Kind == host.Dir {
			l.name = path.Join(l.name, base)
			if l.st, err = l.r.Stat(ctx, l.name); err != nil {
				return err
			}
		}
	}
	l.state = l.State
	switch {
	case l.state != "":
		return nil
	case l.st.Kind == host.Dir:
		l.state = Directory
	case l.st.Kind == host.Link:
		l.state = Link
	case l.st.Kind == host.Absent && l.Recurse:
		l.state = Directory
	default:
		l.state = File
	}
	if l.Recurse && l.state != Directory {
		return errors.New("recurse option requires state to be 'directory'")
	}
	if l.Src != "" && l.state != Link {
		return errors.New("src option requires state to be 'link' or 'hard'")
	}
	return nil
}

// within gives the name that is meant where the path is a folder.
func (l *look) within() string {
	switch {
	case l.Basename != "":
		return l.Basename
	case l.Src != "":
		return path.Base(l.Src)
	}
	return ""
}

// was tells the diff which state was there before, where it is another one.
func (l *look) was(kind host.Kind, will State) {
	was := string(kind)
	if kind == host.Other {
		was = string(File)
	}
	if was != string(will) {
		l.before["state"], l.after["state"] = was, string(will)
	}
}

func (l *look) step(c change.Change) { l.plan.Steps = append(l.plan.Steps, c) }

// tell puts into the result what will be at the path; key is what Ansible calls it.
func (l *look) tell(ctx context.Context, key string, st host.Stat) error {
	l.plan.Result[key] = l.name
	return modules.PathInfo(ctx, l.r, l.plan.Result, st)
}

func (l *look) absent(ctx context.Context) error {
	l.plan.Result["path"], l.plan.Result["state"] = l.name, string(Absent)
	if l.st.Kind == host.Absent {
		return nil
	}
	if l.name == "/" {
		return errors.New("/ cannot be removed")
	}
	n, err := host.NodeAt(ctx, l.r, l.st, keep)
	if err != nil {
		return err
	}
	l.was(l.st.Kind, Absent)
	if b := n.Below; n.Kind == change.DirNode {
		l.before["path_content"] = contents(l.name, b)
	}
	l.step(change.Remove{Path: l.name, Node: n})
	return nil
}

// contents gives what is in a folder as Ansible's diff has it, as far as it is kept.
func contents(dir string, b *change.Below) map[string]any {
	dirs, files := []any{}, []any{}
	if b != nil {
		for _, e := range b.Entries {
			if e.Kind == change.DirNode {
				dirs = append(dirs, path.Join(dir, e.Name))
			} else {
				files = append(files, path.Join(dir, e.Name))
			}
		}
	}
	return map[string]any{"directories": dirs, "files": files}
}

func (l *look) file(ctx context.Context) error {
	st := l.st
	if st.Kind == host.Link && l.Follow {
		var err error
		if st, err = host.Follow(ctx, l.r, l.name); err != nil {
			return err
		}
		l.name = st.Path
	}
	if st.Kind != host.Regular && st.Kind != host.Other {
		return l.refuse(map[string]any{"path": l.name, "state": string(st.Kind)}, "file (%s) is %s, cannot continue", l.name, st.Kind)
	}
	l.before["path"], l.after["path"] = l.name, l.name
	if err := l.attributes(ctx, &st, true); err != nil {
		return err
	}
	return l.tell(ctx, "path", st)
}

// attributes plans mode, owner and times of what is there, and puts them into st. shown says that the diff tells them.
func (l *look) attributes(ctx context.Context, st *host.Stat, shown bool) error {
	meta, err := l.Apply(ctx, l.r, st.Meta, st.Kind == host.Dir)
	if err != nil {
		return err
	}
	isLink := st.Kind == host.Link
	if isLink {
		meta.Mode = st.Meta.Mode // nobody can choose it
	}
	times, err := l.times(ctx, *st, shown)
	if err != nil {
		return err
	}
	if meta.Same(st.Meta) && times == nil {
		return nil
	}
	if shown {
		modules.MetaDiff(l.before, l.after, st.Meta, meta)
	}
	l.step(change.SetMeta{Path: st.Path, Meta: meta, Before: st.Meta, Link: isLink, Times: times})
	st.Meta = meta
	return nil
}
