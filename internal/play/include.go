package play

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// includeKeywords are those that tasks which include something while the run is under way may have.
var includeKeywords = strings.Fields(`action args collections debugger ignore_errors loop loop_control name no_log register run_once tags timeout vars when`)

// options are the arguments of an include or import, by their names; a text in their place is under modules.FreeFormName.
type options map[string]yamlsrc.Entry

// includeOptions reads the arguments of an include or import and refuses those that it does not have.
func (l *loading) includeOptions(d *draft, e yamlsrc.Entry, known ...string) options {
	o := options{}
	add := func(e yamlsrc.Entry) {
		if !slices.Contains(known, e.Key.Text) {
			f := l.fault(e.Key.Pos, "Invalid options for %s: %s", d.Action, e.Key.Text)
			if f.Hint = diag.DidYouMean(e.Key.Text, known); f.Hint == "" && e.Key.Text == "apply" {
				f.Hint = "what an import brings in has the keywords of the import: apply is for includes"
			}
			return
		}
		if _, twice := o[e.Key.Text]; !twice {
			o[e.Key.Text] = e
		}
	}
	switch e.Value.Kind {
	case yamlsrc.Mapping:
		for _, arg := range e.Value.Entries {
			add(arg)
		}
	case yamlsrc.Sequence:
		l.fault(e.Value.Pos, "the arguments of %s must be a mapping or a name, not a list", d.Action)
	case yamlsrc.Null:
	default:
		l.includeText(d, e.Value, o, add)
	}
	if more := d.node.Get("args"); more != nil && more.Kind == yamlsrc.Mapping {
		for _, arg := range more.Entries {
			add(arg)
		}
	}
	return o
}

// includeText reads a text in place of arguments: a name, with pairs behind it.
func (l *loading) includeText(d *draft, n *yamlsrc.Node, o options, add func(yamlsrc.Entry)) {
	text, pairs, err := modules.SplitFreeForm(n.Text)
	if err != nil {
		l.fault(n.Pos, "%s: %s", d.Action, err)
		return
	}
	for _, p := range pairs {
		add(yamlsrc.Entry{Key: textNode(n.Pos, p.Name), Value: textNode(n.Pos, p.Value)})
	}
	if text = strings.TrimSpace(text); text != "" {
		whole := n
		if text != n.Text {
			whole = textNode(n.Pos, unquoted(text))
		}
		o[modules.FreeFormName] = yamlsrc.Entry{Key: n, Value: whole}
	}
}

func unquoted(s string) string {
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[0] == s[n-1] {
		return s[1 : n-1]
	}
	return s
}

// word gives an argument that is a text or a template; nil where it is not given.
func (l *loading) word(o options, name string) jinja.Value {
	e, ok := o[name]
	if !ok || e.Value.Kind == yamlsrc.Null {
		return nil
	}
	if _, ok := l.text(name, e.Value); !ok {
		return nil
	}
	text := *e.Value
	text.Kind = yamlsrc.String
	return l.value(&text)
}

// fileName gives the file that an include or import names.
func (l *loading) fileName(d *draft, key *yamlsrc.Node, o options) jinja.Value {
	for _, name := range []string{modules.FreeFormName, "file"} {
		if v := l.word(o, name); v != nil && v != "" {
			return v
		}
	}
	if e := d.node.Get(d.Action); e != nil && e.Kind == yamlsrc.Sequence {
		return nil
	}
	l.fault(key.Pos, "No file specified for %s", d.Action).WithHint("write \"%s: FILE\"", d.Action)
	return nil
}

// onlyIncludeKeywords refuses what an include does not look at.
func (l *loading) onlyIncludeKeywords(d *draft, of string) {
	for _, e := range d.given {
		word := e.Key.Text
		if slices.Contains(includeKeywords, word) || strings.HasPrefix(word, "with_") || (d.Handler && word == "listen") {
			continue
		}
		f := l.fault(e.Key.Pos, "'%s' is not a valid attribute for a %s", word, of)
		if _, ok := blockKeywords[word]; ok || commonKeywords[word] != nil || delegateKeywords[word] != nil {
			f.Hint = "give it to the tasks that are included, with \"apply: {" + word + ": …}\" among the arguments"
		}
	}
}

