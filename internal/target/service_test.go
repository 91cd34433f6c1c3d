package target_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// withPrograms is this machine with a folder of programs before all others.
type withPrograms struct {
	local.Conn
	dir string
}

func (w withPrograms) Run(ctx context.Context, c host.Command) (int, error) {
	c.Env = append(c.Env, "PATH="+w.dir+":/usr/bin:/bin")
	return w.Conn.Run(ctx, c)
}

// Programs of a mail host. A master runs where there is a pid file.
const (
	// postfix(1) as it is: to stop what is stopped and to start what runs is an error. With a file "broken" it starts nothing.
	fakePostfix = `#!/bin/sh
pid=DIR/queue/pid/master.pid
echo "postfix $1" >> DIR/log
case $1 in
status) [ -e $pid ] ;;
start) [ ! -e $pid ] || exit 1; [ ! -e DIR/broken ] || { echo "postfix: fatal: bad main.cf" >&2; exit 1; }; printf '%12d\n' $$ > $pid ;;
stop) [ -e $pid ] && rm $pid ;;
reload) [ -e $pid ] ;;
esac`
	fakePostconf = `#!/bin/sh
echo DIR/queue`
	fakeID = `#!/bin/sh
[ "$1" = -u ] && echo "${FAKE_UID:-0}" || echo root`
	// systemctl with Debian 12's wrapper, which is always well, and knows nothing of a master that it has not started.
	fakeSystemctl = `#!/bin/sh
while :; do case $1 in --no-ask-password) shift ;; *) break ;; esac; done
echo "systemctl $*" >> DIR/log
case $1 in
show) case $* in
*postfix@-.service) echo LoadState=loaded; [ -e DIR/bysystemd ] && echo ActiveState=active || echo ActiveState=inactive ;;
*postfix.service) printf 'Id=postfix.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nDescription=Postfix = MTA\n' ;;
*) echo LoadState=not-found; echo ActiveState=inactive ;;
esac ;;
start) postfix start && touch DIR/bysystemd ;;
stop) [ ! -e DIR/bysystemd ] || postfix stop; rm -f DIR/bysystemd ;;
restart) if [ -e DIR/bysystemd ]; then postfix stop; rm DIR/bysystemd; fi; postfix start && touch DIR/bysystemd ;;
reload) echo "Failed to reload $3: Unit is masked." >&2; exit 1 ;;
status) echo "postfix.service - shown by status"; exit 3 ;;
enable|disable) ;;
esac
exit 0`
)

type mailHost struct {
	*target.Host
	t   *testing.T
	dir string
}

func newMailHost(t *testing.T, programs map[string]string) *mailHost {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "queue/pid"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range programs {
		writeProgram(t, filepath.Join(dir, name), strings.ReplaceAll(text, "DIR", dir))
	}
	return &mailHost{open(t, withPrograms{dir: dir}, target.Options{Name: "h1"}), t, dir}
}

func withoutInit(t *testing.T) *mailHost {
	t.Helper()
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		t.Skip("systemd runs on this machine")
	}
	return newMailHost(t, map[string]string{"postfix": fakePostfix, "postconf": fakePostconf, "id": fakeID})
}

func (m *mailHost) touch(name string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), nil, 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mailHost) state(name string) change.ServiceState {
	m.t.Helper()
	s, err := m.State(m.t.Context(), change.Ref{Kind: change.ServiceRef, Name: name})
	if err != nil {
		m.t.Fatal(err)
	}
	return s.(change.ServiceState)
}

func (m *mailHost) act(a change.Action, manager change.Manager) error {
	m.t.Helper()
	_, err := m.Apply(m.t.Context(), change.Service{Name: "postfix", Action: a, Before: change.ServiceState{Manager: manager, Exists: true}})
	return err
}

