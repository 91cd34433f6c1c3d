package lab_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// variants are all the hosts that there are.
var variants = []lab.Options{
	{Debian: 11, Init: true},
	{Debian: 11},
	{Debian: 12, Init: true},
	{Debian: 12},
	{Debian: 13, Init: true},
	{Debian: 13},
}

func TestHost(t *testing.T) {
	for _, o := range variants {
		name := fmt.Sprintf("debian%d", o.Debian)
		if !o.Init {
			name += "-noinit"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lab.Start(t, o)
			checkHost(t, h)
			checkLogins(t, h)
		})
	}
}

// checkHost holds what tests of a mail host rely on.
func checkHost(t *testing.T, h *lab.Host) {
	t.Helper()
	version := map[int]string{11: "3.5.", 12: "3.7.", 13: "3.10."}[h.Debian]
	if got := h.Run(t, "postconf", "-h", "mail_version"); !strings.HasPrefix(got, version) {
		t.Errorf("mail_version = %q, want %s…", got, version)
	}
	if got := h.Run(t, "postconf", "-h", "inet_protocols", "inet_interfaces", "mynetworks"); got !=
		"all\nall\n127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n" {
		t.Errorf("main.cf is not as the installer leaves it: %q", got)
	}
	if got := strings.TrimSpace(h.ReadFile(t, "/proc/1/comm")); (got == "systemd") != h.Init {
		t.Errorf("pid 1 is %q, init is %v", got, h.Init)
	}
	ss := h.Run(t, "ss", "-Htlnp", "sport = :25")
	if !strings.Contains(ss, "0.0.0.0:25") || !strings.Contains(ss, "[::]:25") || strings.Count(ss, `"master"`) != 2 {
		t.Errorf("listeners on port 25 are not both families of master:\n%s", ss)
	}
	if _, exit := h.Exec(t, "sh", "-c", "command -v python3"); exit == 0 {
		t.Error("there is a Python on the host")
	}
	if log := h.ReadFile(t, lab.MailLog); !strings.Contains(log, "daemon started") {
		t.Errorf("the mail log has no start of Postfix:\n%s", log)
	}
}

// checkLogins logs in with the host's own ssh, which stands in for any client.
func checkLogins(t *testing.T, h *lab.Host) {
	t.Helper()
	key, err := os.ReadFile(h.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	h.WriteFile(t, "/root/key", string(key), 0o600)
	for login, want := range map[string]string{
		"root@127.0.0.1 id -un":          "root\n",
		"admin@127.0.0.1 sudo -n id -un": "root\n",
		"oper@127.0.0.1 id -un":          "oper\n",
		"oper@127.0.0.1 sudo -S id -u":   "0\n",
	} {
		got := h.Sh(t, "echo "+h.Password+" | ssh -i /root/key -o BatchMode=yes -o StrictHostKeyChecking=no -o LogLevel=ERROR "+login+" 2>/dev/null")
		if got != want {
			t.Errorf("ssh %s: %q, want %q", login, got, want)
		}
	}
	if out, exit := h.Exec(t, "sh", "-c", "ssh -i /root/key -o BatchMode=yes -o LogLevel=ERROR oper@127.0.0.1 sudo -n true"); exit == 0 {
		t.Errorf("oper needs no password for sudo: %s", out)
	}
	for _, line := range strings.Split(strings.TrimSpace(h.KnownHosts()), "\n") {
		if f := strings.Fields(line); len(f) != 3 || !strings.HasPrefix(f[0], "[127.0.0.1]:") {
			t.Errorf("known_hosts line %q", line)
		}
	}
}

// TestBounce is what the story starts from: mail over IPv6 bounces, and a hand that
// edits and restarts is the cure.
func TestBounce(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	r := h.StartReceiver(t)

	before := h.Send(t, "before@example.com", "before")
	if !strings.Contains(before, "status=bounced") || !strings.Contains(before, "IPv6 sending guidelines") {
		t.Errorf("mail sent over IPv6 does not bounce:\n%s", before)
	}
	h.Run(t, "postconf", "-e", "inet_protocols=ipv4")
	h.Run(t, "postfix", "stop")
	h.Run(t, "postfix", "start")
	after := h.Send(t, "after@example.com", "after")
	if !strings.Contains(after, "status=sent") {
		t.Errorf("mail sent over IPv4 does not arrive:\n%s", after)
	}

	got := r.Received(t)
	if len(got) != 2 || got[0].Family != "ipv6" || got[0].Accepted || got[1].Family != "ipv4" || !got[1].Accepted {
		t.Errorf("received %+v", got)
	}
}

// TestOutage is why edit and restart must be adjacent, and shows that the probes
// see an outage: after an edit with a mere reload, a client that knocks at ::1
// costs clients on IPv4 their greeting.
func TestOutage(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 12})
	knock := h.Knock(t, lab.V6, 50*time.Millisecond)
	watch := h.WatchBanner(t, lab.V4, 200*time.Millisecond)
	h.Run(t, "postconf", "-e", "inet_protocols=ipv4")
	h.Run(t, "postfix", "reload")
	time.Sleep(10 * time.Second)
	seen, knocked := watch.Stop(t), knock.Stop(t)
	if seen.Longest < 5*time.Second {
		t.Errorf("the longest time without a greeting is %s; the outage of a reload is not there, or not seen", seen.Longest)
	}
	if knocked.Tries < 100 || seen.Banners == 0 {
		t.Errorf("the probes did not work: IPv4 %+v, IPv6 %+v", seen, knocked)
	}
}
