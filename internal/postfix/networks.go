package postfix

import (
	"net/netip"
	"strings"
)

// IPv6Networks gives the words of a value of mynetworks (or of another list of networks) that stand for IPv6 addresses, in order, as they are
// written: [::1]/128, [fe80::]/64, [::ffff:127.0.0.0]/104, !-excluded ones too, and the forms without brackets or with the prefix inside of them
// that people write although Postfix does not take them. Names of tables and files are not looked into.
func IPv6Networks(value string) []string {
	var out []string
	for _, word := range splitWords(value) {
		if isIPv6Network(strings.TrimLeft(word, "!")) {
			out = append(out, word)
		}
	}
	return out
}

func isIPv6Network(word string) bool {
	bare := strings.NewReplacer("[", "", "]", "").Replace(word)
	address, _, _ := strings.Cut(bare, "/")
	address = strings.TrimPrefix(address, "IPv6:")
	a, err := netip.ParseAddr(address)
	return err == nil && a.Is6()
}
