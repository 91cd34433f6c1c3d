package play_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// printer writes a loaded tree as text: what is set, and nothing else.
type printer struct {
	loader *play.Loader
	dir    string
	faults diag.List
	depth  int // of includes
	b      strings.Builder
}

func (p *printer) line(indent int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	text = strings.ReplaceAll(strings.ReplaceAll(text, p.dir+"/", ""), p.dir, ".")
	p.b.WriteString(strings.Repeat("  ", indent) + text + "\n")
}

func (p *printer) book(b *play.Playbook) string {
	for _, pl := range b.Plays {
		p.play(pl)
	}
	return p.b.String()
}

func (p *printer) play(pl *play.Play) {
	p.line(0, "play %s in %s", show(pl.Hosts), pl.Dir)
	p.fields(1, "", *pl, "Hosts", "Pos", "Dir", "Sections", "Roles", "Handlers", "Gather")
	if pl.Gather != nil {
		p.line(1, "gather")
		p.task(2, pl.Gather)
	}
	for _, r := range pl.Roles {
		p.role(1, r)
	}
	for _, s := range pl.Sections {
		if len(s.Nodes) > 0 {
			p.line(1, "%s", s.Name)
			p.nodes(2, s.Nodes)
		}
	}
	for _, group := range pl.Handlers {
		p.line(1, "handlers")
		for _, h := range group {
			p.task(2, h)
		}
	}
}

func (p *printer) role(indent int, r *play.Role) {
	p.line(indent, "role %s in %s", r.FullName(), r.Path)
	p.fields(indent+1, "", *r, "Name", "Collection", "Path", "Deps", "Parents", "Handlers", "Key")
	for _, parent := range r.Parents {
		p.line(indent+1, "parent %s", parent.FullName())
	}
	for _, d := range r.Deps {
		p.role(indent+1, d)
	}
}

func (p *printer) nodes(indent int, nodes []play.Node) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *play.Task:
			p.task(indent, n)
		case *play.Block:
			name := show(n.Name)
			if n.Role != nil {
				name += " of role " + n.Role.FullName()
			}
			p.line(indent, "block %s", name)
			p.nodes(indent+1, n.Body)
			for _, part := range []struct {
				name  string
				nodes []play.Node
			}{{"rescue", n.Rescue}, {"always", n.Always}} {
				if len(part.nodes) > 0 {
					p.line(indent, "%s", part.name)
					p.nodes(indent+1, part.nodes)
				}
			}
		}
	}
}

func (p *printer) task(indent int, t *play.Task) {
	what := t.Action
	if t.Meta != "" {
		what += " " + string(t.Meta)
	}
	p.line(indent, "%s: %s (%s)", show(t.Name), what, t.Pos)
	p.fields(indent+1, "", *t, "Name", "Action", "Meta", "Pos", "Dir", "Module", "Args", "Role", "Include", "Unsupported", "Dynamic")
	for _, a := range t.Args {
		value := show(a.Value)
		if a.Expressions != nil {
			value = "expression " + show(a.Expressions)
		}
		p.line(indent+1, "%s = %s", a.Name, value)
	}
	switch {
	case t.Role != nil:
		p.line(indent+1, "role %s", t.Role.FullName())
	}
	if t.Unsupported != nil {
		p.line(indent+1, "unsupported: %s", t.Unsupported.Message)
	}
	if t.Include != nil {
		p.fields(indent+1, "include ", *t.Include, "Role")
		p.include(indent+1, t)
	}
}

// include follows an include whose names are written out, as the engine would.
func (p *printer) include(indent int, t *play.Task) {
	if p.depth++; p.depth > 3 {
		p.line(indent, "…")
		p.depth--
		return
	}
	defer func() { p.depth-- }()
	if r := t.Include.Role; r != nil {
		p.fields(indent, "role ", *r)
		name, ok := r.Name.(string)
		if !ok {
			return
		}
		from := play.RoleFiles{Name: name, AllowDuplicates: r.AllowDuplicates != false, Public: r.Public == true, Validate: r.RolespecValidate != false}
		from.Tasks, _ = r.TasksFrom.(string)
		from.Vars, _ = r.VarsFrom.(string)
		from.Defaults, _ = r.DefaultsFrom.(string)
		from.Handlers, _ = r.HandlersFrom.(string)
		block, faults := p.loader.IncludeRole(t, from)
		p.faults.Add(faults...)
		if block != nil {
			p.role(indent, block.Role)
			p.nodes(indent, []play.Node{block})
		}
		return
	}
	if name, ok := t.Include.File.(string); ok {
		path, err := p.loader.FindTasks(t, name)
		p.line(indent, "file %s", path)
		if err != nil {
			p.line(indent, "which is not there")
			return
		}
		nodes, faults := p.loader.IncludeTasks(t, path)
		p.faults.Add(faults...)
		p.nodes(indent, nodes)
	}
}

// fields writes the exported fields of a struct that are set, those of an embedded one among them.
func (p *printer) fields(indent int, prefix string, of any, without ...string) {
	v := reflect.ValueOf(of)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.IsExported() || v.Field(i).IsZero() || slices.Contains(without, f.Name):
		case f.Anonymous:
			p.fields(indent, prefix, v.Field(i).Interface(), without...)
		default:
			if text := show(v.Field(i).Interface()); text != "{}" && text != "[]" {
				p.line(indent, "%s%s: %s", prefix, strings.ToLower(f.Name), text)
			}
		}
	}
}

// show gives a value on one line; templates are shown as they are written.
func show(v any) string {
	switch x := v.(type) {
	case nil:
		return "-"
	case string:
		return fmt.Sprintf("%q", x)
	case *jinja.Template:
		return "<" + x.Source() + ">"
	case []*jinja.Template:
		return showList(x)
	case *jinja.List:
		return showList(x.Items())
	case *jinja.Dict:
		return showDict(x)
	case play.Condition:
		return show(x.Shown())
	case play.Name:
		return show(x.Value)
	case play.Defaults:
		return showDefaults(x)
	case *bool:
		return fmt.Sprint(*x)
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice:
		var items []any
		for i := range r.Len() {
			items = append(items, r.Index(i).Interface())
		}
		return showList(items)
	case reflect.Pointer:
		return show(r.Elem().Interface())
	case reflect.Struct:
		var parts []string
		for i := range r.NumField() {
			if f := r.Type().Field(i); f.IsExported() && !r.Field(i).IsZero() && f.Name != "Pos" {
				parts = append(parts, strings.ToLower(f.Name)+": "+show(r.Field(i).Interface()))
			}
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	return fmt.Sprint(v)
}

func showList[T any](items []T) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = show(item)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func showDict(d *jinja.Dict) string {
	var parts []string
	for k, v := range d.Items {
		parts = append(parts, jinja.Str(k)+": "+show(v))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func showDefaults(d play.Defaults) string {
	var parts []string
	for name, args := range d.Modules {
		var of []string
		for _, a := range args {
			of = append(of, a.Name+"="+show(a.Value))
		}
		parts = append(parts, name+" "+strings.Join(of, " "))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}
