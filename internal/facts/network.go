package facts

import (
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
)

// nets is the network of a host while its facts are made.
type nets struct {
	raw        *Raw
	interfaces map[string]Tree
	names      []string // of the interfaces, in order
	defaults   map[string]Tree
	v4, v6     []any
}

// network gives interfaces and addresses. As with Ansible a host without ip(8) has none.
func network(r *Raw) Tree {
	if !r.has("ip") {
		return nil
	}
	n := &nets{raw: r, interfaces: map[string]Tree{}, v4: []any{}, v6: []any{}, defaults: map[string]Tree{
		"ipv4": route(r.sections["route4"], "8.8.8.8"), "ipv6": route(r.sections["route6"], "2404:6800:400a:800::1012"),
	}}
	n.look()
	byDevice := addressLines(r.sections["addresses"])
	for _, device := range slices.Clone(n.names) {
		n.addresses(device, byDevice[device])
	}
	n.ethtool()
	t := Tree{"default_ipv4": n.defaults["ipv4"], "default_ipv6": n.defaults["ipv6"], "all_ipv4_addresses": n.v4, "all_ipv6_addresses": n.v6, "locally_reachable_ips": Tree{
		"ipv4": n.reachable("4"), "ipv6": n.reachable("6"),
	}}
	var names []string
	for _, name := range n.names {
		fact := strings.ReplaceAll(name, ":", "_")
		names = append(names, fact)
		t[factName(fact)] = n.interfaces[name]
	}
	t["interfaces"] = list(names)
	return t
}

// factName makes a name that templates can use: ansible_br_lan for br-lan.
func factName(device string) string { return strings.ReplaceAll(device, "-", "_") }

// route reads the answer to `ip route get`.
func route(out, to string) Tree {
	t := Tree{}
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	w := strings.Fields(line)
	if len(w) == 0 || w[0] != to {
		return t
	}
	for i := range len(w) - 1 {
		switch {
		case w[i] == "dev":
			t["interface"] = w[i+1]
		case w[i] == "src":
			t["address"] = w[i+1]
		case w[i] == "via" && w[i+1] != to:
			t["gateway"] = w[i+1]
		}
	}
	return t
}

// reachable gives the addresses and networks of the routing table local.
func (n *nets) reachable(family string) []any {
	var all []string
	for _, line := range n.raw.lines("local" + family) {
		w := strings.Fields(line)
		if len(w) > 1 && w[0] == "local" && !slices.Contains(all, w[1]) {
			all = append(all, w[1])
		}
	}
	return list(all)
}

// interfaceTypes are names of the kernel's types of links.
var interfaceTypes = map[string]string{"1": "ether", "32": "infiniband", "512": "ppp", "772": "loopback", "65534": "tunnel"}

// look makes the interfaces of what /sys says.
func (n *nets) look() {
	files := n.raw.small("net")
	for _, device := range n.raw.lines("nets") {
		dir := "/sys/class/net/" + device + "/"
		t := Tree{"device": device}
		n.names = append(n.names, device)
		n.interfaces[device] = t
		if mac := files[dir+"address"]; mac != "" && mac != "00:00:00:00:00:00" {
			t["macaddress"] = mac
		}
		if mtu, ok := files[dir+"mtu"]; ok {
			t["mtu"] = number(mtu)
		}
		if state, ok := files[dir+"operstate"]; ok {
			t["active"] = state != "down"
		}
		if kind, ok := files[dir+"type"]; ok {
			if t["type"] = interfaceTypes[kind]; t["type"] == "" {
				t["type"] = "unknown"
			}
		}
		if speed, ok := files[dir+"speed"]; ok {
			t["speed"] = number(speed)
		}
		if flags, err := strconv.ParseUint(strings.TrimPrefix(files[dir+"flags"], "0x"), 16, 64); err == nil {
			t["promisc"] = flags&0x100 != 0
		}
		if mac, ok := files[dir+"bonding_slave/perm_hwaddr"]; ok {
			t["perm_macaddress"] = mac
		}
		n.members(t, dir, files)
	}
	for _, line := range n.raw.lines("netlinks") {
		link, target, _ := strings.Cut(line, " ")
		if w := strings.Split(link, "/"); len(w) > 5 && n.interfaces[w[4]] != nil {
			n.interfaces[w[4]][map[bool]string{true: "pciid", false: "module"}[len(w) == 6]] = path.Base(target)
		}
	}
}

// members tells bridges and bonds, and what belongs to them.
func (n *nets) members(t Tree, dir string, files map[string]string) {
	ports := n.raw.lines("ports")
	first := func(file string) string { return append(strings.Fields(files[dir+"bonding/"+file]), "")[0] }
	if slices.Contains(ports, dir+"bridge") {
		var members []string
		for _, p := range ports {
			if name, ok := strings.CutPrefix(p, dir+"brif/"); ok {
				members = append(members, name)
			}
		}
		t["type"], t["interfaces"] = "bridge", list(members)
		t["id"], t["stp"] = files[dir+"bridge/bridge_id"], files[dir+"bridge/stp_state"] == "1"
	}
	if slices.Contains(ports, dir+"bonding") {
		t["type"], t["slaves"] = "bonding", list(strings.Fields(files[dir+"bonding/slaves"]))
		t["mode"], t["miimon"], t["lacp_rate"] = first("mode"), first("miimon"), first("lacp_rate")
		if primary, ok := files[dir+"bonding/primary"]; ok {
			t["primary"] = primary
			if all, ok := files[dir+"bonding/all_slaves_active"]; ok {
				t["all_slaves_active"] = all == "1"
			}
		}
	}
}

