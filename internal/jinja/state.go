package jinja

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
)

// maxForced is how many variables may stand in one another while one is evaluated.
const maxForced = 100

// maxValues is how many elements a result may have, deeply; sharing one list many times would else make an endless result.
const maxValues = 10_000_000

// maxSteps is how many turns of loops one evaluation may take; a call of a macro and the like counts as stepsOfCall.
const maxSteps = 5_000_000

const stepsOfCall = 10

// maxCalls is how deep macros, blocks, includes and imports may stand in one another.
const maxCalls = 200

// state is one evaluation. It is used by one goroutine.
type state struct {
	ctx    context.Context
	t      *Template
	out    *output
	frame  *frame
	family *family // of the template that is rendered; nil in a bare expression
	chain  *forcing
	values int // elements visited by finish and resolve
	calls  int // open macros, blocks, includes and imports
	steps  *int
	*world
}

// world is where free names are looked up. An import without context has one of its own.
type world struct {
	scope Scope
	owner *ScopeMap // where the scope is that of another host
	cache []binding // free variables that were forced or copied
}

// binding is a name with its value.
type binding struct {
	name  string
	value Value
}

// frame holds the variables that a block sets: a loop's, a set's.
type frame struct {
	vars   []binding
	parent *frame
}

// forcing is the stack of the variables that are being evaluated.
type forcing struct {
	t      *Template
	owner  *ScopeMap
	name   string
	depth  int
	parent *forcing
}

func newState(ctx context.Context, s Scope) *state {
	// One allocation for both.
	own := &struct {
		state
		world
		steps int
	}{}
	own.world.scope = s
	own.state.ctx, own.state.world, own.state.steps = ctx, &own.world, &own.steps
	if p, ok := ctx.Value(stateKey{}).(*state); ok {
		own.state.chain, own.state.steps, own.state.calls, own.world.owner = p.chain, p.steps, p.calls, p.owner
	}
	return &own.state
}

// stateKey is where the context of a lookup holds the evaluation that called it, so that what the lookup evaluates counts as a part of it.
type stateKey struct{}

// EnvFrom gives the Env of the template that calls a lookup, from the lookup's context.
func EnvFrom(ctx context.Context) (*Env, bool) {
	st, ok := ctx.Value(stateKey{}).(*state)
	if !ok {
		return nil, false
	}
	return st.t.env, true
}

// child makes the state in which a variable of a scope is evaluated.
func (st *state) child(s Scope, owner *ScopeMap) *state {
	own := &struct {
		state
		world
	}{}
	own.world = world{scope: s, owner: owner}
	own.state = state{ctx: st.ctx, t: st.t, chain: st.chain, steps: st.steps, world: &own.world}
	return &own.state
}

// step counts a turn of a loop, a call of a macro or a variable that is evaluated.
func (st *state) step() error {
	if *st.steps++; *st.steps > maxSteps {
		return fmt.Errorf("the template takes more than %d steps", maxSteps)
	}
	if *st.steps&255 == 0 {
		return st.ctx.Err()
	}
	return nil
}

// enter opens a macro, a block, an include or an import; the caller closes it with st.calls--.
func (st *state) enter() error {
	if st.calls++; st.calls > maxCalls {
		st.calls--
		return fmt.Errorf("macros, blocks and includes stand in one another more than %d deep: is there an end to it?", maxCalls)
	}
	*st.steps += stepsOfCall
	if err := st.ctx.Err(); err != nil {
		st.calls--
		return err
	}
	if err := st.step(); err != nil {
		st.calls--
		return err
	}
	return nil
}

// errUnknown ends a template whose text depends on something unknown.
var errUnknown = errors.New("the outcome is unknown")

// fail gives err the place of an offset, unless it has one.
func (st *state) fail(at int, err error) error {
	var d *diag.Diagnostic
	if errors.As(err, &d) || errors.Is(err, errUnknown) {
		return err
	}
	if c := st.ctx.Err(); c != nil && errors.Is(err, c) {
		return err
	}
	d = st.t.errorf(at, "%s", err)
	d.Err = err
	return d
}

func (st *state) errorf(at int, format string, args ...any) error {
	return st.t.errorf(at, format, args...)
}

// push opens a block; the caller closes it with pop.
func (st *state) push() *frame {
	st.frame = &frame{parent: st.frame}
	return st.frame
}

func (st *state) pop() { st.frame = st.frame.parent }

// set gives a variable of the innermost block a value.
func (st *state) set(name string, v Value) {
	if st.frame == nil {
		st.push()
	}
	st.frame.set(name, v)
}

func (f *frame) set(name string, v Value) {
	for i := range f.vars {
		if f.vars[i].name == name {
			f.vars[i].value = v
			return
		}
	}
	f.vars = append(f.vars, binding{name, v})
}

// lookup gives the value of a name: a variable of a block, of the scope, or a global. The value's elements may be templates still.
func (st *state) lookup(name string, at int) (Value, error) {
	for f := st.frame; f != nil; f = f.parent {
		for i := range f.vars {
			if f.vars[i].name == name {
				return f.vars[i].value, nil
			}
		}
	}
	for i := range st.cache {
		if st.cache[i].name == name {
			return st.cache[i].value, nil
		}
	}
	return st.free(name, at)
}

