package pfrun

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/internal/helper/binary"
	"github.com/pfrun/pfrun/internal/sockets"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// becoming tries to become the user that the run would become. Where nobody is asked for, root is tried all the same: most tasks will want it.
func (d *doctor) becoming(facts *host.Facts) bool {
	b, asked := d.login.become, d.login.become != nil
	if !asked {
		yes := true
		l, err := d.connector.Login(d.name, d.vars.Scope(vars.View{Host: d.name}), engine.Asked{Become: &yes})
		if err == nil {
			b = l.(*login).become //nolint:forcetypeassert // the connector is our own
		}
	}
	if b == nil || facts.UID == 0 && cmp.Or(b.User, "root") == "root" {
		d.good("become", "not needed: the login is "+facts.User)
		return true
	}
	step := cmp.Or(b.Method, "sudo")
	h, err := target.New(d.ctx, d.conn, target.Options{Name: d.name, Login: d.login.ssh.User, Become: b})
	if err == nil {
		d.become = h
		how := "without a password"
		if b.Password != "" {
			how = "with the password given"
		}
		if !asked {
			how += "; plays need become: true, or -b"
		}
		d.good(step, "to "+cmp.Or(b.User, "root")+" "+how)
		return true
	}
	detail, hint := err.Error(), ""
	if be, ok := errors.AsType[*target.BecomeError](err); ok {
		detail, hint = fmt.Sprintf("to %s: %v", be.User, be.Err), be.Hint
	}
	if errors.Is(err, target.ErrPasswordNeeded) {
		hint = cmp.Or(hint, "give it with -K or --become-password-file")
	}
	if asked {
		return d.broken(step, detail, hint)
	}
	d.odd(step, detail, hint)
	return true
}

// worker is the host as the user with the most rights that there is.
func (d *doctor) worker() *target.Host {
	if d.become != nil {
		return d.become
	}
	return d.plain
}

// helper starts the helper, where this pfrun carries one.
func (d *doctor) helper(facts *host.Facts) {
	b, ok := binary.Load()
	switch {
	case !ok:
		d.odd("helper", "this pfrun was built without it: tasks run without one, slower", "")
		return
	case facts.Kernel != b.Kernel || facts.Arch != b.Arch:
		d.odd("helper", fmt.Sprintf("there is none for %s %s: tasks run without one, slower", facts.Kernel, facts.Arch), "")
		return
	}
	h, err := helper.Connect(d.ctx, d.conn, target.Options{Name: d.name, Login: d.login.ssh.User}, b)
	if err != nil {
		d.odd("helper", err.Error()+": tasks run without it, slower", "")
		return
	}
	h.Close()
	d.good("helper", "usable")
}

// clock compares the host's clock with this machine's.
func (d *doctor) clock() {
	before := time.Now()
	out, err := d.plain.Probe(d.ctx, host.Probe{Argv: []string{"date", "+%s"}})
	took := time.Since(before)
	seconds, perr := strconv.ParseInt(strings.TrimSpace(out.Stdout), 10, 64)
	if err != nil || perr != nil {
		d.odd("clock", "the host does not tell the time", "")
		return
	}
	// date cuts the second off: half of one is added, as half of the way there and back is.
	off := time.Unix(seconds, 0).Add(time.Second / 2).Sub(before.Add(took / 2)).Round(time.Second)
	switch {
	case off.Abs() <= took+2*time.Second:
		d.good("clock", "as here")
	default:
		word := "ahead of"
		if off < 0 {
			word = "behind"
		}
		d.odd("clock", fmt.Sprintf("%s %s this machine's", off.Abs(), word), "certificates, DKIM signatures and logs need the right time: look at timedatectl on both")
	}
}

// postfix looks at the mail server.
func (d *doctor) postfix() {
	h := d.worker()
	out, err := h.Probe(d.ctx, host.Probe{Argv: []string{"postconf", "-h", "mail_version", "inet_protocols", "inet_interfaces"}})
	lines := strings.Split(strings.TrimSpace(out.Stdout), "\n")
	switch {
	case err != nil:
		d.odd("postfix", err.Error(), "")
		return
	case out.Status == host.NotFound:
		d.odd("postfix", "it is not installed, or postconf is not in the path of this user", "")
		return
	case out.Status != 0 || len(lines) != 3:
		d.odd("postfix", "postconf does not answer: "+strings.TrimSpace(out.Stderr), "look at main.cf on the host: postconf says what is wrong in it")
		return
	}
	running := "running"
	if s, err := h.State(d.ctx, change.Ref{Kind: change.ServiceRef, Name: "postfix"}); err == nil {
		if st, ok := s.(change.ServiceState); ok && !st.Running {
			running = "not running"
		}
	} else {
		running = "whether it runs is not known: " + err.Error()
	}
	detail := fmt.Sprintf("%s, %s, inet_protocols = %s, inet_interfaces = %s", lines[0], running, lines[1], lines[2])
	if running != "running" {
		d.odd("postfix", detail, "systemctl status postfix, and the mail log, say why")
	} else {
		d.good("postfix", detail)
	}
	d.smtp(h, lines[1], running == "running")
}

// smtp looks at what listens on port 25, and whether that is what main.cf says.
func (d *doctor) smtp(h *target.Host, protocols string, running bool) {
	all, err := smtpListeners(d, h)
	switch {
	case err != nil:
		d.odd("port 25", err.Error(), "")
		return
	case len(all) == 0 && running:
		d.odd("port 25", "nothing listens", "look for the service smtp in master.cf (postconf -M smtp/inet)")
		return
	case len(all) == 0:
		d.odd("port 25", "nothing listens", "")
		return
	}
	var shown []string
	for _, l := range all {
		s := l.Address.String()
		if l.Process != "" {
			s += " (" + l.Process + ")"
		}
		shown = append(shown, s)
	}
	families := sockets.Families(all)
	detail := strings.Join(families, " and ") + ": " + strings.Join(shown, ", ")
	for family, other := range map[string]string{sockets.IPv4: sockets.IPv6, sockets.IPv6: sockets.IPv4} {
		if strings.TrimSpace(protocols) == family && slices.Contains(families, other) {
			d.odd("port 25", detail, "main.cf says "+family+" only: a change of inet_protocols needs a restart of Postfix, not a reload")
			return
		}
	}
	d.good("port 25", detail)
}

func smtpListeners(d *doctor, h *target.Host) ([]sockets.Listener, error) {
	var lists [][]sockets.Listener
	for _, family := range []string{sockets.IPv4, sockets.IPv6} {
		out, err := h.Probe(d.ctx, host.Probe{Argv: sockets.Command(family)})
		switch {
		case err != nil:
			return nil, err
		case out.Status == host.NotFound:
			return nil, errors.New("the host has no ss to look with: install iproute2")
		case out.Status != 0:
			return nil, fmt.Errorf("ss ended with status %d: %s", out.Status, strings.TrimSpace(out.Stderr))
		}
		list, err := sockets.ParseSSFamily(out.Stdout, family)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return sockets.OnPort(sockets.Merge(lists...), 25), nil
}
