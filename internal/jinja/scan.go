package jinja

import "math/big"

// HasUnknown reports whether a value is Unknown or holds one.
func HasUnknown(v Value) bool { return look(v)&foundUnknown != 0 }

// found is what a look into a value sees.
type found byte

const (
	foundUnknown found = 1 << iota
	foundLazy          // a template that has not been evaluated
	foundTooMuch       // more elements than a value may have
)

// scanner looks through lists and dicts for values that need care. It stops after maxValues elements: one list that is held many times makes a small value an endless one.
type scanner struct{ seen int }

// look says what there is in a value.
func look(v Value) found {
	switch v.(type) {
	case string, int64, bool, nil:
		return 0
	}
	var s scanner
	return s.scan(v, 0)
}

func lookAll(vs []Value) found {
	var s scanner
	return s.items(vs, 0)
}

func (s *scanner) scan(v Value, depth int) found {
	switch x := v.(type) {
	case string, int64, bool, nil, float64, *big.Int:
		return 0
	case Unknown:
		return foundUnknown
	case *Template, *ScopeMap:
		return foundLazy
	case *List:
		return s.items(x.items, depth+1)
	case Tuple:
		return s.items(x, depth+1)
	case *Dict:
		if s.full(len(x.entries), depth) {
			return foundTooMuch
		}
		var f found
		for i := range x.entries {
			if f |= s.scan(x.entries[i].value, depth+1); f&foundTooMuch != 0 {
				return f
			}
		}
		return f
	}
	return 0
}

func (s *scanner) items(vs []Value, depth int) found {
	if s.full(len(vs), depth) {
		return foundTooMuch
	}
	var f found
	for _, e := range vs {
		if f |= s.scan(e, depth+1); f&foundTooMuch != 0 {
			return f
		}
	}
	return f
}

func (s *scanner) full(n, depth int) bool {
	s.seen += n + 1
	return s.seen > maxValues || depth > maxNesting
}
