package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ipAddr is a server with an alias, a second address and a temporary one, a tunnel, and a device without addresses.
const ipAddr = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host noprefixroute
       valid_lft forever preferred_lft forever
2: br-lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
    altname enp1s0
    inet 192.0.2.10/24 metric 100 brd 192.0.2.255 scope global dynamic br-lan
       valid_lft 3600sec preferred_lft 3600sec
    inet 192.0.2.11/24 brd 192.0.2.255 scope global secondary br-lan:1
       valid_lft forever preferred_lft forever
    inet6 2001:db8::aaaa/64 scope global temporary dynamic
       valid_lft 3600sec preferred_lft 3600sec
    inet6 2001:db8::10/64 scope global
       valid_lft forever preferred_lft forever
    inet6 fe80::5054:ff:fe12:3456/64 scope link
       valid_lft forever preferred_lft forever
3: tun0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UNKNOWN group default qlen 500
    link/none
    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0
       valid_lft forever preferred_lft forever
7: veth0@if6: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether aa:bb:cc:dd:ee:ff brd ff:ff:ff:ff:ff:ff link-netnsid 0
`

func server() *Raw {
	return &Raw{sections: map[string]string{
		"has ip": "", "nets": "br-lan\nlo\ntun0\nveth0\n", "addresses": ipAddr,
		"net": "/sys/class/net/lo/address:00:00:00:00:00:00\n/sys/class/net/br-lan/address:52:54:00:12:34:56\n/sys/class/net/veth0/address:aa:bb:cc:dd:ee:ff\n" +
			"/sys/class/net/lo/mtu:65536\n/sys/class/net/br-lan/mtu:1500\n/sys/class/net/tun0/mtu:1500\n/sys/class/net/veth0/mtu:1500\n" +
			"/sys/class/net/lo/operstate:unknown\n/sys/class/net/br-lan/operstate:up\n/sys/class/net/veth0/operstate:down\n" +
			"/sys/class/net/lo/type:772\n/sys/class/net/br-lan/type:1\n/sys/class/net/tun0/type:65534\n/sys/class/net/veth0/type:1\n" +
			"/sys/class/net/br-lan/speed:1000\n/sys/class/net/br-lan/flags:0x1103\n/sys/class/net/br-lan/bridge/bridge_id:8000.525400123456\n/sys/class/net/br-lan/bridge/stp_state:1\n",
		"netlinks": "/sys/class/net/veth0/device ../../../0000:01:00.0\n/sys/class/net/veth0/device/driver/module ../../../../module/virtio_net\n",
		"ports":    "/sys/class/net/br-lan/brif/veth0\n/sys/class/net/br-lan/bridge\n",
		"route4":   "8.8.8.8 via 192.0.2.1 dev br-lan src 192.0.2.10 uid 0 \n    cache \n",
		"route6":   "2404:6800:400a:800::1012 from :: via fe80::1 dev br-lan proto ra src 2001:db8::10 metric 100 pref medium\n",
		"local4":   "local 127.0.0.0/8 dev lo\nlocal 192.0.2.10 dev br-lan\nbroadcast 192.0.2.255 dev br-lan\n", "local6": "local ::1 dev lo\n",
	}}
}

func TestNetwork(t *testing.T) {
	f := network(server())
	v4 := func(address, broadcast, mask, net, prefix string) Tree {
		return Tree{"address": address, "broadcast": broadcast, "netmask": mask, "network": net, "prefix": prefix}
	}
	v6 := func(address, prefix, scope string) Tree {
		return Tree{"address": address, "prefix": prefix, "scope": scope}
	}
	second := v4("192.0.2.11", "192.0.2.255", "255.255.255.0", "192.0.2.0", "24")
	want := Tree{
		"interfaces": []any{"br-lan", "lo", "tun0", "veth0", "br-lan_1"},
		"br_lan": Tree{
			"device": "br-lan", "macaddress": "52:54:00:12:34:56", "mtu": int64(1500), "active": true, "type": "bridge", "speed": int64(1000), "promisc": true,
			"id": "8000.525400123456", "stp": true, "interfaces": []any{"veth0"},
			"ipv4": v4("192.0.2.10", "", "255.255.255.0", "192.0.2.0", "24"), "ipv4_secondaries": []any{second},
			"ipv6": []any{v6("2001:db8::10", "64", "global"), v6("fe80::5054:ff:fe12:3456", "64", "link"), v6("2001:db8::aaaa", "64", "global")},
		},
		"br_lan_1": Tree{"ipv4_secondaries": []any{second}},
		"lo": Tree{"device": "lo", "mtu": int64(65536), "active": true, "type": "loopback", "ipv4": v4("127.0.0.1", "", "255.0.0.0", "127.0.0.0", "8"),
			"ipv6": []any{v6("::1", "128", "host")}},
		"tun0":  Tree{"device": "tun0", "mtu": int64(1500), "type": "tunnel", "ipv4": v4("10.8.0.1", "", "255.255.255.255", "10.8.0.1", "32")},
		"veth0": Tree{"device": "veth0", "macaddress": "aa:bb:cc:dd:ee:ff", "mtu": int64(1500), "active": false, "type": "ether", "pciid": "0000:01:00.0", "module": "virtio_net"},
		"default_ipv4": Tree{"interface": "br-lan", "address": "192.0.2.10", "gateway": "192.0.2.1", "broadcast": "", "netmask": "255.255.255.0", "network": "192.0.2.0",
			"prefix": "24", "alias": "br-lan", "macaddress": "52:54:00:12:34:56", "mtu": int64(1500), "type": "bridge"},
		"default_ipv6": Tree{"interface": "br-lan", "address": "2001:db8::10", "gateway": "fe80::1", "prefix": "64", "scope": "global", "macaddress": "52:54:00:12:34:56",
			"mtu": int64(1500), "type": "bridge"},
		"all_ipv4_addresses":    []any{"192.0.2.10", "192.0.2.11", "10.8.0.1"},
		"all_ipv6_addresses":    []any{"2001:db8::10", "fe80::5054:ff:fe12:3456", "2001:db8::aaaa"},
		"locally_reachable_ips": Tree{"ipv4": []any{"127.0.0.0/8", "192.0.2.10"}, "ipv6": []any{"::1"}},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if f := network(&Raw{}); f != nil {
		t.Errorf("without ip: %v", f)
	}
}

func TestNetworkWithoutRoutes(t *testing.T) {
	r := server()
	r.sections["route4"], r.sections["route6"] = "", "RTNETLINK answers: Network is unreachable\n"
	f := network(r)
	if diff := cmp.Diff([]any{Tree{}, Tree{}}, []any{f["default_ipv4"], f["default_ipv6"]}); diff != "" {
		t.Error(diff)
	}
}

func TestEthtool(t *testing.T) {
	r := server()
	r.sections["ethtool -k"] = "veth0\nFeatures for veth0:\nrx-checksumming: on\ntx-checksum-ipv4: off [fixed]\n\x00"
	r.sections["ethtool -T"] = "veth0\nTime stamping parameters for veth0:\nCapabilities:\n\tsoftware-transmit\n\tSOF_TIMESTAMPING_TX_SOFTWARE\nPTP Hardware Clock: 2\nHardware Receive Filter Modes:\n\tHWTSTAMP_FILTER_ALL (all)\n\x00"
	got := network(r)["veth0"].(Tree)
	want := Tree{"features": Tree{"rx_checksumming": "on", "tx_checksum_ipv4": "off [fixed]"}, "timestamping": []any{"tx_software"}, "hw_timestamp_filters": []any{"all"}, "phc_index": int64(2)}
	for k, v := range want {
		if diff := cmp.Diff(v, got[k]); diff != "" {
			t.Errorf("%s: %s", k, diff)
		}
	}
}
