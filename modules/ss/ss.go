// Package ss looks at the TCP ports that a host listens on, and verifies that they are served over the address families and by the process that they should be.
//
// It asks `ss`, one family at a time so that nothing has to be guessed, and where a host has no ss it reads /proc/net/tcp and /proc/net/tcp6, which name no processes. It never
// changes anything.
package ss

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/sockets"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// interval is how long a task that waits lets pass between two looks.
const interval = 300 * time.Millisecond

// Port is a TCP port, given as a number or as the name of a service of mail.
type Port int

// Set takes 25, "25" or "smtp".
func (p *Port) Set(value any) error {
	text, err := modules.Text(value)
	if err != nil {
		return err
	}
	n, ok := sockets.Port(strings.TrimSpace(text))
	if !ok {
		return fmt.Errorf("must be a port from 1 to 65535 or a service name such as smtp or submission, got: %s", text)
	}
	*p = Port(n)
	return nil
}

// Family is an address family: ipv4 or ipv6.
type Family string

// Set takes the name of a family.
func (f *Family) Set(value any) error {
	s, ok := value.(string)
	if !ok || (s != sockets.IPv4 && s != sockets.IPv6) {
		return fmt.Errorf("must be %s or %s, got: %v", sockets.IPv4, sockets.IPv6, value)
	}
	*f = Family(s)
	return nil
}

// Task is one use of the module.
type Task struct {
	Port     []Port   `arg:"port,required,alias=ports" doc:"TCP port to look at, or a list: a number, or a service name such as smtp or submission."`
	Families []Family `arg:"families" doc:"Exactly these families (ipv4, ipv6) have to listen on each port; an empty list says that nothing may. Without it nothing is expected, and what listens is reported. An IPv6 socket that also takes IPv4 counts as both."`
	Process  string   `arg:"process" doc:"Name of the process that has to hold each listening socket, such as master for Postfix. Only ss tells it, and only to root, in a container to root with CAP_SYS_PTRACE: where it cannot be seen, that is said and the task does not fail."`
	Timeout  float64  `arg:"timeout" doc:"Seconds to wait for the expectation to become true. 0: look once."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "ss",
		Short: "Verify which address families and which process listen on a port",
		Long: "Looks at the listening TCP sockets and fails where they are not what families and process say. Nothing is ever changed. Where a service is planned to be restarted, the look is deferred.\n\n" +
			"Returns listeners (family, families, address, port, process, pid of each socket; process is empty and pid 0 where they cannot be seen), families (all that listen on the ports) and msg.",
		New:    func() modules.Task { return &Task{} },
		Probes: []host.Probe{{Argv: sockets.Command(sockets.IPv4)}, {Argv: sockets.Command(sockets.IPv6)}},
	}
}

// Validate wants a port, and no negative time.
func (t *Task) Validate() error {
	switch {
	case len(t.Port) == 0:
		return errors.New(`argument "port" is empty`)
	case !(t.Timeout >= 0 && t.Timeout <= 86400):
		return fmt.Errorf(`argument "timeout" must be from 0 to 86400 seconds, got: %v`, t.Timeout)
	}
	return nil
}

// Plan looks until what is expected is true or the time is up.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	waiting, stop := context.WithTimeout(ctx, time.Duration(t.Timeout*float64(time.Second)))
	defer stop()
	for {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		ls, err := listeners(ctx, r)
		if err != nil {
			return nil, err
		}
		p := t.judge(ls)
		if p.Unmet == "" || waiting.Err() != nil {
			return p, nil
		}
		select {
		case <-waiting.Done(): // one last look
		case <-time.After(interval):
		}
	}
}

// judge compares what listens with what is expected.
func (t *Task) judge(all []sockets.Listener) *modules.Plan {
	var mine []sockets.Listener
	var seen, faults, notes []string
	for _, port := range t.Port {
		ls := sockets.OnPort(all, int(port))
		mine = append(mine, ls...)
		found := describe(int(port), ls)
		seen = append(seen, found)
		if want := t.unexpected(ls); want != "" {
			faults = append(faults, found+", "+want)
		}
		if t.Process != "" && slices.ContainsFunc(ls, unseen) {
			notes = append(notes, fmt.Sprintf("the process that holds port %d cannot be seen (ss tells it to root, in a container to root with CAP_SYS_PTRACE): that it is %s is not verified", port, t.Process))
		}
	}
	p := &modules.Plan{Unmet: strings.Join(faults, "; "), Note: strings.Join(notes, "; ")}
	msg := strings.Join(seen, "; ")
	if p.Unmet != "" {
		msg = p.Unmet
	}
	p.Result = map[string]any{"listeners": dicts(mine), "families": list(sockets.Families(mine)), "msg": msg}
	return p
}

// unexpected says what was expected of the listeners of one port, or "" where they are so.
func (t *Task) unexpected(ls []sockets.Listener) string {
	var wants []string
	if t.Families != nil {
		if w := t.wrongFamilies(ls); w != "" {
			wants = append(wants, w)
		}
	}
	if t.Process != "" && !t.heldRight(ls) {
		wants = append(wants, "expected the process "+t.Process)
	}
	return strings.Join(wants, ", ")
}

func (t *Task) wrongFamilies(ls []sockets.Listener) string {
	var want []string
	for _, f := range []string{sockets.IPv4, sockets.IPv6} {
		if slices.Contains(t.Families, Family(f)) {
			want = append(want, f)
		}
	}
	expected := "expected exactly " + strings.Join(want, " and ")
	if len(want) == 0 {
		expected = "expected nothing to listen"
	}
	got := sockets.Families(ls)
	if !slices.Equal(got, want) {
		return expected
	}
	// Of [::] alone, /proc does not tell whether it takes IPv4 too.
	if !slices.Contains(got, sockets.IPv4) && slices.ContainsFunc(ls, func(l sockets.Listener) bool { return l.Uncertain }) {
		return expected + ", and without ss nobody can tell whether [::] takes ipv4 too (install iproute2)"
	}
	return ""
}

// heldRight reports whether every socket whose process can be seen is held by the right one. Nothing that listens is held by nobody.
func (t *Task) heldRight(ls []sockets.Listener) bool {
	if len(ls) == 0 {
		return t.Families != nil // then families has its say
	}
	return !slices.ContainsFunc(ls, func(l sockets.Listener) bool { return !unseen(l) && !l.HeldBy(t.Process) })
}

func unseen(l sockets.Listener) bool { return len(l.Users) == 0 }
