package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// napper is an init script as Debian's packages have them.
const napper = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          napper
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
### END INIT INFO
. /lib/lsb/init-functions
PID=/run/napper.pid
case "$1" in
start) echo "start $2" >> /run/napper.log; start-stop-daemon --start --oknodo --quiet --background --make-pidfile --pidfile $PID --exec /bin/sleep -- 4321 ;;
stop) start-stop-daemon --stop --oknodo --quiet --remove-pidfile --pidfile $PID ;;
reload) echo reload >> /run/napper.log ;;
status) status_of_proc -p $PID /bin/sleep napper ;;
*) exit 2 ;;
esac
`

// openNapper is the same service as OpenRC's own scripts have it.
const openNapper = `#!/sbin/openrc-run
command=/bin/sleep
command_args=4321
command_background=true
pidfile=/run/napper.pid
extra_started_commands=reload
start_pre() { echo "start $2" >> /run/napper.log; }
reload() { echo reload >> /run/napper.log; }
`

// inits are the hosts without systemd: with no init at all, and with others as pid 1.
var inits = []struct {
	lab.Options
	script  string
	manager string // ansible_service_mgr
	enabled string // lists what starts the service at boot
	says    string // when it is enabled
	sysv    bool   // arguments of sysvinit's scripts are taken
	long    bool   // only in the long form
}{
	{lab.Options{Debian: 12}, napper, "lab-start", "ls /etc/rc2.d | grep 'S..napper' || true", "S01napper", true, false},
	{lab.Options{Debian: 13, Other: "sysvinit"}, napper, "sysvinit", "ls /etc/rc2.d | grep 'S..napper' || true", "S01napper", true, false},
	{lab.Options{Debian: 13, Other: "openrc"}, openNapper, "openrc", "rc-update show | grep napper || true", "napper | default", false, false},
	{lab.Options{Debian: 13, Other: "openrc", Name: "openrc-script"}, napper, "openrc", "rc-update show | grep napper || true", "napper | default", false, true},
}

// TestInitScript holds services that others than systemd run, with the helper and without it.
func TestInitScript(t *testing.T) {
	for _, tt := range inits {
		if tt.long && testing.Short() {
			continue
		}
		o := tt.Options
		if o.Name == "" {
			o.Name = tt.manager
		}
		t.Run(o.Name, func(t *testing.T) {
			h := lab.Start(t, o)
			h.WriteFile(t, "/etc/init.d/napper", tt.script, 0o755)
			for way, args := range bothWays() {
				t.Run(way, func(t *testing.T) {
					n := &nap{t, h, args, tt.enabled}
					n.manage(tt.says, tt.sysv)
					if tt.manager == "lab-start" {
						play := write(t, "service.yml", "- hosts: all\n  gather_facts: false\n  become: true\n  tasks:\n    - service: {name: postfix, state: restarted, sleep: 3}\n")
						pfrun(t, append(args, play, "-i", lab.Inventory(t, "admin", h))...).exits(2).says("run by postfix(1)")
						return
					}
					if got := at(gathered(t, h, "admin", args...), "service_mgr"); got != tt.manager {
						t.Errorf("service_mgr is %v, want %s", got, tt.manager)
					}
				})
			}
			if tt.Other != "" {
				cure(t, h, "admin")
			}
		})
	}
}

// nap is a service under management.
type nap struct {
	t       *testing.T
	h       *lab.Host
	args    []string
	enabled string
}

// service runs a task, and holds how much it changes.
func (n *nap) service(args string, changed int) {
	n.t.Helper()
	text := fmt.Sprintf("- hosts: all\n  gather_facts: false\n  become: true\n  tasks:\n    - service: {name: napper, %s}\n", args)
	all := append([]string{write(n.t, "service.yml", text), "-i", lab.Inventory(n.t, "admin", n.h)}, n.args...)
	calls := [][]string{all}
	if changed > 0 || !testing.Short() {
		calls = [][]string{append(slices.Clone(all), "--check"), all}
	}
	for _, call := range calls {
		r := pfrun(n.t, call...).exits(0)
		if got := r.count(inventoryName(n.t, n.h), "changed"); got != changed {
			n.t.Errorf("%s: changed=%d, want %d\n%s", args, got, changed, r.out)
		}
	}
}

// pid gives the process of the service, empty where none runs.
func (n *nap) pid() string {
	n.t.Helper()
	return strings.TrimSpace(n.h.Sh(n.t, `p=$(cat /run/napper.pid 2>/dev/null) && kill -0 "$p" 2>/dev/null && echo "$p" || true`))
}

// isEnabled says what starts the service at boot, blanks made one.
func (n *nap) isEnabled() string {
	n.t.Helper()
	return strings.Join(strings.Fields(n.h.Sh(n.t, n.enabled)), " ")
}

// manage starts, restarts, reloads, stops the service, and has it started at boot or not.
func (n *nap) manage(enabled string, sysv bool) {
	n.t.Helper()
	n.h.Sh(n.t, "rm -f /run/napper.log")
	start, restart := "state: started, enabled: true", "state: restarted"
	if sysv {
		start, restart = start+", arguments: softly", restart+", sleep: 0"
	}
	n.service(start, 1)
	first := n.pid()
	if log := n.h.Sh(n.t, "cat /run/napper.log"); first == "" || n.isEnabled() != enabled || sysv && log != "start softly\n" {
		n.t.Errorf("started and enabled: process %q, %q, %q", first, n.isEnabled(), log)
	}
	n.service("state: started, enabled: true", 0)
	if sysv {
		n.service(`state: started, pattern: "sleep 4321"`, 0)
	}
	n.service(restart, 1)
	if now := n.pid(); now == first || now == "" {
		n.t.Errorf("process %q runs after the restart, was %q", now, first)
	}
	n.service("state: reloaded", 1)
	if got := n.h.Sh(n.t, "grep -c reload /run/napper.log"); strings.TrimSpace(got) != "1" {
		n.t.Errorf("it was reloaded %s times", got)
	}
	n.service("state: stopped, enabled: false", 1)
	if n.isEnabled() != "" || n.pid() != "" {
		n.t.Errorf("stopped and disabled: %q, process %q", n.isEnabled(), n.pid())
	}
	n.service("state: stopped, enabled: false", 0)
}
