package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDateTime(t *testing.T) {
	r := &Raw{sections: map[string]string{
		"date": "2026|07|Monday|1|27|06|09|08|07|1783321687|CEST|+0200|123456789\n", "zones": "+0100 CET\n+0200 CEST\n",
	}}
	want := Tree{"date_time": Tree{
		"year": "2026", "month": "07", "weekday": "Monday", "weekday_number": "1", "weeknumber": "27", "day": "06", "hour": "09", "minute": "08", "second": "07",
		"epoch": "1783321687", "epoch_int": "1783321687", "date": "2026-07-06", "time": "09:08:07", "iso8601": "2026-07-06T07:08:07Z",
		"iso8601_micro": "2026-07-06T07:08:07.123456Z", "iso8601_basic": "20260706T090807123456", "iso8601_basic_short": "20260706T090807",
		"tz": "CEST", "tz_offset": "+0200", "tz_dst": "CEST",
	}}
	if diff := cmp.Diff(want, dateTime(r)); diff != "" {
		t.Error(diff)
	}
	// Busybox knows no %N; south of the equator January is the summer.
	r.sections["date"], r.sections["zones"] = "2026|07|Monday|1|27|06|09|08|07|1783321687|AEST|+1000|N\n", "+1100 AEDT\n+1000 AEST\n"
	got := dateTime(r)["date_time"].(Tree)
	if got["tz_dst"] != "AEDT" || got["iso8601_micro"] != "2026-07-06T07:08:07.000000Z" {
		t.Errorf("%v", got)
	}
}

func TestPlatform(t *testing.T) {
	tests := []struct {
		name, machine, node string
		more                map[string]string
		hosts               string
		want                string // architecture, userspace, bits, hostname, fqdn, domain
	}{
		{"resolver", "x86_64", "mx1", map[string]string{"names": "192.0.2.1      mx1.example.org mx1\n", "bits": "64\n"}, "", "x86_64 x86_64 64 mx1 mx1.example.org example.org"},
		{"alias_has_the_dot", "x86_64", "mx1", map[string]string{"names": "127.0.1.1 mx1 mx1.example.org\n"}, "", "x86_64 x86_64 64 mx1 mx1.example.org example.org"},
		{"no_dot", "aarch64", "mx1", map[string]string{"names": "::1 localhost mx1\n"}, "", "aarch64 <nil> 64 mx1 localhost "},
		{"hosts_file", "armv7l", "mx1", nil, "127.0.0.1 localhost\n127.0.1.1 mx1.example.net mx1 # me\n", "armv7l <nil> 32 mx1 mx1.example.net example.net"},
		{"second_line_of_an_address", "aarch64", "mx1", nil, "127.0.0.1 localhost\n127.0.0.1 mx1 mx1.example.net\n", "aarch64 <nil> 64 mx1 localhost "},
		{"unknown", "i686", "mx1.example.com", nil, "", "i386 i386 32 mx1 mx1.example.com example.com"},
		{"32_on_64", "x86_64", "h", map[string]string{"bits": "32\n"}, "", "x86_64 i386 32 h h "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &Raw{sections: map[string]string{"uname": "Linux\n6.1.0\n#1 SMP\n" + tt.machine + "\n" + tt.node + "\n"}, files: map[string]string{"/etc/hosts": tt.hosts, "/etc/machine-id": "abc\n"}}
			for k, v := range tt.more {
				r.sections[k] = v
			}
			f := platform(r)
			if got := sprint(f["architecture"], f["userspace_architecture"], f["userspace_bits"], f["hostname"], f["fqdn"], f["domain"]); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := sprint(f["system"], f["kernel"], f["kernel_version"], f["nodename"], f["machine_id"], f["python_version"]); got != "Linux 6.1.0 #1 SMP "+tt.node+" abc <nil>" {
				t.Error(got)
			}
		})
	}
}

