package play

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// engineActions are what the engine and the loader do themselves, beside the words that are declared as modules are.
var engineActions = []string{"meta", "include_tasks", "import_tasks", "include_role", "import_role", "include"}

func isEngineAction(short string) bool {
	for _, a := range engineActions {
		if a == short {
			return true
		}
	}
	return false
}

// action reads the module of a task and its arguments.
func (l *loading) action(d *draft, e yamlsrc.Entry) []Node {
	d.Action = e.Key.Text
	switch short := shortName(d.Action); short {
	case "meta":
		l.meta(d, e)
	case "include_tasks", "include":
		l.includeTasks(d, e)
	case "import_tasks":
		return l.importTasks(d, e)
	case "include_role":
		l.includeRole(d, e)
	case "import_role":
		return l.importRole(d, e)
	case "import_playbook":
		l.fault(e.Key.Pos, "import_playbook cannot stand among tasks").At(diag.Ran).WithHint("it stands in the list of plays; import_tasks reads a file of tasks")
	default:
		d.Task.key, d.Task.value, d.Task.more = e.Key, e.Value, d.node.Get("args")
		if jinja.IsTemplate(d.Action) {
			d.Dynamic, _ = l.value(e.Key).(*jinja.Template)
			l.openArguments(d.Task)
			break
		}
		l.module(d.Task, d.in.maybe || d.mayFail())
	}
	return []Node{d.Task}
}

// mayFail reports whether whoever wrote a task says what comes of it when it fails.
func (d *draft) mayFail() bool {
	return d.in.rescued || (d.IgnoreErrors != nil && d.IgnoreErrors != false) || len(d.FailedWhen) > 0
}

// postpone makes warnings of the faults from an index on that ansible-core comes upon when the task runs: it fails with them then. What is wrong with more than its arguments fails
// it before its when is looked at.
func (l *loading) postpone(t *Task, from, act int) {
	if l.o.Strict {
		return
	}
	for i, d := range l.faults[from:] {
		if d.Severity != diag.Error || d.Stage != diag.Ran {
			continue
		}
		if t.Unsupported == nil {
			t.Unsupported = d
		}
		t.Broken = t.Broken || from+i < act
		l.faults[from+i] = l.later(d, "the task fails if it is reached")
	}
}

// later makes the warning of a fault that counts only when something is reached.
func (l *loading) later(d *diag.Diagnostic, then string) *diag.Diagnostic {
	w := *d
	w.Severity = diag.Warning
	w.Message += ": " + then
	return &w
}

// module finds the module of a task by its name, and reads the arguments that it has.
func (l *loading) module(t *Task, maybe bool) {
	m, ok := l.lookup(t)
	if !ok {
		l.missingModule(t, maybe)
		return
	}
	t.Module = m
	own := l.arguments(t, t.value)
	if t.more != nil {
		t.Args = l.extra(t, own)
	}
	t.Args = append(t.Args, own...)
	l.check(t, t.key.Pos)
}

// lookup finds a module by its name, and by its names in the collections that are searched.
func (l *loading) lookup(t *Task) (*modules.Module, bool) {
	if m, ok := l.o.Registry.Lookup(t.Action); ok {
		return m, true
	}
	if dot := strings.LastIndexByte(t.Action, '.'); dot > 0 {
		short := t.Action[dot+1:]
		if collectionOf()[short] != t.Action[:dot] {
			return nil, false
		}
		return l.o.Registry.Lookup(short)
	}
	for _, c := range t.Collections {
		if m, ok := l.o.Registry.Lookup(c + "." + t.Action); ok {
			return m, true
		}
	}
	return l.o.Registry.Lookup(fullName(t.Action))
}

// isKnown reports whether Ansible, a collection or a role may have a module of this name.
func (l *loading) isKnown(t *Task) bool {
	if isAnsibleModule(t.Action) || l.plugins.has(t.Action) {
		return true
	}
	foreign := slices.ContainsFunc(t.Collections, func(c string) bool { return !strings.HasPrefix(c, "ansible.") })
	return foreign && isName(t.Action) && l.o.Registry.Suggest(t.Action) == ""
}

// openArguments reads the arguments of a module that is not known yet.
func (l *loading) openArguments(t *Task) {
	for _, n := range []*yamlsrc.Node{t.more, t.value} {
		if n != nil && n.Kind == yamlsrc.Mapping {
			l.value(n) // templates that are wrong are told now
		}
	}
}

