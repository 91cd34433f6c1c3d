package play

import (
	"path/filepath"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// varsFiles reads vars_files: files of variables, or lists of which the first that is there counts. Those whose names are written out are read now.
func (l *loading) varsFiles(p *Play, n *yamlsrc.Node, in *level) {
	for _, item := range list(n) {
		v := VarsFile{Pos: item.Pos}
		open := false
		for _, name := range list(item) {
			if _, ok := l.text("a file of variables", name); !ok {
				continue
			}
			value := l.value(name)
			_, template := value.(*jinja.Template)
			open = open || template
			v.Names = append(v.Names, value)
		}
		if !open && len(v.Names) > 0 {
			v.Fixed = l.fixedVars(v, in)
		}
		p.VarsFiles = append(p.VarsFiles, v)
	}
}

func (l *loading) fixedVars(v VarsFile, in *level) *jinja.Dict {
	for _, name := range v.Names {
		for _, dir := range []string{in.play.Dir, in.file.book.abs} {
			for _, path := range []string{filepath.Join(dir, "vars", name.(string)), filepath.Join(dir, name.(string))} {
				if filepath.IsAbs(name.(string)) {
					path = filepath.Clean(name.(string))
				}
				if exists(path) && !isDir(path) {
					return l.varsFile(in.file.book, path, v.Pos)
				}
			}
		}
	}
	var names []string
	for _, name := range v.Names {
		names = append(names, jinja.Str(name))
	}
	l.fault(v.Pos, "vars file %s was not found", strings.Join(names, " or ")).WithHint("it is looked for beside the playbook, and there in vars/")
	return nil
}

// VarsFile reads a file of variables, YAML or JSON: a mapping, or a list of mappings of which later ones win.
func (l *Loader) VarsFile(path string) (*jinja.Dict, diag.List) {
	now := l.loading()
	d := now.varsFile(newBook(path), absolute(path), diag.Pos{})
	return d, now.all()
}

func (l *loading) varsFile(b *book, path string, pos diag.Pos) *jinja.Dict {
	all := jinja.NewDict()
	root, _, err := l.open(b, path)
	if err != nil {
		l.unreadable(b, pos, "the file of variables", path, err)
		return all
	}
	if root == nil {
		return all
	}
	for _, item := range list(root) {
		if item.Kind != yamlsrc.Mapping {
			l.fault(item.Pos, "a file of variables must be a mapping, or a list of mappings, not %s", item.Kind.WithArticle())
			continue
		}
		d, _ := l.value(item).(*jinja.Dict)
		for k, v := range d.Items {
			all.Set(k, v)
		}
	}
	return all
}
