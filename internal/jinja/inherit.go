package jinja

import "fmt"

type (
	extendsStmt struct {
		name expr
		at   int
	}
	blockStmt struct {
		name     string
		body     []stmt
		scoped   bool // it sees the variables around it, not only those at the top
		required bool
		at       int
	}
)

// family is a template and those that it extends, while they are rendered.
type family struct {
	root   *frame
	blocks map[string][]blockOf // the child's first
	parent *Template
}

type blockOf struct {
	t     *Template
	block *blockStmt
}

func (f *family) add(t *Template) {
	for name, b := range t.blocks {
		f.blocks[name] = append(f.blocks[name], blockOf{t, b})
	}
}

// render runs a template, then those that it extends.
func (st *state) render(t *Template) error {
	if t.blocks == nil && !t.extends {
		return execAll(st, t.body)
	}
	if st.frame == nil {
		st.push()
	}
	f := &family{root: st.frame, blocks: map[string][]blockOf{}}
	f.add(t)
	outer := st.family
	st.family = f
	defer func() { st.family = outer }()
	for n := 0; t != nil; n++ {
		if n > maxCalls {
			return st.errorf(0, "templates extend one another more than %d deep", maxCalls)
		}
		st.t, f.parent = t, nil
		err := execAll(st, t.body)
		st.out.muted = false
		if err != nil {
			return err
		}
		t = f.parent
	}
	return nil
}

func (s *extendsStmt) exec(st *state) error {
	f := st.family
	if f.parent != nil {
		return st.errorf(s.at, "the template extends two others")
	}
	t, err := st.load(s.name, s.at)
	if err != nil {
		return err
	}
	f.parent = t
	f.add(t)
	st.out.muted = true
	return nil
}

func (s *blockStmt) exec(st *state) error {
	if st.out.muted {
		return nil
	}
	base := st.family.root
	if s.scoped {
		base = st.frame
	}
	if st.family.blocks[s.name][0].block.required {
		return st.errorf(s.at, "the required block '%s' is not given", s.name)
	}
	return st.block(st.family, s.name, 0, base, s.at)
}

// block runs the i-th definition of a block.
func (st *state) block(f *family, name string, i int, base *frame, at int) error {
	if err := st.enter(); err != nil {
		return st.fail(at, err)
	}
	defer st.back(st.leave())
	b := f.blocks[name][i]
	st.t, st.family = b.t, f
	st.frame = &frame{parent: base}
	st.frame.set("super", &superRef{f, name, i, base, st.t})
	return execAll(st, b.block.body)
}

// blockText gives what a block prints, for super() and self.name().
func (st *state) blockText(f *family, name string, i int, base *frame) (Value, error) {
	out := st.out
	st.out = &output{}
	defer func() { st.out = out }()
	if err := st.block(f, name, i, base, 0); err != nil {
		return nil, err
	}
	v, err := st.out.value(st)
	if v == nil && err == nil {
		v = ""
	}
	return v, err
}

// superRef is super: the block of the template above.
type superRef struct {
	f    *family
	name string
	i    int
	base *frame
	t    *Template
}

func (r *superRef) call(st *state, _ []Value, _ *Dict) (Value, error) {
	if r.i+1 >= len(r.f.blocks[r.name]) {
		return nil, fmt.Errorf("there is no parent block called '%s'%w", r.name, ErrUndefined)
	}
	return st.blockText(r.f, r.name, r.i+1, r.base)
}

// attr gives super.super.
func (r *superRef) attr(name string) (Value, bool) {
	if name != "super" || r.i+1 >= len(r.f.blocks[r.name]) {
		return nil, false
	}
	return &superRef{r.f, r.name, r.i + 1, r.base, r.t}, true
}

// selfRef is self: the blocks of the template as functions.
type selfRef struct{ f *family }

func (r *selfRef) attr(name string) (Value, bool) {
	if r.f.blocks[name] == nil {
		return nil, false
	}
	return &innerFunc{name, func(st *state, _ []Value, _ *Dict) (Value, error) { return st.blockText(r.f, name, 0, r.f.root) }}, true
}
