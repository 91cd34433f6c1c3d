// Package pyrandom gives the numbers that Python's random.Random gives for a seed: the Mersenne Twister MT19937 with Python's seeding.
//
// Playbooks use random(seed=inventory_hostname) to spread cron jobs over an hour. A host has to get the minute that it has always had.
package pyrandom

import (
	"crypto/sha512"
	"math/big"
	"math/bits"
)

const (
	size   = 624
	middle = 397
)

// Rand is a generator. It is used by one goroutine.
type Rand struct {
	state [size]uint32
	next  int
}

// FromString is Random(text): the seed is the text and its SHA-512 as one number.
func FromString(text string) *Rand {
	sum := sha512.Sum512([]byte(text))
	return FromInt(new(big.Int).SetBytes(append([]byte(text), sum[:]...)))
}

// FromInt is Random(n); the sign does not count.
func FromInt(n *big.Int) *Rand {
	var key []uint32
	mask := big.NewInt(0xffffffff)
	for rest := new(big.Int).Abs(n); rest.Sign() > 0; rest.Rsh(rest, 32) {
		key = append(key, uint32(new(big.Int).And(rest, mask).Uint64()))
	}
	if len(key) == 0 {
		key = []uint32{0}
	}
	r := &Rand{next: size}
	r.seed(key)
	return r
}

// seed is init_by_array of the reference implementation.
func (r *Rand) seed(key []uint32) {
	s := &r.state
	s[0] = 19650218
	for i := 1; i < size; i++ {
		s[i] = 1812433253*(s[i-1]^s[i-1]>>30) + uint32(i)
	}
	i, j := 1, 0
	for range max(size, len(key)) {
		s[i] = (s[i] ^ (s[i-1]^s[i-1]>>30)*1664525) + key[j] + uint32(j)
		i, j = r.wrap(i+1), (j+1)%len(key)
	}
	for range size - 1 {
		s[i] = (s[i] ^ (s[i-1]^s[i-1]>>30)*1566083941) - uint32(i)
		i = r.wrap(i + 1)
	}
	s[0] = 1 << 31
}

// wrap begins at 1 again after the last word, which moves to the first place.
func (r *Rand) wrap(i int) int {
	if i < size {
		return i
	}
	r.state[0] = r.state[size-1]
	return 1
}

func (r *Rand) twist() {
	s := &r.state
	for i := range size {
		y := s[i]&(1<<31) | s[(i+1)%size]&(1<<31-1)
		s[i] = s[(i+middle)%size] ^ y>>1 ^ (y&1)*0x9908b0df
	}
	r.next = 0
}

func (r *Rand) word() uint32 {
	if r.next >= size {
		r.twist()
	}
	y := r.state[r.next]
	r.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// bits gives a number of k bits, 64 at most.
func (r *Rand) bits(k int) uint64 {
	if k <= 32 {
		return uint64(r.word() >> (32 - k))
	}
	low := uint64(r.word())
	return low | uint64(r.word()>>(64-k))<<32
}

// Below gives a number from 0 up to, and without, n. N must be positive.
func (r *Rand) Below(n int64) int64 {
	k := bits.Len64(uint64(n))
	for {
		if v := r.bits(k); v < uint64(n) {
			return int64(v)
		}
	}
}

// Shuffle puts n things into random order; swap exchanges two of them.
func (r *Rand) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(r.Below(int64(i+1))))
	}
}
