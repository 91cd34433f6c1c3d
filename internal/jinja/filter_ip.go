package jinja

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/netaddr"
)

// ipQuery is an address or network that the filter ipaddr asks about.
type ipQuery struct {
	netaddr.Net
	network bool // it was written with a prefix
	value   Value
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// readIP reads an address, a network, or the number of an address, with or without a prefix.
func readIP(v Value, version int64) (ipQuery, bool) {
	text := Str(v)
	if isDigits(text) {
		return numericIP(text, 0, false, version)
	}
	if n, err := netaddr.Parse(text); err == nil {
		return ipQuery{n, strings.Count(text, "/") == 1, v}, true
	}
	address, prefix, ok := strings.Cut(text, "/")
	bits, err := strconv.Atoi(prefix)
	if !ok || !isDigits(address) || err != nil {
		return ipQuery{}, false
	}
	return numericIP(address, bits, true, 0)
}

func numericIP(digits string, bits int, network bool, version int64) (ipQuery, bool) {
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok || len(digits) > 50 {
		return ipQuery{}, false
	}
	for _, try := range []struct{ version, bits int }{{4, 32}, {6, 128}} {
		if try.version == 4 && version == 6 {
			continue
		}
		if network {
			try.bits = bits
		}
		if v, err := netaddr.FromInt(n, try.version, try.bits); err == nil {
			return ipQuery{v, network, v.String()}, true
		}
	}
	return ipQuery{}, false
}

// ipAddr is the filter ipaddr: false where the value is no address or not of the version, None where the query has no answer.
func ipAddr(v Value, query string, version int64) (Value, error) {
	if vs, ok := listItems(v); ok {
		out := NewList()
		for _, e := range vs {
			r, err := ipAddr(e, query, version)
			if err != nil {
				return nil, err
			}
			if t, _, _ := Truth(r); t {
				out.Append(r)
			}
		}
		return out, nil
	}
	if t, _, _ := Truth(v); !t || v == true {
		return false, nil
	}
	q, ok := readIP(v, version)
	if !ok || version != 0 && int64(q.Version()) != version {
		return false, nil
	}
	if ask := ipQueries[query]; ask != nil {
		return ask(q)
	}
	if within, ok := readIP(query, 0); ok && !isDigits(query) {
		if within.CIDR().Contains(q.CIDR()) {
			return q.value, nil
		}
		return nil, nil
	}
	return q.nth(query)
}

func listItems(v Value) ([]Value, bool) {
	switch x := v.(type) {
	case *List:
		return x.items, true
	case Tuple:
		return x, true
	}
	return nil, false
}

// nth is the query that is a number: the address at that place of the network.
func (q ipQuery) nth(query string) (Value, error) {
	if _, err := strconv.ParseFloat(query, 64); err != nil {
		return nil, fmt.Errorf("unknown filter type: %s", query)
	}
	if q.Single() {
		if q.network {
			return q.String(), nil
		}
		return q.IP(), nil
	}
	i, ok := new(big.Int).SetString(query, 10)
	if !ok {
		return false, nil
	}
	ip, err := q.At(i)
	if err != nil {
		return false, nil
	}
	return ip + "/" + strconv.Itoa(q.PrefixLen()), nil
}

// ipInput gives the input where it is of a type that ipaddr takes.
func (c *Call) ipInput() (Value, error) {
	switch c.In.(type) {
	case string, *List, Tuple, int64, bool, *big.Int:
		return c.In, nil
	}
	return nil, fmt.Errorf("unrecognized type '%s'", TypeName(c.In))
}

func ipFilter(version int64) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		in, err := c.ipInput()
		if err != nil {
			return nil, err
		}
		version := version
		if len(c.args) > 1 {
			if version, err = c.Int(1, version); err != nil {
				return nil, err
			}
		}
		return ipAddr(in, c.Text(0, ""), version)
	}
}

func filterIPWrap(c *Call) (Value, error) {
	query := c.Text(0, "")
	wrap := func(v Value) Value {
		r, err := ipAddr(v, query, 0)
		if t, _, _ := Truth(r); err != nil || !t {
			return v
		}
		if query == "" {
			r = v
		}
		w, err := ipAddr(r, "wrap", 0)
		if err != nil {
			return v
		}
		return w
	}
	if vs, ok := listItems(c.In); ok {
		out := NewList()
		for _, v := range vs {
			out.Append(wrap(v))
		}
		return out, nil
	}
	return wrap(c.In), nil
}

