package engine

import (
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// debt is a handler that a host owes.
type debt struct {
	how owing
	by  []string // the tasks that notified
}

// owing says how sure it is that a handler must run.
type owing int

const (
	possibly owing = iota + 1 // the task that notifies is undecided or deferred
	surely
)

// flush runs the handlers that were notified on hosts, in the order in which the play lists them, each once. A handler that one before it notifies runs too; one that a later
// one notifies waits for the next flush, as in Ansible. A handler that fails ends the flush for its host.
//
// It also runs when the user has asked for the end of the run: a restart that is owed is part of what was begun.
func (pr *playRun) flush(hosts []*hostState) {
	hosts = slices.Clone(hosts)
	for _, t := range pr.p.Handlers {
		hosts = slices.DeleteFunc(hosts, func(h *hostState) bool { return h.broke || h.unreachable || h.ended })
		sure, maybe := indebted(hosts, t, surely), indebted(hosts, t, possibly)
		if len(sure)+len(maybe) == 0 || pr.hard.Err() != nil {
			continue
		}
		if all := slices.Concat(sure, maybe); !pr.agreed(t, all) {
			pr.refused(t, all)
			continue
		}
		pr.handler(t, sure, maybe)
	}
}

// handler runs one handler on the hosts that owe it.
func (pr *playRun) handler(t *play.Task, sure, maybe []*hostState) {
	hosts := slices.Concat(sure, maybe)
	before := map[*hostState]int{}
	for _, h := range hosts {
		h.paying[t] = h.owed[t]
		delete(h.owed, t)
		before[h] = h.failures()
	}
	pr.start(t, hosts, true)
	pr.onAll(sure, pr.hard, t)
	for _, h := range maybe {
		(&hostTask{playRun: pr, h: h, t: t, looking: pr.hard}).possible()
	}
	for _, h := range hosts {
		if h.failures() == before[h] {
			continue
		}
		h.broke = true
		if pr.p.AnyErrorsFatal {
			for _, other := range pr.hosts {
				other.broke = true
			}
		}
	}
}

func (h *hostState) failures() int { return h.recap.Failed + h.recap.Unreachable }

// indebted gives the hosts that owe a handler.
func indebted(hosts []*hostState, t *play.Task, how owing) []*hostState {
	var out []*hostState
	for _, h := range hosts {
		if h.owed[t].how == how {
			out = append(out, h)
		}
	}
	return out
}

// named computes the names of the handlers that the task notifies. The event is set where one cannot be computed or is of no handler.
func (ht *hostTask) named(scope jinja.Scope) ([]string, *event.TaskResult) {
	var names []string
	for _, n := range ht.t.Notify {
		given, err := jinja.Force(ht.looking, n.Value, scope)
		if err != nil {
			return nil, ht.failed(n.Pos, err)
		}
		if jinja.HasUnknown(given) {
			return nil, ht.failed(n.Pos, diag.Errorf(n.Pos, "which handler to notify %s", errUnknown))
		}
		for _, name := range nameList(given) {
			if len(ht.handlers(name)) == 0 {
				return nil, ht.failed(n.Pos, diag.Errorf(n.Pos, "the requested handler %q was not found in the play", name))
			}
			names = append(names, name)
		}
	}
	return names, nil
}

func nameList(v jinja.Value) []string {
	l, ok := v.(*jinja.List)
	if !ok {
		return []string{jinja.Str(v)}
	}
	var names []string
	for _, item := range l.Items() {
		names = append(names, jinja.Str(item))
	}
	return names
}

// notify marks the handlers of these names as owed by the host.
func (ht *hostTask) notify(names []string, how owing) {
	if len(names) == 0 {
		return
	}
	task := ht.name()
	for _, name := range names {
		for _, t := range ht.handlers(name) {
			d := ht.h.owed[t]
			d.how = max(d.how, how)
			if !slices.Contains(d.by, task) {
				d.by = append(slices.Clone(d.by), task)
			}
			ht.h.owed[t] = d
		}
	}
	ht.emit(event.Notified{Host: ht.h.name, Handlers: names, Possible: how == possibly})
}

// handlers gives the handlers that answer to a name: the first of that name, and those that listen to it, of each name the first. So Ansible searches a play's list.
func (pr *playRun) handlers(name string) []*play.Task {
	var found []*play.Task
	heard := map[string]bool{}
	named := false
	for _, t := range pr.p.Handlers {
		own := ""
		if t.Name != nil {
			own = pr.handlerName(t)
		}
		switch {
		case own == name && own != "" && !named:
			named = true
			found = append(found, t)
		case slices.Contains(t.Listen, name) && !(own != "" && heard[own]):
			heard[own] = true
			found = append(found, t)
		}
	}
	return found
}

// handlerName gives the name of a handler, which is the same on all hosts. One that cannot be computed is its source.
func (pr *playRun) handlerName(t *play.Task) string {
	if s, ok := t.Name.(string); ok {
		return s
	}
	return TaskName(pr.hard, t, pr.Vars.Scope("", pr.p, t.Vars, nil))
}

// possible tells of a handler that runs only if an undecided task turns out to change something. Where its when does not hold, it does not run in any case.
func (ht *hostTask) possible() {
	e, open := ht.conditions(ht.t.When, ht.scope())
	if e != nil && !open {
		ht.keywords(e.res)
		ht.finish(*e)
		return
	}
	ht.unsure()
	res := ht.result(event.Undecided)
	res.Message = "it runs only if a task that notifies it turns out to change something"
	done := ended(res)
	done.notify, _ = ht.named(ht.scope())
	ht.keywords(res)
	ht.finish(done)
}

// warnOwed tells of handlers that were notified and have not run when the play ends.
func (pr *playRun) warnOwed() {
	for _, h := range pr.hosts {
		for _, t := range pr.p.Handlers {
			if h.owed[t].how == surely {
				d := diag.Warnf(t.Pos, "the handler %q was notified on %s and has not run: %s", pr.handlerName(t), h.name, pr.whyOwed(h))
				pr.emit(event.Warning{Host: h.name, Diagnostic: d})
			}
		}
		clear(h.owed)
	}
}

func (pr *playRun) whyOwed(h *hostState) string {
	switch {
	case pr.hard.Err() != nil:
		return "the run ended before"
	case h.unreachable:
		return "the host is unreachable"
	case h.out:
		return "a task failed"
	case h.ended:
		return "the play ended before"
	}
	return "it was notified after its turn"
}
