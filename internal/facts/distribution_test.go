package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// osRelease is the beginning of os-release(5) of distributions.
var osReleases = map[string]string{
	"debian12":   "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n",
	"debian_sid": "PRETTY_NAME=\"Debian GNU/Linux forky/sid\"\nNAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=forky\nID=debian\n",
	"ubuntu":     "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION=\"24.04.1 LTS (Noble Numbat)\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n",
	"rocky9":     "NAME=\"Rocky Linux\"\nVERSION=\"9.4 (Blue Onyx)\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
	"rhel9":      "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.4 (Plow)\"\nID=\"rhel\"\nVERSION_ID=\"9.4\"\n",
	"stream9":    "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nVERSION_ID=\"9\"\n",
	"centos7":    "NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nVERSION_ID=\"7\"\n",
	"fedora":     "NAME=\"Fedora Linux\"\nVERSION=\"40 (Server Edition)\"\nID=fedora\nVERSION_ID=40\nVERSION_CODENAME=\"\"\n",
	"alpine":     "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.19.1\n",
	"arch":       "NAME=\"Arch Linux\"\nPRETTY_NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n",
	"leap":       "NAME=\"openSUSE Leap\"\nVERSION=\"15.6\"\nID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.6\"\n",
	"tumbleweed": "NAME=\"openSUSE Tumbleweed\"\nID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20240807\"\n",
	"sles":       "NAME=\"SLES\"\nVERSION=\"15-SP5\"\nVERSION_ID=\"15.5\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 15 SP5\"\nID=\"sles\"\n",
	"amazon":     "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nVERSION_ID=\"2023\"\n",
	"gentoo":     "NAME=Gentoo\nID=gentoo\nPRETTY_NAME=\"Gentoo Linux\"\nVERSION_ID=\"2.15\"\n",
	"mint":       "NAME=\"Linux Mint\"\nVERSION=\"21.3 (Virginia)\"\nID=linuxmint\nVERSION_ID=\"21.3\"\nVERSION_CODENAME=virginia\n",
	"devuan":     "PRETTY_NAME=\"Devuan GNU/Linux 5 (daedalus)\"\nNAME=\"Devuan GNU/Linux\"\nVERSION_ID=\"5\"\nVERSION=\"5 (daedalus)\"\nID=devuan\n",
}

