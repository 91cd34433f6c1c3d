package jinja

import (
	"math"
	"math/big"
)

// pySet is a set in the order in which CPython keeps it: a hash table with open addressing, grown as CPython grows it. The order of Ansible's union, difference, symmetric_difference
// and intersect is that of such a table, and so it is known where every hash is: that of numbers, booleans and None, but not of texts, whose hashes Python draws anew in each run.
type pySet struct {
	table      []pyEntry
	fill, used int
}

type pyEntry struct {
	v     Value
	hash  uint64
	taken bool // also by what was removed again
	gone  bool
}

const (
	pySetProbes = 9
	pySetMin    = 8
	noneHash    = 0xfca86420
)

// pyHash gives Python's hash of a value; ok is false where it is not the same in each run.
func pyHash(v Value) (hash uint64, ok bool) {
	switch x := v.(type) {
	case nil:
		return noneHash, true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int64:
		n := x % (1<<61 - 1)
		if n == -1 {
			n = -2
		}
		return uint64(n), true
	case *big.Int:
		n := new(big.Int).Rem(x, big.NewInt(1<<61-1)).Int64()
		if n == -1 {
			n = -2
		}
		return uint64(n), true
	case float64:
		return floatHash(x)
	}
	return 0, false
}

// floatHash is the hash of a float: the same as that of an equal integer.
func floatHash(f float64) (uint64, bool) {
	if math.IsNaN(f) {
		return 0, false
	}
	if math.IsInf(f, 0) {
		return uint64(int64(math.Copysign(314159, f))), true
	}
	const bits, modulus = 61, 1<<61 - 1
	m, e := math.Frexp(math.Abs(f))
	var x uint64
	for m != 0 {
		x = x<<28&modulus | x>>(bits-28)
		m *= 1 << 28
		e -= 28
		y := uint64(m)
		m -= float64(y)
		if x += y; x >= modulus {
			x -= modulus
		}
	}
	if e >= 0 {
		e %= bits
	} else {
		e = bits - 1 - (-1-e)%bits
	}
	x = x<<uint(e)&modulus | x>>uint(bits-e)
	n := int64(x)
	if f < 0 {
		n = -n
	}
	if n == -1 {
		n = -2
	}
	return uint64(n), true
}

// pySetOf makes a set of values; ok is false where the hash of one is not known.
func pySetOf(vs []Value) (s *pySet, ok bool) {
	s = &pySet{table: make([]pyEntry, pySetMin)}
	for _, v := range vs {
		h, known := pyHash(v)
		if !known {
			return nil, false
		}
		s.add(v, h)
	}
	return s, true
}

// probe goes through the places where a hash may stand, until stop is true of one.
func probe(size int, hash uint64, stop func(i int) bool) {
	mask := uint64(size - 1)
	i, perturb := hash&mask, hash
	for {
		last := i
		if i+pySetProbes <= mask {
			last = i + pySetProbes
		}
		for j := i; j <= last; j++ {
			if stop(int(j)) {
				return
			}
		}
		perturb >>= 5
		i = (i*5 + 1 + perturb) & mask
	}
}

// find gives the place of a value, or the first free one.
func (s *pySet) find(v Value, hash uint64) (at int, found bool) {
	probe(len(s.table), hash, func(i int) bool {
		e := &s.table[i]
		at, found = i, e.taken && !e.gone && e.hash == hash && Equal(e.v, v)
		return found || !e.taken
	})
	return at, found
}

func (s *pySet) add(v Value, hash uint64) {
	at, found := s.find(v, hash)
	if found {
		return
	}
	s.table[at] = pyEntry{v: v, hash: hash, taken: true}
	s.fill++
	s.used++
	if s.fill*5 < (len(s.table)-1)*3 {
		return
	}
	more := s.used * 4
	if s.used > 50_000 {
		more = s.used * 2
	}
	s.resize(more)
}

func (s *pySet) resize(least int) {
	size := pySetMin
	for size <= least {
		size <<= 1
	}
	old := s.table
	s.table, s.fill = make([]pyEntry, size), s.used
	for _, e := range old {
		if e.taken && !e.gone {
			s.put(e)
		}
	}
}

// put puts what is not there yet into a table without gaps.
func (s *pySet) put(e pyEntry) {
	probe(len(s.table), e.hash, func(i int) bool {
		if s.table[i].taken {
			return false
		}
		s.table[i] = e
		return true
	})
}

// remove reports whether the value was there.
func (s *pySet) remove(v Value, hash uint64) bool {
	at, found := s.find(v, hash)
	if found {
		s.table[at].gone = true
		s.used--
	}
	return found
}

// merge adds what another set has.
func (s *pySet) merge(other *pySet) {
	if other.used == 0 {
		return
	}
	if (s.fill+other.used)*5 >= (len(s.table)-1)*3 {
		s.resize((s.used + other.used) * 2)
	}
	clean := s.fill == 0
	if clean && len(s.table) == len(other.table) && other.fill == other.used {
		copy(s.table, other.table)
		s.fill, s.used = other.fill, other.used
		return
	}
	for _, e := range other.table {
		switch {
		case !e.taken || e.gone:
		case clean:
			s.put(e)
		default:
			s.add(e.v, e.hash)
		}
	}
	if clean {
		s.fill, s.used = other.used, other.used
	}
}

func newPySet() *pySet { return &pySet{table: make([]pyEntry, pySetMin)} }

func (s *pySet) copy() *pySet {
	out := newPySet()
	out.merge(s)
	return out
}

func (s *pySet) has(e pyEntry) bool {
	_, found := s.find(e.v, e.hash)
	return found
}

// values gives the elements in the order of the table.
func (s *pySet) values() []Value {
	out := make([]Value, 0, s.used)
	for _, e := range s.table {
		if e.taken && !e.gone {
			out = append(out, e.v)
		}
	}
	return out
}

func (s *pySet) union(o *pySet) *pySet {
	out := s.copy()
	out.merge(o)
	return out
}

func (s *pySet) difference(o *pySet) *pySet {
	if s.used>>2 > o.used {
		out := s.copy()
		for _, e := range o.table {
			if e.taken && !e.gone {
				out.remove(e.v, e.hash)
			}
		}
		return out
	}
	return s.where(func(e pyEntry) bool { return !o.has(e) })
}

func (s *pySet) intersection(o *pySet) *pySet {
	if o.used > s.used {
		s, o = o, s
	}
	return o.where(s.has)
}

// where gives the set of the elements for which a condition holds.
func (s *pySet) where(keep func(pyEntry) bool) *pySet {
	out := newPySet()
	for _, e := range s.table {
		if e.taken && !e.gone && keep(e) {
			out.add(e.v, e.hash)
		}
	}
	return out
}

func (s *pySet) symmetric(o *pySet) *pySet {
	out := newPySet()
	out.merge(o)
	for _, e := range s.table {
		if e.taken && !e.gone && !out.remove(e.v, e.hash) {
			out.add(e.v, e.hash)
		}
	}
	return out
}
