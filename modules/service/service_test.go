package service_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/service"
)

func TestFixtures(t *testing.T) { moduletest.Run(t, service.Spec(), "testdata/*.txtar") }

func decode(args map[string]any) (modules.Task, error) {
	m, _ := modules.NewRegistry(service.Spec()).Lookup("ansible.builtin.service")
	var given []modules.Given
	for name, value := range args {
		given = append(given, modules.Given{Name: name, Value: value})
	}
	return m.Decode(diag.Pos{}, given)
}

func plan(t *testing.T, r host.Reader, args map[string]any) (*modules.Plan, error) {
	t.Helper()
	task, err := decode(args)
	if err != nil {
		t.Fatal(err)
	}
	return task.Plan(t.Context(), host.Listed(r, service.Spec().Probes))
}

func systemd(running, enabled bool, status ...string) change.ServiceState {
	s := change.ServiceState{Manager: change.Systemd, Unit: "postfix.service", Exists: true, Running: running, Enabled: enabled, Status: map[string]string{}}
	for _, kv := range status {
		k, v, _ := strings.Cut(kv, "=")
		s.Status[k] = v
	}
	return s
}

func bare(running bool) change.ServiceState {
	return change.ServiceState{Manager: change.Postfix, Exists: true, Running: running}
}

func TestSteps(t *testing.T) {
	for _, tt := range []struct {
		name string
		now  change.ServiceState
		args map[string]any
		want string // the summaries of the steps
	}{
		{"started is started", systemd(true, true), map[string]any{"state": "started"}, ""},
		{"stopped is started", systemd(false, true), map[string]any{"state": "started"}, "start postfix"},
		{"stopped is stopped", systemd(false, true), map[string]any{"state": "stopped"}, ""},
		{"started is stopped", systemd(true, true), map[string]any{"state": "stopped"}, "stop postfix"},
		{"half stopped is stopped", systemd(false, true, "ActiveState=deactivating"), map[string]any{"state": "stopped"}, "stop postfix"},
		{"restarted", systemd(true, true), map[string]any{"state": "restarted"}, "restart postfix"},
		{"restarted where it is stopped", systemd(false, true), map[string]any{"state": "restarted"}, "start postfix"},
		{"reloaded", systemd(true, true, "CanReload=yes"), map[string]any{"state": "reloaded"}, "reload postfix"},
		{"reloaded where it is stopped", systemd(false, true, "CanReload=no"), map[string]any{"state": "reloaded"}, "start postfix"},
		{"enabled and started", systemd(false, false), map[string]any{"enabled": true, "state": "started"}, "enable postfix, start postfix"},
		{"disabled", systemd(true, true), map[string]any{"enabled": "no"}, "disable postfix"},
		{"enabled already", systemd(true, true), map[string]any{"enabled": true, "use": "systemd"}, ""},
		{"masked is stopped", systemd(true, false, "LoadState=masked"), map[string]any{"state": "stopped"}, "stop postfix"},
		{"no init: restarted", bare(true), map[string]any{"state": "restarted"}, "restart postfix"},
		{"no init: reloaded where it is stopped", bare(false), map[string]any{"state": "reloaded"}, "start postfix"},
		{"no init: not enabled is what it is", bare(true), map[string]any{"enabled": false, "state": "started"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := map[string]any{"name": "postfix"}
			maps.Copy(args, tt.args)
			p, err := plan(t, mem.New(mem.Service("postfix", tt.now)), args)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range p.Steps {
				got = append(got, c.Summary())
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Each step says what the one before it leaves, so that none is stale when its turn comes.
func TestStepsFollowOneAnother(t *testing.T) {
	h := mem.New(mem.Service("postfix", systemd(false, false)))
	args := map[string]any{"service": "postfix", "enabled": true, "state": "started"}
	p, err := plan(t, h, args)
	if err != nil {
		t.Fatal(err)
	}
	now := systemd(false, false)
	for _, c := range p.Steps {
		step := c.(change.Service)
		if diff := cmp.Diff(now, step.Before); diff != "" {
			t.Errorf("%s: -want +got:\n%s", step.Summary(), diff)
		}
		now = step.After()
		if _, err := h.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = plan(t, h, args); err != nil || len(p.Steps) != 0 {
		t.Errorf("afterwards: steps %v, error %v", p.Steps, err)
	}
}

func TestResult(t *testing.T) {
	h := mem.New(mem.Service("postfix", systemd(false, false, "ActiveState=inactive")))
	for _, tt := range []struct {
		name string
		args map[string]any
		want map[string]any
	}{
		{"state and enabled", map[string]any{"name": "postfix", "state": "reloaded", "enabled": true},
			map[string]any{"name": "postfix", "state": "started", "enabled": true, "status": map[string]any{"ActiveState": "inactive"}}},
		{"state alone", map[string]any{"name": "postfix", "state": "stopped"},
			map[string]any{"name": "postfix", "state": "stopped", "status": map[string]any{"ActiveState": "inactive"}}},
		{"enabled alone", map[string]any{"name": "postfix", "enabled": false},
			map[string]any{"name": "postfix", "enabled": false, "status": map[string]any{"ActiveState": "inactive"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan(t, h, tt.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Result); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestImpossible(t *testing.T) {
	for _, tt := range []struct {
		name string
		now  change.ServiceState
		args map[string]any
		want string
	}{
		{"unknown to systemd", change.ServiceState{Manager: change.Systemd}, map[string]any{"state": "started"},
			"Could not find the requested service postfix: host (systemd was asked)"},
		{"unknown to postfix", change.ServiceState{Manager: change.Postfix}, map[string]any{"state": "started"},
			"Could not find the requested service postfix: host (no init runs, postfix(1) was asked)"},
		{"nobody to ask", change.ServiceState{}, map[string]any{"enabled": true},
			"Could not find the requested service postfix: host (neither systemd nor OpenRC, an init script or postfix(1) was found to ask)"},
		{"an init script wanted", systemd(true, true), map[string]any{"state": "started", "use": "sysvinit"}, "sysvinit does not run on this host (systemd was asked)"},
		{"pattern for systemd", systemd(true, true), map[string]any{"state": "started", "pattern": "x"}, `argument "pattern" is not supported here`},
		{"sleep for postfix", bare(true), map[string]any{"state": "restarted", "sleep": int64(2)}, "this host's service is run by postfix(1)"},
		{"systemd wanted", bare(true), map[string]any{"state": "started", "use": "systemd"}, "systemd does not run on this host"},
		{"nothing starts it at boot", bare(true), map[string]any{"enabled": true}, "no init runs on this host that would start it at boot"},
		{"masked", systemd(false, false, "LoadState=masked"), map[string]any{"state": "restarted"}, "cannot start service postfix: it is masked"},
		{"no reload", systemd(true, true, "CanReload=no"), map[string]any{"state": "reloaded"}, "cannot reload service postfix: it does not know how to reload"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := map[string]any{"name": "postfix"}
			maps.Copy(args, tt.args)
			_, err := plan(t, mem.New(mem.Service("postfix", tt.now)), args)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
}

type lost struct{ host.Reader }

func (lost) State(context.Context, change.Ref) (change.State, error) { return nil, host.ErrUnreachable }

func TestLostConnectionStaysOne(t *testing.T) {
	_, err := plan(t, lost{mem.New()}, map[string]any{"name": "postfix", "state": "started"})
	if !errors.Is(err, host.ErrUnreachable) {
		t.Errorf("error is %v", err)
	}
}

func TestRefusedArguments(t *testing.T) {
	for _, tt := range []struct {
		name string
		args map[string]any
		want string
	}{
		{"nothing to do", map[string]any{"name": "postfix"}, "one of the following is required: state, enabled"},
		{"empty name", map[string]any{"name": "", "state": "started"}, `argument "name" is empty`},
		{"glob", map[string]any{"name": "postfix@*", "state": "started"}, "glob patterns"},
		{"unknown state", map[string]any{"name": "postfix", "state": "restart"}, `must be one of: reloaded, restarted, started, stopped, got: restart (did you mean "restarted"?)`},
		{"unknown manager", map[string]any{"name": "postfix", "state": "started", "use": "upstart"}, "must be one of: auto, openrc, systemd, sysvinit"},
		{"sleep", map[string]any{"name": "postfix", "state": "started", "sleep": int64(-1)}, `argument "sleep" must not be negative`},
		{"arguments", map[string]any{"name": "postfix", "state": "started", "args": "-v 'a b'"}, "quotes and backslashes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := decode(tt.args); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
}

// scripted is a service that an init script runs.
func scripted(m change.Manager, running bool) change.ServiceState {
	return change.ServiceState{Manager: m, Unit: "postfix", Exists: true, Running: running, Status: map[string]string{change.Runlevels: "boot"}}
}

// What init scripts alone understand goes with the actions that it is for.
func TestScriptArguments(t *testing.T) {
	h := mem.New(mem.Service("postfix", scripted(change.SysVinit, true)), mem.Answer(host.Output{Stdout: "root 1 master -w\n"}, "ps", "auxww"))
	steps := func(r host.Reader, args map[string]any) []change.Change {
		t.Helper()
		args["name"] = "postfix"
		p, err := plan(t, r, args)
		if err != nil {
			t.Fatal(err)
		}
		return p.Steps
	}
	now, after := scripted(change.SysVinit, true), scripted(change.SysVinit, true)
	after.Enabled = true
	want := []change.Change{
		change.Service{Name: "postfix", Action: change.Enable, Before: now},
		change.Service{Name: "postfix", Action: change.Restart, Before: after, Arguments: []string{"-v", "-D"}, Sleep: 1},
	}
	if diff := cmp.Diff(want, steps(h, map[string]any{"enabled": true, "state": "restarted", "arguments": "-v  -D", "use": "sysvinit"})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := steps(h, map[string]any{"state": "restarted", "sleep": int64(0)})[0].(change.Service).Sleep; got != 0 {
		t.Errorf("it waits %d seconds, want none", got)
	}
	if got := steps(h, map[string]any{"state": "started", "pattern": "rspamd"}); len(got) != 1 {
		t.Errorf("no process has the pattern: %v", got)
	}
	if got := steps(h, map[string]any{"state": "started", "pattern": "master"}); len(got) != 0 {
		t.Errorf("a process has the pattern: %v", got)
	}

	open := mem.New(mem.Service("postfix", scripted(change.OpenRC, true)))
	if got := steps(open, map[string]any{"enabled": true, "runlevel": "boot"}); len(got) != 0 {
		t.Errorf("enabled in the runlevel already: %v", got)
	}
	want = []change.Change{change.Service{Name: "postfix", Action: change.Disable, Before: scripted(change.OpenRC, true), Runlevel: "boot"}}
	if diff := cmp.Diff(want, steps(open, map[string]any{"enabled": false, "runlevel": "boot"})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A start that is only planned has no process yet.
func TestPatternOfAPlannedService(t *testing.T) {
	h := mem.New(mem.Service("postfix", scripted(change.SysVinit, false)), mem.Answer(host.Output{}, "ps", "auxww"))
	o := host.NewOverlay(h)
	args := map[string]any{"name": "postfix", "state": "started", "pattern": "master"}
	p, err := plan(t, o, args)
	if err != nil || len(p.Steps) != 1 {
		t.Fatalf("plan %+v, error %v", p, err)
	}
	if _, err := o.Apply(t.Context(), p.Steps[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := plan(t, o, args); !errors.Is(err, host.ErrPlanned) {
		t.Errorf("error is %v, want ErrPlanned", err)
	}
}
