package facts

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// platform gives the names of kernel, machine and host.
func platform(r *Raw) Tree {
	u := append(strings.Split(r.sections["uname"], "\n"), make([]string, 5)...)
	t := Tree{"system": u[0], "kernel": u[1], "kernel_version": u[2], "machine": u[3], "nodename": u[4], "architecture": u[3]}
	bits := strings.TrimSpace(r.sections["bits"])
	if bits == "" {
		bits = "32"
		if strings.Contains(u[3], "64") || u[3] == "s390x" {
			bits = "64"
		}
	}
	t["userspace_bits"] = bits
	if u[3] == "x86_64" || isI86(u[3]) {
		t["userspace_architecture"] = map[string]string{"64": "x86_64", "32": "i386"}[bits]
	}
	if isI86(u[3]) {
		t["architecture"] = "i386"
	}
	fqdn := r.fqdn(u[4])
	t["fqdn"] = fqdn
	t["hostname"], _, _ = strings.Cut(u[4], ".")
	_, t["domain"], _ = strings.Cut(fqdn, ".")
	for _, p := range []string{"/var/lib/dbus/machine-id", "/etc/machine-id"} {
		if id := r.file(p); id != "" {
			t["machine_id"], _, _ = strings.Cut(id, "\n")
			break
		}
	}
	if py := r.interpreter(); py.version != "" {
		t["python_version"] = py.version
	}
	return t
}

func isI86(machine string) bool {
	return slices.ContainsFunc([]string{"i386", "i486", "i586", "i686", "i86pc"}, func(name string) bool { return strings.Contains(machine, name) })
}

// fqdn gives the first name with a dot that the resolver has for the host's address, else its canonical name there, else the node's name, as socket.getfqdn of Python does.
func (r *Raw) fqdn(node string) string {
	names := r.hostsEntry(node)
	if all := r.lines("names"); len(all) > 0 {
		names = strings.Fields(all[0])
	}
	if len(names) < 2 {
		return node
	}
	for _, n := range names[1:] {
		if strings.Contains(n, ".") {
			return n
		}
	}
	return names[1]
}

// hostsEntry gives the words of the first line of /etc/hosts for the address that the host has there.
func (r *Raw) hostsEntry(node string) []string {
	first := map[string][]string{}
	for line := range strings.Lines(r.files["/etc/hosts"]) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		if first[words[0]] == nil {
			first[words[0]] = words
		}
		if slices.Contains(words[1:], node) {
			return first[words[0]]
		}
	}
	return nil
}

// interpreter is a Python of the host.
type interpreter struct {
	info       []string // major, minor, micro, release level, serial
	version    string
	executable string
	tls        bool
	name       string
}

func (r *Raw) interpreter() interpreter {
	l := r.lines("python")
	if len(l) < 5 {
		return interpreter{}
	}
	info := strings.Fields(l[0])
	if len(info) != 5 {
		return interpreter{}
	}
	return interpreter{info, l[1], l[2], l[3] == "1", l[4]}
}

// python gives the Python that Ansible would use. A host without one has no such fact.
func python(r *Raw) Tree {
	p := r.interpreter()
	if p.info == nil {
		return nil
	}
	major, minor, micro, serial := number(p.info[0]), number(p.info[1]), number(p.info[2]), number(p.info[4])
	return Tree{"python": Tree{
		"version":        Tree{"major": major, "minor": minor, "micro": micro, "releaselevel": p.info[3], "serial": serial},
		"version_info":   []any{major, minor, micro, p.info[3], serial},
		"executable":     p.executable,
		"has_sslcontext": p.tls,
		"type":           p.name,
	}}
}