// did gives the actions since the last call, without the looks.
func (m *mailHost) did() string {
	m.t.Helper()
	log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
	os.Remove(filepath.Join(m.dir, "log"))
	var did []string
	for line := range strings.Lines(string(log)) {
		if line = strings.TrimSpace(line); !strings.Contains(line, " status") && !strings.Contains(line, " show") {
			did = append(did, line)
		}
	}
	return strings.Join(did, ", ")
}

func (m *mailHost) pid() string {
	m.t.Helper()
	pid, err := os.ReadFile(filepath.Join(m.dir, "queue/pid/master.pid"))
	if err != nil {
		m.t.Fatal("postfix does not run")
	}
	return string(pid)
}

func TestPostfixWithoutInit(t *testing.T) {
	m := withoutInit(t)
	stopped := change.ServiceState{Manager: change.Postfix, Unit: "postfix", Exists: true}
	started := stopped
	started.Running = true
	steps := []struct {
		action change.Action
		did    string
		want   change.ServiceState
	}{
		{change.Stop, "", stopped},
		{change.Start, "postfix start", started},
		{change.Start, "", started},
		{change.Reload, "postfix reload", started},
		{change.Restart, "postfix stop, postfix start", started},
		{change.Stop, "postfix stop", stopped},
		{change.Restart, "postfix start", started},
	}
	for _, s := range steps {
		if err := m.act(s.action, change.NoManager); err != nil {
			t.Fatalf("%s: %v", s.action, err)
		}
		if diff := cmp.Diff(s.did, m.did()); diff != "" {
			t.Errorf("%s: %s", s.action, diff)
		}
		if diff := cmp.Diff(s.want, m.state("postfix")); diff != "" {
			t.Errorf("after %s: %s", s.action, diff)
		}
	}
	if got := m.state("dovecot"); got.Exists {
		t.Errorf("dovecot: %+v", got)
	}
	if err := m.act(change.Enable, change.Postfix); err == nil || !strings.Contains(err.Error(), "no init") {
		t.Errorf("enable: %v", err)
	}
}

func TestPostfixWithoutInitFails(t *testing.T) {
	m := withoutInit(t)
	m.touch("broken")
	for _, a := range []change.Action{change.Start, change.Restart} {
		err := m.act(a, change.Postfix)
		if err == nil || !strings.Contains(err.Error(), "bad main.cf") || !strings.HasPrefix(err.Error(), "h1: "+string(a)+" postfix: ") {
			t.Errorf("%s: %v", a, err)
		}
	}
	if err := m.act(change.Reload, change.Postfix); err == nil {
		t.Error("a Postfix that does not run was reloaded")
	}
	if err := os.Remove(filepath.Join(m.dir, "postfix")); err != nil {
		t.Fatal(err)
	}
	if got := m.state("postfix"); got.Exists {
		t.Errorf("without the program: %+v", got)
	}
}

func TestPostfixUnderSystemd(t *testing.T) {
	m := newMailHost(t, map[string]string{"postfix": fakePostfix, "postconf": fakePostconf, "id": fakeID, "systemctl": fakeSystemctl})
	act := func(a change.Action, want string) {
		t.Helper()
		if err := m.act(a, change.Systemd); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		if diff := cmp.Diff(want, m.did()); diff != "" {
			t.Errorf("%s: %s", a, diff)
		}
	}
	act(change.Start, "systemctl start -- postfix.service, postfix start")
	first := m.pid()
	act(change.Restart, "systemctl restart -- postfix.service, postfix stop, postfix start")
	if m.pid() == first {
		t.Error("the same master runs after the restart")
	}
	act(change.Stop, "systemctl stop -- postfix.service, postfix stop")
	act(change.Enable, "systemctl enable -- postfix.service")

	// Started by hand, systemd does not know the master: its restart alone leaves the old one running.
	m.do("postfix", "start")
	m.did()
	byHand := m.pid()
	act(change.Restart, "systemctl restart -- postfix.service, postfix start, postfix stop, systemctl restart -- postfix.service, postfix start")
	if m.pid() == byHand {
		t.Error("the master that was started by hand still runs")
	}
	m.do("rm", filepath.Join(m.dir, "bysystemd"))
	m.did()
	act(change.Stop, "systemctl stop -- postfix.service, postfix stop")
}

