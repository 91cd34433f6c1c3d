package target

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
)

// findScript sets s to the init script of a service ($n), or ends where there is none.
const findScript = `s=/etc/init.d/$n
[ -x "$s" ] || s=/etc/rc.d/init.d/$n
[ -f "$s" ] && [ -x "$s" ] || `

// askScript prints what is known of a service ($1) that has an init script: the script, its links that start it at boot, and last what it says of its status.
const askScript = `n=$1
` + findScript + `exit 0
echo "Script=$s"
for f in /etc/rc?.d/S??"$n" /etc/rc.d/rc?.d/S??"$n" /etc/init.d/rc?.d/S??"$n"; do
if [ -L "$f" ] || [ -e "$f" ]; then echo "Link=$f"; fi
done
if command -v service >/dev/null 2>&1; then said=$(service "$n" status 2>&1 </dev/null); else said=$("$s" status 2>&1 </dev/null); fi
printf 'Status=%s\nSaid=%s\n' "$?" "$said"`

// askOpenRC prints the same of a service of OpenRC: its runlevels as rc-update lists all, then its status.
const askOpenRC = `rc-service --exists "$1" >/dev/null 2>&1 || exit 0
echo "Script=/etc/init.d/$1"
rc-update show 2>/dev/null
said=$(rc-service "$1" status 2>&1 </dev/null)
printf 'Status=%s\nSaid=%s\n' "$?" "$said"`

// scriptName gives the name that an init script has for a service, or "" where it can have none.
func scriptName(name string) string {
	name = strings.TrimSuffix(name, ".service")
	if strings.ContainsAny(name, "/\x00") || strings.HasPrefix(name, "-") || strings.HasPrefix(name, ".") {
		return ""
	}
	return name
}

// scriptState asks the init script of a service. Whether Postfix runs is asked of Postfix itself too, as far as it may be.
func (h *Host) scriptState(ctx context.Context, m change.Manager, name string) (change.ServiceState, error) {
	ask, n := askScript, scriptName(name)
	if n == "" {
		return change.ServiceState{}, nil
	}
	if m == change.OpenRC {
		ask = askOpenRC
	}
	r, err := h.run(ctx, script(ask, n))
	if err != nil {
		return change.ServiceState{}, err
	}
	s := scriptAnswer(m, n, string(r.stdout))
	if !s.Exists || !isPostfix(name) {
		return s, nil
	}
	if r, err = h.run(ctx, script(askPostfix)); err != nil {
		return change.ServiceState{}, err
	}
	s.Running = masterRuns(s.Running, string(r.stdout))
	return s, nil
}

// scriptAnswer reads what askScript or askOpenRC printed.
func scriptAnswer(m change.Manager, name, text string) change.ServiceState {
	head, said, found := strings.Cut(text, "Said=")
	if !found {
		return change.ServiceState{}
	}
	p := map[string]string{"Said": strings.TrimRight(said, "\n")}
	var links, levels []string
	for line := range strings.Lines(head) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		switch service, in, listed := strings.Cut(line, "|"); {
		case listed && strings.TrimSpace(service) == name:
			levels = strings.Fields(in)
		case ok && key == "Link":
			links = append(links, value)
		case ok:
			p[key] = value
		}
	}
	status, err := strconv.Atoi(p["Status"])
	if err != nil {
		return change.ServiceState{}
	}
	s := change.ServiceState{Manager: m, Unit: name, Exists: true, Status: p}
	if m == change.OpenRC {
		slices.Sort(levels)
		p[change.Runlevels] = strings.Join(levels, " ")
		s.Running, s.Enabled = status == 0, slices.Contains(levels, change.DefaultRunlevel)
		return s
	}
	p["Links"] = strings.Join(links, " ")
	s.Running, s.Enabled = scriptRuns(name, p["Said"], status), len(links) > 0
	return s
}

// scriptRuns tells from a script's words and status whether its service runs, as ansible.builtin.sysvinit does: one line of words counts for more than the status, for many
// scripts end with 0 whatever they say.
func scriptRuns(name, said string, status int) bool {
	if !strings.Contains(said, "\n") {
		words := strings.ReplaceAll(strings.ToLower(said), strings.ToLower(name), "")
		has := func(parts ...string) bool {
			return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(words, p) })
		}
		switch {
		case has("stop", "is dead ", "dead but ", "could not access pid file", "inactive"):
			return false
		case has("run", "start", "active"):
			return !has("not ") // Ansible takes "not running" with a status of 0 for running
		}
	}
	return status == 0
}