func lsb(r *Raw) Tree {
	t := Tree{}
	keep := func(key, value string) { t[key] = strings.Trim(strings.TrimSpace(value), `'"\`) }
	for _, line := range r.lines("lsb") {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "LSB Version", "Release":
			keep("release", value)
		case "Distributor ID":
			keep("id", value)
		case "Description":
			keep("description", value)
		case "Codename":
			keep("codename", value)
		}
	}
	if len(t) == 0 {
		for line := range strings.Lines(r.file("/etc/lsb-release")) {
			key, value, _ := strings.Cut(line, "=")
			if name, ok := map[string]string{"DISTRIB_ID": "id", "DISTRIB_RELEASE": "release", "DISTRIB_DESCRIPTION": "description", "DISTRIB_CODENAME": "codename"}[key]; ok {
				keep(name, value)
			}
		}
	}
	if release, ok := t["release"].(string); ok {
		t["major_release"], _, _ = strings.Cut(release, ".")
	}
	return Tree{"lsb": t}
}

// selinux is told by the kernel and the configuration: pfrun needs no library for that on the host.
func selinux(r *Raw) Tree {
	kernel := r.small("selinux")
	enforce, on := kernel["/sys/fs/selinux/enforce"]
	if !on {
		return Tree{"selinux_python_present": true, "selinux": Tree{"status": "disabled"}}
	}
	t := Tree{"status": "enabled", "policyvers": "unknown", "config_mode": "unknown", "type": "unknown", "mode": "permissive"}
	if enforce == "1" {
		t["mode"] = "enforcing"
	}
	if v, err := strconv.ParseInt(kernel["/sys/fs/selinux/policyvers"], 10, 64); err == nil {
		t["policyvers"] = v
	}
	for line := range strings.Lines(r.files["/etc/selinux/config"]) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(key) {
		case "SELINUX":
			if value = strings.ToLower(value); value == "enforcing" || value == "permissive" || value == "disabled" {
				t["config_mode"] = value
			}
		case "SELINUXTYPE":
			t["type"] = value
		}
	}
	return Tree{"selinux_python_present": true, "selinux": t}
}

func apparmor(r *Raw) Tree {
	status := "disabled"
	if r.exists("/sys/kernel/security/apparmor") {
		status = "enabled"
	}
	return Tree{"apparmor": Tree{"status": status}}
}

// chroot compares / with that of the first process; where it cannot be seen, by the number that the root of a file system has.
func chroot(r *Raw) Tree {
	v := map[string]string{}
	for _, line := range r.lines("roots") {
		key, value, _ := strings.Cut(line, " ")
		v[key] = strings.TrimSpace(value)
	}
	if v["debian"] != "" {
		return Tree{"is_chroot": true}
	}
	if v["init"] != "" {
		return Tree{"is_chroot": v["self"] != v["init"]}
	}
	root := "2"
	switch {
	case strings.Contains(v["type"], "btrfs"):
		root = "256"
	case strings.Contains(v["type"], "xfs"):
		root = "128"
	}
	_, inode, _ := strings.Cut(v["self"], " ")
	return Tree{"is_chroot": inode != root}
}

func fips(r *Raw) Tree { return Tree{"fips": r.file("/proc/sys/crypto/fips_enabled") == "1"} }

func capabilities(r *Raw) Tree {
	out, ok := r.sections["caps"]
	if !ok {
		return Tree{"system_capabilities_enforced": "N/A", "system_capabilities": "N/A"}
	}
	enforced, caps := "NA", []any{}
	for line := range strings.Lines(out) {
		current, ok := strings.CutPrefix(line, "Current:")
		if !ok {
			continue
		}
		if current = strings.TrimSpace(current); current == "=ep" {
			enforced = "False"
			continue
		}
		enforced, caps = "True", []any{}
		for _, c := range strings.Split(append(strings.Split(current, "="), "")[1], ",") {
			caps = append(caps, strings.TrimSpace(c))
		}
	}
	return Tree{"system_capabilities_enforced": enforced, "system_capabilities": caps}
}

// managers holds the package managers by their programs. The last one found counts.
var managers = [][2]string{
	{"/usr/bin/rpm-ostree", "atomic_container"},
	{"/usr/bin/yum", "dnf"}, {"/usr/bin/dnf-3", "dnf"}, {"/usr/bin/dnf5", "dnf5"},
	{"/usr/bin/apt-get", "apt"}, {"/usr/bin/zypper", "zypper"}, {"/usr/sbin/urpmi", "urpmi"}, {"/usr/bin/pacman", "pacman"}, {"/bin/opkg", "opkg"},
	{"/usr/pkg/bin/pkgin", "pkgin"}, {"/opt/local/bin/pkgin", "pkgin"}, {"/opt/tools/bin/pkgin", "pkgin"}, {"/opt/local/bin/port", "macports"},
	{"/usr/local/bin/brew", "homebrew"}, {"/opt/homebrew/bin/brew", "homebrew"}, {"/sbin/apk", "apk"}, {"/usr/sbin/pkg", "pkgng"}, {"/usr/sbin/swlist", "swdepot"},
	{"/usr/bin/emerge", "portage"}, {"/usr/sbin/pkgadd", "svr4pkg"}, {"/usr/bin/pkg", "pkg5"}, {"/usr/bin/xbps-install", "xbps"}, {"/usr/local/sbin/pkg", "pkgng"},
	{"/usr/bin/swupd", "swupd"}, {"/usr/sbin/sorcery", "sorcery"}, {"/usr/bin/installp", "installp"},
}

func packageManager(r *Raw) Tree {
	family := distribution(r)["os_family"]
	manager := "unknown"
	for _, m := range managers {
		if r.exists(m[0]) && !(family == "Altlinux" && m[0] == "/usr/bin/pkg") {
			manager = m[1]
		}
	}
	switch {
	case family == "RedHat":
		manager = r.redHatManager()
	case family == "Debian":
		manager = "apt"
	case family == "Altlinux" && manager == "apt":
		manager = "apt_rpm"
	}
	return Tree{"pkg_mgr": manager}
}

func (r *Raw) redHatManager() string {
	switch target := strings.TrimSpace(r.sections["dnf"]); {
	case r.exists("/run/ostree-booted"):
		return "atomic_container"
	case target == "/usr/bin/dnf5":
		return "dnf5"
	case target != "":
		return "dnf"
	}
	return "unknown"
}

// firstProcesses holds names of the first process that stand for another name.
var firstProcesses = map[string]string{"procd": "openwrt_init", "runit-init": "runit", "svscan": "svc", "openrc-init": "openrc"}

func serviceManager(r *Raw) Tree {
	first := r.file("/proc/1/comm")
	link := strings.TrimSpace(r.sections["init"])
	if first == "" {
		first = link
	}
	first = path.Base(first)
	if first != "." && first != "init" && !strings.HasSuffix(first, "sh") {
		if name, ok := firstProcesses[first]; ok {
			first = name
		}
		return Tree{"service_mgr": first}
	}
	return Tree{"service_mgr": r.initSystem(distribution(r)["distribution"], path.Base(link))}
}

// initSystem tells the service manager by what is installed; link is where /sbin/init leads.
func (r *Raw) initSystem(distribution any, link string) string {
	switch {
	case distribution == "OpenWrt":
		return "openwrt_init"
	case distribution == "SMGL":
		return "simpleinit_msb"
	case r.systemdRuns():
		return "systemd"
	case r.has("initctl") && r.exists("/etc/init/"):
		return "upstart"
	case r.exists("/sbin/openrc"):
		return "openrc"
	case r.has("systemctl") && link == "systemd":
		return "systemd"
	case r.exists("/etc/init.d/"):
		return "sysvinit"
	case r.exists("/etc/dinit.d/"):
		return "dinit"
	}
	return "service"
}

func (r *Raw) systemdRuns() bool {
	return r.has("systemctl") && slices.ContainsFunc([]string{"/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"}, r.exists)
}

func systemd(r *Raw) Tree {
	l := r.lines("systemd")
	if len(l) < 2 || !r.systemdRuns() {
		return nil
	}
	return Tree{"systemd": Tree{"version": number(append(strings.Fields(l[0]), "", "")[1]), "features": l[1]}}
}
