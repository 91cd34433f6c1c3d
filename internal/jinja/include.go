package jinja

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

type (
	includeStmt struct {
		name    expr
		ignore  bool // a missing file is not an error
		context bool // the file sees the variables around
		at      int
	}
	// importStmt is import … as, and from … import.
	importStmt struct {
		name    expr
		as      string // of import
		names   []importedName
		context bool
		at      int
	}
	importedName struct {
		name, as string
		at       int
	}
)

// templateNames gives the names that a tag asks for: one, or a list of which the first that exists is meant.
func (st *state) templateNames(x expr, at int) ([]string, error) {
	v, err := st.operand(x)
	if err != nil {
		return nil, err
	}
	if isUnknown(v) {
		return nil, errUnknown
	}
	if s, ok := v.(string); ok {
		return []string{s}, nil
	}
	vs, err := st.iterate(v)
	if err != nil {
		return nil, st.errorf(at, "the name of a template is wanted, not '%s'", TypeName(v))
	}
	names := make([]string, len(vs))
	for i, e := range vs {
		s, ok := e.(string)
		if !ok {
			return nil, st.errorf(at, "the name of a template is wanted, not '%s'", TypeName(e))
		}
		names[i] = s
	}
	return names, nil
}

// load reads and compiles the first template of the names that exists. Where none does the error wraps fs.ErrNotExist.
func (st *state) load(x expr, at int) (*Template, error) {
	names, err := st.templateNames(x, at)
	if err != nil {
		return nil, err
	}
	l, ok := st.ctx.Value(loaderKey{}).(Loader)
	if !ok {
		l = st.t.env.loader
	}
	if l == nil {
		return nil, st.errorf(at, "template files cannot be read here")
	}
	for _, name := range names {
		src, err := l(st.ctx, name, st.t.pos)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, st.fail(at, fmt.Errorf("template '%s': %w", name, err))
		}
		key := cacheKey{kind: kindPart, src: src.Text, name: src.Name, ws: st.t.ws}
		return st.t.env.cached(key, diag.Pos{Source: src, Line: 1, Column: 1})
	}
	d := st.t.errorf(at, "none of the templates '%s' is found", strings.Join(names, "', '"))
	switch len(names) {
	case 0:
		d.Message = "the list of templates is empty"
	case 1:
		d.Message = fmt.Sprintf("the template '%s' is not found", names[0])
	}
	d.Err = fs.ErrNotExist
	return nil, d
}

// visit runs another template, with the variables around or without.
func (st *state) visit(t *Template, context bool, at int) (*frame, error) {
	if err := st.enter(); err != nil {
		return nil, st.fail(at, err)
	}
	defer st.back(st.leave())
	top := &frame{parent: st.frame}
	if !context {
		top.parent = nil
		st.world = &world{}
	}
	st.t, st.family, st.frame = t, nil, top
	return top, st.render(t)
}

func (s *includeStmt) exec(st *state) error {
	t, err := st.load(s.name, s.at)
	switch {
	case s.ignore && errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	_, err = st.visit(t, s.context, s.at)
	return err
}

// module is an imported template: its top variables and macros, and the text that it prints.
type module struct {
	name    string
	vars    *frame
	text    string
	unknown bool
}

func (m *module) attr(name string) (Value, bool) {
	if strings.HasPrefix(name, "_") {
		return nil, false
	}
	for _, b := range m.vars.vars {
		if b.name == name {
			return b.value, true
		}
	}
	return nil, false
}

// String is the text that the template prints.
func (m *module) String() string { return m.text }

func (st *state) importModule(s *importStmt) (*module, error) {
	t, err := st.load(s.name, s.at)
	if err != nil {
		return nil, err
	}
	out := st.out
	st.out = &output{}
	defer func() { st.out = out }()
	m := &module{name: t.pos.Source.Name}
	if m.vars, err = st.visit(t, s.context, s.at); err != nil {
		return nil, err
	}
	v, err := st.out.value(st)
	if err != nil || v == nil {
		return m, err
	}
	text, known, err := st.textOf(v)
	m.text, m.unknown = text, !known
	return m, err
}

func (s *importStmt) exec(st *state) error {
	m, err := st.importModule(s)
	if err != nil {
		return err
	}
	if s.as != "" {
		st.set(s.as, m)
		return nil
	}
	for _, n := range s.names {
		v, ok := m.attr(n.name)
		if !ok {
			v = st.notExported(m, n)
		}
		st.set(n.as, v)
	}
	return nil
}

func (st *state) notExported(m *module, n importedName) *Undefined {
	u := &Undefined{what: n.name, msg: fmt.Sprintf("the template '%s' does not export '%s'", m.name, n.name), at: n.at, src: st.t}
	u.near = func() []string {
		var names []string
		for _, b := range m.vars.vars {
			names = append(names, b.name)
		}
		return names
	}
	return u
}
