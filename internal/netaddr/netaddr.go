// Package netaddr is the arithmetic of IP networks and MAC addresses that Python's netaddr does: addresses as integers with a prefix, which networks hold one another, and what
// is usable in them. The filters of ansible.utils are defined by it.
package netaddr

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// Net is an address with a prefix, like 192.168.1.5/24. The address need not be the first of its network.
type Net struct {
	addr netip.Addr
	bits int
}

var errFormat = errors.New("it is no IP address or network")

// Parse reads an address, or one with a prefix, a netmask or a hostmask.
func Parse(text string) (Net, error) {
	text = strings.TrimSpace(text)
	address, prefix, has := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Zone() != "" {
		return Net{}, errFormat
	}
	if !has {
		return Net{addr, addr.BitLen()}, nil
	}
	bits, err := prefixLen(prefix, addr)
	return Net{addr, bits}, err
}

// prefixLen reads a prefix: a number, or a mask.
func prefixLen(s string, addr netip.Addr) (int, error) {
	if n, err := strconv.Atoi(s); err == nil && s[0] >= '0' && s[0] <= '9' {
		if n > addr.BitLen() {
			return 0, errFormat
		}
		return n, nil
	}
	mask, err := netip.ParseAddr(s)
	if err != nil || mask.Is4() != addr.Is4() {
		return 0, errFormat
	}
	v := toInt(mask)
	all := maxInt(addr.BitLen())
	if isMask(v, all) {
		return onesOf(v), nil
	}
	if inverse := new(big.Int).Xor(v, all); isMask(inverse, all) {
		return onesOf(inverse), nil
	}
	return 0, errFormat
}

func onesOf(v *big.Int) int {
	n := 0
	for i := range v.BitLen() {
		n += int(v.Bit(i))
	}
	return n
}

// isMask reports whether the ones of v come before its zeros.
func isMask(v, all *big.Int) bool {
	inverse := new(big.Int).Xor(v, all)
	next := new(big.Int).Add(inverse, big.NewInt(1))
	return next.And(next, inverse).Sign() == 0
}

func maxInt(bits int) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	return n.Sub(n, big.NewInt(1))
}

func toInt(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

// FromInt makes a network of an address's number. Version is 4 or 6.
func FromInt(n *big.Int, version, bits int) (Net, error) {
	total := 32
	if version == 6 {
		total = 128
	}
	if n.Sign() < 0 || n.BitLen() > total || bits < 0 || bits > total {
		return Net{}, errFormat
	}
	addr, _ := netip.AddrFromSlice(n.FillBytes(make([]byte, total/8)))
	return Net{addr, bits}, nil
}

// AddressOf is the address of a number: IPv4 where it fits, else IPv6.
func AddressOf(n *big.Int) (string, error) {
	v, err := FromInt(n, 4, 32)
	if err != nil {
		if v, err = FromInt(n, 6, 128); err != nil {
			return "", fmt.Errorf("%s is no address", n)
		}
	}
	return v.IP(), nil
}

// Version is 4 or 6.
func (n Net) Version() int {
	if n.addr.Is4() {
		return 4
	}
	return 6
}

// Bits is the length of an address in bits.
func (n Net) Bits() int { return n.addr.BitLen() }

// PrefixLen is the length of the network's part of an address in bits.
func (n Net) PrefixLen() int { return n.bits }

// Int is the address as a number.
func (n Net) Int() *big.Int { return toInt(n.addr) }

// First is the number of the network's first address.
func (n Net) First() *big.Int { return toInt(n.network()) }

// Last is the number of the network's last address.
func (n Net) Last() *big.Int { return new(big.Int).Or(n.First(), n.hostBits()) }

func (n Net) hostBits() *big.Int { return maxInt(n.Bits() - n.bits) }

func (n Net) network() netip.Addr { return netip.PrefixFrom(n.addr, n.bits).Masked().Addr() }

// Size is how many addresses the network has.
func (n Net) Size() *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(n.Bits()-n.bits)) }

// SizeIs reports whether the network has k addresses.
func (n Net) SizeIs(k int64) bool { return n.Size().Cmp(big.NewInt(k)) == 0 }

// Single reports whether the network has one address only.
func (n Net) Single() bool { return n.bits == n.Bits() }