// free gives the value of a free variable.
func (st *state) free(name string, at int) (Value, error) {
	v, ok := Value(nil), false
	if st.family != nil && name == "self" {
		return &selfRef{st.family}, nil
	}
	if st.scope != nil {
		v, ok = st.scope.Lookup(name)
	}
	if !ok {
		if g, ok := st.t.env.globals[name]; ok {
			return g, nil
		}
		if g, ok := st.contextGlobal(name); ok {
			return g, nil
		}
		return st.undefinedName(name, at), nil
	}
	t, lazy := v.(*Template)
	if lazy {
		forced, err := st.evalTemplate(t, name)
		if err != nil {
			return nil, err
		}
		v = forced
	}
	if u, ok := v.(*Undefined); ok && u.msg == "" {
		return st.undefinedName(name, at), nil
	}
	if st.t.mutates {
		var err error
		if v, err = st.copied(v); err != nil {
			return nil, err
		}
	}
	if lazy || st.t.mutates {
		st.cache = append(st.cache, binding{name, v})
	}
	return v, nil
}

func (st *state) undefinedName(name string, at int) *Undefined {
	u := &Undefined{what: name, msg: fmt.Sprintf("'%s' is undefined", name), at: at, src: st.t}
	scope, env, cached := st.scope, st.t.env, st.frame
	u.near = func() []string {
		var names []string
		if n, ok := scope.(Namer); ok {
			names = n.Names()
		}
		for f := cached; f != nil; f = f.parent {
			for _, b := range f.vars {
				names = append(names, b.name)
			}
		}
		for g := range env.globals {
			names = append(names, g)
		}
		return names
	}
	return u
}

// evalTemplate evaluates a variable's template in the scope of this evaluation.
func (st *state) evalTemplate(t *Template, name string) (Value, error) {
	depth := 1
	for f := st.chain; f != nil; f = f.parent {
		if f == st.chain {
			depth = f.depth + 1
		}
		if f.t == t && f.owner == st.owner {
			return nil, t.errorf(0, "recursive loop detected in %s", loopName(st.chain, f, t, name))
		}
	}
	if depth > maxForced {
		return nil, t.errorf(0, "recursive loop detected in variable '%s': %d variables stand in one another", name, maxForced)
	}
	if err := st.ctx.Err(); err != nil {
		return nil, err
	}
	if err := st.step(); err != nil {
		return nil, t.errorf(0, "%s", err)
	}
	child := st.child(st.scope, st.owner)
	child.chain = &forcing{t, st.owner, name, depth, st.chain}
	v, err := t.run(child, true)
	if _, omitted := v.(Omit); omitted && t.omitted != nil {
		return st.force(t.omitted)
	}
	return v, err
}

// loopName names the variable that a loop of variables goes through: the first one of the loop that has a name.
func loopName(top, first *forcing, t *Template, name string) string {
	if first.name != "" {
		return "variable '" + first.name + "'"
	}
	if name != "" {
		return "variable '" + name + "'"
	}
	for f := top; f != first; f = f.parent {
		if f.name != "" {
			return "variable '" + f.name + "'"
		}
	}
	return fmt.Sprintf("template %q", t.src)
}

// scopeValue gives the value of a name in another scope, evaluated there.
func (st *state) scopeValue(m *ScopeMap, name string) (Value, bool, error) {
	v, ok := m.scope.Lookup(name)
	if !ok {
		return nil, false, nil
	}
	child := st.child(m.scope, m)
	switch t := v.(type) {
	case *Template:
		v, err := child.evalTemplate(t, name)
		return v, true, err
	case *ScopeMap: // of a scope of scopes: nobody wants all of it yet
		return t, true, nil
	}
	v, err := child.force(v)
	return v, true, err
}

// forceShallow evaluates v where it is a template itself.
func (st *state) forceShallow(v Value, name string) (Value, error) {
	if t, ok := v.(*Template); ok {
		return st.evalTemplate(t, name)
	}
	return v, nil
}

// force evaluates all templates in v. A value without any is given back as it is.
func (st *state) force(v Value) (Value, error) {
	switch f := look(v); {
	case f&foundTooMuch != 0:
		return nil, errTooMany
	case f&foundLazy == 0:
		return v, nil
	}
	return st.forceAll(v)
}

func (st *state) forceAll(v Value) (Value, error) {
	if st.values++; st.values > maxValues {
		return nil, errTooMany
	}
	switch x := v.(type) {
	case *Template:
		return st.evalTemplate(x, "")
	case *List:
		items, err := st.forceItems(x.items)
		return &List{items: items}, err
	case Tuple:
		items, err := st.forceItems(x)
		return Tuple(items), err
	case *Dict:
		d := &Dict{entries: make([]entry, x.Len())}
		for i, e := range x.entries {
			f, err := st.forceAll(e.value)
			if err != nil {
				return nil, err
			}
			d.entries[i] = entry{e.key, f}
		}
		d.reindex()
		return d, nil
	case *ScopeMap:
		return st.forceScope(x)
	}
	return v, nil
}

func (st *state) forceItems(vs []Value) ([]Value, error) {
	items := make([]Value, len(vs))
	for i, e := range vs {
		f, err := st.forceAll(e)
		if err != nil {
			return nil, err
		}
		items[i] = f
	}
	return items, nil
}

func (st *state) forceScope(m *ScopeMap) (Value, error) {
	d := NewDict()
	for _, name := range m.names() {
		v, ok, err := st.scopeValue(m, name)
		if err != nil {
			return nil, err
		}
		if ok {
			d.Set(name, v)
		}
	}
	return d, nil
}

// names gives the names of the scope, sorted, or in their own order where they have one.
func (m *ScopeMap) names() []string {
	if o, ok := m.scope.(OrderedNamer); ok {
		return o.OrderedNames()
	}
	n, ok := m.scope.(Namer)
	if !ok {
		return nil
	}
	return slices.Sorted(slices.Values(n.Names()))
}