// includeTasks reads include_tasks.
func (l *loading) includeTasks(d *draft, e yamlsrc.Entry) {
	of := "TaskInclude"
	if d.Handler {
		of = "HandlerTaskInclude"
	}
	if shortName(d.Action) == "include" {
		l.warn(e.Key.Pos, "include is taken as include_tasks: Ansible has it no more").WithHint("write include_tasks, or import_tasks to have it read when the playbook is loaded")
	}
	l.onlyIncludeKeywords(d, of)
	o := l.includeOptions(d, e, "file", "apply", modules.FreeFormName)
	d.Include = &Include{File: l.fileName(d, e.Key, o), under: l.under(d, o), Vars: ownVars(d)}
	l.previewTasks(d)
}

// under is what the tasks that an include brings in inherit.
func (l *loading) under(d *draft, o options) *level {
	around := *d.in
	around.vars = d.Vars
	around.maybe = d.in.maybe || len(d.When) > len(d.in.when)
	if e, ok := o["apply"]; ok && e.Value.Kind != yamlsrc.Null {
		if e.Value.Kind != yamlsrc.Mapping {
			l.fault(e.Value.Pos, "Expected a dict for apply but got %s instead", e.Value.Kind.WithArticle())
			return &around
		}
		return around.below(l.head(e.Value, &around, "Block"))
	}
	return &around
}

// includeRole reads include_role.
func (l *loading) includeRole(d *draft, e yamlsrc.Entry) {
	if l.roleAsHandler(d, e.Key) {
		return
	}
	l.onlyIncludeKeywords(d, "IncludeRole")
	o := l.includeOptions(d, e, "name", "role", "tasks_from", "vars_from", "defaults_from", "handlers_from", "apply", "public", "allow_duplicates", "rolespec_validate")
	r := l.roleOptions(d, e.Key, o)
	d.Include = &Include{Role: r, under: l.under(d, o), Vars: ownVars(d)}
	l.previewRole(d)
}

func (l *loading) roleAsHandler(d *draft, key *yamlsrc.Node) bool {
	if d.Handler {
		l.fault(key.Pos, "Using '%s' as a handler is not supported.", d.Action).WithHint("include_tasks can stand in a handler")
	}
	return d.Handler
}

// roleOptions reads which role is included or imported, and which of its files.
func (l *loading) roleOptions(d *draft, key *yamlsrc.Node, o options) *IncludeRole {
	r := &IncludeRole{Name: l.word(o, "name")}
	if r.Name == nil {
		r.Name = l.word(o, "role")
	}
	if r.Name == nil {
		l.fault(key.Pos, "'name' is a required field for %s.", d.Action)
	}
	for _, from := range []struct {
		name string
		to   *jinja.Value
	}{{"tasks_from", &r.TasksFrom}, {"vars_from", &r.VarsFrom}, {"defaults_from", &r.DefaultsFrom}, {"handlers_from", &r.HandlersFrom}} {
		if e, ok := o[from.name]; ok && e.Value.Kind != yamlsrc.String {
			l.fault(e.Value.Pos, "Expected a string for %s but got %s instead", from.name, e.Value.Kind.WithArticle())
			continue
		}
		*from.to = l.word(o, from.name)
	}
	for _, flag := range []struct {
		name string
		to   *jinja.Value
	}{{"public", &r.Public}, {"allow_duplicates", &r.AllowDuplicates}, {"rolespec_validate", &r.RolespecValidate}} {
		if e, ok := o[flag.name]; ok {
			*flag.to = l.boolean(flag.name, e.Value)
		}
	}
	return r
}
