// Package lookup has the lookup plugins of ansible.builtin: what lookup('name', …) and query('name', …) read on the control node.
//
// What a lookup gives is data; it is never evaluated as a template. Nothing here looks at a managed host.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/netclient"
)

// Options is what lookups need of their surroundings. A function that is nil makes the lookups that need it fail, unless a default is said.
type Options struct {
	// BaseDir is where relative files are searched last, and where commands run.
	BaseDir string
	// Paths gives the directories in which a task's files are searched, the nearest first. Nil: the variable ansible_search_path.
	Paths func(ctx context.Context, s jinja.Scope) []string
	// ReadFile reads a file, decrypting what is encrypted with ansible-vault. Nil: os.ReadFile.
	ReadFile func(path string) ([]byte, error)
	// WriteFile keeps a new password. In check mode it should remember the file for ReadFile instead of writing it.
	WriteFile func(path string, data []byte) error
	// Getenv gives a variable of pfrun's own environment.
	Getenv func(name string) (string, bool)
	// Run runs a shell command in a directory and gives what it prints. A command that fails is an error.
	Run func(ctx context.Context, command, dir string) (string, error)
	// Match gives the names of the inventory's hosts that patterns select.
	Match func(patterns []string) ([]string, error)
	// Fetch reads a URL.
	Fetch func(ctx context.Context, r netclient.Request) ([]byte, error)
	// Config gives a setting by its Ansible name.
	Config func(name string) (jinja.Value, bool)
}

type lookups struct{ o Options }

// New gives the options with which jinja.New has every lookup, and reads the files that templates include: beside the template first, then where templates are searched.
func New(o Options) []jinja.Option {
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	l := &lookups{o}
	opts := []jinja.Option{jinja.WithLoader(l.loader(nil, ""))}
	for name, fn := range map[string]jinja.Lookup{
		"file": l.file, "unvault": l.unvault, "template": l.template, "env": l.env, "pipe": l.pipe, "lines": l.lines, "first_found": l.firstFound,
		"fileglob": l.fileGlob, "items": items, "dict": dictItems, "subelements": subelements, "nested": nested, "cartesian": nested, "together": together,
		"sequence": sequence, "indexed_items": indexedItems, "list": list, "flattened": flattened, "random_choice": randomChoice, "vars": variables,
		"varnames": variableNames, "inventory_hostnames": l.hostNames, "config": l.config, "ini": l.ini, "csvfile": l.csv, "password": l.password, "url": l.url,
	} {
		opts = append(opts, jinja.WithLookup(name, fn))
		if name == "flattened" || name == "cartesian" {
			opts = append(opts, jinja.WithLookup("community.general."+name, fn))
		}
	}
	return opts
}

// option takes an option out of the dict; the second result says whether it was given.
func option(d *jinja.Dict, name string) (jinja.Value, bool) {
	v, ok := d.GetString(name)
	if ok {
		d.Delete(name)
	}
	return v, ok
}

func textOption(d *jinja.Dict, name, def string) string {
	if v, ok := option(d, name); ok && v != nil {
		return jinja.Str(v)
	}
	return def
}

func boolOption(d *jinja.Dict, name string, def bool) bool {
	v, ok := option(d, name)
	if !ok {
		return def
	}
	if s, isText := v.(string); isText {
		switch strings.ToLower(s) {
		case "yes", "on", "1", "true", "y", "t":
			return true
		}
		return false
	}
	t, _, err := jinja.Truth(v)
	return t && err == nil
}

// done refuses options that are left.
func done(d *jinja.Dict) error {
	for k := range d.Items {
		return fmt.Errorf("'%s' is not a valid option", jinja.Str(k))
	}
	return nil
}

func texts(terms []jinja.Value) ([]string, error) {
	out := make([]string, len(terms))
	for i, t := range terms {
		s, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("a text is wanted, not %s", jinja.Repr(t))
		}
		out[i] = s
	}
	return out, nil
}

type pathsKey struct{}

type baseKey struct{}

// ContextWithBase makes a context in which a folder stands in place of Options.BaseDir: the last in which files are searched, and the one in which commands run.
func ContextWithBase(ctx context.Context, dir string) context.Context {
	return context.WithValue(ctx, baseKey{}, dir)
}

func (l *lookups) base(ctx context.Context) string {
	if dir, ok := ctx.Value(baseKey{}).(string); ok {
		return dir
	}
	return l.o.BaseDir
}

// ContextWithPaths makes a context in which relative files are searched in these folders first, the nearest first, in place of those that the Options and the variable
// ansible_search_path name: where files are searched depends on the task.
func ContextWithPaths(ctx context.Context, dirs ...string) context.Context {
	return context.WithValue(ctx, pathsKey{}, dirs)
}

// paths gives the directories in which files are searched.
func (l *lookups) paths(ctx context.Context, s jinja.Scope) []string {
	var dirs []string
	if given, ok := ctx.Value(pathsKey{}).([]string); ok {
		dirs = slices.Clone(given)
	} else if l.o.Paths != nil {
		dirs = l.o.Paths(ctx, s)
	} else if s != nil {
		if v, ok := s.Lookup("ansible_search_path"); ok {
			if list, ok := v.(*jinja.List); ok {
				for _, e := range list.Items() {
					dirs = append(dirs, jinja.Str(e))
				}
			}
		}
	}
	if dir := l.base(ctx); dir != "" {
		dirs = append(dirs, dir)
	}
	return dirs
}

// candidates are the places where a file is searched: in a subdirectory of each path, then in the path itself.
func (l *lookups) candidates(ctx context.Context, s jinja.Scope, subdir, name string) []string {
	if strings.HasPrefix(name, "~/") && l.o.Getenv != nil {
		if home, ok := l.o.Getenv("HOME"); ok {
			name = filepath.Join(home, name[2:])
		}
	}
	if filepath.IsAbs(name) {
		return []string{filepath.Clean(name)}
	}
	var out []string
	for _, dir := range l.paths(ctx, s) {
		if !strings.HasPrefix(name, subdir+"/") {
			out = append(out, filepath.Join(dir, subdir, name))
		}
		out = append(out, filepath.Join(dir, name))
	}
	return out
}

func (l *lookups) find(ctx context.Context, s jinja.Scope, subdir, name string) (string, error) {
	where := l.candidates(ctx, s, subdir, name)
	for _, path := range where {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if _, err := l.o.ReadFile(path); err == nil {
			return path, nil
		}
	}
	if len(where) == 0 {
		return "", fmt.Errorf("the file %q is not found: there is no path to search: %w", name, fs.ErrNotExist)
	}
	return "", fmt.Errorf("the file %q is not found in %s: %w", name, strings.Join(where, ", "), fs.ErrNotExist)
}

var errNotHere = errors.New("it cannot be used here")
