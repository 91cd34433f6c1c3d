package integration_test

import (
	"fmt"
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

// TestInitScript holds services that init scripts run, on a host with no systemd.
func TestInitScript(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 12})
	h.WriteFile(t, "/etc/init.d/napper", napper, 0o755)
	name, inv := inventoryName(t, h), lab.Inventory(t, "admin", h)
	service := func(args string, changed int) *result {
		t.Helper()
		text := fmt.Sprintf("- hosts: all\n  gather_facts: false\n  become: true\n  tasks:\n    - service: {name: napper, %s}\n", args)
		r := pfrun(t, write(t, "service.yml", text), "-i", inv).exits(0)
		if got := r.count(name, "changed"); got != changed {
			t.Errorf("%s: changed=%d, want %d\n%s", args, got, changed, r.out)
		}
		return r
	}
	pid := func() string { t.Helper(); return h.Sh(t, "cat /run/napper.pid 2>/dev/null || true") }

	service("state: started, enabled: true, arguments: softly", 1)
	first := pid()
	if got := h.Sh(t, "cat /run/napper.log; ls /etc/rc2.d | grep napper"); got != "start softly\nS01napper\n" || first == "" {
		t.Errorf("started and enabled: %q, process %q", got, first)
	}
	service("state: started, enabled: true, use: sysvinit", 0)
	service(`state: started, pattern: "sleep 4321"`, 0)
	service("state: restarted, sleep: 0", 1)
	if now := pid(); now == first || now == "" {
		t.Errorf("process %q runs after the restart, was %q", now, first)
	}
	service("state: reloaded", 1)
	service("state: stopped, enabled: false", 1)
	service("state: stopped, enabled: false", 0)
	if got := h.Sh(t, "ls /etc/rc?.d | grep S..napper || true"); got != "" || pid() != "" {
		t.Errorf("stopped and disabled: links %q, process %q", got, pid())
	}
	if got := h.Sh(t, "grep -c reload /run/napper.log"); strings.TrimSpace(got) != "1" {
		t.Errorf("it was reloaded %s times", got)
	}
	play := write(t, "service.yml", "- hosts: all\n  gather_facts: false\n  become: true\n  tasks:\n    - service: {name: postfix, state: restarted, sleep: 3}\n")
	pfrun(t, play, "-i", inv).exits(2).says("run by postfix(1)")
}
