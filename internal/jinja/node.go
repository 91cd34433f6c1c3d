package jinja

// expr is an expression that has been compiled. Its value is never a *Template, but lists and dicts in it may hold some: whoever looks into them forces them.
type expr interface {
	eval(st *state) (Value, error)
}

// The nodes of expressions; at is the offset of the word that an error is about.
type (
	constNode struct{ v Value }
	nameNode  struct {
		name string
		at   int
	}
	attrNode struct {
		obj  expr
		name string
		at   int
	}
	itemNode struct {
		obj, key expr
		at       int
	}
	sliceNode struct {
		from, to, step expr // nil where left out
		at             int
	}
	listNode  struct{ items []expr }
	tupleNode struct{ items []expr }
	dictNode  struct {
		keys, values []expr
		at           int
	}
	callNode struct {
		fn   expr
		args arguments
		at   int
	}
	filterNode struct {
		in   expr // nil in a filter block
		def  *filterDef
		args arguments
		at   int
	}
	testNode struct {
		in   expr
		def  *testDef
		args arguments
		at   int
	}
	binNode struct {
		op          operator
		left, right expr
		at          int
	}
	concatNode struct {
		parts []expr
		at    int
	}
	signNode struct {
		minus bool
		x     expr
		at    int
	}
	notNode  struct{ x expr }
	andNode  struct{ left, right expr }
	orNode   struct{ left, right expr }
	condNode struct {
		cond, yes, no expr // no is nil where there is no else
		at            int
	}
	compareNode struct {
		first expr
		rest  []comparison
	}
)

// comparison is one link of a < b < c.
type comparison struct {
	op string // == != < <= > >= in, not in
	x  expr
	at int
}

// arguments are the arguments of a call.
type arguments struct {
	pos   []expr
	names []string // of kw
	kw    []expr
	star  expr // *args
	stars expr // **kwargs
}

func (n *constNode) eval(*state) (Value, error)   { return n.v, nil }
func (n *nameNode) eval(st *state) (Value, error) { return st.lookup(n.name, n.at) }

func (n *attrNode) eval(st *state) (Value, error) {
	obj, err := n.obj.eval(st)
	if err != nil {
		return nil, err
	}
	return st.attr(obj, n.name, n.at)
}

func (n *itemNode) eval(st *state) (Value, error) {
	obj, err := n.obj.eval(st)
	if err != nil {
		return nil, err
	}
	if u, ok := obj.(*Undefined); ok {
		return u, nil
	}
	key, err := n.key.eval(st)
	if err != nil {
		return nil, err
	}
	return st.item(obj, key, n.at)
}

func (n *sliceNode) eval(st *state) (Value, error) {
	var s sliceValue
	for i, e := range []expr{n.from, n.to, n.step} {
		if e == nil {
			continue
		}
		v, err := st.operand(e)
		if err != nil {
			return nil, err
		}
		if _, ok := v.(Unknown); ok {
			return v, nil
		}
		if v == nil {
			continue
		}
		b, ok := smallInt(v)
		if !ok {
			return nil, st.errorf(n.at, "slice indices must be integers or None, not '%s'", TypeName(v))
		}
		s.bounds[i] = &b
	}
	return &s, nil
}

// operand evaluates an expression whose value must be defined.
func (st *state) operand(e expr) (Value, error) {
	v, err := e.eval(st)
	if err != nil {
		return nil, err
	}
	if u, ok := v.(*Undefined); ok {
		return nil, u.err()
	}
	return v, nil
}

// whole evaluates an expression and forces what its value holds; it may be undefined.
func (st *state) whole(e expr) (Value, error) {
	v, err := e.eval(st)
	if err != nil {
		return nil, err
	}
	return st.force(v)
}

func (st *state) evalAll(es []expr) ([]Value, error) {
	vs := make([]Value, len(es))
	for i, e := range es {
		v, err := st.whole(e)
		if err != nil {
			return nil, err
		}
		vs[i] = v
	}
	return vs, nil
}

func (n *listNode) eval(st *state) (Value, error) {
	vs, err := st.evalAll(n.items)
	if err != nil {
		return nil, err
	}
	return &List{items: vs}, nil
}

func (n *tupleNode) eval(st *state) (Value, error) {
	vs, err := st.evalAll(n.items)
	if err != nil {
		return nil, err
	}
	return Tuple(vs), nil
}

func (n *dictNode) eval(st *state) (Value, error) {
	d := NewDict()
	for i, ke := range n.keys {
		k, err := st.operand(ke)
		if err != nil {
			return nil, err
		}
		if _, ok := k.(Unknown); ok {
			return k, nil
		}
		if _, ok := hashKey(k); !ok {
			return nil, st.errorf(n.at, "unhashable type: '%s'", TypeName(k))
		}
		v, err := st.whole(n.values[i])
		if err != nil {
			return nil, err
		}
		d.Set(k, v)
	}
	return d, nil
}