// subject gives the network that most of the other filters work on: an address with its prefix, or the network of one that is written as such.
func subject(v Value) (netaddr.Net, bool) {
	t, _, _ := Truth(v)
	if _, isList := listItems(v); !t || v == true || isList {
		return netaddr.Net{}, false
	}
	q, ok := readIP(v, 0)
	return q.Net, ok
}

var errNotIP = errors.New("a valid IP address is wanted")

func filterIPMath(c *Call) (Value, error) {
	n, err := netaddr.Parse(c.input())
	if err != nil {
		return nil, fmt.Errorf("%w; %s is invalid", errNotIP, c.input())
	}
	amount, ok := bigInt(c.args[0])
	if !ok {
		return nil, fmt.Errorf("an integer is wanted for arithmetic; %s is none", Str(c.args[0]))
	}
	sum, err := netaddr.FromInt(new(big.Int).Add(n.Int(), amount), n.Version(), n.Bits())
	if err != nil {
		return nil, errors.New("the result is no address")
	}
	return sum.IP(), nil
}

func filterNthHost(c *Call) (Value, error) {
	n, ok := subject(c.In)
	i, isInt := parseInt(c.Text(0, ""), 10)
	if !ok || !isInt {
		return false, nil
	}
	nth, _ := bigInt(i)
	ip, err := n.At(nth)
	if err != nil {
		return false, nil
	}
	return ip, nil
}

// nthUsable is next_nth_usable (1) and previous_nth_usable (-1).
func nthUsable(sign int64) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		n, ok := subject(c.In)
		if !ok {
			return false, nil
		}
		offset, err := c.Int(0, 0)
		if err != nil {
			return nil, err
		}
		return usableAt(n, sign*offset)
	}
}

func usableAt(n netaddr.Net, offset int64) (Value, error) {
	low, high, ok := n.Usable()
	at := new(big.Int).Add(n.Int(), big.NewInt(offset))
	if !ok || at.Cmp(low) < 0 || at.Cmp(high) > 0 {
		return nil, nil
	}
	v, err := netaddr.FromInt(at, n.Version(), n.Bits())
	if err != nil {
		return nil, nil
	}
	return v.IP(), nil
}

// spanOf gives the ends of the network of a value, or those that hosts may use.
func spanOf(v Value, usable bool) (low, high *big.Int, ok bool) {
	n, ok := subject(v)
	if !ok {
		return nil, nil, false
	}
	low, high = n.First(), n.Last()
	if l, h, has := n.Usable(); usable && has {
		low, high = l, h
	}
	return low, high, true
}

// within reports whether the network of one value lies in that of another; what is no address lies in none.
func within(network, test Value, usable bool) bool {
	low, high, ok := spanOf(network, usable)
	first, last, okTest := spanOf(test, false)
	return ok && okTest && first.Cmp(low) >= 0 && last.Cmp(high) <= 0
}

func filterInNetwork(usable bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return within(c.In, c.args[0], usable), nil }
}

func filterReduce(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	out := NewList()
	for _, v := range vs {
		if within(c.args[0], v, false) {
			out.Append(v)
		}
	}
	return out, nil
}

func filterMerge(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	nets := make([]netaddr.Net, len(vs))
	for i, v := range vs {
		if nets[i], err = netaddr.Parse(Str(v)); err != nil {
			return nil, fmt.Errorf("%s: %w", Repr(v), err)
		}
	}
	switch action := c.Text(0, "merge"); {
	case action == "merge":
		out := NewList()
		for _, n := range netaddr.Merge(nets) {
			out.Append(n.String())
		}
		return out, nil
	case action != "span":
		return nil, fmt.Errorf("invalid action '%s'", action)
	case len(nets) == 0:
		return nil, nil
	case len(nets) == 1:
		return nets[0].String(), nil
	}
	n, err := netaddr.Span(nets)
	return n.String(), err
}