// missingModule tells of a module that Ansible, a collection or a role has and pfrun has not. It fails only when it is reached, if it stands behind a condition: roles carry
// tasks for other systems.
func (l *loading) missingModule(t *Task, maybe bool) {
	name := fullName(t.Action)
	if !l.isKnown(t) {
		d := l.fault(t.key.Pos, "couldn't resolve module/action '%s': nobody knows a module of this name", t.Action)
		d.Hint = l.o.Registry.Suggest(t.Action)
		return
	}
	const what = "pfrun does not have the module %q"
	if len(t.When) == 0 && !maybe {
		l.fault(t.key.Pos, what, name).At(diag.Lacking)
		return
	}
	fails := "the task fails if it is reached"
	if !maybe {
		fails = "the task fails if its when holds"
	}
	l.announce(t.key.Pos, what+": "+fails, name)
	t.Unsupported = diag.Errorf(t.key.Pos, what, name)
}

// arguments reads what stands behind the module's name.
func (l *loading) arguments(t *Task, n *yamlsrc.Node) []Arg {
	switch n.Kind {
	case yamlsrc.Null:
	case yamlsrc.Mapping:
		args := make([]Arg, 0, len(n.Entries))
		for _, e := range n.Entries {
			args = append(args, l.argument(t.Module, e))
		}
		return args
	case yamlsrc.Sequence:
		l.fault(n.Pos, "the arguments of %s must be a mapping, not a list", t.Action)
	default:
		return l.freeForm(t, n)
	}
	return nil
}

// extra reads the keyword args: arguments that those behind the module's name override.
func (l *loading) extra(t *Task, own []Arg) []Arg {
	n := t.more
	switch {
	case n.Kind == yamlsrc.Null:
		return nil
	case n.Kind == yamlsrc.String && jinja.IsTemplate(n.Text):
		if t.ArgsValue != nil {
			l.fault(n.Pos, "the arguments of %s are templates in two places", t.Action).WithHint("keep args")
		}
		t.ArgsValue = l.value(n)
		return nil
	case n.Kind != yamlsrc.Mapping:
		l.fault(n.Pos, "the value of the task `args` keyword is invalid").WithHint("it needs a mapping, or a template that gives one")
		return nil
	}
	given := map[string]bool{}
	for _, a := range own {
		given[a.Name] = true
	}
	var args []Arg
	for _, e := range n.Entries {
		if !given[e.Key.Text] {
			args = append(args, l.argument(t.Module, e))
		}
	}
	return args
}

// freeForm reads a string in place of arguments: the line of command, or k=v pairs, or a template that gives all arguments.
func (l *loading) freeForm(t *Task, n *yamlsrc.Node) []Arg {
	if _, ok := t.Module.New().(modules.FreeFormer); ok {
		if _, ok := t.Module.Arg("cmd"); ok && jinja.IsTemplate(n.Text) {
			return l.commandLine(t, n)
		}
		text := *n
		text.Kind = yamlsrc.String
		return []Arg{{Name: modules.FreeFormName, NamePos: n.Pos, Pos: n.Pos, Value: l.value(&text)}}
	}
	rest, pairs, err := modules.SplitFreeForm(n.Text)
	rest = strings.TrimSpace(rest)
	switch {
	case err != nil:
		l.fault(n.Pos, "%s: %s", t.Action, err).WithHint("write the arguments as a mapping below the module's name")
	case jinja.IsTemplate(rest):
		whole := *n
		if rest != n.Text {
			whole = *textNode(n.Pos, rest)
		}
		t.ArgsValue = l.value(&whole)
	case rest != "":
		l.fault(n.Pos, "%s: %q is not of the form name=value", t.Action, rest).At(diag.Ran).WithHint("write the arguments as a mapping below the module's name")
	}
	var args []Arg
	for _, p := range pairs {
		args = append(args, l.argument(t.Module, yamlsrc.Entry{Key: textNode(n.Pos, p.Name), Value: textNode(n.Pos, p.Value)}))
	}
	return args
}

