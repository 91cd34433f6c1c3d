package sockets

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// Command gives the ss invocation that [ParseSSFamily] reads without guessing: listening TCP sockets of one family, numeric, with processes and
// with -e, which says v6only. It works in every version: there is no -H, which iproute2 before 4.11 lacks; the header is skipped.
func Command(family string) []string {
	flag := "-4"
	if family == IPv6 {
		flag = "-6"
	}
	return []string{"ss", "-l", "-t", "-n", "-p", "-e", flag}
}

// ParseSS reads what ss printed for both families, with or without header, netid column, processes and details. Rows that are no listening TCP
// sockets are left out.
//
// For `*:25` it decides in this order: what the row itself says (v6only, from -e); an old rendering if any row of the output shows an IPv6 address
// without brackets (`:::25`) or an IPv4 address whose peer is `*:*`; else a new one, so that a socket which may take IPv6 is never overlooked.
func ParseSS(output string) ([]Listener, error) { return parse(output, "") }

// ParseSSFamily reads the output of ss for one family (ss -4, ss -6): IPv4 or IPv6.
func ParseSSFamily(output, family string) ([]Listener, error) {
	if family != IPv4 && family != IPv6 {
		return nil, fmt.Errorf("address family %q: it must be %s or %s", family, IPv4, IPv6)
	}
	return parse(output, family)
}

func parse(output, family string) ([]Listener, error) {
	rows, err := readRows(output)
	if err != nil {
		return nil, err
	}
	old := slices.ContainsFunc(rows, row.isOld)
	var out []Listener
	for _, r := range rows {
		l, err := r.listener(family, old)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return Merge(out), nil
}

// row is one listening socket as printed.
type row struct {
	local, peer string
	details     string // users, ino, v6only and the rest
}

// states are the words that ss prints in its state column.
var states = []string{
	"LISTEN", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN", "CLOSE", "CLOSE-WAIT", "LAST-ACK", "CLOSING", "UNKNOWN",
	"CLOSED", "NEW-SYN-RECV", "BOUND-INACTIVE",
}

func readRows(output string) ([]row, error) {
	var rows []row
	last := -1 // the row that an indented line continues; -1 where that one was left out
	for n, line := range strings.Split(output, "\n") {
		line = strings.TrimRight(line, " \t\r")
		words, details := columns(line)
		switch {
		case len(words) == 0 || words[0] == "State" || words[0] == "Netid":
		case !slices.Contains(states, words[0]):
			if line[0] != ' ' && line[0] != '\t' {
				return nil, fmt.Errorf("line %d of the output of ss: %q is no socket state: %s", n+1, words[0], line)
			}
			if last >= 0 {
				rows[last].details += " " + strings.TrimSpace(line)
			}
		case words[0] != "LISTEN":
			last = -1
		case len(words) < 5:
			return nil, fmt.Errorf("line %d of the output of ss lacks columns: %s", n+1, line)
		default:
			rows = append(rows, row{local: words[3], peer: words[4], details: details})
			last = len(rows) - 1
		}
	}
	return rows, nil
}

// columns gives the state, the two queues and the two addresses, without the netid column, and what follows. Sockets other than TCP come out with
// the state UNKNOWN.
func columns(line string) (words []string, details string) {
	words, details = cut(line, 6)
	if len(words) < 2 || slices.Contains(states, words[0]) || !slices.Contains(states, words[1]) {
		return cut(line, 5)
	}
	if words[0] != "tcp" {
		return []string{"UNKNOWN"}, ""
	}
	return words[1:], details
}

// cut gives the first n words of a line and what follows them as it stands: a process name may hold blanks.
func cut(line string, n int) (words []string, rest string) {
	rest = strings.TrimLeft(line, " \t")
	for len(words) < n && rest != "" {
		i := strings.IndexAny(rest, " \t")
		if i < 0 {
			i = len(rest)
		}
		words = append(words, rest[:i])
		rest = strings.TrimLeft(rest[i:], " \t")
	}
	return words, rest
}

// isOld reports whether the row can only come from iproute2 before 4.15.
func (r row) isOld() bool {
	host, _, _ := splitPort(r.local)
	if strings.HasPrefix(host, "[") {
		return false
	}
	host, _, _ = strings.Cut(host, "%")
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Is6() || r.peer == "*:*")
}

// splitPort cuts at the last colon.
func splitPort(s string) (host, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func (r row) listener(family string, old bool) (Listener, error) {
	l := Listener{Proto: "tcp", Users: r.users()}
	host, port, ok := splitPort(r.local)
	if !ok || port == "" {
		return l, fmt.Errorf("listening address %q in the output of ss has no port", r.local)
	}
	if n, known := Port(port); known {
		l.Port = n
	}
	if _, err := strconv.Atoi(port); err != nil {
		l.Service = port
	} else if l.Port == 0 {
		return l, fmt.Errorf("port of the listening address %q in the output of ss: it must be from 1 to 65535", r.local)
	}
	if len(l.Users) > 0 {
		l.Process, l.PID = l.Users[0].Process, l.Users[0].PID
	}
	if m := inode.Groups(r.details); m != nil {
		l.Inode, _ = strconv.ParseUint(m[1], 10, 64) // 20 digits and more: unknown
	}
	host, l.Interface, _ = strings.Cut(host, "%")
	return l, r.setAddress(&l, host, family, old)
}

var (
	inode  = pyre.Must(`(?:^|\s)ino:([0-9]+)`, 0)
	v6only = pyre.Must(`(?:^|\s)v6only:([01])`, 0)
	holder = pyre.Must(`\("(.*?)",(?:pid=)?([0-9]+),(?:[^()]*,)?(?:fd=)?[0-9]+\)`, 0)
)

// setAddress reads the address without port and interface: `*`, `0.0.0.0`, `[::]`, `::`.
func (r row) setAddress(l *Listener, host, family string, old bool) error {
	only := v6only.Groups(r.details)
	if host == "*" {
		host = "::"
		if only == nil && (family == IPv4 || family == "" && old) {
			host = "0.0.0.0"
		}
	}
	bare, closed := strings.CutSuffix(strings.TrimPrefix(host, "["), "]")
	a, err := netip.ParseAddr(bare)
	if err != nil || strings.HasPrefix(host, "[") != closed {
		return fmt.Errorf("listening address %q in the output of ss is no IP address (call ss with -n)", r.local)
	}
	l.Address, l.Family = a.Unmap(), IPv6
	if l.Address.Is4() {
		l.Family = IPv4
		return nil
	}
	if !a.IsUnspecified() {
		return nil
	}
	switch {
	case only != nil:
		l.DualStack = only[1] == "0"
	case strings.HasPrefix(r.local, "*"):
		l.DualStack = true
	case !strings.HasPrefix(r.local, "["):
		l.Uncertain = true // the old rendering is the same for both kinds
	}
	return nil
}

// users reads users:(("master",pid=1,fd=13),…), with or without the words pid= and fd=.
func (r row) users() []User {
	i := strings.Index(r.details, "users:(")
	if i < 0 {
		return nil
	}
	var out []User
	for _, m := range holder.All(r.details[i:]) {
		pid, err := strconv.Atoi(m[2])
		u := User{Process: m[1], PID: pid}
		if err == nil && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out
}
