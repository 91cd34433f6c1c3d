package integration_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// shownFacts is a play that shows all facts that it has gathered.
const shownFacts = `
- hosts: mail
  become: true
  tasks:
    - debug: {msg: "FACTS {{ ansible_facts | to_json | b64encode }} END"}
`

var factsShown = regexp.MustCompile(`FACTS ([A-Za-z0-9+/=]+) END`)

// gathered runs the play and gives the facts.
func gathered(t *testing.T, h *lab.Host, user string, args ...string) map[string]any {
	t.Helper()
	r := pfrun(t, append([]string{write(t, "facts.yml", shownFacts), "-i", lab.Inventory(t, user, h)}, args...)...).exits(0).says("TASK [Gathering Facts]")
	if got := r.count(inventoryName(t, h), "ok"); got != 2 {
		t.Errorf("ok=%d, want 2 with the gathering\n%s", got, r.out)
	}
	m := factsShown.FindStringSubmatch(r.out)
	if m == nil {
		t.Fatalf("no facts in\n%s", r.out)
	}
	text, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]any{}
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	return facts
}

// localFacts are the host's own.
var localFacts = map[string]string{
	"ini.fact":     "[mail]\nRole = relay\npercent = 5%%\n",
	"json.fact":    `{"list": [1, 2.5, "{{ 1 + 1 }}"], "none": null}`,
	"program.fact": "#!/bin/sh\necho noise >&2\necho '{\"user\": \"'$(id -un)'\"}'\n",
	"broken.fact":  "#!/bin/sh\necho why >&2\nexit 4\n",
}

// TestFacts holds facts to what the host's own programs say.
func TestFacts(t *testing.T) {
	names := []string{"debian11", "debian12", "debian13-noinit"}
	if !testing.Short() {
		names = slices.Sorted(maps.Keys(variants))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			h := lab.Start(t, variants[name])
			putLocalFacts(t, h)
			facts := gathered(t, h, "admin")
			for path, want := range expected(t, h) {
				if got := fmt.Sprint(at(facts, path)); got != want {
					t.Errorf("%s: %s, want %s", path, got, want)
				}
			}
			if diff := difference(t, facts, gathered(t, h, "admin", "--check"), ""); len(diff) > 0 {
				t.Errorf("facts in check mode differ:\n%s", strings.Join(diff, "\n"))
			}
			if variants[name].Init && !testing.Short() {
				againstAnsible(t, h)
			}
		})
	}
}