func TestDistribution(t *testing.T) {
	tests := []struct {
		release string
		files   map[string]string
		exist   string
		want    string // distribution, version, major version, release, family, file variety
	}{
		{"debian12", map[string]string{"/etc/debian_version": "12.11\n"}, "", "Debian 12.11 12 bookworm Debian Debian"},
		{"debian12", map[string]string{"/etc/debian_version": "bookworm/sid\n"}, "", "Debian 12 12 bookworm Debian Debian"},
		{"debian_sid", map[string]string{"/etc/debian_version": "forky/sid\n"}, "", "Debian forky/sid forky/sid forky Debian Debian"},
		{"ubuntu", map[string]string{"/etc/debian_version": "trixie/sid\n"}, "", "Ubuntu 24.04 24 noble Debian Debian"},
		{"rocky9", map[string]string{"/etc/centos-release": "Rocky Linux release 9.4 (Blue Onyx)\n", "/etc/redhat-release": "Rocky Linux release 9.4 (Blue Onyx)\n"}, "",
			"Rocky 9.4 9 Blue Onyx RedHat RedHat"},
		{"rhel9", map[string]string{"/etc/redhat-release": "Red Hat Enterprise Linux release 9.4 (Plow)\n"}, "", "RedHat 9.4 9 Plow RedHat RedHat"},
		{"stream9", map[string]string{"/etc/centos-release": "CentOS Stream release 9\n"}, "", "CentOS 9 9 Stream RedHat CentOS"},
		{"centos7", map[string]string{"/etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n", "/etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n"}, "",
			"CentOS 7.9 7 Core RedHat RedHat"},
		{"fedora", map[string]string{"/etc/redhat-release": "Fedora release 40 (Forty)\n"}, "", "Fedora 40 40  RedHat RedHat"},
		{"alpine", map[string]string{"/etc/alpine-release": "3.19.1\n"}, "", "Alpine 3.19.1 3 NA Alpine Alpine"},
		{"arch", nil, "/etc/arch-release\n", "Archlinux NA NA NA Archlinux Archlinux"},
		{"leap", nil, "", "openSUSE Leap 15.6 15 6 Suse SUSE"},
		{"tumbleweed", nil, "", "openSUSE Tumbleweed 20240807 20240807  Suse SUSE"},
		{"sles", nil, "", "SLES 15.5 15 5 Suse SUSE"},
		{"amazon", map[string]string{"/etc/system-release": "Amazon Linux release 2023 (Amazon Linux)\n"}, "", "Amazon 2023 2023 NA RedHat Amazon"},
		{"gentoo", nil, "", "Gentoo 2.15 2 NA Gentoo NA"},
		{"mint", nil, "", "Linux Mint 21.3 21 virginia Debian Debian"},
		{"devuan", nil, "", "Devuan 5 5 daedalus Debian Debian"},
		{"", nil, "", "OtherLinux NA NA NA OtherLinux <nil>"},
	}
	for _, tt := range tests {
		t.Run(tt.release, func(t *testing.T) {
			r := &Raw{files: map[string]string{"/etc/os-release": osReleases[tt.release]}, sections: map[string]string{"exist": tt.exist}}
			for path, text := range tt.files {
				r.files[path] = text
			}
			f := distribution(r)
			got := sprint(f["distribution"], f["distribution_version"], f["distribution_major_version"], f["distribution_release"], f["os_family"], f["distribution_file_variety"])
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestManagers(t *testing.T) {
	tests := []struct {
		name, release string
		raw           Raw
		want          string
	}{
		{"debian", "debian12", Raw{sections: map[string]string{"exist": "/usr/bin/apt-get\n/usr/bin/dnf-3\n/run/systemd/system/\n/etc/init.d/\n", "has systemctl": "", "init": "/lib/systemd/systemd\n"}},
			"apt systemd"},
		{"rocky", "rocky9", Raw{files: map[string]string{"/etc/redhat-release": "Rocky Linux release 9.4", "/proc/1/comm": "systemd\n"},
			sections: map[string]string{"exist": "/usr/bin/yum\n/usr/bin/dnf-3\n", "dnf": "/usr/bin/dnf-3\n"}}, "dnf systemd"},
		{"fedora", "fedora", Raw{files: map[string]string{"/etc/redhat-release": "Fedora release 41"}, sections: map[string]string{"dnf": "/usr/bin/dnf5\n"}}, "dnf5 service"},
		{"alpine", "alpine", Raw{files: map[string]string{"/proc/1/comm": "init\n"}, sections: map[string]string{"exist": "/sbin/apk\n/sbin/openrc\n/etc/init.d/\n"}}, "apk openrc"},
		{"container", "debian12", Raw{files: map[string]string{"/proc/1/comm": "bash\n"}, sections: map[string]string{"exist": "/etc/init.d/\n"}}, "apt sysvinit"},
		{"offline", "debian12", Raw{files: map[string]string{"/proc/1/comm": "sh\n"}, sections: map[string]string{"has systemctl": "", "init": "/lib/systemd/systemd\n", "exist": "/etc/init.d/\n"}},
			"apt systemd"},
		{"runit", "arch", Raw{files: map[string]string{"/proc/1/comm": "runit-init\n"}, sections: map[string]string{"exist": "/usr/bin/pacman\n/etc/arch-release\n"}}, "pacman runit"},
		{"unknown", "", Raw{}, "unknown service"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.raw
			if r.files == nil {
				r.files = map[string]string{}
			}
			r.files["/etc/os-release"] = osReleases[tt.release]
			if got := sprint(packageManager(&r)["pkg_mgr"], serviceManager(&r)["service_mgr"]); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
