package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// listProcesses is how Ansible looks for a pattern.
var listProcesses = []string{"ps", "auxww"}

// defaultSleep is how many seconds Ansible waits between stop and start of an init script.
const defaultSleep = 1

// understood refuses the arguments that mean nothing to what runs the service.
func (t *Task) understood(m change.Manager) error {
	var faults []error
	refuse := func(name string, given bool, by string, takers ...change.Manager) {
		if given && !slices.Contains(takers, m) {
			faults = append(faults, fmt.Errorf("argument %q is not supported here: it has a meaning for %s only, and this host's service is run by %s; remove it", name, by, called(m)))
		}
	}
	const scripts = "init scripts"
	refuse("arguments", t.Arguments != "", scripts, change.SysVinit, change.OpenRC)
	refuse("pattern", t.Pattern != "", scripts, change.SysVinit, change.OpenRC)
	refuse("runlevel", t.Runlevel != "", "OpenRC", change.OpenRC)
	refuse("sleep", t.Sleep != nil, "init scripts of sysvinit", change.SysVinit)
	return errors.Join(faults...)
}

// called gives the name of a manager for a message.
func called(m change.Manager) string {
	switch m {
	case change.Postfix:
		return "postfix(1)"
	case change.SysVinit:
		return "an init script"
	case change.OpenRC:
		return "OpenRC"
	}
	return string(m)
}

// match lets the processes say whether the service runs, where a pattern is given.
func (t *Task) match(ctx context.Context, r host.Reader, s change.ServiceState) (change.ServiceState, error) {
	if t.Pattern == "" {
		return s, nil
	}
	out, err := r.Probe(ctx, host.Probe{Argv: listProcesses, Reads: []change.Ref{{Kind: change.ServiceRef, Name: t.Name}}})
	switch {
	case err != nil:
		return s, fmt.Errorf("look for %q in the processes: %w", t.Pattern, err)
	case out.Status != 0:
		return s, fmt.Errorf("look for %q in the processes: ps ended with status %d: %s", t.Pattern, out.Status, strings.TrimSpace(out.Stderr))
	}
	s.Running = false
	for line := range strings.Lines(out.Stdout) {
		s.Running = s.Running || strings.Contains(line, t.Pattern)
	}
	return s, nil
}

// enabled tells whether the service starts at boot, in the runlevel that the task is about.
func (t *Task) enabled(s change.ServiceState) bool {
	if t.Runlevel == "" {
		return s.Enabled
	}
	return slices.Contains(strings.Fields(s.Status[change.Runlevels]), t.Runlevel)
}

// step makes an action, with what the task says about it.
func (t *Task) step(a change.Action, now change.ServiceState) change.Service {
	c := change.Service{Name: t.Name, Action: a, Before: now}
	if a == change.Enable || a == change.Disable {
		c.Runlevel = t.Runlevel
		return c
	}
	c.Arguments = strings.Fields(t.Arguments)
	if a == change.Restart && now.Manager == change.SysVinit {
		c.Sleep = defaultSleep
		if t.Sleep != nil {
			c.Sleep = *t.Sleep
		}
	}
	return c
}
