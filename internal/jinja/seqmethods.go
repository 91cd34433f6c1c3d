package jinja

import (
	"errors"
	"fmt"
	"slices"
)

// longestDictMethod is the length of the longest name in dictMethods.
const longestDictMethod = len("setdefault")

// The methods of dicts and of lists, by name; set in init because some of them look up methods themselves.
var dictMethods, listMethods map[string]*methodDef

func init() {
	dictMethods = map[string]*methodDef{
		"keys": {sign(""), dictKeys}, "values": {sign(""), dictValues}, "items": {sign(""), dictItems},
		"get": {sign("key, default="), dictGet}, "copy": {sign(""), dictCopy},
		"pop": {sign("key, default="), dictPop}, "popitem": {sign(""), dictPopItem}, "clear": {sign(""), dictClear},
		"update": {sign("other=, **kw"), dictUpdate}, "setdefault": {sign("key, default="), dictSetDefault},
	}
	listMethods = map[string]*methodDef{
		"append": {sign("item"), listAppend}, "extend": {sign("items"), listExtend}, "insert": {sign("index, item"), listInsert},
		"pop": {sign("index="), listPop}, "remove": {sign("item"), listRemove}, "clear": {sign(""), listClear},
		"reverse": {sign(""), listReverse}, "sort": {sign("reverse="), listSort}, "copy": {sign(""), listCopy},
		"index": {sign("item"), listIndex}, "count": {sign("item"), listCount},
	}
}

// dictOf gives the dict of a method; that of another scope is evaluated as a whole.
func (st *state) dictOf(self Value) (*Dict, error) {
	v, err := st.force(self)
	if err != nil {
		return nil, err
	}
	return v.(*Dict), nil
}

func dictKeys(st *state, self Value, _ *Call) (Value, error) {
	vs, err := st.iterate(self)
	return NewList(vs...), err
}

func dictValues(st *state, self Value, _ *Call) (Value, error) {
	d, err := st.dictOf(self)
	if err != nil {
		return nil, err
	}
	return NewList(d.Values()...), nil
}

func dictItems(st *state, self Value, _ *Call) (Value, error) {
	d, err := st.dictOf(self)
	if err != nil {
		return nil, err
	}
	return pairs(d), nil
}

func pairs(d *Dict) *List {
	l := &List{items: make([]Value, 0, d.Len())}
	for k, v := range d.Items {
		l.items = append(l.items, Tuple{k, v})
	}
	return l
}

func dictGet(st *state, self Value, c *Call) (Value, error) {
	key := c.args[0]
	if m, ok := self.(*ScopeMap); ok {
		if v, ok, err := st.scopeValue(m, Str(key)); ok || err != nil {
			return v, err
		}
		return c.Arg(1, nil), nil
	}
	if v, ok := self.(*Dict).Get(key); ok {
		return st.forceShallow(v, Str(key))
	}
	return c.Arg(1, nil), nil
}

func dictCopy(st *state, self Value, _ *Call) (Value, error) {
	d, err := st.dictOf(self)
	if err != nil {
		return nil, err
	}
	return d.Copy(), nil
}

func changeable(self Value) (*Dict, error) {
	d, ok := self.(*Dict)
	if !ok {
		return nil, errors.New("the variables of a host cannot be changed")
	}
	return d, nil
}

func dictPop(_ *state, self Value, c *Call) (Value, error) {
	d, err := changeable(self)
	if err != nil {
		return nil, err
	}
	key := c.args[0]
	if v, ok := d.Get(key); ok {
		d.Delete(key)
		return v, nil
	}
	if c.Has(1) {
		return c.args[1], nil
	}
	return nil, fmt.Errorf("there is no key %s", Repr(key))
}

func dictPopItem(_ *state, self Value, _ *Call) (Value, error) {
	d, err := changeable(self)
	if err != nil {
		return nil, err
	}
	if d.Len() == 0 {
		return nil, errors.New("the dict is empty")
	}
	last := d.entries[d.Len()-1]
	d.Delete(last.key)
	return Tuple{last.key, last.value}, nil
}

func dictClear(_ *state, self Value, _ *Call) (Value, error) {
	d, err := changeable(self)
	if err == nil {
		*d = Dict{}
	}
	return nil, err
}

