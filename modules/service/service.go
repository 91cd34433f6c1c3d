// Package service controls system services: it starts, stops, restarts and reloads them, and has them started at boot or not.
//
// It is Ansible's `service`, with the meaning that ansible.builtin.systemd and ansible.builtin.sysvinit give to its words. What runs the services is for the host to know
// (systemd, OpenRC, init scripts, or Postfix itself where no init runs): the module looks at the state of the service and returns actions.
package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// State is what a service shall be, or what shall be done to it.
type State string

// The states that Ansible knows.
const (
	Started   State = "started"
	Stopped   State = "stopped"
	Restarted State = "restarted"
	Reloaded  State = "reloaded"
)

// Enum gives the states.
func (State) Enum() []string {
	return []string{string(Reloaded), string(Restarted), string(Started), string(Stopped)}
}

// Manager is what the user says the services are run by.
type Manager string

// The managers that may be asked for.
const (
	Auto     Manager = "auto"
	Systemd  Manager = "systemd"
	SysVinit Manager = "sysvinit"
	OpenRC   Manager = "openrc"
)

// Enum gives the managers.
func (Manager) Enum() []string {
	return []string{string(Auto), string(OpenRC), string(Systemd), string(SysVinit)}
}

// Task is one use of the module.
type Task struct {
	Name      string  `arg:"name,required,alias=service" doc:"Name of the service."`
	State     State   `arg:"state" doc:"started and stopped do nothing to a service that is so already. restarted always stops and starts, reloaded always reloads; both start a service that does not run."`
	Enabled   *bool   `arg:"enabled" doc:"Whether the service shall start at boot."`
	Use       Manager `arg:"use" doc:"What runs the services: auto takes what the host has, another value fails where it is something else."`
	Arguments string  `arg:"arguments,alias=args" doc:"More words for the init script, without quotes. Refused where systemd or postfix(1) runs the service."`
	Pattern   string  `arg:"pattern" doc:"Text to look for in the output of ps: a line with it says that the service runs, whatever the init script says. Refused where systemd or postfix(1) runs the service."`
	Runlevel  string  `arg:"runlevel" doc:"The runlevel of OpenRC in which enabled holds, default where it is not given. Refused where OpenRC does not run the service."`
	Sleep     *int    `arg:"sleep" doc:"Seconds between stop and start when an init script restarts its service, 1 where it is not given. Refused where no init script runs it."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "service",
		Short: "Start, stop, restart, reload and enable services",
		Long: "Controls services of systemd, OpenRC and init scripts, and Postfix by postfix(1) where no init runs. A restart tells Postfix about inet_protocols and inet_interfaces, a reload does not.\n\n" +
			"Returns name, status (what the manager tells about the service, as it was before) and, where they were asked for, state and enabled.",
		New:    func() modules.Task { return &Task{Use: Auto} },
		Probes: []host.Probe{{Argv: listProcesses}},
	}
}

// Validate wants something to do, and one service to do it to.
func (t *Task) Validate() error {
	switch {
	case t.State == "" && t.Enabled == nil:
		return errors.New("one of the following is required: state, enabled")
	case t.Name == "":
		return errors.New(`argument "name" is empty`)
	case t.Sleep != nil && *t.Sleep < 0:
		return errors.New(`argument "sleep" must not be negative`)
	case strings.ContainsAny(t.Arguments, "'\"\\\n"):
		return errors.New(`argument "arguments" is taken apart at blanks: quotes and backslashes are not supported in it`)
	case strings.ContainsAny(t.Name, "*?["):
		return fmt.Errorf("this module does not support glob patterns, found in service name: %s (loop over the names)", t.Name)
	}
	return nil
}

// Plan compares the service with what is asked for. As in Ansible, it is enabled or disabled first.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	now, err := t.look(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &modules.Plan{Result: map[string]any{"name": t.Name, "status": status(now)}}
	add := func(a change.Action) {
		step := t.step(a, now)
		now = step.After()
		p.Steps = append(p.Steps, step)
	}
	if t.Enabled != nil {
		p.Result["enabled"] = *t.Enabled
		if a, needed := t.bootAction(now); needed {
			add(a)
		}
	}
	if t.State != "" {
		p.Result["state"] = t.reached()
		if a, needed := t.action(now); needed {
			add(a)
		}
	}
	if err := t.possible(p.Steps, now); err != nil {
		return nil, err
	}
	return p, nil
}

// look gives the state of the service, and an error where there is none that could be acted on.
func (t *Task) look(ctx context.Context, r host.Reader) (change.ServiceState, error) {
	got, err := r.State(ctx, change.Ref{Kind: change.ServiceRef, Name: t.Name})
	if err != nil {
		return change.ServiceState{}, fmt.Errorf("service %s: %w", t.Name, err)
	}
	s, ok := got.(change.ServiceState)
	if !ok {
		return s, fmt.Errorf("service %s: the host gave a %T for its state", t.Name, got)
	}
	if t.Use != Auto && s.Manager != change.Manager(t.Use) {
		return s, fmt.Errorf("use: %s, but %s does not run on this host (%s); remove use", t.Use, t.Use, asked(s.Manager))
	}
	if !s.Exists {
		return s, fmt.Errorf("Could not find the requested service %s: host (%s)", t.Name, asked(s.Manager)) //nolint:staticcheck // Ansible's words, which people grep for
	}
	if err := t.understood(s.Manager); err != nil {
		return s, err
	}
	return t.match(ctx, r, s)
}

// asked says who was asked about a service.
func asked(m change.Manager) string {
	switch m {
	case change.Systemd:
		return "systemd was asked"
	case change.Postfix:
		return "no init runs, postfix(1) was asked"
	case change.OpenRC:
		return "OpenRC was asked"
	case change.SysVinit:
		return "its init script was asked"
	}
	return "neither systemd nor OpenRC, an init script or postfix(1) was found to ask"
}

// bootAction gives what makes Enabled true, if anything has to be done.
func (t *Task) bootAction(now change.ServiceState) (change.Action, bool) {
	if *t.Enabled == t.enabled(now) {
		return "", false
	}
	if *t.Enabled {
		return change.Enable, true
	}
	return change.Disable, true
}

// action gives what makes State true, if anything has to be done.
func (t *Task) action(now change.ServiceState) (change.Action, bool) {
	switch {
	case t.State == Stopped:
		return change.Stop, now.Running || now.Status["ActiveState"] == "deactivating"
	case !now.Running:
		return change.Start, true
	case t.State == Restarted:
		return change.Restart, true
	case t.State == Reloaded:
		return change.Reload, true
	}
	return "", false
}

// reached is the state that Ansible reports.
func (t *Task) reached() string {
	if t.State == Stopped {
		return string(Stopped)
	}
	return string(Started)
}

// possible refuses beforehand what the manager would refuse, so that a plan is not promised in vain.
func (t *Task) possible(steps []change.Change, now change.ServiceState) error {
	for _, c := range steps {
		action := c.(change.Service).Action
		boot := action == change.Enable || action == change.Disable
		switch {
		case boot && now.Manager == change.Postfix:
			return fmt.Errorf("cannot %s service %s: no init runs on this host that would start it at boot; remove enabled", action, t.Name)
		case action != change.Stop && action != change.Disable && now.Status["LoadState"] == "masked":
			return fmt.Errorf("cannot %s service %s: it is masked (systemctl unmask %s)", action, t.Name, t.Name)
		case action == change.Reload && now.Status["CanReload"] == "no":
			return fmt.Errorf("cannot reload service %s: it does not know how to reload; use state: restarted", t.Name)
		}
	}
	return nil
}

func status(s change.ServiceState) map[string]any {
	out := make(map[string]any, len(s.Status))
	for k, v := range s.Status {
		out[k] = v
	}
	return out
}
