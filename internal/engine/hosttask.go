package engine

import (
	"context"
	"errors"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
)

// hostTask is a task on one host.
type hostTask struct {
	*playRun
	h       *hostState
	t       *play.Task
	turn    *turn
	looking context.Context // of looks and of what decides whether there are any; all else is done under the run's hard context
	local   *jinja.Dict     // the variables of the present item of a loop; may be nil
	facts   *jinja.Dict     // what the items before have set
	item    *string         // what is shown of the present item; nil: no loop
	once    bool            // what it gives is for every host of the play
	to      delegation
	round   int             // the number of the try, from 1 on, where there may be more
	limit   context.Context // of changes, where the task has a time-out; nil: none
	queue   *queue          // of the items of a loop that travel together; nil: each is waited for
	sent    func()          // with queue: the item is on its way
	later   *vars.Later     // with queue: what came of the item before
}

// making is the context under which changes are made.
func (ht *hostTask) making() context.Context {
	if ht.limit != nil {
		return ht.limit
	}
	return ht.hard
}

// ending is what came of a task on a host, or of one item of its loop.
type ending struct {
	res     *event.TaskResult
	value   jinja.Value   // what register keeps
	notify  []string      // the handlers that the task names
	acted   bool          // changes were made or planned, and changed_when does not say otherwise
	wishes  []*wish       // what it wants included
	effects []func()      // on what outlives the task: they come about unless it fails, in a loop unless an item fails
	alter   func() ending // changes the inventory, and ends the task with what that gives; nil: it does not
	late    bool          // that it has changed something is found too late for its handlers: see notifies
}

// endingOf makes the ending of a task that did nothing. What it would have given is not known where it may still run.
func endingOf(res *event.TaskResult) ending {
	if res.Status == event.Undecided || res.Status == event.Deferred {
		return ending{res: res, value: jinja.Unknown{}}
	}
	return ending{res: res, value: resultValue(res, nil)}
}

func (ht *hostTask) view() vars.View {
	v := vars.View{Host: ht.h.name, Play: ht.p, Task: ht.t, Local: ht.local, Later: ht.later}
	if ht.turn != nil {
		v.Included = ht.turn.under
	}
	return v
}

// scope gives the variables that the task sees.
func (ht *hostTask) scope() jinja.Scope {
	v := ht.view()
	v.Reached = ht.reached
	return ht.Vars.Scope(v)
}

// name is how the task is called on this host.
func (ht *hostTask) name() string {
	if plain, ok := ht.t.Name.(string); ok {
		return plain
	}
	if n, ok := ht.t.Name.(*jinja.Template); ok { // a part that cannot be computed is told in its place, as with Ansible
		if v := n.EvalShown(ht.hard, ht.scope()); v != nil && !jinja.HasUnknown(v) {
			return jinja.Str(v)
		}
		return n.Source()
	}
	name := TaskName(ht.hard, ht.t, ht.scope())
	if ht.t.Name == nil && ht.t.Include != nil && ht.t.Include.Role != nil { // without a name it is called after the role, as with Ansible
		role, err := jinja.Force(ht.hard, ht.t.Include.Role.Name, ht.scope())
		if err != nil || jinja.HasUnknown(role) {
			role = written(ht.t.Include.Role.Name)
		}
		name += " : " + jinja.Str(role)
	}
	return name
}

// result begins the event of this task on this host.
func (ht *hostTask) result(s event.Status) *event.TaskResult {
	res := &event.TaskResult{
		Host: ht.h.name, Task: ht.name(), Role: roleName(ht.t), Module: ht.t.Action, Pos: ht.t.Pos, Status: s,
		Delegated: ht.to.name, Address: ht.to.address,
	}
	if d, ok := ht.h.paying[ht.t]; ok {
		res.Because = d.by
	}
	return res
}

// failed makes the event of a task that could not do its work; where the looks were broken off, that is why.
func (ht *hostTask) failed(pos diag.Pos, err error) *event.TaskResult {
	if ht.looking.Err() != nil {
		return ht.brokenOffResult()
	}
	res := ht.fault(pos, err)
	switch {
	case errors.Is(err, errUnknown):
	case ht.mayBeDefined(err):
		res.Message += "; in a real run it may be defined"
	default:
		return res
	}
	res.Status = event.Deferred
	ht.unsure()
	return res
}

// mayBeDefined reports whether an error is of what is not defined, on a host on which a task may or may not have run that would have set it.
func (ht *hostTask) mayBeDefined(err error) bool {
	return errors.Is(err, jinja.ErrUndefined) && ht.guesses(ht.h)
}

// brokenOffResult is the event of a task whose looks were broken off: it took too long, or the run is to end.
func (ht *hostTask) brokenOffResult() *event.TaskResult {
	for _, ctx := range []context.Context{ht.looking, ht.making()} {
		if late := (*timeoutError)(nil); errors.As(context.Cause(ctx), &late) {
			return ht.fault(ht.t.Pos, late)
		}
	}
	return ht.interrupted()
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
	if p, ok := errors.AsType[*modules.Panic](err); ok {
		res.Exception = p.Stack
	}
	if words := modules.ArgumentWords(err); words != "" {
		res.Message = words
	}
	if pos.IsValid() {
		res.Pos = pos
	}
	return res
}

