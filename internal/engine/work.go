package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// work is a module at work on a host: it plans, the engine applies.
type work struct {
	ht      *hostTask
	task    modules.Task
	session *session
	host    host.Host
	env     []string // variables of the task's environment

	plan     *modules.Plan // of the last round
	steps    []change.Change
	outcomes []change.Outcome
	applying bool // the error is of a change, not of a look
	notes    []string

	background bool // it would go on in the background if it were not only planned
}

// do plans and applies, round by round, and makes the result. After a panic the steps that were made are told as after any other error.
func (w *work) do() (e ending) {
	err := modules.Guard("the module "+w.ht.t.Module.Name, func() error {
		if err := w.rounds(); err != nil {
			return err
		}
		if r, ok := w.task.(modules.Reporter); ok {
			r.Report(w.plan, w.outcomes)
		}
		e = w.concluded()
		return nil
	})
	if err != nil {
		return w.broken(err)
	}
	return e
}

// reader is what the module gets of the host: looks that its spec lists, and no way to write.
func (w *work) reader() host.Reader { return host.Listed(w.host, w.ht.t.Module.Probes) }

// broken makes the ending of a task that could not do its work.
func (w *work) broken(err error) ending {
	ht := w.ht
	switch {
	case ht.hard.Err() != nil, ht.looking.Err() != nil && !w.applying:
		return w.undone(ht.brokenOffResult())
	case ht.making().Err() != nil:
		return w.undone(ht.brokenOffResult())
	case errors.Is(err, host.ErrPlanned):
		return w.deferred(err.Error())
	case w.session.awaitsUser(w.host):
		return w.deferred(fmt.Sprintf("user %s: %s", w.session.real.login.User(), host.ErrPlanned))
	case errors.Is(err, host.ErrUnreachable):
		res := ht.fault(ht.t.Pos, err)
		res.Status = event.Unreachable
		return w.undone(res)
	case w.session.blurred(w.host) && !errors.Is(err, host.ErrNotListed) && !panicked(err):
		return w.deferred(err.Error() + "; in a real run it may be otherwise")
	}
	res := ht.fault(ht.t.Pos, err)
	w.show(res)
	return ht.judge(res, nil)
}

func panicked(err error) bool {
	_, ok := errors.AsType[*modules.Panic](err)
	return ok
}

// undone is the ending of a task that was kept from coming to its end; the changes it had made by then are told.
func (w *work) undone(res *event.TaskResult) ending {
	w.show(res)
	return ending{res: res, value: resultValue(res, nil), acted: len(w.steps) > 0}
}

// deferred is a task whose look depends on what is only planned.
func (w *work) deferred(why string) ending {
	w.ht.unsure()
	res := w.ht.result(event.Deferred)
	res.Message = why
	w.show(res)
	return ending{res: res, value: jinja.Unknown{}, acted: len(w.steps) > 0}
}

// gatherOwn adds what the keyword environment sets to the facts that were gathered: a look that gathers them is no command that would see it.
func (w *work) gatherOwn(p *modules.Plan) {
	if len(w.env) == 0 || !slices.Contains(gatherers, w.ht.t.Module.Name) {
		return
	}
	d, ok := jinja.FromGo(p.Facts["ansible_env"]).(*jinja.Dict)
	if !ok {
		return
	}
	for _, pair := range w.env {
		name, value, _ := strings.Cut(pair, "=")
		d.Set(name, value)
	}
	p.Facts["ansible_env"] = jinja.ToGo(d)
}

// concluded makes the ending of a task whose module came to its end.
func (w *work) concluded() ending {
	p := w.plan
	if p.Note != "" {
		w.notes = append(w.notes, p.Note)
	}
	if p.Unmet != "" && w.session.blurred(w.host) {
		return w.deferred(p.Unmet + "; in a real run it may hold")
	}
	w.gatherOwn(p)
	if _, told := p.Result["diff"]; told && !w.ht.tellsDiff() {
		p.Result = maps.Clone(p.Result)
		delete(p.Result, "diff")
	}
	res := w.ht.result(event.OK)
	if p.Unmet != "" {
		res.Status, res.Message = event.Failed, p.Unmet
	}
	w.show(res)
	e := w.ht.judge(res, p)
	e.effects = append(e.effects, w.ht.keep(e, p)...)
	if e.res.Status == event.OK || e.res.Status == event.Changed {
		w.mayFail(e)
	}
	return e
}

// keep keeps the variables and facts that a task that went well sets, for its host or, with delegate_facts, for the one that it worked on. Variables that it sets are
// kept when it has ended, with all its tries; the items of a loop know those of the items before.
func (ht *hostTask) keep(e ending, p *modules.Plan) (effects []func()) {
	if e.res.Status != event.OK && e.res.Status != event.Changed {
		return nil
	}
	names := ht.keepers()
	if (p.Facts != nil || p.Vars != nil) && ht.to.name != "" {
		if yes, err := optionalBool(ht.hard, ht.t.DelegateFacts, ht.scope()); err == nil && yes != nil && *yes {
			names = []string{ht.to.name}
		}
	}
	for _, n := range names {
		if p.Facts != nil {
			ht.Vars.SetFacts(n, factsOf(p))
		}
	}
	for name, v := range p.Vars {
		value := jinja.FromGo(v)
		set := func() {
			for _, n := range names {
				ht.Vars.Set(n, name, value)
			}
		}
		if ht.facts != nil {
			ht.facts.Set(name, value)
		}
		effects = append(effects, set)
	}
	return effects
}

// mayFail marks a result as one of which nobody knows whether it is a failure: that of a program that was only planned, of a task that may fail. Where it may not, what comes
// after it comes after its success.
func (w *work) mayFail(e ending) {
	ignore, err := optionalBool(w.ht.hard, w.ht.t.IgnoreErrors, w.ht.scope())
	d, ok := e.value.(*jinja.Dict)
	if !ok || err != nil || ignore == nil || !*ignore || w.ht.t.FailedWhen != nil {
		return
	}
	if slices.ContainsFunc(w.outcomes, func(o change.Outcome) bool { return !o.Known }) {
		d.Set("failed", jinja.Unknown{})
		e.res.Result = jinja.ToGo(d)
	}
}

// show puts into the event what was done, or planned.
func (w *work) show(res *event.TaskResult) {
	res.Notes = w.notes
	res.Changes = w.steps
	res.Planned = plansOnly(w.host)
	for _, c := range w.steps {
		res.Diff += change.Diff(c)
	}
	if v, ok := w.task.(modules.Verbose); ok {
		res.Verbose = v.MinVerbosity()
	} else {
		res.Verbose = 1
	}
}
