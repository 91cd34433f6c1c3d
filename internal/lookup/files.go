package lookup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// maxFile is how large a file may be that a lookup reads.
const maxFile = 64 << 20

// read gives the text of a file.
func (l *lookups) read(ctx context.Context, s jinja.Scope, subdir, name string) (text, path string, err error) {
	return l.readAs(ctx, s, subdir, name, decodeUTF8)
}

func (l *lookups) readAs(ctx context.Context, s jinja.Scope, subdir, name string, decode decoder) (text, path string, err error) {
	if path, err = l.find(ctx, s, subdir, name); err != nil {
		return "", "", err
	}
	data, err := l.o.ReadFile(path)
	switch {
	case err != nil:
		return "", "", err
	case len(data) > maxFile:
		return "", "", fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	text, err = decode(path, data)
	return text, path, err
}

func (l *lookups) file(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	left, right := boolOption(o, "lstrip", false), boolOption(o, "rstrip", true)
	return l.each(ctx, s, terms, o, func(text string) string {
		if left {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
		}
		if right {
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		}
		return text
	})
}

func (l *lookups) unvault(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	return l.each(ctx, s, terms, o, func(text string) string { return text })
}

func (l *lookups) each(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict, shape func(string) string) ([]jinja.Value, error) {
	names, err := texts(terms)
	if err != nil {
		return nil, err
	}
	out := make([]jinja.Value, len(names))
	for i, name := range names {
		text, _, err := l.read(ctx, s, "files", name)
		if err != nil {
			return nil, err
		}
		out[i] = shape(text)
	}
	return out, done(o)
}

// withVars is a scope in which some variables are set.
type withVars struct {
	jinja.Scope
	vars *jinja.Dict
}

// Lookup gives the value of a name.
func (w withVars) Lookup(name string) (jinja.Value, bool) {
	if v, ok := w.vars.GetString(name); ok {
		return v, true
	}
	if w.Scope == nil {
		return nil, false
	}
	return w.Scope.Lookup(name)
}

// Names gives the names of both.
func (w withVars) Names() []string {
	var names []string
	if n, ok := w.Scope.(jinja.Namer); ok {
		names = n.Names()
	}
	for k := range w.vars.Items {
		names = append(names, jinja.Str(k))
	}
	return names
}

// template renders template files with the variables of the task.
func (l *lookups) template(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	env, ok := jinja.EnvFrom(ctx)
	if !ok {
		return nil, errNotHere
	}
	boolOption(o, "convert_data", true)
	boolOption(o, "jinja2_native", false)
	syntax := jinja.Syntax{
		VariableStart: textOption(o, "variable_start_string", ""), VariableEnd: textOption(o, "variable_end_string", ""),
		CommentStart: textOption(o, "comment_start_string", ""), CommentEnd: textOption(o, "comment_end_string", ""),
		BlockStart: textOption(o, "block_start_string", ""), BlockEnd: textOption(o, "block_end_string", ""),
		TrimBlocks: boolOption(o, "trim_blocks", true), LstripBlocks: boolOption(o, "lstrip_blocks", false),
	}
	scope := s
	if v, given := option(o, "template_vars"); given {
		d, ok := v.(*jinja.Dict)
		if !ok {
			return nil, fmt.Errorf("template_vars must be a dict, not '%s'", jinja.TypeName(v))
		}
		scope = withVars{s, d}
	}
	if err := done(o); err != nil {
		return nil, err
	}
	names, err := texts(terms)
	if err != nil {
		return nil, err
	}
	out := make([]jinja.Value, len(names))
	for i, name := range names {
		if out[i], err = l.render(ctx, env, scope, name, syntax); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (l *lookups) render(ctx context.Context, env *jinja.Env, s jinja.Scope, name string, syntax jinja.Syntax) (jinja.Value, error) {
	text, path, err := l.read(ctx, s, "templates", name)
	if err != nil {
		return nil, err
	}
	t, err := env.CompileTemplate(text, diag.Pos{Source: &diag.Source{Name: path, Text: text}, Line: 1, Column: 1}, syntax)
	if err != nil {
		return nil, err
	}
	ctx = jinja.ContextWithLoader(ctx, l.loader(s, filepath.Dir(path)))
	v, err := t.Eval(ctx, s)
	if err != nil || v == nil {
		return v, err
	}
	if _, unknown := v.(jinja.Unknown); unknown {
		return v, nil
	}
	return jinja.Str(v), nil
}

// loader reads what a template includes: beside it first, then where templates are searched.
func (l *lookups) loader(s jinja.Scope, dir string) jinja.Loader {
	return func(ctx context.Context, name string, from diag.Pos) (*diag.Source, error) {
		var where []string
		if dir != "" || filepath.IsAbs(name) {
			where = append(where, filepath.Join(dir, name))
		}
		if from.Source != nil && !filepath.IsAbs(name) {
			where = append(where, filepath.Join(filepath.Dir(from.Source.Name), name))
		}
		for _, path := range append(where, l.candidates(ctx, s, "templates", name)...) {
			data, err := l.o.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			return &diag.Source{Name: path, Text: string(data)}, nil
		}
		return nil, fs.ErrNotExist
	}
}

func (l *lookups) fileGlob(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	patterns, err := texts(terms)
	if err != nil {
		return nil, err
	}
	out := []jinja.Value{}
	for _, p := range patterns {
		for _, where := range l.candidates(ctx, s, "files", p) {
			paths, err := filepath.Glob(where)
			if err != nil {
				return nil, fmt.Errorf("the pattern %q: %w", p, err)
			}
			found := false
			for _, path := range paths {
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					out, found = append(out, path), true
				}
			}
			if found {
				break
			}
		}
	}
	return out, done(o)
}

// firstFound gives the first of some files that exists.
func (l *lookups) firstFound(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	f := finder{skip: boolOption(o, "skip", false)}
	if v, ok := option(o, "paths"); ok {
		f.paths = splitNames(v, ",:;")
	}
	if v, ok := option(o, "files"); ok && len(terms) == 0 {
		terms = []jinja.Value{v}
	}
	if err := done(o); err != nil {
		return nil, err
	}
	if err := f.add(terms, 0); err != nil {
		return nil, err
	}
	for _, name := range f.names {
		for _, path := range l.candidates(ctx, s, "files", name) {
			if _, err := os.Stat(path); err == nil {
				return []jinja.Value{path}, nil
			}
		}
	}
	if f.skip {
		return []jinja.Value{}, nil
	}
	return nil, fmt.Errorf("no file was found among %s", strings.Join(f.names, ", "))
}

// finder collects the names that first_found tries.
type finder struct {
	names []string
	paths []string
	skip  bool
}

func splitNames(v jinja.Value, at string) []string {
	var out []string
	for _, e := range listOf(v) {
		if vs, ok := elements(e); ok {
			for _, inner := range vs {
				out = append(out, splitNames(inner, at)...)
			}
			continue
		}
		out = append(out, strings.FieldsFunc(jinja.Str(e), func(r rune) bool { return strings.ContainsRune(at, r) })...)
	}
	return out
}

func (f *finder) add(terms []jinja.Value, depth int) error {
	for _, t := range terms {
		files, paths := t, f.paths
		switch x := t.(type) {
		case *jinja.Dict:
			d := x.Copy()
			files, _ = option(d, "files")
			if v, ok := option(d, "paths"); ok {
				paths = splitNames(v, ",:;")
			}
			f.skip = boolOption(d, "skip", f.skip)
			if err := done(d); err != nil {
				return err
			}
		case *jinja.List:
			if depth > 10 {
				return errors.New("the lists are nested too deeply")
			}
			if err := f.add(x.Items(), depth+1); err != nil {
				return err
			}
			continue
		case string:
		default:
			return fmt.Errorf("a text, a dict or a list of texts is wanted, not %s", jinja.Repr(t))
		}
		if files == nil {
			continue
		}
		for _, name := range splitNames(files, ",;") {
			if len(paths) == 0 {
				f.names = append(f.names, name)
			}
			for _, p := range paths {
				f.names = append(f.names, filepath.Join(p, name))
			}
		}
	}
	return nil
}