func TestSmallCollectors(t *testing.T) {
	r := &Raw{
		sections: map[string]string{
			"python":  "3 13 5 final 0\n3.13.5\n/usr/bin/python3.13\n1\ncpython\n",
			"lsb":     "No LSB modules are available.\nDistributor ID:\tUbuntu\nDescription:\tUbuntu 24.04.1 LTS\nRelease:\t24.04\nCodename:\tnoble\n",
			"selinux": "/sys/fs/selinux/enforce:1\n/sys/fs/selinux/policyvers:33\n", "exist": "/sys/kernel/security/apparmor\n/run/systemd/system/\n",
			"roots": "debian \nself 2 128\ninit \ntype xfs\n", "caps": "Current: =ep cap_sys_resource-ep\nBounding set =cap_chown\n", "has systemctl": "",
			"systemd": "systemd 252 (252.38-1~deb12u1)\n+PAM +AUDIT\n", "user": "1000\n0\n1000\n0\n", "passwd": "admin\nadmin:x:1000:1001:Ad Min,,,:/home/admin:/bin/sh\n",
			"fc": "/sys/class/fc_host/host1/port_name:0x21000014ff52a9bb\n",
		},
		files: map[string]string{
			"/etc/selinux/config": "# c\nSELINUX=permissive\nSELINUXTYPE=targeted\n", "/proc/sys/crypto/fips_enabled": "1\n", "/proc/loadavg": "0.58 0.82 1.00 1/2 3\n",
			"/proc/cmdline": "quiet root=/dev/sda1 console=tty0 console=ttyS0 opt=\"a b\"\n", "/etc/ssh/ssh_host_rsa_key.pub": "ssh-rsa AAAA root@h\n",
			"/etc/resolv.conf":               "; c\nnameserver 192.0.2.53\nnameserver 2001:db8::53\ndomain example.org\nsearch a.example b.example\noptions ndots:2 rotate\nsortlist 10.0.0.0\n",
			"/etc/iscsi/initiatorname.iscsi": "# c\nInitiatorName=iqn.1993-08.org.debian:01:44\n", "/etc/nvme/hostnqn": "nqn.2014-08.org\n",
		},
	}
	version := Tree{"major": int64(3), "minor": int64(13), "micro": int64(5), "releaselevel": "final", "serial": int64(0)}
	want := Tree{
		"ansible_python": Tree{"version": version, "version_info": []any{int64(3), int64(13), int64(5), "final", int64(0)}, "executable": "/usr/bin/python3.13", "has_sslcontext": true,
			"type": "cpython"},
		"ansible_lsb":                    Tree{"id": "Ubuntu", "description": "Ubuntu 24.04.1 LTS", "release": "24.04", "codename": "noble", "major_release": "24"},
		"ansible_selinux_python_present": true, "ansible_selinux": Tree{"status": "enabled", "policyvers": int64(33), "mode": "enforcing", "config_mode": "permissive", "type": "targeted"},
		"ansible_apparmor": Tree{"status": "enabled"}, "ansible_is_chroot": false, "ansible_fips": true, "ansible_loadavg": Tree{"1m": 0.58, "5m": 0.82, "15m": 1.0},
		"ansible_system_capabilities_enforced": "True", "ansible_system_capabilities": []any{"ep cap_sys_resource-ep"},
		"ansible_cmdline":      Tree{"quiet": true, "root": "/dev/sda1", "console": "ttyS0", "opt": `"a b"`},
		"ansible_proc_cmdline": Tree{"quiet": true, "root": "/dev/sda1", "console": []any{"tty0", "ttyS0"}, "opt": `"a b"`},
		"ansible_systemd":      Tree{"version": int64(252), "features": "+PAM +AUDIT"},
		"ansible_user_id":      "admin", "ansible_user_uid": int64(1000), "ansible_user_gid": int64(1001), "ansible_user_gecos": "Ad Min,,,", "ansible_user_dir": "/home/admin",
		"ansible_user_shell": "/bin/sh", "ansible_real_user_id": int64(1000), "ansible_effective_user_id": int64(0), "ansible_real_group_id": int64(1000),
		"ansible_effective_group_id":      int64(1000),
		"ansible_ssh_host_key_rsa_public": "AAAA", "ansible_ssh_host_key_rsa_public_keytype": "ssh-rsa",
		"ansible_dns": Tree{"nameservers": []any{"192.0.2.53", "2001:db8::53"}, "domain": "example.org", "search": []any{"a.example", "b.example"},
			"options": Tree{"ndots": "2", "rotate": true}, "sortlist": []any{"10.0.0.0"}},
		"ansible_iscsi_iqn": "iqn.1993-08.org.debian:01:44", "ansible_hostnqn": "nqn.2014-08.org", "ansible_fibre_channel_wwn": []any{"21000014ff52a9bb"},
	}
	names := []string{"python", "lsb", "selinux", "apparmor", "chroot", "fips", "loadavg", "caps", "cmdline", "systemd", "user", "ssh_pub_keys", "dns", "iscsi", "nvme", "fibre_channel_wwn"}
	if diff := cmp.Diff(want, r.Facts(names)); diff != "" {
		t.Error(diff)
	}
	empty := Tree{
		"ansible_selinux": Tree{"status": "disabled"}, "ansible_selinux_python_present": true, "ansible_lsb": Tree{}, "ansible_apparmor": Tree{"status": "disabled"}, "ansible_fips": false,
		"ansible_system_capabilities_enforced": "N/A", "ansible_system_capabilities": "N/A", "ansible_dns": Tree{}, "ansible_iscsi_iqn": "", "ansible_hostnqn": "",
		"ansible_fibre_channel_wwn": []any{},
	}
	if diff := cmp.Diff(empty, (&Raw{}).Facts([]string{"python", "lsb", "selinux", "apparmor", "fips", "loadavg", "caps", "cmdline", "systemd", "ssh_pub_keys", "dns", "iscsi", "nvme",
		"fibre_channel_wwn", "facter", "ohai"})); diff != "" {
		t.Errorf("of nothing: %s", diff)
	}
}
