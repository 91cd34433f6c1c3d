package sockets

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// listening is the state of a listening socket in /proc/net/tcp.
const listening = "0A"

// ParseProcNet reads the texts of /proc/net/tcp and /proc/net/tcp6 (empty where the kernel has no such file). They name no processes, and of a socket
// on :: they do not tell whether it takes IPv4 too: such a one is Uncertain, unless the port has an IPv4 socket of its own.
//
// Addresses are 32-bit words in the byte order of the machine, which is taken to be little-endian.
func ParseProcNet(tcp, tcp6 string) ([]Listener, error) {
	v4, err := parseProc(tcp, "/proc/net/tcp", 4)
	if err != nil {
		return nil, err
	}
	v6, err := parseProc(tcp6, "/proc/net/tcp6", 16)
	if err != nil {
		return nil, err
	}
	return Merge(v4, v6), nil
}

func parseProc(text, file string, size int) ([]Listener, error) {
	var out []Listener
	for n, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "sl" {
			continue
		}
		if len(f) < 4 {
			return nil, fmt.Errorf("%s: line %d lacks columns: %s", file, n+1, line)
		}
		if f[3] != listening {
			continue
		}
		l, err := procListener(f, size)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", file, n+1, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// procListener reads the columns: slot, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode.
func procListener(f []string, size int) (Listener, error) {
	l := Listener{Proto: "tcp", Family: IPv4}
	host, port, _ := strings.Cut(f[1], ":")
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw) != size {
		return l, fmt.Errorf("local address %q: it must be %d hexadecimal digits, a colon and a port", f[1], 2*size)
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil || n == 0 {
		return l, fmt.Errorf("local address %q: the port must be hexadecimal, from 0001 to FFFF", f[1])
	}
	l.Port = int(n)
	a, _ := netip.AddrFromSlice(raw)
	l.Address = a.Unmap()
	if l.Address.Is6() {
		l.Family, l.Uncertain = IPv6, a.IsUnspecified()
	}
	if len(f) > 9 {
		l.Inode, err = strconv.ParseUint(f[9], 10, 64)
		if err != nil {
			return l, fmt.Errorf("inode %q: it must be a number", f[9])
		}
	}
	return l, nil
}
