package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Dict is Python's dict: keys keep the order in which they were first set, and 1, 1.0 and True are one key.
type Dict struct {
	entries []entry
	index   map[any]int // built when there are more than smallDict entries, or a key that is no string
}

type entry struct {
	key   Value
	value Value
}

// smallDict is the size up to which a dict is searched without an index.
const smallDict = 8

// NewDict makes an empty dict.
func NewDict() *Dict { return &Dict{} }

// Len is the number of entries.
func (d *Dict) Len() int { return len(d.entries) }

// Get gives the value of a key. The key of a list or a dict is never found.
func (d *Dict) Get(key Value) (Value, bool) {
	if i := d.find(key); i >= 0 {
		return d.entries[i].value, true
	}
	return nil, false
}

// GetString is Get for a key that is a string.
func (d *Dict) GetString(key string) (Value, bool) {
	if d.index == nil {
		for i := range d.entries {
			if s, ok := d.entries[i].key.(string); ok && s == key {
				return d.entries[i].value, true
			}
		}
		return nil, false
	}
	if i, ok := d.index[key]; ok {
		return d.entries[i].value, true
	}
	return nil, false
}

func (d *Dict) find(key Value) int {
	k, ok := hashKey(key)
	if !ok {
		return -1
	}
	if d.index != nil {
		if i, ok := d.index[k]; ok {
			return i
		}
		return -1
	}
	for i := range d.entries {
		if h, _ := hashKey(d.entries[i].key); h == k {
			return i
		}
	}
	return -1
}

// Set sets the value of a key; a new key goes to the end. A key that Python could not hash (a list, a dict) is held under its repr.
func (d *Dict) Set(key, value Value) {
	if i := d.find(key); i >= 0 {
		d.entries[i].value = value
		return
	}
	if _, ok := hashKey(key); !ok {
		key = Repr(key)
	}
	d.entries = append(d.entries, entry{key, value})
	if d.index != nil {
		k, _ := hashKey(key)
		d.index[k] = len(d.entries) - 1
	} else if len(d.entries) > smallDict {
		d.reindex()
	}
}

func (d *Dict) reindex() {
	if len(d.entries) <= smallDict {
		d.index = nil
		return
	}
	d.index = make(map[any]int, 2*len(d.entries))
	for i, e := range d.entries {
		k, _ := hashKey(e.key)
		d.index[k] = i
	}
}

// Delete removes a key and reports whether it was there.
func (d *Dict) Delete(key Value) bool {
	i := d.find(key)
	if i < 0 {
		return false
	}
	d.entries = append(d.entries[:i:i], d.entries[i+1:]...)
	d.reindex()
	return true
}

// Keys gives the keys in order.
func (d *Dict) Keys() []Value {
	keys := make([]Value, len(d.entries))
	for i, e := range d.entries {
		keys[i] = e.key
	}
	return keys
}

// Values gives the values in the order of their keys.
func (d *Dict) Values() []Value {
	vs := make([]Value, len(d.entries))
	for i, e := range d.entries {
		vs[i] = e.value
	}
	return vs
}

// Items calls yield for each entry in order until it returns false: for k, v := range d.Items.
func (d *Dict) Items(yield func(key, value Value) bool) {
	for _, e := range d.entries {
		if !yield(e.key, e.value) {
			return
		}
	}
}

// Copy gives a dict with the same entries; the values are shared.
func (d *Dict) Copy() *Dict {
	c := &Dict{entries: append([]entry(nil), d.entries...)}
	c.reindex()
	return c
}

type (
	noneKey  struct{}
	tupleKey string
	bigKey   string
)

// hashKey gives a comparable Go value that is equal for keys that Python takes for one; ok is false for what cannot be a key.
func hashKey(v Value) (key any, ok bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case nil:
		return noneKey{}, true
	case bool:
		if x {
			return int64(1), true
		}
		return int64(0), true
	case int64:
		return x, true
	case int:
		return int64(x), true
	case float64:
		return floatKey(x), true
	case *big.Int:
		return bigKey(x.String()), true
	case Tuple:
		return hashTuple(x)
	case *List, *Dict, *ScopeMap, Func, MapScope:
		return nil, false
	}
	return v, true
}

func floatKey(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<62 {
		return int64(f)
	}
	return f
}

func hashTuple(t Tuple) (any, bool) {
	var b strings.Builder
	for _, e := range t {
		k, ok := hashKey(e)
		if !ok {
			return nil, false
		}
		s := Repr(e)
		if i, isInt := k.(int64); isInt {
			s = strconv.FormatInt(i, 10)
		}
		b.WriteString(strconv.Itoa(len(s)) + ":" + s)
	}
	return tupleKey(b.String()), true
}
