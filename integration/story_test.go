package integration_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// TestIPv4Only is the story, on every kind of host, by every kind of login.
func TestIPv4Only(t *testing.T) {
	for name, o := range variants {
		users := []string{"root", "admin", "oper"}
		if o.Debian == 11 && testing.Short() { // one of its hosts and logins stands for all
			if users = users[2:]; o.Init {
				continue
			}
		}
		t.Run(name, func(t *testing.T) {
			h := lab.Start(t, o)
			for way, args := range ways(name) {
				for _, user := range users {
					t.Run(way+"/"+user, func(t *testing.T) { cure(t, h, user, args...) })
				}
			}
		})
	}
}

// cure runs the story as a user would: look, check, run, run again, look.
func cure(t *testing.T, h *lab.Host, user string, further ...string) {
	dualStack(t, h)
	name := inventoryName(t, h)
	args := append([]string{story, "-i", lab.Inventory(t, user, h)}, further...)
	if user == "oper" {
		args = append(args, "--become-password-file", secretFile(t, h.Password))
	}
	before, meta := h.ReadFile(t, "/etc/postfix/main.cf"), h.Run(t, "stat", "-c", "%a %U:%G", "/etc/postfix/main.cf")

	check := pfrun(t, append(args, "--check", "--diff")...).exits(0)
	check.says("+inet_protocols = ipv4", "would restart postfix, notified by Look for a listener on IPv6, Set inet_protocols to ipv4", "deferred: ["+name+"]")
	if got := check.count(name, "deferred"); got != 1 {
		t.Errorf("deferred=%d, want 1: the listeners after the restart\n%s", got, check.out)
	}
	if after := h.ReadFile(t, "/etc/postfix/main.cf"); after != before {
		t.Errorf("--check changed main.cf:\n%s", after)
	}
	listens(t, h, "0.0.0.0:25", "[::]:25")

	run := pfrun(t, append(args, "--diff")...).exits(0)
	if got, want := run.diff(), check.diff(); got != want || got == "" {
		t.Errorf("the diff of the run is not that of --check\nrun:\n%s\n--check:\n%s", got, want)
	}
	if got := run.count(name, "changed"); got != 2 && got != 3 { // the file, the restart, and the listener that was seen
		t.Errorf("changed=%d, want the edit and the restart\n%s", got, run.out)
	}
	if user == "oper" {
		run.neverSays(h.Password)
	}
	listens(t, h, "0.0.0.0:25")
	if got := strings.TrimSpace(h.Run(t, "postconf", "-h", "inet_protocols")); got != "ipv4" {
		t.Errorf("inet_protocols is %q", got)
	}
	if got := h.Run(t, "stat", "-c", "%a %U:%G", "/etc/postfix/main.cf"); got != meta {
		t.Errorf("mode and owner of main.cf are %s, were %s", got, meta)
	}
	if got := h.Run(t, "sh", "-c", "ls -A /etc/postfix | grep -c pfrun || true"); strings.TrimSpace(got) != "0" {
		t.Errorf("pfrun left files in /etc/postfix: %s", h.Run(t, "ls", "-A", "/etc/postfix"))
	}

	again := pfrun(t, args...).exits(0)
	if got := again.count(name, "changed"); got != 0 {
		t.Errorf("changed=%d the second time\n%s", got, again.out)
	}
}

// dualStack puts a host back to where the story starts.
func dualStack(t *testing.T, h *lab.Host) {
	t.Helper()
	h.Run(t, "postconf", "-e", "inet_protocols=all")
	restart(t, h)
	listens(t, h, "0.0.0.0:25", "[::]:25")
}

func restart(t *testing.T, h *lab.Host) {
	t.Helper()
	if h.Init {
		h.Run(t, "systemctl", "restart", "postfix")
		return
	}
	h.Sh(t, "postfix stop; postfix start")
}

// listens holds that port 25 listens on these addresses and on no other.
func listens(t *testing.T, h *lab.Host, want ...string) {
	t.Helper()
	got := strings.Fields(h.Sh(t, `for i in $(seq 50); do ss -Htln 'sport = :25' | grep -q . && break; sleep .2; done; ss -Htln 'sport = :25' | awk '{print $4}' | sort`))
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("port 25 listens on %q, want %q", got, want)
	}
}

// TestWithoutSS holds the story on a host that has no ss: the listeners are read from /proc.
func TestWithoutSS(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	h.Sh(t, "mv $(command -v ss) /root/ss.away")
	args := []string{story, "-i", lab.Inventory(t, "admin", h)}
	pfrun(t, args...).exits(0)
	if got := h.Sh(t, "/root/ss.away -Htln 'sport = :25' | awk '{print $4}'"); got != "0.0.0.0:25\n" {
		t.Errorf("port 25 listens on %q", got)
	}
	if again := pfrun(t, args...).exits(0); again.count(inventoryName(t, h), "changed") != 0 {
		t.Errorf("the second run changes something\n%s", again.out)
	}
}

// TestTwoHosts runs both releases in one run.
func TestTwoHosts(t *testing.T) {
	a, b := lab.Start(t, lab.Options{Debian: 12}), lab.Start(t, lab.Options{Debian: 13})
	inv := lab.Inventory(t, "root", a, b)
	pfrun(t, story, "-i", inv, "-e", "target=mail").exits(0)
	listens(t, a, "0.0.0.0:25")
	listens(t, b, "0.0.0.0:25")
	pfrun(t, story, "-i", inv, "-e", "target=relays").exits(4).says("relays", "mail", "-e target=")
}
