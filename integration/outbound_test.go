package integration_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

const outbound = "playbooks/ipv4-outbound.yml"

// transports are services beside Debian's: two that deliver to the outside, and two that are for somebody else to decide about.
const transports = `slow      unix  -       -       y       -       2       smtp
        -o syslog_name=postfix/slow
#       -o smtp_helo_timeout=5
fast      unix  -       -       y       -       -       smtp -v
scan      unix  -       -       y       -       10      smtp
        -o smtp_send_xforward_command=yes
six       unix  -       -       y       -       -       smtp -o { inet_protocols = ipv6 }
`

// TestIPv4Outbound is the other cure: mail bounces over IPv6 before, and arrives over IPv4 after, while port 25 goes on listening on both families.
func TestIPv4Outbound(t *testing.T) {
	names := []string{"debian13", "debian12-noinit", "debian11-noinit"}
	if testing.Short() {
		names = names[:1]
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			h := lab.Start(t, variants[name])
			h.Sh(t, "cat >> /etc/postfix/master.cf <<'END'\n"+transports+"END")
			receiver := h.StartReceiver(t)
			if line := h.Send(t, "somebody@gmail.example", "before"); !strings.Contains(line, "status=bounced") || !strings.Contains(line, "IPv6 sending guidelines") {
				t.Fatalf("mail before the run did not bounce as Gmail bounces it: %s", line)
			}
			cureOutbound(t, h)
			if line := h.Send(t, "somebody@gmail.example", "after"); !strings.Contains(line, "status=sent") {
				t.Fatalf("mail after the run did not arrive: %s", line)
			}
			var families []string
			for _, m := range receiver.Received(t) {
				families = append(families, m.Family)
			}
			if strings.Join(families, " ") != "ipv6 ipv4" {
				t.Errorf("the receiver was reached over %q, want ipv6, then ipv4", families)
			}
			refuseOutbound(t, h)
		})
	}
}

// cureOutbound looks, runs, runs again, and looks at the host.
func cureOutbound(t *testing.T, h *lab.Host) {
	t.Helper()
	host, args := inventoryName(t, h), []string{outbound, "-i", lab.Inventory(t, "admin", h)}
	main, master := h.ReadFile(t, "/etc/postfix/main.cf"), h.ReadFile(t, "/etc/postfix/master.cf")
	pid := h.ReadFile(t, "/var/spool/postfix/pid/master.pid")

	check := pfrun(t, append(args, "--check", "--diff")...).exits(0)
	check.says("+    -o inet_protocols=ipv4", "would reload postfix", "lead to a content filter: scan/unix, six/unix")
	if now := h.ReadFile(t, "/etc/postfix/master.cf"); now != master {
		t.Errorf("--check changed master.cf:\n%s", now)
	}
	run := pfrun(t, append(args, "--diff")...).exits(0)
	if got, want := run.diff(), check.diff(); got != want || strings.Count(got, "+++ after: ") != 4 {
		t.Errorf("the diff of the run is not that of --check, or not of four services\nrun:\n%s\n--check:\n%s", got, want)
	}
	listens(t, h, "0.0.0.0:25", "[::]:25")
	if now := h.ReadFile(t, "/var/spool/postfix/pid/master.pid"); now != pid {
		t.Error("Postfix was restarted: a reload was enough")
	}
	if now := h.ReadFile(t, "/etc/postfix/main.cf"); now != main {
		t.Errorf("main.cf changed:\n%s", now)
	}
	onlyAdded(t, master, h.ReadFile(t, "/etc/postfix/master.cf"))
	want := "fast/unix/inet_protocols = ipv4\nrelay/unix/inet_protocols = ipv4\nsix/unix/inet_protocols = ipv6\nslow/unix/inet_protocols = ipv4\nsmtp/unix/inet_protocols = ipv4\n"
	if got := h.Sh(t, "postconf -P | grep /inet_protocols | sort"); got != want {
		t.Errorf("postconf -P says\n%swant\n%s", got, want)
	}
	if again := pfrun(t, args...).exits(0); again.count(host, "changed") != 0 {
		t.Errorf("the second run changes something\n%s", again.out)
	}
}

// onlyAdded holds that a text has lines of its own and none fewer.
func onlyAdded(t *testing.T, before, after string) {
	t.Helper()
	rest := strings.ReplaceAll(strings.ReplaceAll(after, "        -o inet_protocols=ipv4\n", ""), "    -o inet_protocols=ipv4\n", "")
	if rest != before {
		t.Errorf("more of master.cf changed than the new lines:\n%s", after)
	}
}

// refuseOutbound holds that a host which does not speak both families is told so, and left as it is.
func refuseOutbound(t *testing.T, h *lab.Host) {
	t.Helper()
	h.Run(t, "postconf", "-e", "inet_protocols=ipv4")
	before := h.ReadFile(t, "/etc/postfix/master.cf")
	pfrun(t, outbound, "-i", lab.Inventory(t, "root", h)).exits(2).says("inet_protocols = ipv4", "receives over IPv4 only too")
	if after := h.ReadFile(t, "/etc/postfix/master.cf"); after != before {
		t.Errorf("master.cf changed:\n%s", after)
	}
}
