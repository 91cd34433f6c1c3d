package jinja

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
)

// Env holds what templates may use, and a cache of what was compiled. It must not be changed after the first compile; it is then safe for concurrent use.
type Env struct {
	filters map[string]*filterDef
	tests   map[string]*testDef
	globals map[string]Value
	lookups map[string]Lookup
	tags    map[string]bool // of extensions
	loader  Loader
	control Control
	yaml    func(ctx context.Context, text string) ([]Value, error)
	vault   Vault
	decrypt func(text string) (string, error)
	warn    func(*diag.Diagnostic)
	strict  bool

	mu    sync.Mutex
	cache map[cacheKey]*Template
}

// Lookup is what lookup('name', …) and query('name', …) call. It gives the list of results; lookup joins them with commas unless wantlist is true.
// What it gives is data: it is never evaluated as a template.
type Lookup func(ctx context.Context, s Scope, terms []Value, options *Dict) ([]Value, error)

// Option configures an Env.
type Option func(*Env)

// WithGlobal adds a global variable. A variable of the scope with the same name hides it.
func WithGlobal(name string, v Value) Option {
	return func(e *Env) { e.globals[name] = v }
}

// WithLookup adds a lookup plugin. Where there is none of a name, a template that names it is refused when it is compiled.
func WithLookup(name string, l Lookup) Option {
	return func(e *Env) { e.lookups[name] = l }
}

// Loader reads the template file that a tag include, import or extends names. From is the place of the template that names it. Where there is no such file the error wraps
// fs.ErrNotExist.
type Loader func(ctx context.Context, name string, from diag.Pos) (*diag.Source, error)

// WithLoader sets where template files come from. Without one, a template that names a file fails.
func WithLoader(l Loader) Option {
	return func(e *Env) { e.loader = l }
}

type loaderKey struct{}

// ContextWithLoader makes a context in which templates are read by l instead of the Env's own loader: where files are searched depends on the task.
func ContextWithLoader(ctx context.Context, l Loader) context.Context {
	return context.WithValue(ctx, loaderKey{}, l)
}

// WithExtensions turns on extensions of the language, by Jinja2's names: jinja2.ext.do, jinja2.ext.loopcontrols. Ansible has none unless its setting jinja2_extensions names
// them. Unknown names are ignored.
func WithExtensions(names ...string) Option {
	return func(e *Env) {
		for _, n := range names {
			switch n {
			case "jinja2.ext.do":
				e.tags["do"] = true
			case "jinja2.ext.loopcontrols":
				e.tags["break"], e.tags["continue"] = true, true
			}
		}
	}
}

// WithWarn sets who is told of what is odd but no error: a filter of a collection that pfrun does not have, when a template is compiled, and a lookup that failed under
// errors='warn'. It may be called by several goroutines at once.
func WithWarn(warn func(*diag.Diagnostic)) Option {
	return func(e *Env) { e.warn = warn }
}

// New makes an Env with the filters, tests and globals of this package.
func New(opts ...Option) *Env {
	e := &Env{
		filters: builtinFilters(), tests: builtinTests(), globals: builtinGlobals(),
		lookups: map[string]Lookup{}, tags: map[string]bool{}, cache: map[cacheKey]*Template{},
	}
	for _, o := range opts {
		o(e)
	}
	return e
}

// Filters gives the names of the filters, sorted.
func (e *Env) Filters() []string { return slices.Sorted(maps.Keys(e.filters)) }

// Tests gives the names of the tests, sorted.
func (e *Env) Tests() []string { return slices.Sorted(maps.Keys(e.tests)) }

// Lookups gives the names of the lookups, sorted.
func (e *Env) Lookups() []string { return slices.Sorted(maps.Keys(e.lookups)) }

// kind says how a source is read.
type kind int

const (
	kindArg kind = iota
	kindExpr
	kindFile
	kindPart // a file that another template includes, imports or extends
)

type cacheKey struct {
	kind kind
	src  string
	pos  diag.Pos
	name string // of the source of a kindPart, which is read anew each time
	ws   whitespace
}

// maxCached is how many compiled templates an Env keeps; a playbook has some thousands of places.
const maxCached = 100_000

// IsTemplate reports whether a string holds something to evaluate: {{, {% or {#, or begins with the settings of a template.
func IsTemplate(s string) bool {
	if strings.HasPrefix(s, headerMark) {
		return true
	}
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 || i+1 >= len(s) {
			return false
		}
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return true
		}
		s = s[i+1:]
	}
}

// CompileArg compiles a string of a playbook or a variables file. One output node gives the value itself with its type; several give their concatenated text, None dropped.
// In {{ }} a backslash of a string literal is a backslash. The newline after a block tag is dropped (trim_blocks). Pos is the place of the string's first character. The error is a *diag.Diagnostic.
func (e *Env) CompileArg(src string, pos diag.Pos) (*Template, error) {
	return e.compile(kindArg, src, pos)
}

// CompileExpr compiles a bare expression, as when, until, failed_when, changed_when and that have them.
func (e *Env) CompileExpr(src string, pos diag.Pos) (*Template, error) {
	return e.compile(kindExpr, src, pos)
}

// CompileFile compiles a template file: like an argument, but a backslash in a string literal starts an escape.
// The result is a string, or the value of the one output node; what is written to a file is its Str.
func (e *Env) CompileFile(src string, pos diag.Pos) (*Template, error) {
	return e.compile(kindFile, src, pos)
}

func (e *Env) compile(k kind, src string, pos diag.Pos) (*Template, error) {
	return e.cached(cacheKey{kind: k, src: src, pos: pos}, pos)
}

func (e *Env) cached(key cacheKey, pos diag.Pos) (*Template, error) {
	e.mu.Lock()
	t, ok := e.cache[key]
	e.mu.Unlock()
	if ok {
		return t, nil
	}
	t = &Template{env: e, src: key.src, pos: pos, kind: key.kind, ws: key.ws}
	if err := t.compile(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.cache) >= maxCached {
		clear(e.cache)
	}
	e.cache[key] = t
	return t, nil
}

// unknownName says that a filter, test or lookup does not exist.
func unknownName(t *Template, at int, what, name string, known []string) error {
	if why := notSupported[what+" "+name]; why != "" {
		return t.errorf(at, "the %s %s is not supported: %s", what, name, why)
	}
	d := t.errorf(at, "no %s named %q", what, name)
	if hint := diag.DidYouMean(name, known); hint != "" {
		d.Hint = hint
	} else {
		d.Hint = fmt.Sprintf("pfrun knows %d %ss", len(known), what)
	}
	return d
}

// notSupported are names that people know and pfrun refuses, with the reason.
var notSupported = map[string]string{
	"filter json_query": "it needs JMESPath (selectattr, map and combine do most of it)",
}
