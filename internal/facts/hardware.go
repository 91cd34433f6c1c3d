package facts

import (
	"maps"
	"math"
	"strconv"
	"strings"
)

func hardware(r *Raw) Tree {
	t := Tree{}
	for _, part := range []func(*Raw) Tree{processors, memory, firmware, devices, uptime, lvm, mounts} {
		maps.Copy(t, part(r))
	}
	return t
}

// cpuCount counts the lines of /proc/cpuinfo.
type cpuCount struct {
	lines                      int // that name a processor in any way
	vendors, models, ordinals  int
	sockets, cores             ordered
	socket, core               string
	partitionCPUs, threadLimit int
}

// ordered is numbers by name, in the order in which the names came up.
type ordered struct {
	names  []string
	values map[string]int
}

func (o *ordered) set(name string, n int, keep bool) {
	if o.values == nil {
		o.values = map[string]int{}
	}
	if _, known := o.values[name]; !known {
		o.names = append(o.names, name)
	} else if keep {
		return
	}
	o.values[name] = n
}

// first gives the value that came up first, or 0.
func (o *ordered) first() int {
	if len(o.names) == 0 {
		return 0
	}
	return o.values[o.names[0]]
}

// processors counts as Ansible does: what it finds depends on the architecture, and on x86 on the sockets and cores that the kernel tells of.
func processors(r *Raw) Tree {
	if r.sections["cpuinfo"] == "" {
		return nil
	}
	n := cpuCount{socket: "0", core: "0"}
	names := []any{}
	t := Tree{}
	xen := r.exists("/proc/xen") || strings.HasPrefix(r.file("/sys/hypervisor/type"), "xen")
	bare := false // Xen's paravirtualization, which shows processors in another way
	for _, line := range r.lines("cpuinfo") {
		key, value, _ := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch key {
		case "flags":
			t["flags"] = list(strings.Fields(value))
			bare = bare || xen && !strings.Contains(value, "vme")
		case "model name", "Processor", "vendor_id", "cpu", "Vendor", "processor":
			names = append(names, value)
		}
		n.take(key, value)
	}
	t["processor"] = names
	architecture, _ := platform(r)["architecture"].(string)
	maps.Copy(t, n.facts(architecture, bare))
	if s := strings.TrimSpace(r.sections["nproc"]); s != "" {
		t["processor_nproc"] = number(s)
	}
	return t
}

func (n *cpuCount) take(key, value string) {
	count, _ := strconv.Atoi(value)
	switch key {
	case "model name", "Processor", "vendor_id", "cpu", "Vendor", "processor":
		n.lines++
		switch key {
		case "vendor_id":
			n.vendors++
		case "model name":
			n.models++
		case "processor":
			n.ordinals++
		}
	case "physical id":
		n.socket = value
		n.sockets.set(value, 1, true)
	case "core id":
		n.core = value
		n.cores.set(value, 1, false)
	case "cpu cores":
		n.sockets.set(n.socket, count, false)
	case "siblings":
		n.cores.set(n.core, count, false)
	case "# processors":
		n.partitionCPUs = count
	case "max thread id":
		n.threadLimit = count + 1
	case "ncpus active":
		n.lines = count
	}
}

func (n *cpuCount) facts(architecture string, bare bool) Tree {
	all := n.lines
	if n.vendors > 0 && n.vendors == n.models {
		all = n.vendors
	}
	for _, prefix := range []string{"armv", "aarch", "ppc"} {
		if strings.HasPrefix(architecture, prefix) {
			all = n.ordinals
		}
	}
	switch {
	case architecture == "s390x":
		threads := max(n.threadLimit, 1)
		return counts(1, round(n.partitionCPUs, threads), threads, n.partitionCPUs, n.partitionCPUs)
	case bare:
		return counts(all, all, 1, all, all)
	}
	sockets := len(n.sockets.names)
	if sockets == 0 {
		sockets = all
	}
	cores := max(n.sockets.first(), 1)
	threads := round(1, cores)
	if len(n.cores.names) > 0 {
		threads = round(n.cores.first(), cores)
	}
	return counts(sockets, cores, threads, threads*sockets*cores, n.ordinals)
}

// round divides and rounds half to even, as Python's round does.
func round(a, b int) int { return int(math.RoundToEven(float64(a) / float64(b))) }

func counts(sockets, cores, threads, all, usable int) Tree {
	return Tree{
		"processor_count": int64(sockets), "processor_cores": int64(cores), "processor_threads_per_core": int64(threads), "processor_vcpus": int64(all),
		"processor_nproc": int64(usable),
	}
}

// memory gives sizes in MiB.
func memory(r *Raw) Tree {
	text := r.file("/proc/meminfo")
	if text == "" {
		return nil
	}
	m := map[string]any{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		if f := strings.Fields(value); len(f) > 0 {
			m[key] = number(f[0]) / 1024
		}
	}
	free := add(m["Cached"], m["MemFree"], m["Buffers"])
	t := Tree{"memory_mb": Tree{
		"real":    Tree{"total": m["MemTotal"], "used": less(m["MemTotal"], m["MemFree"]), "free": m["MemFree"]},
		"nocache": Tree{"free": free, "used": less(m["MemTotal"], free)},
		"swap":    Tree{"total": m["SwapTotal"], "free": m["SwapFree"], "used": less(m["SwapTotal"], m["SwapFree"]), "cached": m["SwapCached"]},
	}}
	for key, name := range map[string]string{"MemTotal": "memtotal_mb", "MemFree": "memfree_mb", "SwapTotal": "swaptotal_mb", "SwapFree": "swapfree_mb"} {
		if v, ok := m[key]; ok {
			t[name] = v
		}
	}
	return t
}

