package play

import (
	"path/filepath"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// Playbook reads a playbook, and those that it imports. The list holds every fault and warning; the playbook is only to be run where it has no errors.
func (l *Loader) Playbook(path string) (*Playbook, diag.List) {
	now := l.loading()
	now.booting = true
	book, around := &Playbook{File: path}, &imported{}
	if !exists(path) { // as ansible-playbook takes playbooks of collections by their names
		here := newBook(path)
		if found, collection := now.bookPath(path, &file{dir: here.abs, book: here}); collection != "" {
			path, around.collection = found, collection
		}
	}
	b := newBook(path)
	f := &file{path: absolute(path), dir: b.abs, book: b}
	root, src, err := now.open(b, f.path)
	if err != nil {
		now.unreadable(b, diag.Pos{}, "the playbook", f.path, err)
		return book, now.all()
	}
	book.Plays = now.plays(src, root, f, around)
	return book, now.all()
}

// Parse reads a playbook that is a text. What it names relatively is looked for in the folder of the source's name.
func (l *Loader) Parse(src *diag.Source) (*Playbook, diag.List) {
	now := l.loading()
	now.booting = true
	b := newBook(src.Name)
	book := &Playbook{File: src.Name}
	root, faults := yamlsrc.ParseOne(src)
	now.faults.Add(faults...)
	if len(faults.Errors()) == 0 {
		book.Plays = now.plays(src, root, &file{path: absolute(src.Name), dir: b.abs, book: b}, &imported{})
	}
	return book, now.all()
}

// imported is what the import_playbook around a play hand down to it.
type imported struct {
	vars *jinja.Dict
	when []Condition
	tags []jinja.Value
	path []string // of playbooks, to notice circles
	// collection is that of the nearest playbook that was named by a collection: names without a namespace are of it first.
	collection string
}

// into gives a play the variables of the imports around it, which win over its own.
func (i *imported) into(p *Play) {
	if i.vars == nil || i.vars.Len() == 0 {
		return
	}
	p.Vars = p.Vars.Copy()
	for k, v := range i.vars.Items {
		p.Vars.Set(k, v)
	}
}

// plays reads the list of plays of a file.
func (l *loading) plays(src *diag.Source, root *yamlsrc.Node, f *file, around *imported) []*Play {
	if root == nil || root.Kind != yamlsrc.Sequence || len(root.Items) == 0 {
		d := l.fault(diag.Pos{Source: src, Line: 1, Column: 1}, "a playbook must be a list of plays").WithHint("begin each play with \"- hosts: …\"")
		if root != nil && root.Kind == yamlsrc.Sequence {
			d.Message = "A playbook must contain at least one play"
		}
		return nil
	}
	l.announcePlugins(root.Pos, "the playbook", f.dir)
	var plays []*Play
	for _, n := range root.Items {
		switch {
		case n.Kind != yamlsrc.Mapping:
			l.fault(n.Pos, "a play must be a mapping, not %s", n.Kind.WithArticle()).
				WithHint("begin each play with \"- hosts: …\"")
		case importKey(n) != nil:
			plays = append(plays, l.importPlaybook(n, f, around)...)
		default:
			plays = append(plays, l.play(n, f, around))
		}
	}
	return plays
}

func importKey(n *yamlsrc.Node) *yamlsrc.Entry {
	for i, e := range n.Entries {
		if shortName(e.Key.Text) == "import_playbook" {
			return &n.Entries[i]
		}
	}
	return nil
}

// importPlaybook reads the plays of another file.
func (l *loading) importPlaybook(n *yamlsrc.Node, f *file, around *imported) []*Play {
	in := &level{file: f}
	inner := &imported{vars: jinja.NewDict(), when: around.when, tags: around.tags, path: append(around.path[:len(around.path):len(around.path)], f.path)}
	key := importKey(n)
	name := l.importName(key.Value, inner)
	for _, e := range n.Entries {
		switch {
		case e.Key == key.Key || e.Key.Text == "name":
		case e.Key.Text == "vars":
			for k, v := range l.variables(e.Value).Items {
				inner.vars.Set(k, v)
			}
		case e.Key.Text == "when":
			inner.when = join(around.when, l.conditions(e.Value))
		case e.Key.Text == "tags":
			inner.tags = join(around.tags, l.tags(e.Value))
		default:
			if l.common(&Common{}, e, false) {
				l.warn(e.Key.Pos, "import_playbook does not hand down %s", e.Key.Text).WithHint("give it to the plays of the file")
				continue
			}
			l.invalid(e.Key, "PlaybookInclude", names(commonKeywords, []string{"vars", "when", "name"}))
		}
	}
	if v, ok := inner.vars.GetString("tags"); ok {
		inner.vars.Delete("tags")
		if text, ok := v.(string); ok {
			for tag := range strings.SplitSeq(text, ",") {
				inner.tags = append(inner.tags[:len(inner.tags):len(inner.tags)], strings.TrimSpace(tag))
			}
		}
	}
	if around.vars != nil {
		for k, v := range around.vars.Items {
			inner.vars.Set(k, v)
		}
	}
	in.vars = []*jinja.Dict{inner.vars}
	inner.collection = around.collection
	if name == nil {
		return nil
	}
	text, ok := l.evaluateText("the name of the playbook", name, key.Value.Pos, in)
	if !ok {
		return nil
	}
	path, collection := l.bookPath(text, f)
	if collection != "" {
		inner.collection = collection
	}
	return l.playbookFile(key.Value.Pos, path, inner, f.book)
}

// importName reads the name of a playbook; variables may stand behind it, as name=value.
func (l *loading) importName(n *yamlsrc.Node, inner *imported) jinja.Value {
	text, ok := l.text("import_playbook", n)
	if !ok {
		return nil
	}
	rest, pairs, err := modules.SplitFreeForm(text)
	if err != nil || len(pairs) == 0 {
		return l.value(n)
	}
	for _, p := range pairs {
		inner.vars.Set(p.Name, l.value(textNode(n.Pos, p.Value)))
	}
	return l.value(textNode(n.Pos, strings.TrimSpace(rest)))
}

// bookPath finds a playbook: of a collection by its full name, else beside the file that imports it. It gives the collection too.
func (l *loading) bookPath(name string, f *file) (path, collection string) {
	if parts := strings.SplitN(name, ".", 3); len(parts) == 3 && !strings.Contains(name, "/") {
		collection = parts[0] + "." + parts[1]
		for _, dir := range l.collectionDirs(collection, &level{file: f}) {
			base := filepath.Join(dir, "playbooks", strings.ReplaceAll(parts[2], ".", "/"))
			for _, path := range []string{base + ".yml", base + ".yaml", base, filepath.Join(dir, "playbooks", parts[2])} {
				if exists(path) && !isDir(path) {
					return path, collection
				}
			}
		}
	}
	if filepath.IsAbs(name) {
		return filepath.Clean(name), ""
	}
	return filepath.Join(f.dir, name), ""
}

func (l *loading) playbookFile(pos diag.Pos, path string, inner *imported, b *book) []*Play {
	for _, p := range inner.path {
		if p == path {
			l.fault(pos, "%s imports itself", b.shown(path))
			return nil
		}
	}
	root, src, err := l.open(b, path)
	if err != nil {
		l.unreadable(b, pos, "the playbook", path, err)
		return nil
	}
	return l.plays(src, root, &file{path: path, dir: filepath.Dir(path), book: b}, inner)
}
