package engine

import (
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// finish keeps the result of the whole task, counts it, tells it, marks the handlers that it notifies, and says how the host goes on.
func (ht *hostTask) finish(e ending) {
	ht.goOn(e)
	if e.res.Status != event.Failed && e.res.Status != event.Unreachable {
		for _, effect := range e.effects {
			effect()
		}
	}
	if ht.t.Register != "" {
		for _, n := range ht.keepers() {
			ht.Vars.Set(n, ht.t.Register, e.value)
		}
	}
	if len(e.wishes) == 0 || e.res.Status != event.OK {
		ht.h.count(e.res, e.acted)
	}
	ht.turn.wishes = e.wishes
	if ht.t.Include == nil || e.res.Status != event.OK {
		ht.tell(e.res)
	}
	switch {
	case e.late:
	case e.res.Status == event.Changed && !e.res.Guess, e.res.Status == event.Interrupted && e.acted:
		ht.notify(e.notify, surely)
	case e.res.Status == event.Changed, e.res.Status == event.Undecided, e.res.Status == event.Deferred:
		ht.notify(e.notify, possibly)
	}
}

// keepers are the hosts that keep what the task gives: its own, or all of the play where the task runs once for them.
func (ht *hostTask) keepers() []string {
	if !ht.once {
		return []string{ht.h.name}
	}
	var names []string
	for _, h := range ht.hosts {
		if !h.unreachable.Load() {
			names = append(names, h.name)
		}
	}
	return names
}

// goOn says how the host goes on after a result.
func (ht *hostTask) goOn(e ending) {
	res := e.res
	if r := ht.t.Role; r != nil && res.Status != event.Skipped && res.Status != event.Unreachable {
		ht.h.rolesRan[r.Key] = true
	}
	switch {
	case res.Status == event.Interrupted:
		ht.turn.end = stopped
	case res.Status == event.Unreachable && !res.Ignored:
		ht.turn.end = gone
		ht.h.removed.Store(true)
	case res.Status == event.Failed && !res.Ignored:
		ht.turn.end = failed
		if ht.turn.rescued {
			res.Rescued = true
			ht.rescueVars(e)
			return
		}
		ht.h.removed.Store(true)
		ht.h.failed.Store(true)
	}
}

// rescueVars sets the variables by which a rescue sees what failed.
func (ht *hostTask) rescueVars(e ending) {
	t := jinja.NewDict()
	t.Set("name", "") // as in Ansible, of a task that has none
	if ht.t.Name != nil {
		t.Set("name", e.res.Task)
	}
	t.Set("action", ht.t.Action)
	t.Set("args", argsOf(ht.t))
	t.Set("register", nil)
	if ht.t.Register != "" {
		t.Set("register", ht.t.Register)
	}
	ht.Vars.Set(ht.h.name, "ansible_failed_task", t)
	ht.Vars.Set(ht.h.name, "ansible_failed_result", e.value)
}

// argsOf gives the arguments of a task as they are written.
func argsOf(t *play.Task) *jinja.Dict {
	d := jinja.NewDict()
	for _, a := range t.Args {
		if a.Expressions != nil {
			l := jinja.NewList()
			for _, x := range a.Expressions {
				l.Append(x.Source())
			}
			d.Set(a.Name, l)
			continue
		}
		d.Set(a.Name, written(a.Value))
	}
	return d
}

// written gives a value as it stands in the playbook: a template is its text.
func written(v jinja.Value) jinja.Value {
	switch x := v.(type) {
	case *jinja.Template:
		return x.Source()
	case *jinja.List:
		l := jinja.NewList()
		for _, item := range x.Items() {
			l.Append(written(item))
		}
		return l
	case *jinja.Dict:
		d := jinja.NewDict()
		for k, item := range x.Items {
			d.Set(k, written(item))
		}
		return d
	}
	return v
}

// tell emits a result, without what no_log hides.
func (ht *hostTask) tell(res *event.TaskResult) { ht.emit(ht.shown(*res)) }

// censored stands in place of the item of a task that no_log hides.
const censored = "(censored due to no_log)"

// shown gives a result without what no_log hides.
func (ht *hostTask) shown(res event.TaskResult) event.TaskResult {
	if !res.Hidden {
		return res
	}
	var changed any = res.Status == event.Changed
	if m, ok := res.Result.(map[string]any); ok && m["changed"] != nil {
		changed = m["changed"]
	}
	bare := res
	bare.Message, bare.Hint, bare.Exception, bare.Notes, bare.Diff, bare.Changes = "", "", "", nil, "", nil
	bare.Result = map[string]any{
		"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
		"changed":  changed,
	}
	if res.Item != nil {
		label := censored
		bare.Item = &label
	}
	return bare
}

// tellWarnings emits what is odd in a file that was read while the run is under way.
func (r *run) tellWarnings(faults diag.List) {
	for _, d := range faults.Warnings() {
		r.warnOnce(event.Warning{Diagnostic: d})
	}
}
