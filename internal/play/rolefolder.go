package play

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// roleFolder reads the files of a role.
type roleFolder struct {
	*loading
	role *Role
	use  *roleUse
	in   *level // what its tasks inherit, and what it stands in itself
}

// read reads everything in Ansible's order, and gives the blocks of its dependencies and its own.
func (rf *roleFolder) read() []Node {
	r := rf.role
	r.Vars = rf.variables("vars", rf.use.from.Vars)
	r.Defaults = rf.variables("defaults", rf.use.from.Defaults)
	rf.announcePlugins(rf.use.pos, "role "+r.FullName(), r.Path)
	meta := rf.meta()
	nodes := rf.dependencies(meta)
	if !rf.use.included {
		r.AllowDuplicates = rf.allowDuplicates(meta)
	}
	rf.in.Collections = rf.collections(meta)
	block := &Block{Pos: rf.use.pos, Name: r.Name, Role: r}
	if rf.use.from.Validate {
		block.Body = rf.argumentSpec(meta)
	}
	block.Body = append(block.Body, rf.tasks("tasks", rf.use.from.Tasks, rf.in)...)
	of := *rf.in
	of.handler, of.nested = true, false
	r.Handlers = groups(rf.tasks("handlers", rf.use.from.Handlers, &of))
	return append(nodes, block)
}

// tasks reads a list of tasks: tasks or handlers.
func (rf *roleFolder) tasks(folder, name string, in *level) []Node {
	path := rf.file(folder, name)
	if path == "" {
		return nil
	}
	root := rf.yaml(path)
	switch {
	case root == nil:
		return nil
	case root.Kind != yamlsrc.Sequence:
		rf.fault(root.Pos, "%s/%s of role %s must be a list of tasks, not %s", folder, filepath.Base(path), rf.role.FullName(), root.Kind.WithArticle())
		return nil
	}
	inner := *in
	inner.file = &file{path: path, dir: filepath.Join(rf.role.Path, folder), book: in.file.book}
	return rf.loading.tasks(root, &inner)
}

// yaml reads a file of the role; nil where it is empty, or wrong in a way that was told.
func (rf *roleFolder) yaml(path string) *yamlsrc.Node {
	root, _, err := rf.open(rf.in.file.book, path)
	if err != nil {
		rf.unreadable(rf.in.file.book, rf.use.pos, "the file", path, err)
		return nil
	}
	if root.IsNull() {
		return nil
	}
	return root
}

var yamlEndings = []string{".yml", ".yaml", ".json"}

// file finds a file in a folder of the role: main, or one of another name that must be there. Empty: there is none.
func (rf *roleFolder) file(folder, name string) string {
	found := rf.find(folder, name, false)
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// find gives the files of a name in a folder of the role. Where folders may stand for files, those in it are read together.
func (rf *roleFolder) find(folder, name string, dirs bool) []string {
	dir := filepath.Join(rf.role.Path, folder)
	endings := append(slices.Clone(yamlEndings), "")
	base := "main"
	if name != "" {
		base, endings = name, append([]string{""}, yamlEndings...)
	}
	for _, ending := range endings {
		path := filepath.Join(dir, base+ending)
		if filepath.IsAbs(base) {
			path = base + ending
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
		case !below(dir, path):
			rf.fault(rf.use.pos, "Failed loading '%s' for role (%s) as it is not inside the expected role path: '%s'", path, rf.role.Name, dir)
			return nil
		case !info.IsDir():
			return []string{path}
		case dirs:
			return filesIn(path)
		}
	}
	if name != "" && isDir(dir) {
		rf.fault(rf.use.pos, "Could not find specified file in role: %s/%s", folder, name)
	}
	return nil
}

func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// filesIn gives the files of variables below a folder, in the order of their names.
func filesIn(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		name, path := e.Name(), filepath.Join(dir, e.Name())
		ending := filepath.Ext(name)
		switch {
		case strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~"):
		case isDir(path):
			if ending == "" {
				files = append(files, filesIn(path)...)
			}
		case ending == "" || slices.Contains(yamlEndings, ending):
			files = append(files, path)
		}
	}
	return files
}

// variables reads vars or defaults.
func (rf *roleFolder) variables(folder, name string) *jinja.Dict {
	all := jinja.NewDict()
	for _, path := range rf.find(folder, name, true) {
		root := rf.yaml(path)
		switch {
		case root == nil:
		case root.Kind != yamlsrc.Mapping:
			rf.fault(root.Pos, "%s/%s of role %s must be a mapping of variables, not %s", folder, filepath.Base(path), rf.role.FullName(), root.Kind.WithArticle())
		default:
			d, _ := rf.value(root).(*jinja.Dict)
			for k, v := range d.Items {
				all.Set(k, v)
			}
		}
	}
	return all
}