// add gives a sum, or nil where one of the numbers is not known.
func add(numbers ...any) any {
	var sum int64
	for _, n := range numbers {
		v, ok := n.(int64)
		if !ok {
			return nil
		}
		sum += v
	}
	return sum
}

// less gives a difference, or nil where one of the numbers is not known.
func less(a, b any) any {
	if v, ok := b.(int64); ok {
		return add(a, -v)
	}
	return nil
}

// formFactors are the types of a chassis by their number in the firmware.
var formFactors = strings.Split("Unknown|Other|Unknown|Desktop|Low Profile Desktop|Pizza Box|Mini Tower|Tower|Portable|Laptop|Notebook|Hand Held|Docking Station|All In One|"+
	"Sub Notebook|Space-saving|Lunch Box|Main Server Chassis|Expansion Chassis|Sub Chassis|Bus Expansion Chassis|Peripheral Chassis|RAID Chassis|Rack Mount Chassis|"+
	"Sealed-case PC|Multi-system|CompactPCI|AdvancedTCA|Blade|Blade Enclosure|Tablet|Convertible|Detachable|IoT Gateway|Embedded PC|Mini PC|Stick PC", "|")

// firmwareNames holds, by fact, the file below /sys and the keyword of dmidecode.
var firmwareNames = map[string][2]string{
	"bios_date": {"bios_date", "bios-release-date"}, "bios_vendor": {"bios_vendor", "bios-vendor"}, "bios_version": {"bios_version", "bios-version"},
	"board_asset_tag": {"board_asset_tag", "baseboard-asset-tag"}, "board_name": {"board_name", "baseboard-product-name"},
	"board_serial": {"board_serial", "baseboard-serial-number"}, "board_vendor": {"board_vendor", "baseboard-manufacturer"},
	"board_version": {"board_version", "baseboard-version"}, "chassis_asset_tag": {"chassis_asset_tag", "chassis-asset-tag"},
	"chassis_serial": {"chassis_serial", "chassis-serial-number"}, "chassis_vendor": {"chassis_vendor", "chassis-manufacturer"},
	"chassis_version": {"chassis_version", "chassis-version"}, "form_factor": {"chassis_type", "chassis-type"}, "product_name": {"product_name", "system-product-name"},
	"product_serial": {"product_serial", "system-serial-number"}, "product_uuid": {"product_uuid", "system-uuid"},
	"product_version": {"product_version", "system-version"}, "system_vendor": {"sys_vendor", "system-manufacturer"},
}

// firmware gives what the firmware says, "NA" where it does not.
func firmware(r *Raw) Tree {
	dmi, kernel := r.small("dmi"), r.exists(dmiFolder+"product_name")
	decoded := map[string]string{}
	for _, line := range r.lines("dmidecode") {
		key, value, _ := strings.Cut(line, " ")
		decoded[key] = strings.TrimSpace(value)
	}
	t := Tree{}
	for fact, names := range firmwareNames {
		value, ok := decoded[names[1]]
		if kernel {
			value, ok = dmi[dmiFolder+names[0]]
		}
		if !ok {
			value = "NA"
		} else if kernel && fact == "form_factor" {
			value = formFactor(value)
		}
		t[fact] = value
	}
	return t
}

func formFactor(value string) string {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n >= len(formFactors) {
		return "unknown (" + value + ")"
	}
	return formFactors[n]
}

func uptime(r *Raw) Tree {
	seconds, err := strconv.ParseFloat(strings.SplitN(r.file("/proc/uptime"), " ", 2)[0], 64)
	if err != nil {
		return nil
	}
	return Tree{"uptime_seconds": int64(seconds)}
}

// lvm gives volumes, where there are the programs that show them and root asks.
func lvm(r *Raw) Tree {
	if _, ok := r.sections["vgs"]; !ok {
		return Tree{"lvm": "N/A"}
	}
	vgs, lvs, pvs := Tree{}, Tree{}, Tree{}
	for _, f := range r.columns("vgs", 7) {
		vgs[f[0]] = Tree{"size_g": f[len(f)-2], "free_g": f[len(f)-1], "num_lvs": f[2], "num_pvs": f[1]}
	}
	for _, f := range r.columns("lvs", 4) {
		lvs[f[0]] = Tree{"size_g": f[3], "vg": f[1]}
	}
	for _, f := range r.columns("pvs", 6) {
		pvs[f[0]] = Tree{"size_g": f[4], "free_g": f[5], "vg": f[1]}
	}
	return Tree{"lvm": Tree{"vgs": vgs, "lvs": lvs, "pvs": pvs}}
}

// columns gives the lines of a section that have at least n columns.
func (r *Raw) columns(section string, n int) [][]string {
	var out [][]string
	for _, line := range r.lines(section) {
		if f := strings.Split(strings.TrimSpace(line), ","); len(f) >= n {
			out = append(out, f)
		}
	}
	return out
}
