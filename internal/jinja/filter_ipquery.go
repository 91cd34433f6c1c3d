package jinja

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/netaddr"
)

var errNotNetwork = errors.New("not a network address")

// ipQueries are the queries of ipaddr by name.
var ipQueries = map[string]func(ipQuery) (Value, error){
	"":                 func(q ipQuery) (Value, error) { return q.plain(), nil },
	"6to4":             ipQuery.sixToFour,
	"address":          ipQuery.address,
	"ip":               ipQuery.address,
	"address/prefix":   ipQuery.host,
	"gateway":          ipQuery.host,
	"gw":               ipQuery.host,
	"host/prefix":      ipQuery.host,
	"hostnet":          ipQuery.host,
	"router":           ipQuery.host,
	"bool":             func(ipQuery) (Value, error) { return true, nil },
	"broadcast":        ipQuery.broadcast,
	"cidr":             func(q ipQuery) (Value, error) { return q.String(), nil },
	"first_usable":     usableQuery(func(low, _ string) string { return low }),
	"last_usable":      usableQuery(func(_, high string) string { return high }),
	"range_usable":     usableQuery(func(low, high string) string { return low + "-" + high }),
	"host":             ipQuery.hostOnly,
	"hostmask":         func(q ipQuery) (Value, error) { return q.Hostmask(), nil },
	"wildcard":         func(q ipQuery) (Value, error) { return q.Hostmask(), nil },
	"int":              ipQuery.number,
	"ip/prefix":        maskQuery(func(q ipQuery) string { return q.String() }),
	"ip_netmask":       maskQuery(func(q ipQuery) string { return q.IP() + " " + q.Netmask() }),
	"ipv4":             ipQuery.toV4,
	"v4":               ipQuery.toV4,
	"ipv6":             ipQuery.toV6,
	"v6":               ipQuery.toV6,
	"link-local":       whereQuery(func(q ipQuery) bool { return q.single().Contained("169.254.0.0/16", "fe80::/10") }),
	"lo":               whereQuery(ipQuery.IsLoopback),
	"loopback":         whereQuery(ipQuery.IsLoopback),
	"multicast":        whereQuery(ipQuery.IsMulticast),
	"unicast":          whereQuery(func(q ipQuery) bool { return !q.IsMulticast() }),
	"private":          whereQuery(func(q ipQuery) bool { return !q.IsGlobal() }),
	"public":           whereQuery(func(q ipQuery) bool { return q.IsGlobal() && !q.IsMulticast() && !q.IsLoopback() && !q.IsMask() }),
	"net":              ipQuery.netOnly,
	"next_usable":      neighbourQuery(1),
	"previous_usable":  neighbourQuery(-1),
	"netmask":          func(q ipQuery) (Value, error) { return q.Netmask(), nil },
	"network":          func(q ipQuery) (Value, error) { return q.Network(), nil },
	"network_id":       func(q ipQuery) (Value, error) { return q.Network(), nil },
	"network/prefix":   func(q ipQuery) (Value, error) { return q.CIDR().String(), nil },
	"subnet":           func(q ipQuery) (Value, error) { return q.CIDR().String(), nil },
	"network_netmask":  func(q ipQuery) (Value, error) { return q.Network() + " " + q.Netmask(), nil },
	"network_wildcard": func(q ipQuery) (Value, error) { return q.Network() + " " + q.Hostmask(), nil },
	"peer":             ipQuery.peer,
	"prefix":           func(q ipQuery) (Value, error) { return int64(q.PrefixLen()), nil },
	"revdns":           func(q ipQuery) (Value, error) { return q.ReverseDNS(), nil },
	"size":             func(q ipQuery) (Value, error) { return normalBig(q.Size()), nil },
	"size_usable":      ipQuery.sizeUsable,
	"type":             ipQuery.kind,
	"version":          func(q ipQuery) (Value, error) { return int64(q.Version()), nil },
	"wrap":             ipQuery.wrap,
}

// single is the address alone.
func (q ipQuery) single() netaddr.Net {
	n, _ := netaddr.FromInt(q.Int(), q.Version(), q.Bits())
	return n
}

func (q ipQuery) plain() string {
	if q.network {
		return q.String()
	}
	return q.IP()
}

// isHost reports whether the address is one that a host may have: that of an IPv4 network itself is not.
func (q ipQuery) isHost() bool {
	_, broadcast := q.Broadcast()
	return q.Single() || !q.AtNetwork() || !broadcast
}

func (q ipQuery) address() (Value, error) {
	if q.isHost() {
		return q.IP(), nil
	}
	return nil, nil
}

func (q ipQuery) host() (Value, error) {
	last, has := q.Broadcast()
	if !q.Single() && !q.SizeIs(2) && (q.AtNetwork() || has && last == q.IP()) {
		return false, nil
	}
	return q.String(), nil
}

func (q ipQuery) hostOnly() (Value, error) {
	if q.Single() || q.SizeIs(2) || !q.AtNetwork() {
		return q.String(), nil
	}
	return nil, nil
}

func (q ipQuery) broadcast() (Value, error) {
	if q.Single() || q.SizeIs(2) {
		return nil, nil
	}
	if b, ok := q.Broadcast(); ok {
		return b, nil
	}
	n, err := netaddr.FromInt(q.Last(), q.Version(), q.Bits())
	return n.IP(), err
}

func usableQuery(choose func(low, high string) string) func(ipQuery) (Value, error) {
	return func(q ipQuery) (Value, error) {
		if !q.network {
			return nil, errNotNetwork
		}
		low, high, ok := q.Usable()
		if !ok {
			return nil, nil
		}
		a, err := netaddr.AddressOf(low)
		if err != nil {
			return nil, err
		}
		b, err := netaddr.AddressOf(high)
		return choose(a, b), err
	}
}