func (m *mailHost) do(argv ...string) {
	m.t.Helper()
	out, err := m.Apply(m.t.Context(), change.Exec{Argv: argv})
	if err != nil || out.Status != 0 {
		m.t.Fatalf("%v: %+v, %v", argv, out, err)
	}
}

func TestSystemdFailuresAreExplained(t *testing.T) {
	m := newMailHost(t, map[string]string{"postfix": fakePostfix, "postconf": fakePostconf, "id": fakeID, "systemctl": fakeSystemctl})
	if err := m.act(change.Reload, change.Systemd); err == nil || !strings.Contains(err.Error(), "is masked") || !strings.Contains(err.Error(), "shown by status") {
		t.Errorf("reload: %v", err)
	}
	m.touch("broken")
	if err := m.act(change.Restart, change.Systemd); err == nil || !strings.Contains(err.Error(), "not running after its restart") {
		t.Errorf("restart of a broken Postfix, whose wrapper is well: %v", err)
	}
}

// What a restart of a running Postfix would not bring up again is not stopped.
func TestMasterIsNotStoppedForGood(t *testing.T) {
	refusing := `#!/bin/sh
[ ! -e DIR/refused ] || { echo "postmap: fatal: config variable inet_interfaces: host not found: [::1]" >&2; exit 1; }
echo ok`
	asked := `#!/bin/sh
case $* in
"-xh inet_protocols") echo ipv4 ;;
-M) printf 'smtp       inet  n - y - - smtpd\n127.0.0.1:10025 inet n - y - - smtpd\n'; [ ! -e DIR/v6 ] || echo '[::1]:10025 inet n - y - - smtpd' ;;
*) echo DIR/queue ;;
esac`
	programs := map[string]string{"postfix": fakePostfix, "postconf": asked, "postmap": refusing, "id": fakeID, "systemctl": fakeSystemctl}
	for _, manager := range []change.Manager{change.Systemd, change.Postfix} {
		for fault, want := range map[string]string{"refused": "host not found: [::1]", "v6": "master.cf has services on IPv6 addresses: [::1]:10025"} {
			t.Run(string(manager)+"/"+fault, func(t *testing.T) {
				m := newMailHost(t, programs)
				if err := m.act(change.Start, manager); err != nil {
					t.Fatal(err)
				}
				if err := m.act(change.Restart, manager); err != nil {
					t.Fatalf("nothing is wrong: %v", err)
				}
				running := m.pid()
				m.touch(fault)
				m.did()
				if err := m.act(change.Restart, manager); err == nil || !strings.Contains(err.Error(), "was left as it is") || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want %q", err, want)
				}
				if did := m.did(); did != "" || m.pid() != running {
					t.Errorf("the running master was touched: %s", did)
				}
			})
		}
	}
}

// With several instances postfix(1) answers for all: one that is down does not make the primary one look stopped.
func TestPrimaryInstanceCounts(t *testing.T) {
	instances := `#!/bin/sh
echo "postfix $1" >> DIR/log
case $1 in
status) [ "$MAIL_CONFIG" = DIR/queue ] ;; # the folder that fakePostconf prints
*) exit 1 ;;
esac`
	m := newMailHost(t, map[string]string{"postfix": instances, "postconf": fakePostconf, "id": fakeID, "systemctl": fakeSystemctl})
	if s := m.state("postfix"); !s.Running {
		t.Errorf("state is %+v, want it running", s)
	}
	if err := m.act(change.Start, change.Postfix); err != nil || m.did() != "" {
		t.Errorf("start of what runs: %v", err)
	}
}
