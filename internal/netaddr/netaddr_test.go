package netaddr_test

import (
	"math/big"
	"testing"

	"github.com/pfrun/pfrun/internal/netaddr"
)

func parse(t testing.TB, s string) netaddr.Net {
	t.Helper()
	n, err := netaddr.Parse(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return n
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"192.168.1.5/24": "192.168.1.5/24", "10.0.0.1": "10.0.0.1/32", "1.2.3.4/255.255.255.0": "1.2.3.4/24", "1.2.3.4/0.0.0.255": "1.2.3.4/24", "2001:DB8::1/64": "2001:db8::1/64",
		"::ffff:1.2.3.4": "::ffff:1.2.3.4/128", "::1/ffff::": "::1/16", "0.0.0.0/0": "0.0.0.0/0",
	} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::1/129", "fe80::1%eth0", "1.2.3.4/255.0.255.0", "1.2.3.4/::", "010.1.1.1"} {
		if n, err := netaddr.Parse(bad); err == nil {
			t.Errorf("%q is read as %s", bad, n)
		}
	}
}

func TestNet(t *testing.T) {
	n := parse(t, "192.168.1.5/24")
	low, high, _ := n.Usable()
	for name, pair := range map[string][2]string{
		"network": {n.Network(), "192.168.1.0"}, "netmask": {n.Netmask(), "255.255.255.0"}, "hostmask": {n.Hostmask(), "0.0.0.255"}, "low": {low.String(), "3232235777"},
		"high": {high.String(), "3232236030"}, "size": {n.Size().String(), "256"}, "reverse": {n.ReverseDNS(), "5.1.168.192.in-addr.arpa."},
		"supernet": {n.Supernet(16).String(), "192.168.0.0/16"}, "six": {n.IPv6().String(), "::ffff:192.168.1.5/120"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %s, want %s", name, pair[0], pair[1])
		}
	}
	if last, err := n.At(big.NewInt(-1)); last != "192.168.1.255" || err != nil {
		t.Errorf("the last address is %s, %v", last, err)
	}
	if _, err := n.At(big.NewInt(256)); err == nil {
		t.Error("address 256 of 256 is given")
	}
	if !parse(t, "10.0.0.0/8").Contains(parse(t, "10.1.0.0/16")) || parse(t, "10.0.0.0/16").Contains(parse(t, "10.0.0.0/8")) || parse(t, "::/0").Contains(n) {
		t.Error("Contains is wrong")
	}
}

func TestKinds(t *testing.T) {
	for text, global := range map[string]bool{"8.8.8.8": true, "10.1.1.1": false, "192.0.0.9": true, "192.0.0.8": false, "2a00:1450::8a": true, "fd00::5": false, "64:ff9b::1": true} {
		if parse(t, text).IsGlobal() != global {
			t.Errorf("%s: global must be %t", text, global)
		}
	}
	if !parse(t, "224.0.0.1").IsMulticast() || parse(t, "8.8.8.8").IsMulticast() || !parse(t, "255.255.255.0").IsMask() || parse(t, "255.0.255.0").IsMask() {
		t.Error("IsMulticast or IsMask is wrong")
	}
}

func TestMerge(t *testing.T) {
	var nets []netaddr.Net
	for _, s := range []string{"10.0.1.0/24", "10.0.0.0/24", "10.0.0.7", "2001:db8::/33", "2001:db8:8000::/33", "10.0.4.1"} {
		nets = append(nets, parse(t, s))
	}
	var got []string
	for _, n := range netaddr.Merge(nets) {
		got = append(got, n.String())
	}
	want := []string{"10.0.0.0/23", "10.0.4.1/32", "2001:db8::/32"}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %v, want %v", got, want)
	}
	if n, err := netaddr.Span(nets[:3]); err != nil || n.String() != "10.0.0.0/23" {
		t.Errorf("the span is %s, %v", n, err)
	}
	if _, err := netaddr.Span(nets); err == nil {
		t.Error("networks of two versions have a span")
	}
}

func TestMAC(t *testing.T) {
	for _, s := range []string{"00:11:22:aa:bb:cc", "00-11-22-AA-BB-CC", "0011.22aa.bbcc", "001122aabbcc", "0:11:22:aa:bb:cc"} {
		m, err := netaddr.ParseMAC(s)
		if err != nil || m.Format(16, "%04x", ".") != "0011.22aa.bbcc" {
			t.Errorf("%s is %v, %v", s, m, err)
		}
	}
	m, err := netaddr.ParseMAC("c2:31:b3:83:bf:2b")
	if got := m.SLAAC(parse(t, "fdcf:1894:23b5:d38c::/64")); err != nil || got != "fdcf:1894:23b5:d38c:c031:b3ff:fe83:bf2b" {
		t.Errorf("got %s, %v", got, err)
	}
}

// FuzzParse reads any text: what is read is written so that it is read again as the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"192.168.1.5/24", "::ffff:1.2.3.4/100", "1.2.3.4/0.0.0.255", "::1:0", "fe80::%x", "/", "1.1.1.1/1/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := netaddr.Parse(s)
		if err != nil {
			return
		}
		if again := parse(t, n.String()); again != n {
			t.Errorf("%q is %s, read again %s", s, n, again)
		}
		n.Usable()
		n.IsGlobal()
		n.IsMulticast()
	})
}