func putLocalFacts(t *testing.T, h *lab.Host) {
	t.Helper()
	h.Run(t, "mkdir", "-p", "/etc/ansible/facts.d")
	for file, text := range localFacts {
		mode := int64(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		h.WriteFile(t, "/etc/ansible/facts.d/"+file, text, mode)
	}
}

// expected asks the host, by other programs than those of the facts where there are any.
func expected(t *testing.T, h *lab.Host) map[string]string {
	t.Helper()
	ask := func(script string) string { return strings.TrimSpace(h.Sh(t, script)) }
	want := map[string]string{
		"system": "Linux", "kernel": ask("uname -r"), "hostname": "mail", "fqdn": ask("hostname -f"), "machine": ask("uname -m"), "architecture": ask("uname -m"),
		"distribution": "Debian", "distribution_version": ask("cat /etc/debian_version"), "distribution_major_version": fmt.Sprint(h.Debian), "os_family": "Debian",
		"distribution_release": ask(". /etc/os-release; echo $VERSION_CODENAME"), "pkg_mgr": "apt", "service_mgr": ask("cat /proc/1/comm"),
		"user_id": "root", "user_dir": "/root", "effective_user_id": "0", "env.SUDO_USER": "admin", "memtotal_mb": ask(`awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo`),
		"processor_nproc": ask("nproc"), "dns.nameservers.0": ask("awk '/^nameserver/ {print $2; exit}' /etc/resolv.conf"),
		"ssh_host_key_ed25519_public": ask("cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub"), "date_time.tz": ask("date +%Z"), "virtualization_role": "guest",
		"is_chroot": "false", "module_setup": "true", "lo.ipv4.address": "127.0.0.1", "lo.type": "loopback", "fips": "false",
		"ansible_local.ini.mail.role": "relay", "ansible_local.ini.mail.percent": "5%", "ansible_local.json.list.2": "{{ 1 + 1 }}", "ansible_local.program.user": "root",
		"ansible_local.broken": "Failure executing fact script (/etc/ansible/facts.d/broken.fact), rc: 4, err: why\n", "python": "<nil>",
	}
	if h.Init {
		want["systemd.version"] = ask("systemctl --version | awk 'NR == 1 {print $2}'")
	}
	if ask("command -v ip || true") != "" {
		want["default_ipv4.address"] = ask("ip -4 -o addr show dev eth0 | awk '{print $4}' | cut -d/ -f1")
		want["default_ipv4.gateway"] = ask("ip -4 route show default | awk '{print $3}'")
		want["eth0.macaddress"] = ask("cat /sys/class/net/eth0/address")
	}
	return want
}

// at gives the value at a path of keys and indexes, nil where there is none.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i := 0
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// volatile are facts that differ from one look to the next, and those that docs/facts.md lists.
var volatile = regexp.MustCompile(`^/(date_time/|memfree|memory_mb/|loadavg|uptime|swapfree|mounts/\d+/(block|inode|size)_|env/|python|discovered|gather_subset|lo/|user_|real_|effective_|ansible_local/program)|` +
	`^/interfaces|^/virtualization_tech|^/all_ipv`)

// difference gives the paths at which two trees differ, but for the volatile ones.
func difference(t *testing.T, a, b any, path string) []string {
	t.Helper()
	if volatile.MatchString(path) {
		return nil
	}
	var out []string
	x, isMap := a.(map[string]any)
	y, both := b.(map[string]any)
	if isMap && both {
		keys := map[string]bool{}
		for _, m := range []map[string]any{x, y} {
			for k := range m {
				keys[k] = true
			}
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			out = append(out, difference(t, x[k], y[k], path+"/"+k)...)
		}
		return out
	}
	l, isList := a.([]any)
	m, both := b.([]any)
	if isList && both && len(l) == len(m) {
		for i := range l {
			out = append(out, difference(t, l[i], m[i], fmt.Sprintf("%s/%d", path, i))...)
		}
		return out
	}
	if fmt.Sprintf("%T %v", a, a) != fmt.Sprintf("%T %v", b, b) {
		out = append(out, fmt.Sprintf("%s: %.200v, and %.200v", path, a, b))
	}
	return out
}

// againstAnsible compares with ansible-core 2.19 of Debian 13: on the host itself, or over SSH from another one that has it, for which the host gets a Python.
func againstAnsible(t *testing.T, h *lab.Host) {
	t.Helper()
	control, line := h, "h ansible_connection=local"
	if h.Debian < 13 {
		control = lab.Start(t, lab.Options{Debian: 13, Name: "control"})
		h.Sh(t, "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 >/dev/null 2>&1; command -v python3")
		line = "h ansible_host=" + strings.Fields(h.Run(t, "hostname", "-I"))[0] + " ansible_user=root ansible_ssh_private_key_file=/root/key ansible_ssh_common_args='-o StrictHostKeyChecking=no'"
		key, err := os.ReadFile(h.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		control.WriteFile(t, "/root/key", string(key), 0o600)
	}
	control.Sh(t, "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ansible-core openssh-client >/dev/null 2>&1; command -v ansible")
	control.WriteFile(t, "/root/inv", line+"\n", 0o600)
	out := control.Sh(t, "cd /; ansible h -i /root/inv -m setup 2>/dev/null | sed '1s/.*/{/'")
	var theirs struct {
		Facts map[string]any `json:"ansible_facts"`
	}
	if err := json.Unmarshal([]byte(out), &theirs); err != nil {
		t.Fatalf("%v:\n%.500s", err, out)
	}
	plain := map[string]any{}
	for k, v := range theirs.Facts {
		if k != "ansible_local" {
			k = strings.TrimPrefix(k, "ansible_")
		}
		plain[k] = v
	}
	if len(plain) < 80 {
		t.Errorf("ansible-core gives only %d facts", len(plain))
	}
	for _, line := range difference(t, gathered(t, h, "root"), plain, "") {
		t.Errorf("here and in ansible-core: %s", line)
	}
}