// addressLines gives the lines with addresses of `ip addr show`, by device.
func addressLines(out string) map[string][][]string {
	m := map[string][][]string{}
	var device string
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		if len(w) < 2 {
			continue
		}
		if line[0] != ' ' {
			device, _, _ = strings.Cut(strings.TrimSuffix(w[1], ":"), "@")
		} else if w[0] == "inet" || w[0] == "inet6" {
			m[device] = append(m[device], w)
		}
	}
	return m
}

// addresses adds those of a device: first its primary ones, then those that are marked as secondary or temporary.
func (n *nets) addresses(device string, lines [][]string) {
	for _, second := range []bool{false, true} {
		for _, w := range lines {
			if (slices.Contains(w, "secondary") || slices.Contains(w, "temporary")) != second {
				continue
			}
			if w[0] == "inet" {
				n.inet(device, w, second)
			} else {
				n.inet6(device, w)
			}
		}
	}
}

func (n *nets) inet(device string, w []string, second bool) {
	address, length, hasPrefix := strings.Cut(w[1], "/")
	broadcast := ""
	if !hasPrefix {
		length = "32"
	} else if len(w) > 3 && w[2] == "brd" {
		broadcast = w[3]
	}
	bits, _ := strconv.Atoi(length)
	prefix, err := netip.ParsePrefix(address + "/" + length)
	if err != nil || !prefix.Addr().Is4() {
		return
	}
	entry := Tree{"address": address, "broadcast": broadcast, "netmask": netmask(bits), "network": prefix.Masked().Addr().String(), "prefix": length}
	label := w[len(w)-1]
	n.keep(device, label, entry, second)
	if d := n.defaults["ipv4"]; d["address"] == address {
		for _, key := range []string{"broadcast", "netmask", "network", "prefix"} {
			d[key] = entry[key]
		}
		d["alias"] = label
		n.describe(d, device)
	}
	if !strings.HasPrefix(address, "127.") {
		n.v4 = append(n.v4, address)
	}
}

// keep files an IPv4 address: under its label, which is another name where it is an alias, and every secondary one under its device too.
func (n *nets) keep(device, label string, entry Tree, second bool) {
	if label != device {
		if n.interfaces[label] == nil {
			n.names = append(n.names, label)
		}
		n.interfaces[label] = Tree{}
	}
	t := n.interfaces[label]
	if _, taken := t["ipv4"]; !second && !taken {
		t["ipv4"] = entry
		return
	}
	appendTo(t, "ipv4_secondaries", entry)
	if second && device != label {
		appendTo(n.interfaces[device], "ipv4_secondaries", entry)
	}
}

func appendTo(t Tree, key string, v any) {
	old, _ := t[key].([]any)
	t[key] = append(old, v)
}

func netmask(bits int) string {
	if bits < 0 || bits > 32 {
		return ""
	}
	mask := ^uint32(0) << (32 - bits)
	return netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)}).String()
}

func (n *nets) inet6(device string, w []string) {
	address, prefix, scope := w[1], "", ""
	if len(w) > 5 && w[2] == "peer" {
		_, prefix, _ = strings.Cut(w[3], "/")
		scope = w[5]
	} else if len(w) > 3 {
		address, prefix, _ = strings.Cut(w[1], "/")
		scope = w[3]
	}
	appendTo(n.interfaces[device], "ipv6", Tree{"address": address, "prefix": prefix, "scope": scope})
	if d := n.defaults["ipv6"]; d["address"] == address {
		d["prefix"], d["scope"] = prefix, scope
		n.describe(d, device)
	}
	if address != "::1" {
		n.v6 = append(n.v6, address)
	}
}

// describe adds to a default address what is known of its device.
func (n *nets) describe(d Tree, device string) {
	t := n.interfaces[device]
	mac, _ := t["macaddress"].(string)
	if mac == "" && t["type"] == "loopback" {
		mac = "00:00:00:00:00:00"
	}
	d["macaddress"], d["mtu"], d["type"] = mac, t["mtu"], t["type"]
	if t["type"] == nil {
		d["type"] = "unknown"
	}
}

// ethtool adds what ethtool says of the devices' features and clocks.
func (n *nets) ethtool() {
	for text := range strings.SplitSeq(n.raw.sections["ethtool -k"], "\x00") {
		device, out, _ := strings.Cut(text, "\n")
		features := Tree{}
		for line := range strings.Lines(out) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				features[strings.ReplaceAll(strings.TrimSpace(key), "-", "_")] = strings.TrimSpace(value)
			}
		}
		if t := n.interfaces[device]; t != nil && len(features) > 0 {
			t["features"] = features
		}
	}
	for text := range strings.SplitSeq(n.raw.sections["ethtool -T"], "\x00") {
		device, out, _ := strings.Cut(text, "\n")
		if t := n.interfaces[device]; t != nil && strings.Contains(out, "Time stamping parameters") {
			t["timestamping"], t["hw_timestamp_filters"] = words(out, `SOF_TIMESTAMPING_`), words(out, `HWTSTAMP_FILTER_`)
			if index := submatch(`PTP Hardware Clock: (\d+)`, out); index != "" {
				t["phc_index"] = number(index)
			}
		}
	}
}

// words gives the rest of each word that begins with a prefix, in lower case.
func words(text, prefix string) []any {
	all := []any{}
	for _, part := range strings.Split(text, prefix)[1:] {
		end := strings.IndexFunc(part, func(c rune) bool {
			return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
		})
		if end < 0 {
			end = len(part)
		}
		all = append(all, strings.ToLower(part[:end]))
	}
	return all
}
