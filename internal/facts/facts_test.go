package facts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCollectors(t *testing.T) {
	all := Names()
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(names, s) })
	}
	min := slices.Sorted(slices.Values(minimal))
	with := func(names ...string) []string {
		return slices.Sorted(slices.Values(append(slices.Clone(min), names...)))
	}
	tests := []struct {
		name, subsets string
		want          []string
	}{
		{"nothing_said", "", all},
		{"all", "all", all},
		{"min", "min", min},
		{"not_all", "!all", min},
		{"network", "network", with("network")},
		{"not_all_but_network", "!all network", with("network")},
		{"not_hardware", "all !hardware", without("hardware")},
		{"not_hardware_not_network", "!hardware !network all", without("hardware", "network")},
		{"only_min_and_not_hardware", "!hardware", min},
		{"nothing", "!all !min", nil},
		{"only_one_fact", "!all !min default_ipv4", []string{"distribution", "network", "platform"}},
		{"needs", "!all !min service_mgr", []string{"distribution", "platform", "service_mgr"}},
		{"unknown_is_taken_out", "min !nonsense", min},
		{"named_stays", "!hardware mounts", with("hardware")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Collectors(strings.Fields(tt.subsets))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := Collectors([]string{"hardwear"}); err == nil || !strings.Contains(err.Error(), `bad subset "hardwear": gather_subset takes all, min, `) {
		t.Errorf("unknown: %v", err)
	}
}

func TestFilter(t *testing.T) {
	tree := Tree{"ansible_kernel": 1, "ansible_kernel_version": 2, "ansible_memfree_mb": 3, "module_setup": true}
	for name, tt := range map[string]struct {
		patterns []string
		want     []string
	}{
		"none":           {nil, []string{"ansible_kernel", "ansible_kernel_version", "ansible_memfree_mb", "module_setup"}},
		"full_name":      {[]string{"ansible_kernel"}, []string{"ansible_kernel"}},
		"without_prefix": {[]string{"kernel*", "nothing"}, []string{"ansible_kernel", "ansible_kernel_version"}},
		"pattern":        {[]string{"ansible_*_mb"}, []string{"ansible_memfree_mb"}},
		"class":          {[]string{"[!m]*_mb"}, []string{"ansible_memfree_mb"}},
		"empty":          {[]string{""}, []string{"ansible_kernel", "ansible_kernel_version", "ansible_memfree_mb", "module_setup"}},
		"unmatched":      {[]string{"["}, nil},
	} {
		var got []string
		for k := range Filter(tree, tt.patterns) {
			got = append(got, k)
		}
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestScript runs the script under each shell of this machine.
func TestScript(t *testing.T) {
	folder := t.TempDir()
	for _, shell := range []string{"sh", "dash", "bash", "busybox"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		t.Run(shell, func(t *testing.T) {
			argv := Command(folder, 10, slices.DeleteFunc(Names(), func(s string) bool { return s == "python" }))
			argv[0] = shell
			if shell == "busybox" {
				argv = slices.Insert(argv, 1, "sh")
			}
			cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
			cmd.Env = append(cmd.Environ(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TWO=a\nb=c", "LOGNAME=root")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			r, err := Read(string(out))
			if err != nil {
				t.Fatal(err)
			}
			f := r.Facts(Names())
			env := f["ansible_env"].(Tree)
			if env["TWO"] != "a\nb=c" || env["LC_ALL"] != nil {
				t.Errorf("environment: %v", env)
			}
			for _, name := range []string{"system", "nodename", "kernel", "date_time", "user_id", "user_dir", "memtotal_mb", "processor_vcpus", "mounts", "uptime_seconds",
				"virtualization_type", "os_family", "machine", "is_chroot", "dns", "local", "userspace_bits"} {
				if v := f["ansible_"+name]; v == nil || v == "" {
					t.Errorf("no fact %s", name)
				}
			}
			if f["ansible_system"] != "Linux" || f["ansible_user_id"] != "root" || f["ansible_user_uid"] != int64(0) {
				t.Errorf("system %v, user %v", f["ansible_system"], f["ansible_user_id"])
			}
		})
	}
}

// TestScriptStartsFewPrograms holds what gathering costs a host: each program is a millisecond or two of its time, and hosts are gathered from by the hundred.
func TestScriptStartsFewPrograms(t *testing.T) {
	const most = 55
	folder := t.TempDir()
	started := filepath.Join(folder, "started")
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			stub := fmt.Sprintf("#!/bin/sh\necho %s >>%s\nexec %s \"$@\"\n", e.Name(), started, filepath.Join(dir, e.Name()))
			if err := os.WriteFile(filepath.Join(folder, e.Name()), []byte(stub), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", Command(folder, 10, Names())[1:]...)
	cmd.Env = []string{"PATH=" + folder, "LC_ALL=C", "LOGNAME=root"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(string(out)); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadFile(started)
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(string(names))
	t.Logf("%d programs", len(list))
	if len(list) > most {
		t.Errorf("%d programs, want %d at most: %s", len(list), most, strings.Join(list, " "))
	}
}

func TestReadWantsAnEnd(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "cut": "\n=uname\n Linux\n", "other": "sh: not found\n", "spoofed": "\n=env\n A=\n  =end\n"} {
		if _, err := Read(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add("\n=uname\n Linux\n 6.1\n #1\n x86_64\n h\n\n=end\n")
	f.Add("\n=has ip\n\n=nets\n e\n\n=addresses\n 1: e: <UP>\n     inet 1/99 peer\n     inet6 x peer y\n     inet 1.2.3.4\n\n=end\n")
	f.Add("\n=file /etc/os-release\n ID=\"\n VERSION=(\n\n=file /etc/redhat-release\n  x\n\n=end\n")
	f.Add("=readable\n /etc/hosts /etc/os-release\n=texts\n /etc/os-release:ID=x\n no path\n=end\n")
	f.Add("\n=file /etc/SuSE-release\n open suse\n\n=mtab\n a\\400 b c d e f\n\n=sizes\n a 1 2 3 4 5 6\n\n=end\n")
	f.Add("\n=fact program\n x\n 0 9\n\n=cpuinfo\n # processors : 4\n cpu cores : -1\n siblings : 5\n core id : 1\n\n=uname\n \n \n \n s390x\n\n=end\n")
	f.Add("\n=blocks\n a\n\n=partitions\n /sys/block/a/a1/start:1\n\n=vgs\n ,,,,,,\n\n=above\n /\n\n=ports\n /sys/class/net/e/bonding\n\n=nets\n e\n\n=has ip\n\n=end\n")
	f.Add("\n=file /etc/oracle-release\n \" \"\n\n=file /etc/os-release\n ID=é\n VERSION_ID=\n\n=date\n 2026|07|Monday|1|27|06|09|08|07|x|CEST|+0200|123456789\n\n=zones\n a\n b\n\n=end\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(text)
		if err != nil {
			return
		}
		first := r.Facts(Names())
		again, err := Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again.Facts(Names())); diff != "" {
			t.Errorf("not the same twice: %s", diff)
		}
	})
}
