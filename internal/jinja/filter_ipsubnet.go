package jinja

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/pfrun/pfrun/internal/netaddr"
)

// filterIPSubnet is ipsubnet: how many subnets of a size a network has, one of them, or the place of a network in another.
func filterIPSubnet(c *Call) (Value, error) {
	n, ok := subject(c.In)
	if !ok {
		return false, nil
	}
	n = n.CIDR()
	query := c.Text(0, "")
	switch {
	case query == "":
		return n.String(), nil
	case isDigits(query):
		bits, isInt := parseInt(query, 10)
		size, small := smallInt(bits)
		if !isInt || !small || size > int64(n.Bits()) {
			return false, nil
		}
		if n.Single() {
			return subnetOfAddress(c, n, int(size))
		}
		return subnetOfNetwork(c, n, int(size))
	}
	return subnetRank(n, query)
}

// subnetOfAddress gives the network of a size that holds an address: the i-th from the largest.
func subnetOfAddress(c *Call, n netaddr.Net, bits int) (Value, error) {
	i, err := c.Int(1, 0)
	if err != nil {
		return nil, err
	}
	total := n.Bits() - bits
	if i > int64(n.Bits())+1-i {
		return false, nil
	}
	if i < 0 {
		i += int64(total)
	}
	if i < 0 || i >= int64(total) {
		if !c.Has(1) {
			return nil, fmt.Errorf("the address has no network larger than /%d", bits)
		}
		return false, nil
	}
	return n.Supernet(bits + int(i)).String(), nil
}

func subnetOfNetwork(c *Call, n netaddr.Net, bits int) (Value, error) {
	more := bits - n.PrefixLen()
	if more < 0 && c.Arg(1, nil) != nil {
		if i, err := c.Int(1, 0); i != 0 || err != nil {
			return false, err
		}
		return n.Network() + "/" + strconv.Itoa(bits), nil
	}
	if more < 0 {
		return nil, fmt.Errorf("requested subnet size of %d is invalid", bits)
	}
	count := new(big.Int).Lsh(big.NewInt(1), uint(more))
	if c.Arg(1, nil) == nil {
		return count.String(), nil
	}
	i, err := c.Int(1, 0)
	if err != nil {
		return nil, err
	}
	index := big.NewInt(i)
	if i < 0 {
		index.Add(index, count)
	}
	if index.Sign() < 0 || index.Cmp(count) >= 0 {
		return false, nil
	}
	at := index.Lsh(index, uint(n.Bits()-bits))
	sub, err := netaddr.FromInt(at.Add(at, n.Int()), n.Version(), bits)
	return sub.String(), err
}

// subnetRank tells which subnet of another network n is, counted from 1.
func subnetRank(n netaddr.Net, query string) (Value, error) {
	q, ok := subject(query)
	if !ok {
		return nil, fmt.Errorf("a valid subnet or IP address is wanted; %s is invalid", query)
	}
	outer := q.CIDR()
	if !outer.Contains(n) {
		return nil, fmt.Errorf("%s is not in the subnet %s", n, outer)
	}
	rank := new(big.Int).Sub(n.Int(), outer.Int())
	rank.Rsh(rank, uint(n.Bits()-n.PrefixLen()))
	return rank.Add(rank, big.NewInt(1)).String(), nil
}
