package netaddr

import (
	"math/big"
	"net/netip"
)

func prefixes(list ...string) []Net {
	out := make([]Net, len(list))
	for i, s := range list {
		p := netip.MustParsePrefix(s)
		out[i] = Net{p.Addr(), p.Bits()}
	}
	return out
}

// The networks that are not reachable from everywhere, and those in them that are, after the registries of IANA.
var (
	notGlobal = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32",
		"::1/128", "::/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10")
	global = prefixes("192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28")
)

func in(n Net, list []Net) bool {
	one := Net{n.addr, n.Bits()}
	for _, l := range list {
		if l.Contains(one) {
			return true
		}
	}
	return false
}

// IsGlobal reports whether the address is reachable from everywhere.
func (n Net) IsGlobal() bool { return in(n, global) || !in(n, notGlobal) }

// IsLoopback reports whether the address is one of the host itself.
func (n Net) IsLoopback() bool { return n.addr.IsLoopback() }

// IsMulticast reports whether the whole network is one of groups.
func (n Net) IsMulticast() bool {
	return in(n, prefixes("224.0.0.0/4", "ff00::/8")) && n.CIDR().Contained("224.0.0.0/4", "ff00::/8")
}

// Contained reports whether the network lies in one of others.
func (n Net) Contained(others ...string) bool {
	for _, o := range prefixes(others...) {
		if o.Contains(n) {
			return true
		}
	}
	return false
}

// IsMask reports whether the address is a netmask or a hostmask.
func (n Net) IsMask() bool {
	all := maxInt(n.Bits())
	v := n.Int()
	return isMask(v, all) || isMask(new(big.Int).Xor(v, all), all)
}

// Merge gives the least networks that together hold the same addresses, in order, IPv4 first.
func Merge(nets []Net) []Net {
	var out []Net
	for _, version := range []int{4, 6} {
		spans := spansOf(nets, version)
		for _, s := range spans {
			out = append(out, split(s[0], s[1], version)...)
		}
	}
	return out
}

// spansOf gives the ranges of addresses that networks cover, sorted and joined.
func spansOf(nets []Net, version int) [][2]*big.Int {
	var spans [][2]*big.Int
	for _, n := range nets {
		if n.Version() == version {
			spans = append(spans, [2]*big.Int{n.First(), n.Last()})
		}
	}
	sortSpans(spans)
	var out [][2]*big.Int
	for _, s := range spans {
		if k := len(out); k > 0 {
			next := new(big.Int).Add(out[k-1][1], big.NewInt(1))
			if s[0].Cmp(next) <= 0 {
				if s[1].Cmp(out[k-1][1]) > 0 {
					out[k-1][1] = s[1]
				}
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// split gives the networks that make up a range.
func split(low, high *big.Int, version int) []Net {
	total := 32
	if version == 6 {
		total = 128
	}
	var out []Net
	for low.Cmp(high) <= 0 {
		host := total
		if low.Sign() != 0 {
			host = min(int(low.TrailingZeroBits()), total)
		}
		for {
			end := new(big.Int).Add(low, maxInt(host))
			if end.Cmp(high) <= 0 {
				break
			}
			host--
		}
		n, err := FromInt(low, version, total-host)
		if err != nil {
			return out
		}
		out = append(out, n)
		low = new(big.Int).Add(low, new(big.Int).Lsh(big.NewInt(1), uint(host)))
	}
	return out
}

// Span is the least network that holds all the others, which must be of one version.
func Span(nets []Net) (Net, error) {
	low, high := nets[0].First(), nets[0].Last()
	for _, n := range nets {
		if n.Version() != nets[0].Version() {
			return Net{}, errFormat
		}
		if n.First().Cmp(low) < 0 {
			low = n.First()
		}
		if n.Last().Cmp(high) > 0 {
			high = n.Last()
		}
	}
	host := new(big.Int).Xor(low, high).BitLen()
	total := nets[0].Bits()
	n, err := FromInt(low, nets[0].Version(), total-host)
	return n.CIDR(), err
}

// Supernet is the network of the given prefix that holds n's.
func (n Net) Supernet(bits int) Net { return Net{n.addr, bits}.CIDR() }
