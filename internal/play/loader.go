package play

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
)

// Options say what playbooks are loaded with.
type Options struct {
	Env      *jinja.Env
	Registry *modules.Registry
	// Read reads a file and decrypts it. The error wraps fs.ErrNotExist where there is none. Nil: os.ReadFile.
	Read func(path string) (*diag.Source, error)
	// RolesPath and CollectionsPath are the folders of the settings. Roles are also looked for in roles/ beside the playbook, in the playbook's folder, and those that a role
	// depends on in the folder of that role; collections also in collections/ beside the playbook.
	RolesPath, CollectionsPath []string
	// Scope is what is known without a host: extra variables, those of the play, and more, whose last is the highest but for the extra ones. It is what templates see that are
	// evaluated when a playbook is loaded, such as the names of imported files. The play is nil outside of plays. Nil: variables of the play and more.
	Scope func(p *Play, more ...*jinja.Dict) jinja.Scope
	// Late makes warnings of what is wrong in files that tasks only include while the run is under way, as ansible-core comes upon it only then.
	Late bool
	// MissingHandler makes a warning of a notify without a handler.
	MissingHandler bool
	// PrivateRoles says whether the variables of roles are kept from the tasks after them, where public does not say. Nil: those of included roles are.
	PrivateRoles *bool
	// Strict makes errors of what is announced otherwise, because it may never be reached.
	Strict bool
}

// Loader reads playbooks, and what they include while they run. It may be used by many goroutines at once.
type Loader struct {
	o Options

	plugins plugins

	mu       sync.Mutex
	parsed   map[string]parsed // by absolute path
	includes map[includeKey]*included
	told     map[string]bool // warnings
}

// Public reports whether the tasks after a role that is named without a word on it see its variables.
func (l *Loader) Public(included bool) bool {
	if l.o.PrivateRoles != nil {
		return !*l.o.PrivateRoles
	}
	return !included
}

// book is the playbook that the user named, whatever it imports: its folder as it was named, and absolute. Files below are shown as the user would name them.
type book struct{ dir, abs string }

func newBook(name string) *book {
	dir := filepath.Dir(name)
	return &book{dir: dir, abs: absolute(dir)}
}

// shown gives an absolute path as the user would write it.
func (b *book) shown(path string) string {
	rel, err := filepath.Rel(b.abs, path)
	if err != nil || strings.HasPrefix(rel, "..") {
		return path
	}
	return filepath.Join(b.dir, rel)
}

// parsed is what a file holds.
type parsed struct {
	src    *diag.Source
	root   *yamlsrc.Node
	faults diag.List
	err    error // it cannot be read
}

// NewLoader makes a Loader.
func NewLoader(o Options) *Loader {
	if o.Env == nil {
		o.Env = jinja.New()
	}
	if o.Read == nil {
		o.Read = readFile
	}
	if o.Scope == nil {
		o.Scope = plainScope
	}
	return &Loader{o: o, parsed: map[string]parsed{}, includes: map[includeKey]*included{}, told: map[string]bool{}}
}

// Load reads a playbook that is a text. The list holds every fault and warning; the playbook is only to be run where it has no errors.
func Load(src *diag.Source, env *jinja.Env, registry *modules.Registry) (*Playbook, diag.List) {
	return NewLoader(Options{Env: env, Registry: registry}).Parse(src)
}

func readFile(path string) (*diag.Source, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &diag.Source{Name: path, Text: string(b)}, nil
}

// layers is a scope of dicts, the highest last.
type layers []*jinja.Dict

// Lookup gives the value of the highest dict that has the name.
func (l layers) Lookup(name string) (jinja.Value, bool) {
	for i := len(l) - 1; i >= 0; i-- {
		if v, ok := l[i].GetString(name); ok {
			return v, true
		}
	}
	return nil, false
}

func plainScope(p *Play, more ...*jinja.Dict) jinja.Scope {
	if p == nil {
		return layers(more)
	}
	return append(layers{p.Vars}, more...)
}

// loading is one call of the Loader: what it has found so far.
type loading struct {
	*Loader
	faults diag.List
	stack  []string // of the roles that are being read, to notice circles
	// seen holds the files that were looked through, and whether something in them may bring handlers that nobody knows yet.
	seen map[string]bool
	mode
}

// mode is how files are read.
type mode struct {
	// booting says that a playbook is read, and not what it includes later: roles that tasks import join their play.
	booting bool
	// preview says that included files are only looked through for their faults: what depends on the run is left alone.
	preview bool
	// underway says that faults of tasks count when the tasks are reached: what is read is included while the run is under way, or looked through as if it were.
	underway bool
	// surprise says that the play may get handlers while the run is under way.
	surprise bool
}

func (l *Loader) loading() *loading {
	return &loading{Loader: l, seen: map[string]bool{}}
}

func (l *loading) fault(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(pos, format, args...)
	l.faults.Add(d)
	return d
}

// found reads something whose faults ansible-core comes upon at a stage, but for those that say another.
func (l *loading) found(at diag.Stage, read func()) {
	from := len(l.faults)
	read()
	for i, d := range l.faults[from:] {
		if d.Severity != diag.Error || d.Stage != diag.Parsed {
			continue
		}
		c := *d
		c.Stage = at
		if loaded := interface{ FoundWhenLoaded() }(nil); errors.As(d, &loaded) {
			c.Stage = diag.Loaded
		}
		l.faults[from+i] = &c
	}
}