// run does the task, or every item of its loop, and keeps and tells the result.
func (ht *hostTask) run() {
	if ht.t.Broken && ht.perhaps() == nil {
		e := endingOf(ht.failed(ht.t.Unsupported.Pos, ht.t.Unsupported))
		ht.keywords(e.res)
		ht.finish(e)
		return
	}
	if ht.t.Loop == nil {
		ht.finish(ht.timed())
		return
	}
	ht.runLoop()
}

// timed does the task one time, with its retries.
func (ht *hostTask) timed() ending {
	start := time.Now()
	var e ending
	if err := modules.Guard("the task", func() error { e = ht.attempt(); return nil }); err != nil {
		e = endingOf(ht.fault(ht.t.Pos, err))
	}
	e.res.Duration = time.Since(start)
	ht.keywords(e.res)
	return e
}

// attempt decides whether the task runs, and lets its module work.
func (ht *hostTask) attempt() ending {
	wrongHost := ht.delegate()
	scope := ht.scope()
	e, open := ht.conditions(ht.t.When, scope)
	switch {
	case e != nil && e.res.Status == event.Skipped: // a condition that does not hold comes before a host that cannot be computed
		return *e
	case wrongHost != nil && !open:
		e, open = wrongHost, wrongHost.res.Status == event.Undecided
	}
	if e != nil && !open {
		return *e
	}
	// Names are computed before anything is changed: a wrong one must not leave a change without its handler.
	names, wrong := ht.named(scope)
	switch {
	case open:
		e.wishes = ht.mayDo(scope)
	case wrong != nil:
		done := endingOf(wrong)
		e = &done
	case ht.t.Include != nil:
		done := ht.include(scope)
		e = &done
	default:
		done := ht.tries(scope)
		if done.alter != nil && (done.res.Status == event.OK || done.res.Status == event.Changed) {
			done = done.alter()
		}
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
		return endingOf(ht.failed(ht.t.Unsupported.Pos, ht.t.Unsupported))
	}
	if ht.t.Dynamic != nil {
		if wrong := ht.resolve(scope); wrong != nil {
			return endingOf(wrong)
		}
	}
	task, res := ht.decode(scope)
	if res == nil {
		res = ht.prepare(task, scope)
	}
	if res != nil {
		if res.Status == event.Deferred {
			ht.unsure()
		}
		if _, ok := ht.t.Module.New().(*word.IncludeVars); ok {
			return asVars(endingOf(res))
		}
		return endingOf(res)
	}
	if v, ok := task.(modules.Threshold); ok && ht.Verbosity < v.VerbosityThreshold() {
		e := ht.skip("skipped_reason", "Verbosity threshold not met.")
		e.value.(*jinja.Dict).Set("failed", false) // the action itself skips, and so gives a whole result
		e.res.Result = jinja.ToGo(e.value)
		return e
	}
	if e, ok := ht.word(task, scope); ok {
		return e
	}
	env, err := ht.environment(scope)
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, err))
	}
	s, h, err := ht.target(scope)
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, err))
	}
	w := &work{ht: ht, task: task, session: s, host: h, env: env}
	if ht.t.Async != nil {
		if e, ok := w.inBackground(scope); ok {
			return e
		}
	}
	release, err := ht.place(s)
	if err != nil {
		return endingOf(ht.brokenOffResult())
	}
	defer release()
	return w.asJob(w.do())
}

// resolve finds the module that a template names.
func (ht *hostTask) resolve(scope jinja.Scope) *event.TaskResult {
	v, err := ht.t.Dynamic.Eval(ht.looking, scope)
	if err != nil {
		return ht.failed(ht.t.Pos, err)
	}
	if jinja.HasUnknown(v) {
		res := ht.result(event.Deferred)
		res.Message = "which module it is depends on what only a real run can tell"
		ht.unsure()
		return res
	}
	t, faults := ht.Loader.ResolveAction(ht.t, jinja.Str(v))
	ht.tellWarnings(faults)
	if err := faults.Err(); err != nil {
		return ht.failed(ht.t.Pos, err)
	}
	ht.t = t
	return nil
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

// hides reports whether nothing is shown of the task; where no_log cannot be computed nothing is shown either.
func (ht *hostTask) hides() bool {
	if ht.t.NoLog == nil {
		return ht.Settings.NoLog
	}
	hide, err := optionalBool(ht.hard, ht.t.NoLog, ht.scope())
	return err != nil || (hide != nil && *hide)
}

// tellsDiff reports whether results hold what their module says of before and after, as in Ansible: with --diff, or by the keyword.
func (ht *hostTask) tellsDiff() bool {
	scope := ht.scope()
	if yes, err := optionalBool(ht.hard, ht.t.Diff, scope); err == nil && yes != nil {
		return *yes
	}
	v, _ := scope.Lookup("ansible_diff_mode")
	return v == true
}

// keywords applies those of the task's keywords that shape its result.
func (ht *hostTask) keywords(res *event.TaskResult) {
	res.Hidden = res.Hidden || ht.hides()
	if ht.t.NoLog == nil && ht.t.Diff == nil && res.Status != event.Failed && res.Status != event.Unreachable {
		return
	}
	scope := ht.scope()
	if show, err := optionalBool(ht.hard, ht.t.Diff, scope); err == nil {
		res.ShowDiff = show
	}
	word := ht.t.IgnoreErrors
	switch res.Status {
	case event.Failed:
	case event.Unreachable:
		word = ht.t.IgnoreUnreachable
	default:
		return
	}
	ignore, err := optionalBool(ht.hard, word, scope)
	res.Ignored = err == nil && ignore != nil && *ignore
}
