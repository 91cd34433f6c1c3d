package facts

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// families holds the distributions of a family; any other is its own.
var families = map[string][]string{
	"RedHat": {"RedHat", "RHEL", "Fedora", "CentOS", "Scientific", "SLC", "Ascendos", "CloudLinux", "PSBM", "OracleLinux", "OVS", "OEL", "Amazon", "Amzn", "Virtuozzo",
		"XenServer", "Alibaba", "EulerOS", "openEuler", "AlmaLinux", "Rocky", "TencentOS", "EuroLinux", "Kylin Linux Advanced Server", "MIRACLE"},
	"Debian": {"Debian", "Ubuntu", "Raspbian", "Neon", "KDE neon", "Linux Mint", "SteamOS", "Devuan", "Kali", "Cumulus Linux", "Pop!_OS", "Parrot",
		"Pardus GNU/Linux", "Uos", "Deepin", "OSMC", "Linux Mint Debian Edition"},
	"Suse": {"SuSE", "SLES", "SLED", "openSUSE", "openSUSE Tumbleweed", "SLES_SAP", "SUSE_LINUX", "openSUSE Leap", "ALP-Dolomite", "SL-Micro",
		"openSUSE MicroOS"},
	"Archlinux":  {"Archlinux", "Antergos", "Manjaro"},
	"Mandrake":   {"Mandrake", "Mandriva"},
	"Gentoo":     {"Gentoo", "Funtoo"},
	"ClearLinux": {"Clear Linux OS", "Clear Linux Mix"},
}

// releaseFile is a file by which a distribution is known.
type releaseFile struct {
	path, name string
	empty      bool // it counts though it is empty
}

// releaseFiles are tried in this order.
var releaseFiles = []releaseFile{
	{"/etc/altlinux-release", "Altlinux", false},
	{"/etc/oracle-release", "OracleLinux", false},
	{"/etc/slackware-version", "Slackware", false},
	{"/etc/centos-release", "CentOS", false},
	{"/etc/redhat-release", "RedHat", false},
	{"/etc/vmware-release", "VMwareESX", true},
	{"/etc/openwrt_release", "OpenWrt", false},
	{"/etc/os-release", "Amazon", false},
	{"/etc/system-release", "Amazon", false},
	{"/etc/alpine-release", "Alpine", false},
	{"/etc/arch-release", "Archlinux", true},
	{"/etc/os-release", "Archlinux", false},
	{"/etc/os-release", "SUSE", false},
	{"/etc/SuSE-release", "SUSE", false},
	{"/etc/gentoo-release", "Gentoo", false},
	{"/etc/os-release", "Debian", false},
	{"/etc/lsb-release", "Debian", false},
	{"/etc/lsb-release", "Mandriva", false},
	{"/etc/sourcemage-release", "SMGL", false},
	{"/usr/lib/os-release", "ClearLinux", false},
	{"/etc/os-release", "Flatcar", false},
	{"/etc/os-release", "NA", false},
}

