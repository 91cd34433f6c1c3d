package play

import (
	"path/filepath"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// importTasks reads the file that an import names: its tasks stand in place of the import and have its keywords.
func (l *loading) importTasks(d *draft, e yamlsrc.Entry) []Node {
	o := l.includeOptions(d, e, "file", modules.FreeFormName)
	if d.Loop != nil {
		l.fault(e.Key.Pos, "You cannot use loops on 'import_tasks' statements: it is read once, when the playbook is loaded").WithHint("include_tasks can be in a loop")
	}
	v := l.fileName(d, e.Key, o)
	if v == nil {
		return nil
	}
	inner := d.in.below(d.Task)
	name, ok := l.evaluateText("the name of the file", v, e.Value.Pos, inner)
	if !ok {
		return nil
	}
	path := d.in.file.find(name, folderOf(d.Task), d.Role, true)
	return l.taskFile(e.Value.Pos, path, inner)
}

// folderOf is the folder of a role in which files of such tasks are looked for.
func folderOf(t *Task) string {
	if t.Handler {
		return "handlers"
	}
	return "tasks"
}

// taskFile reads a file of tasks.
func (l *loading) taskFile(pos diag.Pos, path string, in *level) []Node {
	for f := in.file; f != nil && !f.dynamic; f = f.up {
		if f.path == path {
			l.fault(pos, "%s imports itself", in.file.book.shown(path)).WithHint("include_tasks with a when: ends where the condition says")
			return nil
		}
	}
	root, _, err := l.open(in.file.book, path)
	switch {
	case err != nil:
		l.unreadable(in.file.book, pos, "the file", path, err)
		return nil
	case root == nil || root.Kind == yamlsrc.Null:
		l.warn(pos, "the file %s is empty: there are no tasks in it", in.file.book.shown(path))
		return nil
	case root.Kind != yamlsrc.Sequence:
		l.fault(root.Pos, "a file of tasks must be a list of tasks, not %s", root.Kind.WithArticle()).At(stageOfFile(in)).WithHint("begin each task with \"- \"")
		return nil
	}
	inner := *in
	inner.file = &file{path: path, dir: filepath.Dir(path), book: in.file.book, up: in.file}
	inner.nested = false
	nodes := l.tasks(root, &inner)
	if in.handler { // what stands in a block there stands beside the import
		nodes = flat(nodes)
	}
	return nodes
}

// importRole reads the role that an import names: its tasks stand in place of the import and have its keywords.
func (l *loading) importRole(d *draft, e yamlsrc.Entry) []Node {
	if l.roleAsHandler(d, e.Key) {
		return nil
	}
	o := l.includeOptions(d, e, "name", "role", "tasks_from", "vars_from", "defaults_from", "handlers_from", "public", "allow_duplicates", "rolespec_validate")
	if d.Loop != nil {
		l.fault(e.Key.Pos, "You cannot use loops on 'import_role' statements: it is read once, when the playbook is loaded").WithHint("include_role can be in a loop")
	}
	r := l.roleOptions(d, e.Key, o)
	if r.Name == nil {
		return nil
	}
	inner := d.in.below(d.Task)
	from, ok := l.roleFiles(r, e.Key.Pos, inner)
	if !ok {
		return nil
	}
	u := &roleUse{pos: e.Key.Pos, from: from, under: inner, given: ownVars(d), parents: d.in.chain(), included: true}
	role, nodes := l.role(u)
	l.surprise = l.surprise || !l.booting
	if role != nil && l.booting {
		p := d.in.play
		p.Roles = append(p.Roles, role)
		p.Handlers = append(p.Handlers, role.allHandlers()...)
	}
	return nodes
}

// ownVars gives what a task itself has under vars.
func ownVars(d *draft) *jinja.Dict {
	if len(d.Vars) > len(d.in.vars) {
		return d.Vars[len(d.Vars)-1]
	}
	return jinja.NewDict()
}

// chain is the way from the play to a role that is named here.
func (in *level) chain() []*Role {
	if in.role == nil {
		return nil
	}
	return join(in.role.Parents, []*Role{in.role})
}

// roleFiles computes the words of an import_role, which must be known now.
func (l *loading) roleFiles(r *IncludeRole, pos diag.Pos, in *level) (RoleFiles, bool) {
	from := RoleFiles{AllowDuplicates: true, Public: l.Public(false), Validate: true}
	all := true
	for _, w := range []struct {
		what  string
		value jinja.Value
		to    *string
	}{
		{"the name of the role", r.Name, &from.Name}, {"tasks_from", r.TasksFrom, &from.Tasks}, {"vars_from", r.VarsFrom, &from.Vars},
		{"defaults_from", r.DefaultsFrom, &from.Defaults}, {"handlers_from", r.HandlersFrom, &from.Handlers},
	} {
		if w.value != nil {
			text, ok := l.evaluateText(w.what, w.value, pos, in)
			*w.to, all = text, all && ok
		}
	}
	for _, f := range []struct {
		what  string
		value jinja.Value
		to    *bool
	}{{"public", r.Public, &from.Public}, {"allow_duplicates", r.AllowDuplicates, &from.AllowDuplicates}, {"rolespec_validate", r.RolespecValidate, &from.Validate}} {
		if f.value != nil {
			v, ok := l.evaluate(f.what, f.value, pos, in)
			b, err := modules.Bool(jinja.ToGo(v))
			if ok && err != nil {
				l.fault(pos, "%s must be true or false, not %s", f.what, jinja.Repr(v))
			}
			*f.to, all = b, all && ok
		}
	}
	return from, all
}

// stageOfFile is when ansible-core comes upon a file that holds no tasks: its parser does where the file is imported, and the include fails where it is included.
func stageOfFile(in *level) diag.Stage {
	if in.file != nil && in.file.dynamic {
		return diag.Loaded
	}
	return diag.Parsed
}

func flat(nodes []Node) []Node {
	var all []Node
	for _, t := range Tasks(nodes) {
		all = append(all, t)
	}
	return all
}
