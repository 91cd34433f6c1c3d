package engine

import (
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

// notification is a name that a task on a host has notified. Which handlers answer to it is looked up when handlers run: of several with one name the last that was loaded counts.
type notification struct {
	name string
	debt
}

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

// and adds what another notification says.
func (d debt) and(other debt) debt {
	d.how = max(d.how, other.how)
	for _, by := range other.by {
		if !slices.Contains(d.by, by) {
			d.by = append(slices.Clone(d.by), by)
		}
	}
	return d
}

// expand turns the names that were notified on a host into handlers that it owes.
func (pr *playRun) expand(h *hostState) {
	for _, n := range h.notified {
		for _, t := range pr.answering(n.name) {
			h.owed[t] = h.owed[t].and(n.debt)
		}
	}
	h.notified = nil
}

// handlerList gives every handler of the play, in the order in which they run.
func (pr *playRun) handlerList() []*play.Task {
	pr.handlersMu.Lock()
	defer pr.handlersMu.Unlock()
	return slices.Concat(pr.handlers...)
}

// addHandlers adds the handlers of a role that a task has included.
func (pr *playRun) addHandlers(r *play.Role) {
	pr.handlersMu.Lock()
	defer pr.handlersMu.Unlock()
	for _, d := range r.AllDeps() {
		pr.handlers = append(pr.handlers, d.Handlers...)
	}
	pr.handlers = append(pr.handlers, r.Handlers...)
}

// answering gives the handlers that answer to a name: the first of that name in the list that was loaded last, and those that listen to it, of each name one.
func (pr *playRun) answering(name string) []*play.Task {
	pr.handlersMu.Lock()
	groups := slices.Clone(pr.handlers)
	pr.handlersMu.Unlock()
	var all []*play.Task
	for _, g := range slices.Backward(groups) {
		all = append(all, g...)
	}
	var found []*play.Task
	for _, t := range all {
		if own, ok := pr.handlerName(t); ok && own != "" && answers(t, own, name) {
			found = append(found, t)
			break
		}
	}
	heard := map[string]bool{}
	for _, t := range all {
		if !slices.Contains(pr.topics(t), name) {
			continue
		}
		own, _ := pr.handlerName(t)
		if own != "" && heard[own] {
			continue
		}
		heard[own] = true
		if !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	return found
}

// answers reports whether a handler is called by a name: its own, or that with its role's before it.
func answers(t *play.Task, own, name string) bool {
	if own == name {
		return true
	}
	return t.Role != nil && (event.Title(t.Role.Name, own) == name || event.Title(t.Role.FullName(), own) == name)
}

// handlerName gives the name of a handler, which is the same on all hosts; ok is false where it cannot be computed: such a handler can only be reached by what it listens to.
func (pr *playRun) handlerName(t *play.Task) (name string, ok bool) {
	switch n := t.Name.(type) {
	case nil:
		return "", false
	case string:
		return n, true
	}
	v, err := jinja.Force(pr.hard, t.Name, pr.Vars.Scope(vars.View{Play: pr.p, Task: t}))
	if err == nil && !jinja.HasUnknown(v) {
		return jinja.Str(v), true
	}
	source := TaskName(pr.hard, t, pr.Vars.Scope(vars.View{Play: pr.p, Task: t}))
	if t.Listen == nil {
		d := diag.Warnf(t.Pos, "Handler '%s' is unusable because it has no listen topics and the name could not be templated (host-specific variables are not supported in handler names)", source)
		if err != nil {
			d.Message += ". The error: " + err.Error()
		}
		pr.warnOnce(event.Warning{Diagnostic: d})
	}
	return source, false
}

// topics gives what a handler listens to.
func (pr *playRun) topics(t *play.Task) []string {
	var out []string
	for _, l := range t.Listen {
		v, err := jinja.Force(pr.hard, l, pr.Vars.Scope(vars.View{Play: pr.p, Task: t}))
		if err == nil {
			out = append(out, nameList(v)...)
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
			ht.warnOnce(event.Warning{Host: ht.h.name, Diagnostic: diag.Warnf(n.Pos, "which handlers it notifies %s", errUnknown)})
			continue
		}
		for _, name := range nameList(given) {
			if len(ht.answering(name)) == 0 {
				d := diag.Errorf(n.Pos, "The requested handler '%s' was not found in either the main handlers list nor in the listening handlers list", name)
				switch {
				case ht.guesses(ht.h):
					ht.warnOnce(event.Warning{Diagnostic: diag.Warnf(n.Pos, "%s; in a real run a role that is included before may bring it", d.Message)})
				case !ht.MissingHandler: // the playbook is wrong: as with Ansible that is the end of the run, though here before anything is changed
					ht.giveUp(d)
					return nil, ht.interrupted()
				default:
					ht.warnOnce(event.Warning{Diagnostic: diag.Warnf(n.Pos, "%s", d.Message)})
				}
				continue
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

// notify notes that the handlers of these names are owed by the host. While handlers run, those that come later in the list run in the same flush.
func (ht *hostTask) notify(names []string, how owing) {
	if len(names) == 0 {
		return
	}
	by := debt{how, []string{event.Title(roleName(ht.t), ht.name())}}
	for _, name := range names {
		i := slices.IndexFunc(ht.h.notified, func(n notification) bool { return n.name == name })
		if i < 0 {
			ht.h.notified = append(ht.h.notified, notification{name: name, debt: by})
			continue
		}
		ht.h.notified[i].debt = ht.h.notified[i].and(by)
	}
	if ht.turn != nil && ht.turn.handler {
		ht.expand(ht.h)
	}
	ht.emit(event.Notified{Host: ht.h.name, Handlers: names, Possible: how == possibly})
}

// possible tells of a handler that runs only if an undecided task turns out to change something. Where its when does not hold, it does not run in any case.
func (ht *hostTask) possible() {
	e, open := ht.conditions(ht.t.When, ht.scope())
	if e != nil && !open {
		ht.keywords(e.res)
		ht.finish(*e)
		return
	}
	done := ht.undecided("it runs only if a task that notifies it turns out to change something")
	if ht.t.Loop != nil {
		ht.withoutItems(done)
	} else {
		done.notify, _ = ht.named(ht.scope())
		done.wishes = ht.mayDo(ht.scope())
	}
	ht.keywords(done.res)
	ht.finish(*done)
}

// warnOwed tells of handlers that were notified and have not run when the play ends.
func (pr *playRun) warnOwed() {
	for _, h := range pr.hosts {
		pr.expand(h)
		for _, t := range pr.handlerList() {
			if h.owed[t].how == surely {
				name, _ := pr.handlerName(t)
				d := diag.Warnf(t.Pos, "the handler %q was notified on %s and has not run: %s", name, h.name, pr.whyOwed(h))
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
	case h.unreachable.Load():
		return "the host is unreachable"
	case h.out.Load():
		return "a task failed"
	case h.removed.Load():
		return "the play ended before"
	}
	return "it was notified after its turn"
}
