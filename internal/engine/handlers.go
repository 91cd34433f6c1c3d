package engine

import (
	"maps"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// flush runs the handlers that were notified, in the order in which the play lists them, each once. Handlers that others notify on the way run too.
//
// It also runs when the user has asked for the end of the run: a restart that is owed is part of what was begun.
func (pr *playRun) flush() {
	for _, t := range pr.p.Handlers {
		hosts, maybe := pr.owing(t, surely), pr.owing(t, possibly)
		if len(hosts)+len(maybe) == 0 {
			continue
		}
		pr.emit(event.TaskStart{Name: TaskName(pr.hard, t, pr.Vars.Scope("", pr.p, t.Vars, nil)), Module: t.Action, Pos: t.Pos, Handler: true})
		pr.onAll(hosts, pr.hard, t)
		for _, h := range maybe {
			(&hostTask{playRun: pr, h: h, t: t, looking: pr.hard}).possible()
		}
	}
}

// owing gives the hosts that owe a handler, and takes the debt from them.
func (pr *playRun) owing(t *play.Task, how owing) []*hostState {
	var hosts []*hostState
	for _, h := range pr.hosts {
		if h.owed[t].how == how && (!h.out || pr.p.ForceHandlers) {
			h.paying[t] = h.owed[t].by
			delete(h.owed, t)
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// notify marks the handlers that a task names as owed by a host.
func (ht *hostTask) notify(how owing) *diag.Diagnostic {
	var names []string
	for _, n := range ht.t.Notify {
		given, err := jinja.Force(ht.looking, n.Value, ht.scope())
		if err != nil {
			return &diag.Diagnostic{Pos: n.Pos, Message: err.Error(), Err: err}
		}
		for _, name := range nameList(given) {
			if !ht.owe(name, how) {
				return diag.Errorf(n.Pos, "the requested handler %q was not found in the play", name)
			}
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		ht.emit(event.Notified{Host: ht.h.name, Handlers: names, Possible: how == possibly})
	}
	return nil
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

// owe marks one name: the last handler of that name, and every handler that listens to it.
func (ht *hostTask) owe(name string, how owing) bool {
	found := map[*play.Task]bool{}
	for _, t := range slices.Backward(ht.p.Handlers) {
		if TaskName(ht.looking, t, ht.playRun.Vars.Scope("", ht.p, t.Vars, nil)) == name && t.Name != nil {
			found[t] = true
			break
		}
	}
	for _, t := range ht.p.Handlers {
		if slices.Contains(t.Listen, name) {
			found[t] = true
		}
	}
	for t := range maps.Keys(found) {
		d := ht.h.owed[t]
		ht.h.owed[t] = debt{max(d.how, how), append(d.by, TaskName(ht.looking, ht.t, ht.scope()))}
	}
	return len(found) > 0
}

// possible tells of a handler that runs only if an undecided task turns out to change something.
func (ht *hostTask) possible() {
	res := ht.result(event.Undecided)
	res.Message = "it runs only if a task that notifies it turns out to change something"
	ht.finish(res, jinja.Unknown{})
}
