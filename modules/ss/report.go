package ss

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/sockets"
)

// describe says what listens on a port: `port 25 listens on ipv4 (0.0.0.0:25 master) and ipv6 ([::]:25 master)`.
func describe(port int, ls []sockets.Listener) string {
	if len(ls) == 0 {
		return fmt.Sprintf("nothing listens on port %d", port)
	}
	var parts []string
	for _, family := range sockets.Families(ls) {
		var shown []string
		for _, l := range ls {
			if l.Takes(family) {
				shown = append(shown, show(l))
			}
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", family, strings.Join(slices.Compact(shown), ", ")))
	}
	return fmt.Sprintf("port %d listens on %s", port, strings.Join(parts, " and "))
}

// show gives a socket as ss prints it, with its process where that can be seen.
func show(l sockets.Listener) string {
	s := l.Address.String()
	if l.Address.Is6() {
		s = "[" + s + "]"
	}
	if l.Interface != "" {
		s += "%" + l.Interface
	}
	s += ":" + strconv.Itoa(l.Port)
	if l.Process != "" {
		s += " " + l.Process
	}
	if l.DualStack {
		s += ", which takes both"
	}
	return s
}

func dicts(ls []sockets.Listener) []any {
	out := make([]any, len(ls))
	for i, l := range ls {
		out[i] = map[string]any{
			"family":   l.Family,
			"families": list(sockets.Families([]sockets.Listener{l})),
			"address":  l.Address.String(),
			"port":     int64(l.Port),
			"process":  l.Process,
			"pid":      int64(l.PID),
		}
	}
	return out
}

func list(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}
