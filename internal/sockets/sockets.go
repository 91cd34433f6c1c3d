// Package sockets says who listens on which TCP port, of which address family, from what `ss` prints and from /proc/net/tcp{,6}.
//
// It is pure: text in, listeners out. The renderings of ss differ by version, and one of them is ambiguous: `*:25` is an IPv4 socket in iproute2
// before 4.15 (Debian 9 and older) and an IPv6 socket that also takes IPv4 in later ones. Callers that run ss themselves should ask once for each
// family, with [Command], and read the answers with [ParseSSFamily] and [Merge]: then nothing is guessed.
package sockets

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
)

// The address families of a listener.
const (
	IPv4 = "ipv4"
	IPv6 = "ipv6"
)

// Listener is one listening TCP socket.
type Listener struct {
	Proto     string     // always "tcp"
	Family    string     // IPv4 or IPv6: what its clients speak. A socket on ::ffff:192.0.2.1 takes IPv4 and nothing else, so it is IPv4
	Address   netip.Addr // without a zone; 0.0.0.0 or :: where it listens on every address
	Interface string     // the interface that it is bound to, or the scope of a link-local address; mostly empty
	Port      int        // 0 where the output gave a service name that [Port] does not know
	Service   string     // the port as the output named it, where that was a name and not a number
	DualStack bool       // an IPv6 socket on :: that also takes IPv4
	Uncertain bool       // an IPv6 socket on :: of which the source does not tell whether it takes IPv4 too; DualStack is false then
	Users     []User     // the processes that hold it, in order of their ids; empty where the reader may not know (not root, /proc)
	Process   string     // the name of the first of Users, or ""
	PID       int        // its id, or 0
	Inode     uint64     // 0 where the output does not tell (ss without -e)
}

// User is a process that holds a listening socket.
type User struct {
	Process string // its command name, at most 15 bytes
	PID     int
}

// IsAny reports whether the socket listens on every address of its family.
func (l Listener) IsAny() bool { return l.Address.IsUnspecified() }

// Takes reports whether clients of the family can reach the socket. An Uncertain socket counts for IPv6 only.
func (l Listener) Takes(family string) bool {
	return l.Family == family || family == IPv4 && l.DualStack
}

// HeldBy reports whether a process of that name holds the socket. Of Postfix, the master and the daemons it started hold the same sockets.
func (l Listener) HeldBy(process string) bool {
	return slices.ContainsFunc(l.Users, func(u User) bool { return u.Process == process })
}

// Families gives the families that the listeners take, IPv4 first, without repetition.
func Families(ls []Listener) []string {
	var out []string
	for _, f := range []string{IPv4, IPv6} {
		if slices.ContainsFunc(ls, func(l Listener) bool { return l.Takes(f) }) {
			out = append(out, f)
		}
	}
	return out
}

// OnPort gives the listeners on a port, in their order.
func OnPort(ls []Listener, port int) []Listener {
	var out []Listener
	for _, l := range ls {
		if l.Port == port {
			out = append(out, l)
		}
	}
	return out
}

// Merge joins listeners that were read one family at a time and decides what only the whole shows: an IPv6 socket on :: does not take IPv4 on a
// port that has an IPv4 socket on 0.0.0.0 of its own, for the kernel refuses the second bind. (ss prints such a socket as `*:25` where it had to read
// /proc, which does not tell.) The order is by port, then IPv4 before IPv6, then address.
func Merge(lists ...[]Listener) []Listener {
	out := slices.Concat(lists...)
	own := map[int]bool{}
	for _, l := range out {
		if l.Family == IPv4 && l.IsAny() && l.Interface == "" && l.Port != 0 {
			own[l.Port] = true
		}
	}
	for i, l := range out {
		if l.Family == IPv6 && own[l.Port] {
			out[i].DualStack, out[i].Uncertain = false, false
		}
	}
	sort.SliceStable(out, func(i, j int) bool { // one piece of code for all types, where slices has one for each: this is linked into the helper
		a, b := out[i], out[j]
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Family, b.Family), a.Address.Compare(b.Address), cmp.Compare(a.Interface, b.Interface)) < 0
	})
	return out
}