func (q ipQuery) number() (Value, error) {
	if q.network {
		return q.Int().String() + "/" + strconv.Itoa(q.PrefixLen()), nil
	}
	return normalBig(q.Int()), nil
}

func maskQuery(write func(ipQuery) string) func(ipQuery) (Value, error) {
	return func(q ipQuery) (Value, error) {
		if q.SizeIs(2) || !q.Single() && !q.AtNetwork() {
			return write(q), nil
		}
		return nil, nil
	}
}

func whereQuery(holds func(ipQuery) bool) func(ipQuery) (Value, error) {
	return func(q ipQuery) (Value, error) {
		if holds(q) {
			return q.value, nil
		}
		return nil, nil
	}
}

func neighbourQuery(offset int64) func(ipQuery) (Value, error) {
	return func(q ipQuery) (Value, error) {
		if !q.network {
			return nil, errNotNetwork
		}
		return usableAt(q.Net, offset)
	}
}

func (q ipQuery) toV4() (Value, error) {
	if q.Version() == 4 {
		return q.value, nil
	}
	n, err := q.IPv4()
	if err != nil {
		return false, nil
	}
	return n.String(), nil
}

func (q ipQuery) toV6() (Value, error) {
	if q.Version() == 6 {
		return q.value, nil
	}
	return q.IPv6().String(), nil
}

func (q ipQuery) netOnly() (Value, error) {
	if !q.Single() && q.AtNetwork() {
		return q.String(), nil
	}
	return nil, nil
}

func (q ipQuery) peer() (Value, error) {
	if !q.network {
		return nil, errNotNetwork
	}
	mask := int64(1)
	switch {
	case q.SizeIs(2):
	case q.SizeIs(4):
		mask = 3
		switch new(big.Int).And(q.Int(), big.NewInt(3)).Int64() {
		case 0:
			return nil, errors.New("network address of /30 has no peer")
		case 3:
			return nil, errors.New("broadcast address of /30 has no peer")
		}
	default:
		return nil, errors.New("not a point-to-point network")
	}
	return netaddr.AddressOf(new(big.Int).Xor(q.Int(), big.NewInt(mask)))
}

func (q ipQuery) sizeUsable() (Value, error) {
	switch {
	case q.Single():
		return int64(0), nil
	case q.SizeIs(2):
		return int64(2), nil
	}
	return normalBig(new(big.Int).Sub(q.Size(), big.NewInt(2))), nil
}

func (q ipQuery) kind() (Value, error) {
	if !q.Single() && q.AtNetwork() {
		return "network", nil
	}
	return "address", nil
}

func (q ipQuery) wrap() (Value, error) {
	switch {
	case q.Version() == 4:
		return q.value, nil
	case q.network:
		return "[" + q.IP() + "]/" + strconv.Itoa(q.PrefixLen()), nil
	}
	return "[" + q.IP() + "]", nil
}

func (q ipQuery) sixToFour() (Value, error) {
	if q.Version() == 6 {
		if (!q.network || !q.AtNetwork()) && q.single().Contained("2002::/16") {
			return q.value, nil
		}
		return false, nil
	}
	if !q.Single() && q.AtNetwork() || q.IsMulticast() || q.IsGlobal() && q.IsMask() {
		return false, nil
	}
	b := q.Int().FillBytes(make([]byte, 4))
	return fmt.Sprintf("2002:%02x%02x:%02x%02x::1/48", b[0], b[1], b[2], b[3]), nil
}

// macForms are how the queries of hwaddr write an address: the bits of a word, its form, the separator.
var macForms = map[string]struct {
	bits      int
	form, sep string
}{
	"bare": {48, "%012X", ""}, "cisco": {16, "%04x", "."}, "eui48": {8, "%02X", "-"}, "win": {8, "%02X", "-"}, "linux": {8, "%02x", ":"}, "unix": {8, "%x", ":"},
	"pgsql": {24, "%06x", ":"}, "postgresql": {24, "%06x", ":"}, "psql": {24, "%06x", ":"},
}

// filterMAC is hwaddr and macaddr.
func filterMAC(c *Call) (Value, error) {
	query := c.Text(0, "")
	m, err := netaddr.ParseMAC(c.input())
	form, ok := macForms[query]
	switch {
	case err != nil && query != "" && query != "bool":
		return nil, fmt.Errorf("not a hardware address: %s", c.input())
	case err != nil:
		return nil, nil
	case query == "":
		return c.In, nil
	case query == "bool":
		return true, nil
	case query == "int":
		return int64(m), nil
	case !ok:
		return nil, fmt.Errorf("unknown filter type: %s", query)
	}
	return m.Format(form.bits, form.form, form.sep), nil
}

func filterSLAAC(c *Call) (Value, error) {
	n, ok := subject(c.In)
	m, err := netaddr.ParseMAC(c.Text(0, ""))
	if !ok || n.Version() != 6 || err != nil {
		return false, nil
	}
	return m.SLAAC(n), nil
}

func filterIP4Hex(c *Call) (Value, error) {
	n, err := netaddr.Parse(c.input())
	if err != nil || n.Version() != 4 || strings.Contains(c.input(), "/") {
		return nil, fmt.Errorf("%w; %s is invalid", errNotIP, c.input())
	}
	b := n.Int().FillBytes(make([]byte, 4))
	parts := make([]string, 4)
	for i := range b {
		parts[i] = fmt.Sprintf("%02x", b[i])
	}
	return strings.Join(parts, c.Text(0, "")), nil
}
