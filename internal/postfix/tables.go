package postfix

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// tableLists are the parameters, beside those that end in _maps, whose words may be type:table.
var tableLists = strings.Fields(`
	address_verify_map alias_database body_checks header_checks lmtp_body_checks lmtp_header_checks lmtp_mime_header_checks lmtp_nested_header_checks
	lmtp_tls_session_cache_database milter_header_checks mime_header_checks mydestination mynetworks nested_header_checks postscreen_access_list
	postscreen_cache_map relay_clientcerts relay_domains smtp_body_checks smtp_header_checks smtp_mime_header_checks smtp_nested_header_checks
	smtp_tls_session_cache_database smtpd_tls_session_cache_database virtual_alias_domains virtual_mailbox_domains`)

// checkMaps judges the map types that a value names.
func (c Checker) checkMaps(name, value string) []Problem {
	if name == "default_database_type" || name == "default_cache_db_type" {
		return c.checkType(name, value)
	}
	if !strings.HasSuffix(name, "_maps") && !slices.Contains(tableLists, name) || strings.HasPrefix(name, "proxy_") {
		return nil
	}
	var out []Problem
	for _, word := range splitWords(value) {
		word = strings.TrimPrefix(word, "!")
		if bare, isNet := bareIPv6(word); isNet {
			out = append(out, Problem{Message: fmt.Sprintf("%s: the IPv6 address %q lacks its brackets: Postfix takes it for a table", name, word), Hint: "write " + bare})
			continue
		}
		out = append(out, c.checkTable(name, word)...)
	}
	return out
}

// bareIPv6 recognises an IPv6 address or network without brackets and gives it with them.
func bareIPv6(word string) (right string, found bool) {
	address, bits, hasBits := strings.Cut(word, "/")
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is6() {
		return "", false
	}
	if right = "[" + address + "]"; hasBits {
		right += "/" + bits
	}
	return right, true
}

// checkTable judges a type:table, the tables inside of a proxy:, pipemap: or unionmap: too. What has no type is no table.
func (c Checker) checkTable(name, word string) []Problem {
	if inside, ok := strings.CutPrefix(word, "{"); ok {
		return c.checkFirst(name, inside)
	}
	kind, rest, found := strings.Cut(word, ":")
	if !found || strings.ContainsAny(kind, "$[/") {
		return nil
	}
	out := c.checkType(name, kind)
	switch kind {
	case "proxy":
		out = append(out, c.checkTable(name, rest)...)
	case "pipemap", "unionmap":
		inside := strings.TrimSuffix(strings.TrimPrefix(rest, "{"), "}")
		for _, w := range splitWords(inside) {
			out = append(out, c.checkTable(name, w)...)
		}
	}
	return out
}

// checkFirst judges {type:table, attribute=value…}.
func (c Checker) checkFirst(name, inside string) []Problem {
	words := splitWords(strings.TrimSuffix(inside, "}"))
	if len(words) == 0 {
		return nil
	}
	return c.checkTable(name, words[0])
}

func (c Checker) checkType(name, kind string) []Problem {
	if len(c.MapTypes) == 0 || slices.Contains(c.MapTypes, kind) || strings.Contains(kind, "$") {
		return nil
	}
	hint := diag.DidYouMean(kind, c.MapTypes)
	switch bdb := kind == "hash" || kind == "btree"; {
	case bdb && slices.Contains(c.MapTypes, "lmdb"):
		hint = "this Postfix is built without Berkeley DB: use lmdb"
	case hint == "":
		hint = "there are " + strings.Join(slices.Sorted(slices.Values(c.MapTypes)), ", ")
	}
	return []Problem{{Message: fmt.Sprintf("%s: this Postfix has no map type %q", name, kind), Hint: hint}}
}
