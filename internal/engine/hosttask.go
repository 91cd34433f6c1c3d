package engine

import (
	"context"
	"errors"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
)

// hostTask is a task on one host.
type hostTask struct {
	*playRun
	h       *hostState
	t       *play.Task
	looking context.Context // of looks and of what decides whether there are any; all else is done under the run's hard context
	local   *jinja.Dict     // the variables of the present item of a loop; may be nil
}

// ending is what came of a task on a host, or of one item of its loop.
type ending struct {
	res    *event.TaskResult
	value  jinja.Value // what register keeps
	notify []string    // the handlers that the task names
	acted  bool        // changes were made or planned, and changed_when does not say otherwise
}

// ended makes the ending of a task that did nothing. What it would have given is not known where it may still run.
func ended(res *event.TaskResult) ending {
	if res.Status == event.Undecided || res.Status == event.Deferred {
		return ending{res: res, value: jinja.Unknown{}}
	}
	return ending{res: res, value: resultValue(res, nil)}
}

func (ht *hostTask) scope() jinja.Scope {
	return ht.Vars.Scope(ht.h.name, ht.p, ht.t.Vars, ht.local)
}

// name is how the task is called on this host.
func (ht *hostTask) name() string { return TaskName(ht.hard, ht.t, ht.scope()) }

// result begins the event of this task on this host.
func (ht *hostTask) result(s event.Status) *event.TaskResult {
	res := &event.TaskResult{Host: ht.h.name, Task: ht.name(), Module: ht.t.Action, Pos: ht.t.Pos, Status: s}
	if d, ok := ht.h.paying[ht.t]; ok {
		res.Because = d.by
	}
	return res
}

// failed makes the event of a task that could not do its work; where the looks were broken off, that is why.
func (ht *hostTask) failed(pos diag.Pos, err error) *event.TaskResult {
	if ht.looking.Err() != nil {
		return ht.interrupted()
	}
	return ht.fault(pos, err)
}

func (ht *hostTask) interrupted() *event.TaskResult {
	res := ht.result(event.Interrupted)
	res.Message = "interrupted"
	return res
}

// fault makes the event of an error, at the place that the error names, else at pos.
func (ht *hostTask) fault(pos diag.Pos, err error) *event.TaskResult {
	res := ht.result(event.Failed)
	res.Message = err.Error()
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		if d.Pos.IsValid() {
			pos = d.Pos
		}
		res.Message, res.Hint = d.Message, d.Hint
	}
	if many := (diag.List)(nil); errors.As(err, &many) && len(many) > 1 {
		res.Message, res.Hint = many.Error(), ""
	}
	if pos.IsValid() {
		res.Pos = pos
	}
	return res
}

// run does the task, or every item of its loop, and keeps and tells the result.
func (ht *hostTask) run() {
	if ht.t.Loop == nil {
		ht.finish(ht.once())
		return
	}
	ht.runLoop()
}

// once does the task one time.
func (ht *hostTask) once() ending {
	start := time.Now()
	e := ht.attempt()
	e.res.Duration = time.Since(start)
	ht.keywords(e.res)
	return e
}

// attempt decides whether the task runs, and lets its module work.
func (ht *hostTask) attempt() ending {
	scope := ht.scope()
	e, open := ht.conditions(ht.t.When, scope)
	if e != nil && !open {
		return *e
	}
	// Names are computed before anything is changed: a wrong one must not leave a change without its handler.
	names, wrong := ht.named(scope)
	switch {
	case open:
		ht.unsure()
	case wrong != nil:
		done := ended(wrong)
		e = &done
	default:
		done := ht.work(scope)
		e = &done
	}
	e.notify = names
	return *e
}

// unsure marks the host as one on which nobody can tell whether this task runs.
func (ht *hostTask) unsure() {
	ht.mu.Lock()
	defer ht.mu.Unlock()
	ht.h.unsure = true
	for _, t := range ht.h.targets {
		t.unsure.Store(true)
	}
}

// work computes the arguments and lets the module work.
func (ht *hostTask) work(scope jinja.Scope) ending {
	if ht.t.Unsupported != nil {
		return ended(ht.failed(ht.t.Unsupported.Pos, ht.t.Unsupported))
	}
	task, res := ht.decode(scope)
	if res != nil {
		if res.Status == event.Deferred {
			ht.unsure()
		}
		return ended(res)
	}
	if v, ok := task.(modules.Threshold); ok && ht.Verbosity < v.VerbosityThreshold() {
		return ht.skip("skipped_reason", "Verbosity threshold not met.")
	}
	s, h, err := ht.target(scope)
	if err != nil {
		return ended(ht.failed(ht.t.Pos, err))
	}
	release, err := s.target.take(ht.looking)
	if err != nil {
		return ended(ht.interrupted())
	}
	defer release()
	w := &work{ht: ht, task: task, session: s, host: h}
	return w.do()
}

// skip makes the ending of a task that does not run; key is where Ansible's result has the reason.
func (ht *hostTask) skip(key, reason string) ending {
	res := ht.result(event.Skipped)
	res.Message = reason
	value := jinja.NewDict()
	value.Set("changed", false)
	value.Set("skipped", true)
	value.Set(key, reason)
	res.Result = jinja.ToGo(value)
	return ending{res: res, value: value}
}

// keywords applies those of the task's keywords that shape its result.
func (ht *hostTask) keywords(res *event.TaskResult) {
	scope := ht.scope()
	if hide, err := optionalBool(ht.hard, ht.t.NoLog, scope); err != nil || (hide != nil && *hide) {
		res.Hidden = true // where no_log cannot be computed nothing is shown either
	}
	if show, err := optionalBool(ht.hard, ht.t.Diff, scope); err == nil {
		res.ShowDiff = show
	}
	if res.Status == event.Failed {
		ignore, err := optionalBool(ht.hard, ht.t.IgnoreErrors, scope)
		res.Ignored = err == nil && ignore != nil && *ignore
	}
}

// finish keeps the result of the whole task, counts it, tells it, and marks the handlers that it notifies.
func (ht *hostTask) finish(e ending) {
	if ht.t.Register != "" {
		ht.Vars.Set(ht.h.name, ht.t.Register, e.value)
	}
	ht.h.count(e.res, e.acted)
	ht.tell(e.res)
	switch {
	case e.res.Status == event.Changed && !e.res.Guess, e.res.Status == event.Interrupted && e.acted:
		ht.notify(e.notify, surely)
	case e.res.Status == event.Changed, e.res.Status == event.Undecided, e.res.Status == event.Deferred:
		ht.notify(e.notify, possibly)
	}
}

// tell emits a result, without what no_log hides.
func (ht *hostTask) tell(res *event.TaskResult) {
	if !res.Hidden {
		ht.emit(*res)
		return
	}
	bare := *res
	bare.Message, bare.Hint, bare.Notes, bare.Diff, bare.Changes = "", "", nil, "", nil
	bare.Result = map[string]any{
		"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
		"changed":  res.Status == event.Changed,
	}
	if res.Item != nil {
		label := "(censored due to no_log)"
		bare.Item = &label
	}
	ht.emit(bare)
}
