package facts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sprint(values ...any) string { return strings.TrimSuffix(fmt.Sprintln(values...), "\n") }

func cpus(n int, each func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(each(i))
	}
	return b.String()
}

func TestProcessors(t *testing.T) {
	x86 := func(i int) string { // two sockets of two cores with two threads
		return fmt.Sprintf("processor\t: %d\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: %d\nsiblings\t: 4\ncore id\t\t: %d\ncpu cores\t: 2\n", i, i/4, i/2%2)
	}
	arm64 := func(i int) string {
		return fmt.Sprintf("processor\t: %d\n", i) // newer kernels name no model on arm64
	}
	power := func(i int) string { return fmt.Sprintf("processor\t: %d\ncpu\t\t: POWER9 (architected)\n", i) }
	tests := []struct {
		name, machine, cpuinfo string
		more                   map[string]string
		want                   string // count, cores, threads, vcpus, nproc
	}{
		{"intel", "x86_64", cpus(8, x86) + "flags\t\t: fpu vme\n", nil, "2 2 2 8 8"},
		{"limited", "x86_64", cpus(8, x86), map[string]string{"nproc": "3\n"}, "2 2 2 8 3"},
		{"virtual_without_topology", "x86_64", cpus(2, func(i int) string {
			return fmt.Sprintf("processor\t: %d\nvendor_id\t: GenuineIntel\nmodel name\t: QEMU Virtual CPU\n", i)
		}), nil, "2 1 1 2 2"},
		{"arm64", "aarch64", cpus(4, arm64), nil, "4 1 1 4 4"},
		{"armv7", "armv7l", "Processor\t: ARMv7 rev 5\n" + cpus(4, arm64), nil, "4 1 1 4 4"},
		{"power", "ppc64le", cpus(8, power), nil, "8 1 1 8 8"},
		{"s390x", "s390x", "vendor_id       : IBM/S390\n# processors    : 4\nmax thread id   : 1\n", nil, "1 2 2 4 4"},
		{"xen_paravirtual", "x86_64", cpus(2, x86) + "flags\t\t: fpu de\n", map[string]string{"exist": "/proc/xen\n"}, "2 2 1 2 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &Raw{sections: map[string]string{"cpuinfo": tt.cpuinfo, "uname": "Linux\n6.1\n#1\n" + tt.machine + "\nh\n"}}
			for k, v := range tt.more {
				r.sections[k] = v
			}
			f := processors(r)
			got := sprint(f["processor_count"], f["processor_cores"], f["processor_threads_per_core"], f["processor_vcpus"], f["processor_nproc"])
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if f := processors(&Raw{}); f != nil {
		t.Errorf("without cpuinfo: %v", f)
	}
}

func TestMemory(t *testing.T) {
	r := &Raw{files: map[string]string{"/proc/meminfo": "MemTotal: 8192 kB\nMemFree: 2048 kB\nBuffers: 1024 kB\nCached: 2048 kB\nSwapCached: 0 kB\nSwapTotal: 4096 kB\nSwapFree: 1024 kB\n"}}
	want := Tree{
		"memtotal_mb": int64(8), "memfree_mb": int64(2), "swaptotal_mb": int64(4), "swapfree_mb": int64(1),
		"memory_mb": Tree{
			"real":    Tree{"total": int64(8), "used": int64(6), "free": int64(2)},
			"nocache": Tree{"free": int64(5), "used": int64(3)},
			"swap":    Tree{"total": int64(4), "free": int64(1), "used": int64(3), "cached": int64(0)},
		},
	}
	if diff := cmp.Diff(want, memory(r)); diff != "" {
		t.Error(diff)
	}
}

func TestMounts(t *testing.T) {
	r := &Raw{sections: map[string]string{
		"mtab": "/dev/sda1 / ext4 rw,relatime 0 1\nproc /proc proc rw 0 0\nnas:/vol /mnt/my\\040nas nfs4 rw 0 0\n/dev/sda1 /srv/bound ext4 rw 0 0\n" +
			"/dev/sdb1 /old ext4 rw 0 0\nfilers /broken\n//filer/x /cifs cifs rw 0 0\n",
		"findmnt": "/          /dev/sda1       ext4 rw\n/srv/bound /dev/sda1[/x] ext4 rw\n",
		"lsblk":   "/dev/sda\n/dev/sda1 1111-aa\n",
		"sizes":   "/ 4096 4096 100 40 50 20\n/mnt/my\\040nas late\n",
	}}
	size := func(m Tree) Tree {
		for k, v := range map[string]int64{"size_total": 409600, "size_available": 163840, "block_size": 4096, "block_total": 100, "block_available": 40, "block_used": 60,
			"inode_total": 50, "inode_available": 20, "inode_used": 30} {
			m[k] = v
		}
		return m
	}
	mount := func(device, path, kind, options string, pass int64, uuid string) Tree {
		return Tree{"device": device, "mount": path, "fstype": kind, "options": options, "dump": int64(0), "passno": pass, "uuid": uuid}
	}
	nas := mount("nas:/vol", "/mnt/my nas", "nfs4", "rw", 0, "")
	delete(nas, "uuid")
	nas["note"] = "Could not get extra information due to timeout"
	want := Tree{"mounts": []any{
		size(mount("/dev/sda1", "/", "ext4", "rw,relatime", 1, "1111-aa")), nas, mount("/dev/sda1", "/srv/bound", "ext4", "rw,bind", 0, "1111-aa"),
		mount("/dev/sdb1", "/old", "ext4", "rw", 0, "N/A"), mount("//filer/x", "/cifs", "cifs", "rw", 0, "N/A"),
	}}
	if diff := cmp.Diff(want, mounts(r)); diff != "" {
		t.Error(diff)
	}
}

func TestDevices(t *testing.T) {
	r := &Raw{sections: map[string]string{
		"blocks": "sda ../devices/pci0000:00/0000:00:1f.2/ata1/block/sda\ndm-0 ../devices/virtual/block/dm-0\n",
		"block": "/sys/block/sda/size:4194304\n/sys/block/sda/queue/logical_block_size:4096\n/sys/block/sda/queue/scheduler:none [mq-deadline]\n/sys/block/sda/removable:0\n" +
			"/sys/block/sda/device/vendor:ATA     \n/sys/block/sda/device/model:Disk: two\n/sys/block/sda/queue/discard_max_hw_bytes:0\n/sys/block/sda/queue/discard_granularity:512\n" +
			"/sys/block/dm-0/size:2048\n/sys/block/dm-0/queue/logical_block_size:512\n/sys/block/dm-0/dm/name:vg-root\n",
		"partitions":  "/sys/block/sda/sda1/start:2048\n/sys/block/sda/sda1/size:2097152\n/sys/block/sda/queue/start:1\n",
		"above":       "/sys/block/dm-0/slaves/sda1\n/sys/block/sda/sda1/holders/dm-0\n",
		"links uuid":  "lrwxrwxrwx 1 root root 10 Jan  1 00:00 aa-bb -> ../../sda1\n",
		"links id":    "total 0\nlrwxrwxrwx 1 root root 9 Jan  1 00:00 wwn-0x5000 -> ../../sda\nlrwxrwxrwx 1 root root 9 Jan  1 00:00 ata-DISK -> ../../sda\n",
		"links label": "",
		"lspci":       "0000:00:1f.2 SATA controller: Intel AHCI\n",
	}}
	f := devices(r)
	all := f["devices"].(Tree)
	sda, part := all["sda"].(Tree), all["sda"].(Tree)["partitions"].(Tree)["sda1"].(Tree)
	got := sprint(sda["size"], sda["sectors"], sda["sectorsize"], sda["scheduler_mode"], sda["vendor"], sda["model"], sda["support_discard"], sda["wwn"], sda["host"], sda["serial"])
	if want := "2.00 GB 524288 4096 mq-deadline ATA Disk: two 0 0x5000 SATA controller: Intel AHCI <nil>"; got != want {
		t.Errorf("disk: %s, want %s", got, want)
	}
	if len(sda["partitions"].(Tree)) != 1 {
		t.Errorf("partitions: %v", sda["partitions"])
	}
	got = sprint(part["size"], part["sectors"], part["start"], part["uuid"], part["holders"], part["links"])
	if want := "1.00 GB 2097152 2048 aa-bb [vg-root] map[ids:[] labels:[] masters:[dm-0] uuids:[aa-bb]]"; got != want {
		t.Errorf("partition: %s, want %s", got, want)
	}
	links := Tree{"ids": Tree{"sda": []any{"ata-DISK", "wwn-0x5000"}}, "uuids": Tree{"sda1": []any{"aa-bb"}}, "labels": Tree{}, "masters": Tree{"sda1": []any{"dm-0"}}}
	if diff := cmp.Diff(links, f["device_links"]); diff != "" {
		t.Error(diff)
	}
}

func TestFirmware(t *testing.T) {
	r := &Raw{sections: map[string]string{"exist": dmiFolder + "product_name\n", "dmi": dmiFolder + "product_name:VMware7,1\n" + dmiFolder + "chassis_type:1\n" + dmiFolder + "sys_vendor:VMware, Inc.\n"}}
	f := firmware(r)
	if got := sprint(f["product_name"], f["form_factor"], f["system_vendor"], f["bios_date"]); got != "VMware7,1 Other VMware, Inc. NA" {
		t.Error(got)
	}
	f = firmware(&Raw{sections: map[string]string{"dmidecode": "chassis-type Desktop\nsystem-uuid 12-34 \n"}})
	if got := sprint(f["product_name"], f["form_factor"], f["product_uuid"]); got != "NA Desktop 12-34" {
		t.Error(got)
	}
}

func TestVirtual(t *testing.T) {
	dmi := func(file, text string) map[string]string {
		return map[string]string{"dmi": dmiFolder + file + ":" + text + "\n"}
	}
	tests := []struct {
		name string
		raw  Raw
		want string // type, role, guest of, host for
	}{
		{"bare_metal", Raw{}, "NA NA [] []"},
		{"docker", Raw{sections: map[string]string{"exist": "/.dockerenv\n"}}, "docker guest [container docker] []"},
		{"docker_on_kvm", Raw{sections: map[string]string{"exist": "/.dockerenv\n", "dmi": dmiFolder + "sys_vendor:QEMU\n"}}, "docker guest [container docker kvm] []"},
		{"docker_group", Raw{files: map[string]string{"/proc/1/cgroup": "12:cpu:/docker/0123abc\n"}}, "docker guest [container docker] []"},
		{"lxc", Raw{sections: map[string]string{"environ1": "PATH=/bin\ncontainer=lxc\n"}}, "lxc guest [container lxc] []"},
		{"podman", Raw{sections: map[string]string{"environ1": "container=podman\n"}}, "podman guest [container podman] []"},
		{"nspawn", Raw{files: map[string]string{"/run/systemd/container": "systemd-nspawn\n"}}, "systemd-nspawn guest [container systemd-nspawn] []"},
		{"openvz", Raw{sections: map[string]string{"exist": "/proc/vz\n"}}, "openvz guest [container openvz] []"},
		{"kvm", Raw{sections: dmi("sys_vendor", "QEMU")}, "kvm guest [kvm] []"},
		{"hetzner", Raw{sections: dmi("bios_vendor", "Hetzner")}, "kvm guest [kvm] []"},
		{"vmware", Raw{sections: dmi("product_name", "VMware Virtual Platform")}, "VMware guest [VMware] []"},
		{"hyperv", Raw{sections: dmi("sys_vendor", "Microsoft Corporation")}, "VirtualPC guest [VirtualPC] []"},
		{"virtualbox", Raw{sections: dmi("bios_vendor", "innotek GmbH")}, "virtualbox guest [virtualbox] []"},
		{"xen_guest", Raw{sections: map[string]string{"exist": "/proc/xen\n"}}, "xen guest [] []"},
		{"xen_host", Raw{sections: map[string]string{"exist": "/proc/xen\n"}, files: map[string]string{"/proc/xen/capabilities": "control_d\n"}}, "xen host [] [xen]"},
		{"kvm_host", Raw{files: map[string]string{"/proc/modules": "kvm_intel 1 0 - Live\nkvm 1 1 kvm_intel, Live\n"}, sections: map[string]string{"exist": "/dev/kvm\n"}}, "kvm host [] [kvm]"},
		{"old_qemu", Raw{sections: map[string]string{"cpu": "model name\t: QEMU Virtual CPU version 2.5+\n"}}, "kvm guest [kvm] []"},
		{"s390", Raw{sections: map[string]string{"cpu": "vendor_id       : IBM/S390\n"}}, "PR/SM LPAR [PR/SM] []"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := virtual(&tt.raw)
			got := sprint(f["virtualization_type"], f["virtualization_role"], f["virtualization_tech_guest"], f["virtualization_tech_host"])
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