// commandLine parts a command line that is a template from the arguments among its words, as Ansible does before it computes anything: what a variable holds is never an
// argument such as creates.
func (l *loading) commandLine(t *Task, n *yamlsrc.Node) []Arg {
	var among []string
	for _, a := range t.Module.Args {
		if a.Name != "cmd" && a.Name != "argv" {
			among = append(among, a.Name)
		}
	}
	rest, pairs, err := modules.SplitFreeForm(n.Text, among...)
	if err != nil {
		l.fault(n.Pos, "%s: %s", t.Module.Name, err)
		return nil
	}
	text := n
	if len(pairs) > 0 {
		text = textNode(n.Pos, strings.TrimSpace(rest))
	}
	args := []Arg{{Name: "cmd", NamePos: n.Pos, Pos: n.Pos, Value: l.value(text)}}
	for _, p := range pairs {
		args = append(args, l.argument(t.Module, yamlsrc.Entry{Key: textNode(n.Pos, p.Name), Value: textNode(n.Pos, p.Value)}))
	}
	return args
}

// argument reads one argument.
func (l *loading) argument(m *modules.Module, e yamlsrc.Entry) Arg {
	a := Arg{Name: e.Key.Text, NamePos: e.Key.Pos, Pos: e.Value.Pos}
	if _, ok := m.New().(modules.NameTemplater); ok && e.Key.Kind == yamlsrc.String && jinja.IsTemplate(a.Name) {
		a.NameValue = l.value(e.Key)
	}
	arg, ok := m.Arg(a.Name)
	if !ok || !arg.IsExpression() {
		a.Value = l.value(e.Value)
		return a
	}
	items := list(e.Value)
	if e.Value.Kind == yamlsrc.Sequence && !arg.IsList() {
		items = []*yamlsrc.Node{e.Value}
	}
	if len(items) > 0 {
		a.Expressions = []*jinja.Template{} // given, though it be wrong
	}
	compile := l.expression
	if !arg.IsList() { // no condition
		compile = l.namedExpression
	}
	for _, item := range items {
		switch item.Kind {
		case yamlsrc.Mapping, yamlsrc.Sequence, yamlsrc.Null:
			l.fault(item.Pos, "%s: %q needs an expression, not %s", m.Name, a.Name, item.Kind.WithArticle()).At(diag.Ran)
		default:
			if x := compile(item); x != nil {
				a.Expressions = append(a.Expressions, x)
			}
		}
	}
	return a
}

// check holds the arguments against what the module takes, as far as they are known when the playbook is loaded.
func (l *loading) check(t *Task, pos diag.Pos) {
	given := t.literal()
	for _, a := range t.Module.Args {
		if a.Required && !t.gives(a) && l.mayGive(t, a) {
			given = append(given, modules.Given{Name: a.Name, Template: true})
		}
	}
	err := t.Module.Check(pos, given).Err()
	if !t.takesMore() {
		_, err = t.Module.Decode(pos, given)
	}
	l.found(diag.Ran, func() { l.faults.AddError(pos, err) })
}

// takesMore reports whether arguments may come from elsewhere, so that nobody can tell yet whether they agree with one another.
func (t *Task) takesMore() bool {
	return t.ArgsValue != nil || slices.ContainsFunc(t.ModuleDefaults, func(d Defaults) bool {
		_, said := d.Modules[t.Module.Name]
		return said
	})
}

func (t *Task) gives(a modules.Arg) bool {
	for i := range t.Args {
		if found, _ := t.Module.Arg(t.Args[i].Name); found.Name == a.Name {
			return true
		}
	}
	return false
}

// mayGive reports whether an argument may come from a template of arguments or from module_defaults.
func (l *loading) mayGive(t *Task, a modules.Arg) bool {
	if t.ArgsValue != nil {
		return true
	}
	for _, d := range t.ModuleDefaults {
		for name, args := range d.Modules {
			if !appliesTo(name, t.Module) {
				continue
			}
			for _, arg := range args {
				if found, _ := t.Module.Arg(arg.Name); found.Name == a.Name || arg.Name == "" {
					return true
				}
			}
		}
	}
	return false
}

// literal gives the arguments as far as they are known when the playbook is loaded.
func (t *Task) literal() []modules.Given {
	given := make([]modules.Given, len(t.Args))
	for i, a := range t.Args {
		given[i] = modules.Given{Name: a.Name, NamePos: a.NamePos, Pos: a.Pos}
		if a.Expressions != nil || a.NameValue != nil || lazy.IsTemplate(a.Value) {
			given[i].Template = true
			continue
		}
		given[i].Value, given[i].Raw = jinja.ToGo(a.Value), a.Value
	}
	return given
}