// text writes an address. An IPv4 address in an IPv6 one is written with dots where the C library does.
func text(a netip.Addr) string {
	if a.Is4In6() {
		return "::ffff:" + a.Unmap().String()
	}
	b := a.As16()
	if a.Is6() && strings.Trim(string(b[:12]), "\x00") == "" && (b[12] != 0 || b[13] != 0) {
		return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
	}
	return a.String()
}

// IP is the address as text.
func (n Net) IP() string { return text(n.addr) }

// String is the address with its prefix.
func (n Net) String() string { return n.IP() + "/" + strconv.Itoa(n.bits) }

// Network is the first address, as text.
func (n Net) Network() string { return text(n.network()) }

// AtNetwork reports whether the address is the first of its network.
func (n Net) AtNetwork() bool { return n.addr == n.network() }

// CIDR is the network with its prefix.
func (n Net) CIDR() Net { return Net{n.network(), n.bits} }

func (n Net) at(v *big.Int) string {
	a, err := FromInt(v, n.Version(), n.Bits())
	if err != nil {
		return ""
	}
	return a.IP()
}

// Broadcast is the last address of an IPv4 network of more than two; ok is false where there is none.
func (n Net) Broadcast() (address string, ok bool) {
	if n.Version() != 4 || n.Bits()-n.bits <= 1 {
		return "", false
	}
	return n.at(n.Last()), true
}

// Netmask is the mask whose ones are the network's part, as text.
func (n Net) Netmask() string { return n.at(new(big.Int).Xor(n.hostBits(), maxInt(n.Bits()))) }

// Hostmask is the mask whose ones are the host's part, as text.
func (n Net) Hostmask() string { return n.at(n.hostBits()) }

// At is the i-th address of the network; a negative i counts from the end.
func (n Net) At(i *big.Int) (string, error) {
	size := n.Size()
	j := new(big.Int).Set(i)
	if j.Sign() < 0 {
		j.Add(j, size)
	}
	if j.Sign() < 0 || j.Cmp(size) >= 0 {
		return "", errors.New("the index is out of the network")
	}
	return n.at(j.Add(j, n.First())), nil
}

// Usable gives the first and the last address that a host may have; ok is false for a network of one address.
func (n Net) Usable() (low, high *big.Int, ok bool) {
	low, high = n.First(), n.Last()
	if n.Single() {
		return nil, nil, false
	}
	if !n.SizeIs(2) {
		low.Add(low, big.NewInt(1))
		high.Sub(high, big.NewInt(1))
	}
	return low, high, true
}

// Contains reports whether the whole of m is in n.
func (n Net) Contains(m Net) bool {
	return n.Version() == m.Version() && n.First().Cmp(m.First()) <= 0 && n.Last().Cmp(m.Last()) >= 0
}

// ReverseDNS is the name under which the address is looked up.
func (n Net) ReverseDNS() string {
	b := n.addr.AsSlice()
	var s strings.Builder
	for i := len(b) - 1; i >= 0; i-- {
		if n.Version() == 4 {
			fmt.Fprintf(&s, "%d.", b[i])
		} else {
			fmt.Fprintf(&s, "%x.%x.", b[i]&15, b[i]>>4)
		}
	}
	if n.Version() == 4 {
		return s.String() + "in-addr.arpa."
	}
	return s.String() + "ip6.arpa."
}

// IPv4 is the address of version 4 that an IPv6 address maps or is compatible with.
func (n Net) IPv4() (Net, error) {
	if n.Version() == 4 {
		return n, nil
	}
	bits := n.bits - 96
	v := n.Int()
	if mapped := new(big.Int).Rsh(v, 32); bits < 0 || mapped.Sign() != 0 && mapped.Cmp(big.NewInt(0xffff)) != 0 {
		return Net{}, errors.New("the address has no IPv4 form")
	}
	return FromInt(v.And(v, maxInt(32)), 4, bits)
}

// IPv6 is the IPv6 form: the mapped one of an IPv4 address.
func (n Net) IPv6() Net {
	if n.Version() == 6 {
		return n
	}
	v := new(big.Int).Or(n.Int(), new(big.Int).Lsh(big.NewInt(0xffff), 32))
	m, _ := FromInt(v, 6, n.bits+96)
	return m
}