// watchOther holds what the scripts share that act by init scripts. With $3 the service is Postfix's, whose master is watched, where it may be.
const watchOther = watchMaster + `a=$1 n=$2 postfix=$3 pause=$4; shift 4
if [ -n "$postfix" ] && { [ "$(id -u)" != 0 ] || ! command -v postfix >/dev/null 2>&1; }; then postfix=; fi
die() { echo "$1" >&2; [ -z "$postfix" ] || lastlog; exit 1; }
up() { [ -z "$postfix" ] || await || die "postfix is not running after its $a"; }
down() { [ -z "$postfix" ] || await ! || { postfix stop; await !; } || die "postfix is still running"; }
`

// byScript acts ($1) by an init script ($2), waits so many seconds ($4) between the halves of a restart, and gives the script more words. No script is asked to restart: many
// know no restart, or do not wait.
const byScript = watchOther + findScript + `die "there is no init script for $n"
call() { v=$1; shift; if command -v service >/dev/null 2>&1; then service "$n" "$v" "$@"; else "$s" "$v" "$@"; fi </dev/null; }
must() { call "$@" || die "the init script of $n ended with status $? at $1"; }
links() { for f in /etc/rc?.d/S??"$n" /etc/rc.d/rc?.d/S??"$n" /etc/init.d/rc?.d/S??"$n"; do if [ -L "$f" ] || [ -e "$f" ]; then return 0; fi; done; return 1; }
has() { command -v "$1" >/dev/null 2>&1; }
case $a in
start) must start "$@"; up ;;
stop) must stop "$@"; down ;;
restart) call stop "$@"; down; [ "$pause" = 0 ] || sleep "$pause"; must start "$@"; up ;;
reload) must reload "$@" ;;
enable)
if has update-rc.d; then update-rc.d "$n" defaults && update-rc.d "$n" enable
elif has chkconfig; then chkconfig --add "$n" && chkconfig "$n" on
elif has insserv; then insserv "$n"
else die "none of update-rc.d, chkconfig and insserv is there to have $n started at boot"; fi || die "$n is not enabled"
links || die "$n has no link in /etc/rc?.d that would start it" ;;
disable)
if has update-rc.d; then update-rc.d "$n" disable
elif has chkconfig; then chkconfig "$n" off
elif has insserv; then insserv -r "$n"
else die "none of update-rc.d, chkconfig and insserv is there to keep $n from being started at boot"; fi || die "$n is not disabled"
! links || die "$n still has a link in /etc/rc?.d that starts it" ;;
esac
exit 0`

// byOpenRC acts ($1) on a service ($2) of OpenRC; $4 is the runlevel for enable and disable. One that has crashed must be reset before it starts.
const byOpenRC = watchOther + `call() { v=$1; shift; rc-service "$n" "$v" "$@" </dev/null || die "rc-service $n $v ended with status $?"; }
case $a in
start) rc-service "$n" status >/dev/null 2>&1 </dev/null; [ $? != 32 ] || rc-service "$n" zap; call start "$@"; up ;;
stop) call stop "$@"; down ;;
restart) call restart "$@"; up ;;
reload) call reload "$@" ;;
enable) rc-update add "$n" "$pause" || die "rc-update add $n $pause ended with status $?" ;;
disable) rc-update del "$n" "$pause" || die "rc-update del $n $pause ended with status $?" ;;
esac
exit 0`

// scriptProgram makes the program that acts by an init script.
func scriptProgram(m change.Manager, c change.Service) (program, error) {
	n, postfix := scriptName(c.Name), ""
	if n == "" {
		return program{}, fmt.Errorf("no init script can have that name")
	}
	if isPostfix(c.Name) {
		postfix = "postfix"
	}
	text, extra := byScript, strconv.Itoa(c.Sleep)
	if m == change.OpenRC {
		if text, extra = byOpenRC, change.DefaultRunlevel; c.Runlevel != "" {
			extra = c.Runlevel
		}
	}
	return script(text, append([]string{string(c.Action), n, postfix, extra}, c.Arguments...)...), nil
}