func (l *loading) warn(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	d := diag.Warnf(pos, format, args...)
	l.faults.Add(d)
	return d
}

// announce tells of what fails only when it is reached: a warning, unless the run is strict.
func (l *loading) announce(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	if l.o.Strict {
		return l.fault(pos, format, args...)
	}
	return l.warn(pos, format, args...)
}

// all gives the faults, each once: a file that is used in several places has them only once to be mended. Of what is included while the run is under way, warnings that were told
// when the playbook was loaded are left out.
func (l *loading) all() diag.List {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(l.each(), func(d *diag.Diagnostic) bool {
		if d.Severity != diag.Warning {
			return false
		}
		again := l.told[d.Error()]
		l.told[d.Error()] = true
		return again && l.underway
	})
}

func (l *loading) each() diag.List {
	type key struct {
		pos      diag.Pos
		severity diag.Severity
		message  string
	}
	seen := map[key]bool{}
	wrong := map[diag.Pos]string{}
	var out diag.List
	for _, d := range l.faults {
		k := key{d.Pos, d.Severity, d.Message}
		if !seen[k] || !d.Pos.IsValid() {
			out.Add(d)
		}
		seen[k] = true
		if d.Severity == diag.Error {
			wrong[d.Pos] = d.Message
		}
	}
	return slices.DeleteFunc(out, func(d *diag.Diagnostic) bool { // what is announced where it may be reached, and wrong where it is
		m, ok := wrong[d.Pos]
		return ok && d.Severity == diag.Warning && strings.HasPrefix(d.Message, m)
	})
}

// open reads and parses a file, once. Its faults are told by whoever asks first.
func (l *loading) open(b *book, path string) (*yamlsrc.Node, *diag.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.parsed[path]
	if !ok {
		p.src, p.err = l.o.Read(b.shown(path))
		if p.err == nil {
			p.root, p.faults = yamlsrc.ParseOne(p.src)
		}
		l.parsed[path] = p
	}
	if !ok { // what is odd in a file is told once
		l.faults.Add(p.faults.Warnings()...)
	}
	l.faults.Add(p.faults.Errors()...)
	if p.err == nil && len(p.faults.Errors()) > 0 {
		return nil, p.src, errTold
	}
	return p.root, p.src, p.err
}

// errTold says that a file is wrong in a way that was told.
var errTold = errors.New("the file is not readable YAML")

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// exists reports whether there is a file of this name, or a folder.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// unreadable tells that a file cannot be read, unless its faults were told.
func (l *loading) unreadable(b *book, pos diag.Pos, what, path string, err error) {
	var pe *fs.PathError
	switch {
	case errors.Is(err, errTold):
	case errors.As(err, &pe):
		d := l.fault(pos, "%s %s cannot be read: %s", what, b.shown(path), pe.Err)
		d.Err = err
		d.Hint = fileBeside(path)
		if errors.Is(err, fs.ErrNotExist) {
			d.At(diag.Loaded)
		}
	default:
		l.faults.AddError(pos, err)
	}
}

// value compiles a node whose value is computed when it is needed.
func (l *loading) value(n *yamlsrc.Node) jinja.Value {
	v, faults := lazy.Compile(l.o.Env, n)
	l.found(diag.Ran, func() { l.faults.Add(faults...) })
	return v
}

// evaluate gives the value of a template that must be known when the playbook is loaded; false where it is not, which is told.
func (l *loading) evaluate(what string, v jinja.Value, pos diag.Pos, in *level) (jinja.Value, bool) {
	t, ok := v.(*jinja.Template)
	if !ok {
		return v, true
	}
	got, err := t.Eval(context.Background(), l.o.Scope(in.play, in.known()...))
	if err == nil {
		return got, true
	}
	if l.preview && errors.Is(err, jinja.ErrUndefined) {
		return nil, false
	}
	d := &diag.Diagnostic{Pos: pos, Message: fmt.Sprintf("%s cannot be evaluated when the playbook is loaded: %s", what, firstMessage(err)), Err: err}
	if errors.Is(err, jinja.ErrUndefined) {
		d.Hint = "it may use extra variables, those of the play and of roles, but no facts and none of the inventory"
	}
	l.faults.Add(d)
	return nil, false
}

// evaluateText is evaluate for what is a word.
func (l *loading) evaluateText(what string, v jinja.Value, pos diag.Pos, in *level) (string, bool) {
	v, ok := l.evaluate(what, v, pos, in)
	if !ok {
		return "", false
	}
	switch v.(type) {
	case nil, *jinja.List, *jinja.Dict, jinja.Unknown, jinja.Omit:
		l.fault(pos, "%s must be a string, not %s", what, jinja.TypeName(v))
		return "", false
	}
	return jinja.Str(v), true
}

// firstMessage is what an error says without its place.
func firstMessage(err error) string {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d.Message
	}
	return err.Error()
}

// fileBeside gives a hint that names a file beside one that is not there, if its name is nearly the same but for the ending.
func fileBeside(path string) string {
	entries, _ := os.ReadDir(filepath.Dir(path))
	byStem := map[string]string{}
	for _, e := range entries {
		if !e.IsDir() {
			byStem[stem(e.Name())] = e.Name()
		}
	}
	found := byStem[diag.Closest(stem(filepath.Base(path)), names(byStem))]
	if found == "" || len(stem(found)) < 4 {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", found)
}

func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

func stat(path string) error {
	_, err := os.Stat(path)
	return err
}
