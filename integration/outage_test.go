package integration_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// mostOutage is how long an IPv4 client may be without a banner, the restart included.
const mostOutage = 5 * time.Second

// TestNoOutage holds that the restart follows the edit at once: while an IPv6 client knocks all the time, one that comes late would silence port 25 for a minute.
func TestNoOutage(t *testing.T) {
	for _, name := range []string{"debian12", "debian13-noinit"} {
		t.Run(name, func(t *testing.T) {
			h := lab.Start(t, variants[name])
			inv := lab.Inventory(t, "root", h)
			knock := h.Knock(t, lab.V6, 50*time.Millisecond)
			watch := h.WatchBanner(t, lab.V4, 50*time.Millisecond)
			pfrun(t, story, "-i", inv).exits(0)
			time.Sleep(8 * time.Second) // what the edit broke would show now
			seen := watch.Stop(t)
			knocked := knock.Stop(t)
			if seen.Longest > mostOutage || seen.Banners == 0 {
				t.Errorf("an IPv4 client was without a banner for %s: %+v", seen.Longest, seen)
			}
			if knocked.Tries < 100 {
				t.Errorf("the IPv6 client knocked only %d times: the test shows nothing", knocked.Tries)
			}
			t.Logf("longest time without a banner %s in %d tries; IPv6 client knocked %d times", seen.Longest, seen.Tries, knocked.Tries)
		})
	}
}

// TestBounce is why people come: mail over IPv6 bounces before, and arrives after.
func TestBounce(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13, Init: true})
	receiver := h.StartReceiver(t)
	if line := h.Send(t, "somebody@gmail.example", "before"); !strings.Contains(line, "status=bounced") || !strings.Contains(line, "IPv6 sending guidelines") {
		t.Fatalf("mail before the run did not bounce as Gmail bounces it: %s", line)
	}
	pfrun(t, story, "-i", lab.Inventory(t, "root", h)).exits(0)
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
}

// TestHiddenRestart holds that a restart that is owed is made although no file changes: main.cf was edited by hand, or a run died between edit and restart.
func TestHiddenRestart(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	inv := lab.Inventory(t, "root", h)
	owed := func(t *testing.T) {
		t.Helper()
		listens(t, h, "0.0.0.0:25", "[::]:25")
		check := pfrun(t, story, "-i", inv, "--check", "--diff").exits(0)
		check.says("would restart postfix, notified by Look for a listener on IPv6")
		run := pfrun(t, story, "-i", inv, "--diff").exits(0)
		if got, want := run.diff(), check.diff(); got != want || strings.Contains(got, "main.cf") {
			t.Errorf("the diff of the run is not that of --check, or main.cf changed:\n%s\n%s", got, want)
		}
		listens(t, h, "0.0.0.0:25")
	}
	t.Run("edited by hand", func(t *testing.T) {
		h.Sh(t, "sed -i 's/^inet_protocols.*/inet_protocols = ipv4/' /etc/postfix/main.cf")
		owed(t)
	})
	t.Run("killed after the edit", func(t *testing.T) {
		dualStack(t, h)
		p := startSlow(t, h, "60")
		p.waitFor(t, "inet_protocols = ipv4")
		p.signal(t, os.Kill)
		p.wait(t)
		owed(t)
	})
}

// TestInterrupted holds that a signal between edit and restart does not leave the restart undone.
func TestInterrupted(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 12})
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			dualStack(t, h)
			p := startSlow(t, h, "4")
			p.waitFor(t, "inet_protocols = ipv4")
			p.signal(t, sig)
			if code := p.wait(t); code != 130 {
				t.Errorf("exit code %d, want 130\n%s", code, p.out.String())
			}
			if !strings.Contains(p.out.String(), "RUNNING HANDLER [Restart Postfix]") || strings.Contains(p.out.String(), "TASK [The effective") {
				t.Errorf("the owed handler did not run, or later tasks did:\n%s", p.out.String())
			}
			listens(t, h, "0.0.0.0:25")
		})
	}
}