func dictUpdate(st *state, self Value, c *Call) (Value, error) {
	d, err := changeable(self)
	if err != nil {
		return nil, err
	}
	for _, from := range []Value{c.Arg(0, nil), c.more} {
		if m, ok := from.(*Dict); from == nil || ok && m == nil {
			continue
		}
		if err := noCycle(d, from); err != nil {
			return nil, err
		}
		if err := st.update(d, from); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func dictSetDefault(_ *state, self Value, c *Call) (Value, error) {
	d, err := changeable(self)
	if err != nil {
		return nil, err
	}
	if v, ok := d.Get(c.args[0]); ok {
		return v, nil
	}
	v := c.Arg(1, nil)
	if err := noCycle(d, v); err != nil {
		return nil, err
	}
	d.Set(c.args[0], v)
	return v, nil
}

// noCycle refuses to put a value into something that it holds: printing it would have no end.
func noCycle(into, v Value) error {
	if holds(v, into, 0) {
		return fmt.Errorf("a %s cannot hold itself", TypeName(into))
	}
	return nil
}

func holds(v, what Value, depth int) bool {
	if depth > maxNesting {
		return true
	}
	switch x := v.(type) {
	case *List:
		return v == what || slices.ContainsFunc(x.items, func(e Value) bool { return holds(e, what, depth+1) })
	case Tuple:
		return slices.ContainsFunc(x, func(e Value) bool { return holds(e, what, depth+1) })
	case *Dict:
		return v == what || slices.ContainsFunc(x.entries, func(e entry) bool { return holds(e.value, what, depth+1) })
	}
	return false
}

// list gives the list of a method that changes it.
func mutable(self Value, more ...Value) (*List, error) {
	l, ok := self.(*List)
	if !ok {
		return nil, errors.New("a tuple cannot be changed")
	}
	for _, v := range more {
		if err := noCycle(l, v); err != nil {
			return nil, err
		}
	}
	if len(l.items) >= maxValues {
		return nil, errTooMany
	}
	return l, nil
}

func listAppend(_ *state, self Value, c *Call) (Value, error) {
	l, err := mutable(self, c.args[0])
	if err == nil {
		l.items = append(l.items, c.args[0])
	}
	return nil, err
}

func listExtend(st *state, self Value, c *Call) (Value, error) {
	vs, err := st.iterate(c.args[0])
	if err != nil {
		return nil, err
	}
	l, err := mutable(self, vs...)
	if err == nil {
		l.items = append(l.items, vs...)
	}
	return nil, err
}

func listInsert(_ *state, self Value, c *Call) (Value, error) {
	l, err := mutable(self, c.args[1])
	if err != nil {
		return nil, err
	}
	i, err := c.Int(0, 0)
	if err != nil {
		return nil, err
	}
	n := int64(len(l.items))
	if i < 0 {
		i += n
	}
	l.items = slices.Insert(l.items, int(min(max(i, 0), n)), c.args[1])
	return nil, nil
}

func listPop(_ *state, self Value, c *Call) (Value, error) {
	l, err := mutable(self)
	if err != nil {
		return nil, err
	}
	i, err := c.Int(0, -1)
	if err != nil {
		return nil, err
	}
	j, ok := inRange(i, len(l.items))
	if !ok {
		return nil, errors.New("pop index out of range")
	}
	v := l.items[j]
	l.items = slices.Delete(l.items, j, j+1)
	return v, nil
}

// position gives the index of an element, or -1.
func (st *state) position(self, x Value) (int, []Value, error) {
	vs, err := st.iterate(self)
	if err != nil {
		return 0, nil, err
	}
	return slices.IndexFunc(vs, func(e Value) bool { return Equal(e, x) }), vs, nil
}

func listRemove(st *state, self Value, c *Call) (Value, error) {
	l, err := mutable(self)
	if err != nil {
		return nil, err
	}
	i, _, err := st.position(self, c.args[0])
	if err != nil || i < 0 {
		return nil, errors.Join(err, errors.New("list.remove(x): x not in list"))
	}
	l.items = slices.Delete(l.items, i, i+1)
	return nil, nil
}

func listClear(_ *state, self Value, _ *Call) (Value, error) {
	l, err := mutable(self)
	if err == nil {
		l.items = nil
	}
	return nil, err
}

func listReverse(_ *state, self Value, _ *Call) (Value, error) {
	l, err := mutable(self)
	if err == nil {
		slices.Reverse(l.items)
	}
	return nil, err
}

func listSort(_ *state, self Value, c *Call) (Value, error) {
	l, err := mutable(self)
	if err != nil {
		return nil, err
	}
	return nil, sortValues(l.items, c.Bool(0, false), func(v Value) (Value, error) { return v, nil })
}

func listCopy(st *state, self Value, _ *Call) (Value, error) {
	vs, err := st.iterate(self)
	return &List{items: slices.Clone(vs)}, err
}

func listIndex(st *state, self Value, c *Call) (Value, error) {
	i, _, err := st.position(self, c.args[0])
	if err != nil || i < 0 {
		return nil, errors.Join(err, fmt.Errorf("%s is not in list", Repr(c.args[0])))
	}
	return int64(i), nil
}

func listCount(st *state, self Value, c *Call) (Value, error) {
	_, vs, err := st.position(self, c.args[0])
	n := int64(0)
	for _, v := range vs {
		if Equal(v, c.args[0]) {
			n++
		}
	}
	return n, err
}