// distribution tells the distribution by the files that it is known by.
func distribution(r *Raw) Tree {
	t := r.guess()
	for _, f := range releaseFiles {
		if f.empty && r.exists(f.path) {
			t["distribution"], t["distribution_file_path"], t["distribution_file_variety"] = f.name, f.path, f.name
			break
		}
		text := strings.TrimSpace(strings.Trim(r.file(f.path), `'"\`))
		if text == "" {
			continue
		}
		if found := r.distributionBy(f, text, t); found != nil {
			t["distribution"], t["distribution_file_path"], t["distribution_file_variety"], t["distribution_file_parsed"] = f.name, f.path, f.name, true
			for k, v := range found {
				t[k] = v
			}
			break
		}
	}
	name, _ := t["distribution"].(string)
	t["os_family"] = name
	for f, members := range families {
		if slices.Contains(members, name) {
			t["os_family"] = f
		}
	}
	return t
}

// guess tells what os-release(5) says.
func (r *Raw) guess() Tree {
	info := r.osRelease()
	version := r.version(info)
	t := Tree{"distribution": "OtherLinux", "distribution_version": "NA", "distribution_release": "NA", "distribution_major_version": "NA"}
	switch id := info["ID"]; id {
	case "":
	case "amzn":
		t["distribution"] = "Amazon"
	case "rhel":
		t["distribution"] = "Redhat"
	default:
		t["distribution"] = strings.ToUpper(id[:1]) + strings.ToLower(id[1:])
	}
	if version != "" {
		t["distribution_version"] = version
		t["distribution_major_version"], _, _ = strings.Cut(version, ".")
	}
	if name, ok := codename(info); ok {
		t["distribution_release"] = name
	}
	return t
}

func (r *Raw) osRelease() map[string]string {
	text := r.file("/etc/os-release")
	if text == "" {
		text = r.file("/usr/lib/os-release")
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(key, "#") {
			info[key] = unquote(value)
		}
	}
	return info
}

// unquote takes the quotes and escapes of a shell from a word.
func unquote(s string) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == quote && quote != 0:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// version gives the version; Debian and CentOS say it in more detail in a file of their own.
func (r *Raw) version(info map[string]string) string {
	best := info["VERSION_ID"]
	more := ""
	switch info["ID"] {
	case "debian":
		more = r.file("/etc/debian_version")
	case "centos":
		more = submatch(`release (\d[\d.]*)`, r.file("/etc/centos-release"))
	}
	if strings.Count(more, ".") > strings.Count(best, ".") || best == "" {
		best = more
	}
	if parts := strings.Split(best, "."); info["ID"] == "centos" && len(parts) > 2 {
		best = strings.Join(parts[:2], ".")
	}
	if best == "" {
		best = submatch(`(?m)^Release:\s*(\S+)`, r.sections["lsb"])
	}
	return best
}

var versionName = pyre.Must(`\((\D+)\)|,\s*(\D+)`, 0)

func codename(info map[string]string) (string, bool) {
	for _, key := range []string{"VERSION_CODENAME", "UBUNTU_CODENAME"} {
		if name, ok := info[key]; ok {
			return name, true
		}
	}
	if m := versionName.Groups(info["VERSION"]); m != nil {
		return strings.TrimSpace(m[1] + m[2]), true
	}
	return "", false
}

// submatch gives the first group of a pattern in a text, or "".
func submatch(pattern, text string) string {
	m := pyre.Must(pattern, 0).Groups(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// distributionBy tells what a release file says of its distribution, or nil where it is another one's.
func (r *Raw) distributionBy(f releaseFile, text string, guess Tree) Tree {
	switch f.name {
	case "Altlinux":
		return bySearch(f.name, "ALT", text)
	case "OracleLinux":
		return bySearch(f.name, "Oracle Linux", text)
	case "RedHat":
		return bySearch(f.name, "Red Hat", text)
	case "SMGL":
		return bySearch(f.name, "Source Mage GNU/Linux", text)
	case "Debian":
		return r.debianFamily(text)
	case "SUSE":
		return r.suseFamily(f.path, text, guess)
	case "NA":
		return byName(text, guess)
	}
	if parse, ok := byText[f.name]; ok {
		return parse(text)
	}
	return nil
}

// bySearch is for files whose first word names the distribution where a text that is looked for is not in it.
func bySearch(name, search, text string) Tree {
	if strings.Contains(text, search) {
		return Tree{"distribution": name, "distribution_file_search_string": search}
	}
	return Tree{"distribution": strings.Fields(text)[0]}
}

// byText holds what is told by the text of the file alone.
var byText = map[string]func(text string) Tree{
	"Alpine":    func(text string) Tree { return Tree{"distribution": "Alpine", "distribution_version": text} },
	"Archlinux": func(text string) Tree { return where(strings.Contains(text, "Arch Linux"), Tree{}) },
	"Slackware": func(text string) Tree {
		return where(strings.Contains(text, "Slackware"), found("distribution_version", submatch(`(\w+[.]\w+\+?)`, text)))
	},
	"CentOS": func(text string) Tree {
		switch {
		case strings.Contains(text, "CentOS Stream"):
			return Tree{"distribution_release": "Stream"}
		case strings.Contains(text, "TencentOS Server"):
			return Tree{"distribution": "TencentOS"}
		}
		return nil
	},
	"OpenWrt": func(text string) Tree {
		return where(strings.Contains(text, "OpenWrt"), found("distribution_version", submatch(`DISTRIB_RELEASE=["'](.*)["']`, text),
			"distribution_release", submatch(`DISTRIB_CODENAME=["'](.*)["']`, text)))
	},
	"Amazon": amazon,
	"Mandriva": func(text string) Tree {
		return where(strings.Contains(text, "Mandriva"), found("distribution_version", submatch(`DISTRIB_RELEASE="(.*)"`, text),
			"distribution_release", submatch(`DISTRIB_CODENAME="(.*)"`, text)))
	},
	"ClearLinux": func(text string) Tree {
		name := submatch(`NAME="(.*)"`, text)
		version := submatch(`VERSION_ID=(.*)`, text)
		return where(strings.Contains(name, "Clear Linux"), found("distribution", name, "distribution_version", version, "distribution_major_version", version,
			"distribution_release", submatch(`ID=(.*)`, text)))
	},
	"Flatcar": func(text string) Tree {
		version := strings.Trim(submatch(`VERSION=(.*)`, text), `"`)
		return where(strings.Contains(text, "ID=flatcar"), found("distribution_version", version, "distribution_major_version", major(version)))
	},
}

func amazon(text string) Tree {
	if !strings.Contains(text, "Amazon") {
		return nil
	}
	t := Tree{"distribution": "Amazon"}
	if version := submatch(`VERSION_ID="(.*)"`, text); version != "" {
		first, minor, ok := strings.Cut(version, ".")
		if !ok {
			minor = "NA"
		}
		t["distribution_version"], t["distribution_major_version"], t["distribution_minor_version"] = version, first, minor
	} else if version := submatch(`(?:^|\s)(\d+)(?:\s|$)`, text); version != "" {
		t["distribution_version"] = version
	}
	return t
}

// byName is for any other distribution.
func byName(text string, guess Tree) Tree {
	t := found("distribution", strings.Trim(submatch(`(?m)^NAME=(.*)`, text), `"`))
	if version := submatch(`(?m)^VERSION=(.*)`, text); version != "" && guess["distribution_version"] == "NA" {
		t["distribution_version"] = strings.Trim(version, `"`)
	}
	return t
}

// where gives a tree where something holds, else nil.
func where(ok bool, t Tree) Tree {
	if !ok {
		return nil
	}
	return t
}

// found makes a tree of names and values, without those that are empty.
func found(pairs ...string) Tree {
	t := Tree{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			t[pairs[i]] = pairs[i+1]
		}
	}
	return t
}

func major(version string) string {
	m, _, _ := strings.Cut(version, ".")
	return m
}
