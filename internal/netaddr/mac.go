package netaddr

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MAC is a hardware address of 48 bits.
type MAC uint64

func sortSpans(spans [][2]*big.Int) {
	slices.SortFunc(spans, func(a, b [2]*big.Int) int {
		if c := a[0].Cmp(b[0]); c != 0 {
			return c
		}
		return a[1].Cmp(b[1])
	})
}

var macForms = []*regexp.Regexp{
	regexp.MustCompile(`^([0-9A-Fa-f]{1,2})[:-]([0-9A-Fa-f]{1,2})[:-]([0-9A-Fa-f]{1,2})[:-]([0-9A-Fa-f]{1,2})[:-]([0-9A-Fa-f]{1,2})[:-]([0-9A-Fa-f]{1,2})$`),
	regexp.MustCompile(`^([0-9A-Fa-f]{1,4})[.:-]([0-9A-Fa-f]{1,4})[.:-]([0-9A-Fa-f]{1,4})$`),
	regexp.MustCompile(`^([0-9A-Fa-f]{5,6})[:-]([0-9A-Fa-f]{5,6})$`),
	regexp.MustCompile(`^([0-9A-Fa-f]{11,12})$`),
}

// ParseMAC reads a MAC address in any of the usual forms: with colons, dashes or dots, in six, three, two or one part.
func ParseMAC(s string) (MAC, error) {
	for _, form := range macForms {
		m := form.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		var v uint64
		width := 48 / (len(m) - 1)
		for _, part := range m[1:] {
			n, err := strconv.ParseUint(part, 16, 64)
			if err != nil {
				return 0, err
			}
			v = v<<width | n
		}
		return MAC(v), nil
	}
	return 0, errors.New("it is no hardware address")
}

// Format writes the address in words of so many bits with a separator; a form is that of a word, such as %02x.
func (m MAC) Format(bits int, form, separator string) string {
	var words []string
	for shift := 48 - bits; shift >= 0; shift -= bits {
		words = append(words, fmt.Sprintf(form, uint64(m)>>shift&(1<<bits-1)))
	}
	return strings.Join(words, separator)
}

// SLAAC is the address that a host with this hardware address gives itself in a network: the modified EUI-64.
func (m MAC) SLAAC(n Net) string {
	v := uint64(m)
	id := v>>24<<40 | 0xfffe<<24 | v&0xffffff
	id ^= 1 << 57
	sum := new(big.Int).Add(n.First(), new(big.Int).SetUint64(id))
	return n.at(sum)
}
