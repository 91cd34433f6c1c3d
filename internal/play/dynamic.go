package play

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// RoleFiles says which role is included, and which of its files; an empty name means main.
type RoleFiles struct {
	Name, Tasks, Vars, Defaults, Handlers string
	AllowDuplicates, Public, Validate     bool
}

type includeKey struct {
	task *Task
	path string
	from RoleFiles
}

// included is what an include brought in, once.
type included struct {
	nodes  []Node
	block  *Block
	faults diag.List
}

// IncludeTasks reads a file that an include_tasks names. Its tasks inherit what is around the include and what its apply says; in a handler they are handlers. What one task
// includes from one file is read once, and its faults are told then.
func (l *Loader) IncludeTasks(t *Task, path string) ([]Node, diag.List) {
	got := l.included(includeKey{task: t, path: path}, func(now *loading) *included {
		return &included{nodes: now.taskFile(t.Pos, path, t.Include.level(t))}
	})
	return got.nodes, got.faults
}

// IncludeRole reads a role that an include_role names. Handlers and variables of it and of its dependencies are in Block.Role.
func (l *Loader) IncludeRole(t *Task, from RoleFiles) (*Block, diag.List) {
	got := l.included(includeKey{task: t, from: from}, func(now *loading) *included {
		return &included{block: now.includedRole(t, from)}
	})
	return got.block, got.faults
}

func (l *Loader) included(key includeKey, read func(*loading) *included) *included {
	l.mu.Lock()
	got := l.includes[key]
	l.mu.Unlock()
	if got != nil {
		return &included{nodes: got.nodes, block: got.block, faults: got.faults.Errors()}
	}
	now := l.loading()
	now.underway = true
	got = read(now)
	got.faults = now.all()
	l.mu.Lock()
	defer l.mu.Unlock()
	if first := l.includes[key]; first != nil {
		return first
	}
	l.includes[key] = got
	return got
}

// level is what included tasks inherit. A file that includes itself is no fault while the run is under way.
func (i *Include) level(t *Task) *level {
	in, from := *i.under, *t.at
	from.dynamic = true
	in.file = &from
	return &in
}

func (l *loading) includedRole(t *Task, from RoleFiles) *Block {
	in := t.Include.level(t)
	u := &roleUse{pos: t.Pos, from: from, under: in, given: t.Include.Vars, parents: in.chain(), included: true}
	role, nodes := l.role(u)
	if role == nil {
		return nil
	}
	role.Private = !from.Public
	last := nodes[len(nodes)-1].(*Block)
	last.Body = append(nodes[:len(nodes)-1:len(nodes)-1], last.Body...)
	return last
}

// previewTasks looks through a file that is included when the task is reached, where its name is written out: its faults are told now.
func (l *loading) previewTasks(d *draft) {
	name, ok := d.Include.File.(string)
	if !ok {
		l.surprise = true
		return
	}
	path := d.in.file.find(name, folderOf(d.Task), d.Role, false)
	if err := stat(path); err != nil {
		l.surprise = true
		l.missingInclude(d, "file", d.in.file.book.shown(path), err)
		return
	}
	l.once(path, folderOf(d.Task), d.Include.under, func() { l.taskFile(d.Pos, path, d.Include.level(d.Task)) })
}

// previewRole looks through a role that is included when the task is reached, where its name is written out.
func (l *loading) previewRole(d *draft) {
	l.surprise = true
	r := d.Include.Role
	for _, v := range []jinja.Value{r.Name, r.TasksFrom, r.VarsFrom, r.DefaultsFrom, r.HandlersFrom} {
		if _, open := v.(*jinja.Template); open {
			return
		}
	}
	name, ok := r.Name.(string)
	if !ok {
		return
	}
	if l.findRole(name, d.in) == nil {
		l.announce(d.Pos, "the role '%s' is not there: the task fails if it is reached", name)
		return
	}
	from, ok := l.roleFiles(r, d.Pos, d.in)
	if ok {
		l.once(name, from.Tasks, d.Include.under, func() { l.includedRole(d.Task, from) })
	}
}

// once looks through something without effect on what is being loaded, the first time that it is asked to; what may never be reached is looked at once more where it is certain.
func (l *loading) once(what, part string, in *level, look func()) {
	key := fmt.Sprint(what, "\x00", part, in.maybe)
	if in.role != nil {
		key += "\x00" + in.role.Path
	}
	if surprise, seen := l.seen[key]; seen {
		l.surprise = l.surprise || surprise
		return
	}
	l.seen[key] = false // what includes itself brings nothing new
	around, from := l.mode, len(l.faults)
	l.mode = mode{preview: true, underway: l.o.Late}
	look()
	l.seen[key] = l.surprise
	around.surprise = around.surprise || l.surprise
	l.mode = around
	if l.o.Late {
		l.reachedLate(from)
	}
}

// reachedLate makes warnings of the faults from an index on that are those of a file which is only included: ansible-core comes upon them when it comes to the include.
func (l *loading) reachedLate(from int) {
	for i, d := range l.faults[from:] {
		switch {
		case d.Severity != diag.Error || d.Stage == diag.Lacking:
		case endsRun(d):
			l.faults[from+i] = l.later(d, "the run ends if it is reached")
		default:
			l.faults[from+i] = l.later(d, "the include fails if it is reached")
		}
	}
}

// endsRun reports whether a fault of a file that is included ends the run, where others fail the include.
func endsRun(d *diag.Diagnostic) bool { return d.Stage == diag.Parsed || d.Stage == diag.Ended }

// EndsRun gives the faults of an included file that end the run when the include is reached; nil: there are none.
func EndsRun(faults diag.List) error {
	return slices.DeleteFunc(faults.Errors(), func(d *diag.Diagnostic) bool { return !endsRun(d) }).Err()
}

func (l *loading) missingInclude(d *draft, what, name string, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		return
	}
	l.announce(d.Pos, "the %s %s is not there: the task fails if it is reached", what, name)
}

// Variable compiles the name of a variable that became known in the run, such as d.list[0].
func (l *Loader) Variable(name string, pos diag.Pos) (*jinja.Template, error) {
	return l.o.Env.CompileExpr(name, pos)
}

// ResolveAction gives a copy of a task whose module is named by a template, now that the name is known.
func (l *Loader) ResolveAction(t *Task, name string) (*Task, diag.List) {
	c, now := l.resolve(t, name)
	return c, now.all()
}
