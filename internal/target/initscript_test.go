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

// elsewhere is this machine with another init: what scripts call /etc/init.d and the like is in a folder, and so are the first programs of PATH.
type elsewhere struct {
	local.Conn
	dir string
}

func (e elsewhere) Run(ctx context.Context, c host.Command) (int, error) {
	argv := append([]string(nil), c.Argv...)
	for i := range argv {
		for _, path := range []string{"/etc/init.d", "/etc/rc", "/run/openrc", "/run/systemd/system", "/proc/1/comm"} {
			argv[i] = strings.ReplaceAll(argv[i], path, e.dir+path)
		}
	}
	c.Argv, c.Env = argv, append(c.Env, "PATH="+e.dir+":/usr/bin:/bin")
	return e.Conn.Run(ctx, c)
}

const (
	// An init script as many are: it ends with 0 whatever it says. A file "napping" says that its service runs.
	napperScript = `#!/bin/sh
case $1 in status) ;; *) echo "napper $*" >> DIR/log ;; esac
case $1 in
status) [ -e DIR/napping ] && echo "napper is running" || echo "napper is not running" ;;
start) touch DIR/napping ;;
stop) rm -f DIR/napping ;;
reload) echo "cannot reload"; exit 3 ;;
esac`
	postfixScript = `#!/bin/sh
case $1 in status) echo "postfix is stopped" ;; *) postfix "$1" ;; esac`
	serviceProgram = `#!/bin/sh
n=$1; shift; exec DIR/etc/init.d/$n "$@"`
	updateRC = `#!/bin/sh
echo "update-rc.d $*" >> DIR/log
case $2 in enable) ln -sf ../init.d/$1 DIR/etc/rc2.d/S01$1 ;; disable) rm -f DIR/etc/rc?.d/S??$1 ;; esac`
	// rc-service and rc-update of OpenRC 0.45, as they answer on Debian 12.
	rcService = `#!/bin/sh
case $1 in --exists) [ -e DIR/etc/init.d/$2 ]; exit ;; esac
case $2 in status) [ -e DIR/crashed ] && { echo " * status: crashed"; exit 32; }; [ -e DIR/napping ] && echo " * status: started" && exit 0; echo " * status: stopped"; exit 3 ;; esac
echo "rc-service $*" >> DIR/log
case $2 in
zap) rm -f DIR/crashed ;;
start|restart) [ ! -e DIR/crashed ] || exit 1; touch DIR/napping ;;
stop) rm -f DIR/napping ;;
reload) echo " * napper: unknown function 'reload'"; exit 1 ;;
esac`
	rcUpdate = `#!/bin/sh
case $1 in show) echo "               napper |      boot default                           "; echo "           napper-two | sysinit"; exit ;; esac
echo "rc-update $*" >> DIR/log`
)