// meta reads meta/main.yml; nil: there is none.
func (rf *roleFolder) meta() *yamlsrc.Node {
	path := rf.file("meta", "")
	if path == "" {
		return nil
	}
	root := rf.yaml(path)
	if root != nil && root.Kind != yamlsrc.Mapping {
		rf.fault(root.Pos, "meta/%s of role %s must be a mapping, not %s", filepath.Base(path), rf.role.FullName(), root.Kind.WithArticle())
		return nil
	}
	return root
}

// dependencies reads the roles that run before this one.
func (rf *roleFolder) dependencies(meta *yamlsrc.Node) []Node {
	n := meta.Get("dependencies")
	if n.IsNull() {
		return nil
	}
	in := *rf.use.under
	in.role, in.file = rf.role, rf.in.file
	in.Collections = nil
	if rf.role.Collection != "" {
		in.Collections = []string{rf.role.Collection}
	}
	var all []Node
	for _, item := range rf.roleList("dependencies", n) {
		u := rf.roleUse(item, &in)
		if u == nil {
			continue
		}
		u.parents, u.included = join(rf.role.Parents, []*Role{rf.role}), false
		u.from.Public = !rf.role.Private
		dep, nodes := rf.loading.role(u)
		if dep != nil {
			rf.role.Deps = append(rf.role.Deps, dep)
		}
		all = append(all, nodes...)
	}
	return all
}

func (rf *roleFolder) allowDuplicates(meta *yamlsrc.Node) bool {
	n := meta.Get("allow_duplicates")
	return !n.IsNull() && rf.flag("allow_duplicates", n)
}

// collections gives what is searched for names in the role's tasks: its own collection, then those that its meta names. Nothing of the play's.
func (rf *roleFolder) collections(meta *yamlsrc.Node) []string {
	all := []string{}
	if rf.role.Collection != "" {
		all = append(all, rf.role.Collection)
	}
	if n := meta.Get("collections"); !n.IsNull() {
		all = append(all, rf.loading.collections(n)...)
	}
	return all
}

// argumentSpec makes the task that holds the role's variables against its description of them, where it has one.
func (rf *roleFolder) argumentSpec(meta *yamlsrc.Node) []Node {
	specs := meta.Get("argument_specs")
	if path := rf.first("meta/argument_specs.yml", "meta/argument_specs.yaml", "meta/argument_specs.json"); path != "" {
		specs = rf.yaml(path).Get("argument_specs")
	}
	entry := rf.use.from.Tasks
	if entry == "" {
		entry = "main"
	}
	spec := specs.Get(entry)
	if spec.IsNull() {
		return nil
	}
	name := "Validating arguments against arg spec '" + entry + "'"
	if short := spec.Get("short_description"); !short.IsNull() {
		name += " - " + short.Text
	}
	options := spec.Get("options")
	if options == nil {
		options = &yamlsrc.Node{Kind: yamlsrc.Mapping, Pos: spec.Pos}
	}
	t := &Task{Pos: spec.Pos, Dir: rf.in.file.dir, Name: name, Action: "ansible.builtin.validate_argument_spec", Role: rf.role, at: rf.in.file}
	t.Tags = []jinja.Value{"always"}
	t.inherit(rf.in)
	m, ok := rf.o.Registry.Lookup(t.Action)
	if !ok {
		rf.fault(spec.Pos, "pfrun cannot validate the arguments of role %s", rf.role.FullName()).At(diag.Lacking)
		return nil
	}
	t.Module = m
	about := jinja.NewDict()
	for _, kv := range [][2]string{{"type", "role"}, {"name", rf.role.Name}, {"argument_spec_name", entry}, {"path", rf.role.Path}} {
		about.Set(kv[0], kv[1])
	}
	t.Args = []Arg{
		{Name: "argument_spec", NamePos: options.Pos, Pos: options.Pos, Value: rf.value(options)},
		{Name: "provided_arguments", NamePos: spec.Pos, Pos: spec.Pos, Value: rf.role.Params},
		{Name: "validate_args_context", NamePos: spec.Pos, Pos: spec.Pos, Value: about},
	}
	rf.check(t, spec.Pos)
	return []Node{t}
}

func (rf *roleFolder) first(names ...string) string {
	for _, name := range names {
		if path := filepath.Join(rf.role.Path, name); exists(path) {
			return path
		}
	}
	return ""
}
