package target

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
)

// State looks at users and groups as accountState does, and at a service by what pid 1 is: systemctl, rc-service, or an init script. What that does not know is, if it is Postfix, asked of postfix(1); and where no init
// runs, as in many a container, of an init script that lies there all the same, but for Postfix, which looks after itself. A service that nobody knows is not there.
func (h *Host) State(ctx context.Context, ref change.Ref) (change.State, error) {
	known := slices.Contains([]change.RefKind{change.ServiceRef, change.UserRef, change.GroupRef}, ref.Kind)
	if !known || ref.Name == "" || ref.Name == "*" {
		return nil, h.at("", fmt.Errorf("the state of %s %q cannot be looked at", ref.Kind, ref.Name))
	}
	if ref.Kind != change.ServiceRef {
		return h.accountState(ctx, ref)
	}
	s, err := h.serviceState(ctx, ref.Name)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h *Host) serviceState(ctx context.Context, name string) (change.ServiceState, error) {
	facts, err := h.Facts(ctx)
	if err != nil {
		return change.ServiceState{}, err
	}
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	var s change.ServiceState
	switch m := facts.ServiceManager; {
	case m == change.Systemd:
		s, err = h.systemdState(ctx, name)
	case m == change.NoManager && isPostfix(name):
	case m == change.NoManager:
		return h.scriptState(ctx, change.SysVinit, name)
	default:
		s, err = h.scriptState(ctx, m, name)
	}
	if err != nil || s.Exists || !isPostfix(name) {
		return s, err
	}
	return h.postfixState(ctx, name)
}

// isPostfix reports whether a name means the Postfix of the host, whose unit may be a wrapper that says nothing about the daemon (Debian 12: active (exited)).
func isPostfix(name string) bool { return name == "postfix" || name == "postfix.service" }

// unitName gives the unit that a service name means.
func unitName(name string) string {
	switch path.Ext(name) {
	case ".service", ".socket", ".target", ".timer", ".mount", ".automount", ".path", ".slice", ".scope", ".swap", ".device":
		return name
	}
	return name + ".service"
}

// askPostfix prints "Master=N", N being what `postfix status` ends with (0: the master runs), or nothing where Postfix is not there. Only root may ask; for others it prints
// "Master=denied".
const askPostfix = "\n" + primaryStatus + `if command -v postfix >/dev/null 2>&1; then
if [ "$(id -u)" = 0 ]; then running; echo "Master=$?"; else echo Master=denied; fi
fi`

// showUnit prints what systemd knows of a unit ($1), after a line ($2) what Postfix says of itself where $3 is set, and the state of Debian's unit for the daemon.
const showUnit = `systemctl show --no-pager -- "$1" || exit
printf '%s\n' "$2"
if [ -n "$3" ]; then systemctl show --no-pager -p LoadState -p ActiveState -- postfix@-.service` + askPostfix + `
fi
exit 0`

func (h *Host) systemdState(ctx context.Context, name string) (change.ServiceState, error) {
	unit, part, postfix := unitName(name), marker("part"), ""
	if isPostfix(name) {
		postfix = "postfix"
	}
	r, err := h.run(ctx, script(showUnit, unit, part, postfix))
	if err != nil {
		return change.ServiceState{}, err
	}
	if r.status != 0 {
		return change.ServiceState{}, h.at("", fmt.Errorf("systemctl show %s: %w", unit, failure(string(r.stderr), r.status)))
	}
	shown, more, _ := strings.Cut(string(r.stdout), part+"\n")
	s := unitState(unit, parseShow(shown))
	if s.Exists && postfix != "" {
		s.Running = masterRuns(s.Running, more)
	}
	return s, nil
}

// unitState reads the properties of a unit.
func unitState(unit string, p map[string]string) change.ServiceState {
	s := change.ServiceState{Manager: change.Systemd, Unit: unit, Exists: p["LoadState"] != "not-found" && p["LoadState"] != "", Status: p}
	if !s.Exists {
		return change.ServiceState{Status: p}
	}
	if p["Id"] != "" {
		s.Unit = p["Id"]
	}
	s.Running = active(p["ActiveState"])
	switch p["UnitFileState"] { // those for which systemctl is-enabled ends with 0
	case "enabled", "enabled-runtime", "static", "alias", "indirect", "generated", "transient":
		s.Enabled = true
	}
	return s
}

func active(state string) bool {
	return state == "active" || state == "activating" || state == "reloading"
}

// masterRuns tells whether Postfix's master runs, from what showUnit printed after its line: Postfix itself knows best; who may not ask it goes by Debian's unit for the daemon
// where there is one, and else by the unit.
func masterRuns(unit bool, text string) bool {
	p := parseShow(text)
	if m, asked := p["Master"]; asked && m != denied {
		return m == "0"
	}
	if p["LoadState"] == "loaded" && p["ActiveState"] != "" {
		return unit && active(p["ActiveState"])
	}
	return unit
}

// parseShow reads the lines of `systemctl show`: Name=value. A line without a name goes on with the value before it.
func parseShow(text string) map[string]string {
	p := map[string]string{}
	last := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name, value, ok := strings.Cut(line, "=")
		switch {
		case ok && name != "" && !strings.ContainsAny(name, " \t"):
			p[name], last = value, name
		case last != "":
			p[last] += "\n" + line
		}
	}
	return p
}

// postfixState asks Postfix itself, where no init looks after it.
func (h *Host) postfixState(ctx context.Context, name string) (change.ServiceState, error) {
	r, err := h.run(ctx, script(askPostfix))
	if err != nil {
		return change.ServiceState{}, err
	}
	master, there := parseShow(string(r.stdout))["Master"]
	switch {
	case !there:
		return change.ServiceState{}, nil
	case master == denied:
		return change.ServiceState{}, h.at("", fmt.Errorf("service %s: only root may ask postfix for its status (become: true)", name))
	}
	return change.ServiceState{Manager: change.Postfix, Unit: "postfix", Exists: true, Running: master == "0"}, nil
}

const denied = "denied" // what askPostfix tells who is not root
