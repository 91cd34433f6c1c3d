package pfrun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/ssh"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules/host"
)

// Verdict is how a check of a Doctor ended.
type Verdict int

// The verdicts.
const (
	Good   Verdict = iota
	Odd            // worth knowing; what follows is checked all the same
	Broken         // nothing behind it can work
)

// Check is one step on the way to a host and what was found there.
type Check struct {
	Step    string
	Verdict Verdict
	Detail  string // may be empty
	Hint    string // what to do about it; may be empty
}

// Doctor goes the way to a host step by step, as a run would, and tells each step; it ends with the step that breaks. It changes nothing on the host. It reports whether nothing was broken.
func (p *Project) Doctor(ctx context.Context, name string, tell func(Check)) bool {
	d := &doctor{Project: p, ctx: ctx, name: name, tell: tell}
	d.connector = newConnector(&p.options, &p.secrets, func(text string) { d.odd("warning", text, "") })
	defer d.connector.close()
	return d.inventory() && d.reach() && d.work()
}

// doctor is an examination under way.
type doctor struct {
	*Project
	ctx       context.Context
	name      string
	tell      func(Check)
	connector *connector

	login  *login
	conn   host.Conn
	plain  *target.Host // as the login's user
	become *target.Host // as the user that the run would become; nil: nobody else
}

func (d *doctor) good(step, detail string) { d.say(Check{step, Good, detail, ""}) }

func (d *doctor) odd(step, detail, hint string) { d.say(Check{step, Odd, detail, hint}) }

// broken tells of the step that breaks, and is false.
func (d *doctor) broken(step, detail, hint string) bool {
	d.say(Check{step, Broken, detail, hint})
	return false
}

func (d *doctor) say(c Check) {
	c.Detail, c.Hint = d.Mask(c.Detail), d.Mask(c.Hint)
	d.tell(c)
}

// inventory looks the host up, and its connection settings.
func (d *doctor) inventory() bool {
	h := d.inv.Host(d.name)
	if h == nil {
		var names []string
		for _, h := range d.inv.Hosts {
			names = append(names, h.Name)
		}
		hint := diag.DidYouMean(d.name, names)
		if hint == "" {
			hint = "the groups there are: " + d.groupList()
		}
		return d.broken("inventory", "there is no host "+d.name, hint)
	}
	l, err := d.connector.Login(d.name, d.vars.Scope(vars.View{Host: d.name}), engine.Asked{})
	if err != nil {
		return d.broken("inventory", err.Error(), "")
	}
	d.login = l.(*login) //nolint:forcetypeassert // the connector is our own
	if d.login.unknown != nil {
		return d.broken("inventory", d.login.unknown.Error(), "")
	}
	where := "implicit"
	if h.Pos.IsValid() {
		where = h.Pos.String()
	}
	groups := strings.Join(h.GroupNames(), ", ")
	if groups == "" {
		groups = "none"
	}
	d.good("inventory", fmt.Sprintf("%s, groups: %s", where, groups))
	return true
}

// sshSteps are the steps of a connection in their order.
var sshSteps = []string{ssh.StepJump, ssh.StepResolve, ssh.StepConnect, ssh.StepHostKey, ssh.StepAuthentication}

// reach makes the connection.
func (d *doctor) reach() bool {
	if d.login.method == "local" {
		d.good("connect", "no connection is needed: this machine (ansible_connection=local)")
	}
	if d.login.method == "ssh" && d.options.Connect == nil {
		d.good("address", strings.TrimPrefix(d.login.ssh.Route(), "@"))
	}
	conn, err := d.connector.conn(d.ctx, d.login)
	if err != nil {
		return d.unreached(err)
	}
	d.conn = conn
	if c, ok := conn.(*ssh.Conn); ok {
		d.arrived(c.Arrival())
	}
	return true
}

func (d *doctor) unreached(err error) bool {
	var e *ssh.Error
	if !errors.As(err, &e) {
		return d.broken("connect", err.Error(), "")
	}
	for _, step := range sshSteps {
		if step == e.Step {
			break
		}
		if step != ssh.StepJump && (step != ssh.StepResolve || net.ParseIP(d.login.ssh.Address) == nil) {
			d.good(step, "")
		}
	}
	return d.broken(e.Step, fmt.Sprintf("%s: %v", e.Address, e.Err), e.Hint)
}

func (d *doctor) arrived(a ssh.Arrival) {
	cfg := d.login.ssh
	if net.ParseIP(cfg.Address) == nil && a.Remote != "" {
		d.good(ssh.StepResolve, cfg.Address)
	}
	d.good(ssh.StepConnect, a.Remote)
	d.good("ssh", a.Server)
	recorded := "recorded now"
	if a.Recorded != "" {
		recorded = "known from " + a.Recorded
	}
	d.good(ssh.StepHostKey, a.HostKey+", "+recorded)
	by := "without being asked for anything"
	if a.By != "" {
		by = "with " + a.By
	}
	if cfg.User != "" {
		by = "as " + cfg.User + " " + by
	}
	d.good(ssh.StepAuthentication, by)
}

// work looks at what runs on the host.
func (d *doctor) work() bool {
	h, err := target.New(d.ctx, d.conn, target.Options{Name: d.name, Login: d.login.ssh.User})
	if err != nil {
		return d.broken("programs", err.Error(), "the login shell must be able to run a command: try ssh with one")
	}
	defer h.Close()
	d.plain = h
	facts, err := h.Facts(d.ctx)
	if err != nil {
		return d.broken("programs", err.Error(), "")
	}
	d.good("programs", fmt.Sprintf("%s, %s %s, as %s (uid %d)", firstOr(facts.OSRelease["PRETTY_NAME"], "an unknown system"), facts.Kernel, facts.Arch, facts.User, facts.UID))
	if !d.becoming(facts) {
		return false
	}
	if d.become != nil {
		defer d.become.Close()
	}
	d.helper(facts)
	d.clock()
	d.postfix()
	return true
}

func firstOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
