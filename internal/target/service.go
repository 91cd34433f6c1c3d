package target

import (
	"context"
	"fmt"

	"github.com/pfrun/pfrun/modules/change"
)

// primaryStatus asks Postfix whether the master of its primary instance runs: without a folder it answers for all instances, and "no" where a single one is down.
const primaryStatus = `primary() { c=$(postconf -dh config_directory 2>/dev/null); echo "${c:-/etc/postfix}"; }
running() { MAIL_CONFIG=$(primary) postfix status >/dev/null 2>&1; }
`

// watchMaster holds what the scripts that act on Postfix share. running tells whether the master runs; pid prints its process id; await waits up to five seconds
// until it runs, or with "!" until it does not. sane ends the script where Postfix would not start with the configuration that there is: a master that runs is not stopped then.
// What the master alone refuses is an IPv6 address of a service in master.cf without IPv6 in inet_protocols.
const watchMaster = primaryStatus + `refuse() { echo "postfix would not start with its configuration, and was left as it is: $1" >&2; exit 1; }
sane() {
command -v postmap >/dev/null 2>&1 || return 0
s=$(postmap -q x static:ok 2>&1) || refuse "$(printf '%s\n' "$s" | tail -n 3)"
case $(postconf -xh inet_protocols 2>/dev/null) in *all*|*ipv6*) return 0 ;; esac
s=$(postconf -M 2>/dev/null | while read -r name kind rest; do case $kind/$name in inet/*:*:*) echo "$name" ;; esac; done)
[ -z "$s" ] || refuse "inet_protocols leaves out ipv6, and master.cf has services on IPv6 addresses: $s"
}
pid() { running && tr -d ' \n' < "$(postconf -h queue_directory)/pid/master.pid" 2>/dev/null; }
await() {
i=0
while [ $i -lt 25 ]; do
if [ "$1" = "!" ]; then running || return 0; else running && return 0; fi
sleep 0.2 2>/dev/null || sleep 1
i=$((i+1))
done
return 1
}
lastlog() { for f in /var/log/mail.log /var/log/maillog; do if [ -r "$f" ]; then tail -n 5 "$f" >&2; fi; done; }
fail() { echo "$1" >&2; lastlog; exit 1; }
`

// bySystemd acts ($1) on a unit ($2), and shows what systemd knows of it when that fails. With $3 the unit is Postfix's: its wrapper on Debian succeeds whatever becomes of the
// daemon, and knows nothing of a master that was started by hand. So the master itself is watched, where it may be: after a restart it has to be another one.
const bySystemd = watchMaster + `a=$1 u=$2 postfix=$3
explain() { { systemctl status --no-pager --full -n 20 -- "$@" | tail -n 30; } >&2 2>/dev/null; exit 1; }
ctl() { systemctl --no-ask-password "$1" -- "$u" || explain "$u"; }
old=
if [ -n "$postfix" ]; then
if [ "$(id -u)" != 0 ] || ! command -v postfix >/dev/null 2>&1; then postfix=; else old=$(pid); fi
fi
case $postfix/$a in postfix/start|postfix/restart) sane ;; esac
ctl "$a"
[ -n "$postfix" ] || exit 0
case $a in
start) await || { systemctl --no-ask-password restart -- "$u"; await; } || { echo "postfix is not running after its start" >&2; lastlog; explain "$u" postfix@-.service; } ;;
stop) await ! || { postfix stop; await !; } || fail "postfix is still running" ;;
restart) await || { echo "postfix is not running after its restart" >&2; lastlog; explain "$u" postfix@-.service; }
if [ -n "$old" ] && [ "$(pid)" = "$old" ]; then
postfix stop; ctl restart; await || fail "postfix is not running after its restart"
[ "$(pid)" != "$old" ] || fail "postfix was not restarted: process $old is still its master"
fi ;;
esac
exit 0`

// byPostfix acts ($1) on Postfix where no init looks after it. To stop what does not run and to start what runs are no errors.
const byPostfix = watchMaster + `stop() { running || return 0; postfix stop; await ! || fail "postfix is still running"; }
start() { running && return 0; postfix start; s=$?; [ $s = 0 ] || running || fail "postfix start ended with status $s"; await || fail "postfix is not running after its start"; }
case $1 in
start) running || sane; start ;;
stop) stop ;;
restart) sane; stop; start ;;
reload) postfix reload || fail "postfix reload ended with status $?" ;;
esac
exit 0`

// actOn acts on a service. A failure carries what the service's manager has to say about it. What was begun is finished: a restart that was cut short between its halves would
// leave the service down.
func (h *Host) actOn(ctx context.Context, c change.Service) error {
	if err := context.Cause(ctx); err != nil {
		return h.at("", err)
	}
	manager, err := h.managerOf(ctx, c)
	if err != nil {
		return err
	}
	p, err := serviceProgram(manager, c)
	if err != nil {
		return h.at("", fmt.Errorf("%s %s: %w", c.Action, c.Name, err))
	}
	ctx, cancel := bounded(context.WithoutCancel(ctx), h.service)
	defer cancel()
	r, err := h.run(ctx, p)
	if err == nil && r.status != 0 {
		err = failure(string(r.stdout)+string(r.stderr), r.status)
	}
	if err != nil {
		return h.at("", fmt.Errorf("%s %s: %w", c.Action, c.Name, err))
	}
	return nil
}

// managerOf gives the manager that the change was planned for, or the one there is.
func (h *Host) managerOf(ctx context.Context, c change.Service) (change.Manager, error) {
	if c.Before.Manager != change.NoManager {
		return c.Before.Manager, nil
	}
	s, err := h.serviceState(ctx, c.Name)
	return s.Manager, err
}

func serviceProgram(m change.Manager, c change.Service) (program, error) {
	switch c.Action {
	case change.Start, change.Stop, change.Restart, change.Reload, change.Enable, change.Disable:
	default:
		return program{}, fmt.Errorf("unknown action")
	}
	switch m {
	case change.Systemd:
		postfix := ""
		if isPostfix(c.Name) {
			postfix = "postfix"
		}
		return script(bySystemd, string(c.Action), unitName(c.Name), postfix), nil
	case change.Postfix:
		if c.Action == change.Enable || c.Action == change.Disable {
			return program{}, fmt.Errorf("no init runs on this host that would start services at boot")
		}
		return script(byPostfix, string(c.Action)), nil
	case change.SysVinit, change.OpenRC:
		return scriptProgram(m, c)
	}
	return program{}, fmt.Errorf("the service is not there, or pfrun does not know what manages services on this host")
}
