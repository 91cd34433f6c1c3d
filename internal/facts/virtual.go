package facts

import (
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// guess is what is found out about virtualization: the first thing that is found gives type and role, all give the technologies.
type virtualization struct {
	kind, role  string
	found       bool
	guest, host map[string]bool
}

// is notes that the host is a guest of, or a host for, a technology.
func (v *virtualization) is(role, kind string) {
	if role == "guest" {
		v.guest[kind] = true
	} else {
		v.host[kind] = true
	}
	v.first(role, kind)
}

func (v *virtualization) first(role, kind string) {
	if !v.found {
		v.kind, v.role, v.found = kind, role, true
	}
}

func virtual(r *Raw) Tree {
	v := &virtualization{guest: map[string]bool{}, host: map[string]bool{}}
	r.containers(v)
	r.xen(v)
	r.boards(v)
	r.processorsSay(v)
	r.hypervisors(v)
	if !v.found {
		v.kind, v.role = "NA", "NA"
	}
	return Tree{
		"virtualization_type": v.kind, "virtualization_role": v.role,
		"virtualization_tech_guest": list(slices.Sorted(maps.Keys(v.guest))), "virtualization_tech_host": list(slices.Sorted(maps.Keys(v.host))),
	}
}

var (
	dockerGroup = pyre.Must(`/docker(/|-[0-9a-f]+\.scope)`, 0)
	lxcGroup    = pyre.Must(`/lxc/|/machine\.slice/machine-lxc`, 0)
)

// containers looks for what keeps the host in a container.
func (r *Raw) containers(v *virtualization) {
	for line := range strings.Lines(r.file("/proc/1/cgroup")) {
		if dockerGroup.In(line) {
			v.is("guest", "docker")
		}
		if lxcGroup.In(line) {
			v.is("guest", "lxc")
		}
		if strings.Contains(line, "/system.slice/containerd.service") {
			v.is("guest", "containerd")
		}
	}
	for _, line := range r.lines("environ1") {
		for _, kind := range []string{"lxc", "podman"} {
			if strings.Contains(line, "container="+kind) {
				v.is("guest", kind)
			}
		}
		if strings.HasPrefix(line, "container=") && line != "container=" {
			v.is("guest", "container")
		}
	}
	r.openvz(v)
	manager := r.file("/run/systemd/container")
	if manager != "" {
		v.is("guest", manager)
	}
	if r.exists("/.dockerenv") || r.exists("/.dockerinit") {
		v.is("guest", "docker")
	}
	for _, kind := range []string{"docker", "lxc", "podman", "openvz", "containerd"} {
		if v.guest[kind] || manager != "" {
			v.guest["container"] = true
		}
	}
}

func (r *Raw) openvz(v *virtualization) {
	if !r.exists("/proc/vz") || r.exists("/proc/lve") {
		return
	}
	role := "guest"
	if r.exists("/proc/bc") {
		role = "host"
	}
	v.is(role, "openvz")
	v.kind = "openvz"
}

func (r *Raw) xen(v *virtualization) {
	switch {
	case !r.exists("/proc/xen"):
	case strings.Contains(r.file("/proc/xen/capabilities"), "control_d"):
		v.is("host", "xen")
	default:
		v.first("guest", "xen")
	}
}

// board is what a machine's firmware may say, and which technology says so.
type board struct {
	file string
	says []string // one of these
	tech string
}

var boardsSay = []board{
	{"product_name", []string{"KVM", "KVM Server", "Bochs", "AHV", "CloudStack KVM Hypervisor"}, "kvm"},
	{"sys_vendor", []string{"oVirt"}, "oVirt"},
	{"product_name", []string{"VMware*"}, "VMware"},
	{"product_name", []string{"OpenStack Compute", "OpenStack Nova"}, "openstack"},
	{"bios_vendor", []string{"Xen"}, "xen"},
	{"bios_vendor", []string{"innotek GmbH"}, "virtualbox"},
	{"bios_vendor", []string{"Amazon EC2", "DigitalOcean", "Hetzner", "Linode"}, "kvm"},
	{"sys_vendor", []string{"QEMU", "Amazon EC2", "DigitalOcean", "Google", "Scaleway", "Nutanix"}, "kvm"},
	{"sys_vendor", []string{"KubeVirt"}, "KubeVirt"},
	{"sys_vendor", []string{"Microsoft Corporation"}, "VirtualPC"},
	{"sys_vendor", []string{"Parallels Software International Inc."}, "parallels"},
	{"sys_vendor", []string{"OpenStack Foundation"}, "openstack"},
}

const dmiFolder = "/sys/devices/virtual/dmi/id/"

// boards looks at what the firmware says.
func (r *Raw) boards(v *virtualization) {
	dmi := r.small("dmi")
	if dmi[dmiFolder+"sys_vendor"] == "Red Hat" {
		switch {
		case dmi[dmiFolder+"product_family"] == "RHV":
			v.is("guest", "RHV")
		case dmi[dmiFolder+"product_name"] == "RHEV Hypervisor":
			v.is("guest", "RHEV")
		}
	}
	for _, b := range boardsSay {
		text := dmi[dmiFolder+b.file]
		if slices.ContainsFunc(b.says, func(s string) bool {
			start, open := strings.CutSuffix(s, "*")
			return text == s || open && strings.HasPrefix(text, start)
		}) {
			v.is("guest", b.tech)
		}
	}
}

var processorSays = []struct {
	pattern *pyre.Fixed
	tech    string
}{
	{pyre.Must(`^model name.*QEMU Virtual CPU`, 0), "kvm"},
	{pyre.Must(`^vendor_id.*User Mode Linux|^model name.*UML`, 0), "uml"},
	{pyre.Must(`^machine.*CHRP IBM pSeries .emulated by qemu.`, 0), "kvm"},
	{pyre.Must(`^vendor_id.*PowerVM Lx86`, 0), "powervm_lx86"},
}

var vserver = pyre.Must(`^VxID:\s+(\d)`, pyre.Multiline)

// processorsSay looks at what the kernel tells of processors.
func (r *Raw) processorsSay(v *virtualization) {
	if m := vserver.Groups(r.file("/proc/self/status")); m != nil {
		v.is(map[bool]string{true: "host", false: "guest"}[m[1] == "0"], "linux_vserver")
	}
	for _, line := range r.lines("cpu") {
		for _, p := range processorSays {
			if p.pattern.In(line) {
				v.is("guest", p.tech)
			}
		}
		if strings.HasPrefix(line, "vendor_id") && strings.Contains(line, "IBM/S390") {
			v.guest["PR/SM"] = true
			v.first("LPAR", "PR/SM")
		}
	}
}

// hypervisors looks for what makes the host one for guests.
func (r *Raw) hypervisors(v *virtualization) {
	modules := map[string]bool{}
	for line := range strings.Lines(r.file("/proc/modules")) {
		name, _, _ := strings.Cut(line, " ")
		modules[name] = true
	}
	if modules["kvm"] {
		v.is("host", "kvm")
	}
	if modules["vboxdrv"] {
		v.is("host", "virtualbox")
	}
	if modules["virtio"] {
		v.host["kvm"] = true
		v.first("guest", "kvm")
	}
	for _, line := range r.lines("dmi_product") {
		if strings.HasPrefix(strings.TrimSpace(line), "VMware") {
			v.is("guest", "VMware")
		}
		if strings.Contains(line, "BHYVE") {
			v.is("guest", "bhyve")
		}
	}
	if r.exists("/dev/kvm") {
		v.is("host", "kvm")
	}
}