// newInit makes a host with an init ("" for none) and these programs.
func newInit(t *testing.T, init string, programs map[string]string) *mailHost {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"etc/init.d", "etc/rc2.d", "run/openrc", "proc/1", "queue/pid"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range programs {
		writeProgram(t, filepath.Join(dir, name), strings.ReplaceAll(text, "DIR", dir))
	}
	comm := map[change.Manager]string{change.SysVinit: "init", change.OpenRC: "init", "": "bash"}[change.Manager(init)]
	if err := os.WriteFile(filepath.Join(dir, "proc/1/comm"), []byte(comm+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := &mailHost{t: t, dir: dir}
	if init == string(change.OpenRC) {
		m.touch("run/openrc/softlevel")
	}
	m.Host = open(t, elsewhere{dir: dir}, target.Options{Name: "h1"})
	facts, err := m.Facts(t.Context())
	if err != nil || facts.ServiceManager != change.Manager(init) {
		t.Fatalf("services are run by %q (%v), want %q", facts.ServiceManager, err, init)
	}
	return m
}

// actions makes changes to napper one after the other and holds what was done.
func (m *mailHost) actions(manager change.Manager, steps ...struct {
	change.Service
	did string
}) {
	m.t.Helper()
	for _, s := range steps {
		s.Name, s.Before = "napper", change.ServiceState{Manager: manager, Exists: true}
		if _, err := m.Apply(m.t.Context(), s.Service); err != nil {
			m.t.Fatalf("%s: %v", s.Summary(), err)
		}
		if diff := cmp.Diff(s.did, m.did()); diff != "" {
			m.t.Errorf("%s: %s", s.Summary(), diff)
		}
	}
}

type action = struct {
	change.Service
	did string
}

func TestInitScripts(t *testing.T) {
	programs := map[string]string{"etc/init.d/napper": napperScript, "update-rc.d": updateRC, "service": serviceProgram}
	for _, init := range []change.Manager{change.SysVinit, change.NoManager} {
		t.Run("init_"+string(init), func(t *testing.T) {
			m := newInit(t, string(init), programs)
			want := change.ServiceState{Manager: change.SysVinit, Unit: "napper", Exists: true, Status: map[string]string{
				"Script": m.dir + "/etc/init.d/napper", "Status": "0", "Said": "napper is not running", "Links": "",
			}}
			if diff := cmp.Diff(want, m.state("napper")); diff != "" {
				t.Errorf("at first (-want +got):\n%s", diff)
			}
			m.actions(change.SysVinit,
				action{change.Service{Action: change.Start, Arguments: []string{"a b", "c"}}, "napper start a b c"},
				action{change.Service{Action: change.Restart}, "napper stop, napper start"},
				action{change.Service{Action: change.Enable}, "update-rc.d napper defaults, update-rc.d napper enable"},
			)
			want.Running, want.Enabled = true, true
			want.Status["Said"], want.Status["Links"] = "napper is running", m.dir+"/etc/rc2.d/S01napper"
			if diff := cmp.Diff(want, m.state("napper")); diff != "" {
				t.Errorf("afterwards (-want +got):\n%s", diff)
			}
			m.actions(change.SysVinit,
				action{change.Service{Action: change.Disable}, "update-rc.d napper disable"},
				action{change.Service{Action: change.Stop}, "napper stop"},
			)
			if got := m.state("napper"); got.Running || got.Enabled {
				t.Errorf("stopped and disabled: %+v", got)
			}
			_, err := m.Apply(t.Context(), change.Service{Name: "napper", Action: change.Reload, Before: want})
			if err == nil || !strings.Contains(err.Error(), "cannot reload") || !strings.Contains(err.Error(), "ended with status 3 at reload") {
				t.Errorf("reload: %v", err)
			}
			for _, name := range []string{"nobody", "../init.d/napper", "-x"} {
				if got := m.state(name); got.Exists {
					t.Errorf("%s is there: %+v", name, got)
				}
			}
		})
	}
}

// Postfix itself says whether it runs, and is watched; where no init runs, its script is left out of it.
func TestPostfixByInitScript(t *testing.T) {
	programs := map[string]string{
		"etc/init.d/postfix": postfixScript, "service": serviceProgram, "postfix": fakePostfix, "postconf": fakePostconf, "id": fakeID,
	}
	m := newInit(t, "sysvinit", programs)
	if got := m.state("postfix"); got.Manager != change.SysVinit || got.Running {
		t.Errorf("at first: %+v", got)
	}
	for _, s := range []struct {
		action change.Action
		did    string
	}{{change.Start, "postfix start"}, {change.Restart, "postfix stop, postfix start"}, {change.Reload, "postfix reload"}} {
		if err := m.act(s.action, change.SysVinit); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.did, m.did()); diff != "" {
			t.Errorf("%s: %s", s.action, diff)
		}
		if !m.state("postfix").Running {
			t.Errorf("after %s it does not run", s.action)
		}
	}
	m.touch("broken")
	if err := m.act(change.Restart, change.SysVinit); err == nil || !strings.Contains(err.Error(), "bad main.cf") {
		t.Errorf("a broken Postfix: %v", err)
	}
	if got := newInit(t, "", programs).state("postfix"); got.Manager != change.Postfix {
		t.Errorf("without an init: %+v", got)
	}
	delete(programs, "etc/init.d/postfix")
	if got := newInit(t, "sysvinit", programs).state("postfix"); got.Manager != change.Postfix {
		t.Errorf("without a script: %+v", got)
	}
}

func TestOpenRC(t *testing.T) {
	m := newInit(t, "openrc", map[string]string{"etc/init.d/napper": "", "rc-service": rcService, "rc-update": rcUpdate})
	want := change.ServiceState{Manager: change.OpenRC, Unit: "napper", Exists: true, Enabled: true, Status: map[string]string{
		"Script": m.dir + "/etc/init.d/napper", "Status": "3", "Said": " * status: stopped", "Runlevels": "boot default",
	}}
	if diff := cmp.Diff(want, m.state("napper")); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	m.actions(change.OpenRC,
		action{change.Service{Action: change.Start, Arguments: []string{"-v"}}, "rc-service napper start -v"},
		action{change.Service{Action: change.Restart}, "rc-service napper restart"},
		action{change.Service{Action: change.Enable}, "rc-update add napper default"},
		action{change.Service{Action: change.Disable, Runlevel: "boot"}, "rc-update del napper boot"},
	)
	if !m.state("napper").Running {
		t.Error("it does not run")
	}
	m.touch("crashed")
	if m.state("napper").Running {
		t.Error("it has crashed, and runs")
	}
	m.actions(change.OpenRC, action{change.Service{Action: change.Start}, "rc-service napper zap, rc-service napper start"})
	_, err := m.Apply(t.Context(), change.Service{Name: "napper", Action: change.Reload, Before: want})
	if err == nil || !strings.Contains(err.Error(), "unknown function 'reload'") {
		t.Errorf("reload: %v", err)
	}
	if got := m.state("nobody"); got.Exists {
		t.Errorf("nobody: %+v", got)
	}
}
