package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// hostTask is a task on one host.
type hostTask struct {
	*playRun
	h       *hostState
	t       *play.Task
	looking context.Context // of looks; changes are made under the run's hard context
	local   *jinja.Dict     // the variables of the present item of a loop; may be nil
}

func (ht *hostTask) scope() jinja.Scope {
	return ht.Vars.Scope(ht.h.name, ht.p, ht.t.Vars, ht.local)
}

// result begins the event of this task on this host.
func (ht *hostTask) result(s event.Status) *event.TaskResult {
	return &event.TaskResult{Host: ht.h.name, Task: TaskName(ht.looking, ht.t, ht.scope()), Module: ht.t.Action, Pos: ht.t.Pos, Status: s, Because: ht.h.paying[ht.t]}
}

func (ht *hostTask) failed(pos diag.Pos, err error) *event.TaskResult {
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
		res, value := ht.once()
		ht.finish(res, value)
		return
	}
	ht.runLoop()
}

// once does the task one time and gives the event and the value that register keeps.
func (ht *hostTask) once() (*event.TaskResult, jinja.Value) {
	start := time.Now()
	res, value := ht.attempt()
	res.Duration = time.Since(start)
	ht.keywords(res)
	return res, value
}

func (ht *hostTask) attempt() (*event.TaskResult, jinja.Value) {
	scope := ht.scope()
	if res := ht.conditions(ht.t.When, scope); res != nil {
		return res, resultValue(res, nil)
	}
	if ht.t.Unsupported != nil {
		res := ht.failed(ht.t.Unsupported.Pos, ht.t.Unsupported)
		return res, resultValue(res, nil)
	}
	task, res := ht.decode(scope)
	if res != nil {
		return res, resultValue(res, nil)
	}
	if v, ok := task.(modules.Threshold); ok && ht.Verbosity < v.VerbosityThreshold() {
		res := ht.result(event.Skipped)
		res.Message = "Verbosity threshold not met."
		return res, resultValue(res, nil)
	}
	h, res := ht.target(scope)
	if res != nil {
		return res, resultValue(res, nil)
	}
	w := &work{ht: ht, task: task, host: h}
	return w.do()
}

// target gives the host that the task looks at and changes.
func (ht *hostTask) target(scope jinja.Scope) (host.Host, *event.TaskResult) {
	asked, err := ht.asked(scope)
	if err != nil {
		return nil, ht.failed(ht.t.Pos, err)
	}
	login, err := ht.Connector.Login(ht.h.name, scope, asked)
	if err != nil {
		return nil, ht.failed(ht.t.Pos, err)
	}
	checkMode, err := optionalBool(ht.looking, ht.t.CheckMode, scope)
	if err != nil {
		return nil, ht.failed(ht.t.Pos, fmt.Errorf("check_mode: %w", err))
	}
	return ht.session(ht.h.name, login).host(checkMode), nil
}

// conditions evaluates conditions that must all hold: nil where they do.
func (ht *hostTask) conditions(all []play.Condition, scope jinja.Scope) *event.TaskResult {
	var open []string
	for _, c := range all {
		truth, known, err := ht.holds(c, scope)
		switch {
		case err != nil:
			return ht.failed(c.Pos, err)
		case known && !truth:
			res := ht.result(event.Skipped)
			res.Message = "Conditional result was False"
			return res
		case !known:
			open = append(open, c.Source)
		}
	}
	if open == nil {
		return nil
	}
	res := ht.result(event.Undecided)
	res.Message = "whether it runs depends on what only a real run can tell: " + strings.Join(open, ", ")
	return res
}

// holds evaluates one condition.
func (ht *hostTask) holds(c play.Condition, scope jinja.Scope) (truth, known bool, err error) {
	v, err := c.Eval(ht.looking, scope)
	if err != nil {
		return false, true, err
	}
	truth, known, warning, err := jinja.Conditional(v)
	if warning != "" {
		ht.emit(event.Warning{Host: ht.h.name, Diagnostic: diag.Warnf(c.Pos, "%s", warning)})
	}
	return truth, known, err
}

// keywords applies those of the task's keywords that shape its result.
func (ht *hostTask) keywords(res *event.TaskResult) {
	scope := ht.scope()
	if hide, err := optionalBool(ht.looking, ht.t.NoLog, scope); err != nil || (hide != nil && *hide) {
		res.Hidden = true // where no_log cannot be computed nothing is shown either
	}
	if res.Status == event.Failed {
		ignore, err := optionalBool(ht.looking, ht.t.IgnoreErrors, scope)
		res.Ignored = err == nil && ignore != nil && *ignore
	}
}

// finish keeps the result of the whole task, counts it, tells it, and passes on what it notifies.
func (ht *hostTask) finish(res *event.TaskResult, value jinja.Value) {
	if ht.t.Register != "" {
		ht.Vars.Set(ht.h.name, ht.t.Register, value)
	}
	ht.count(res)
	ht.emit(*res)
	var how owing
	switch res.Status {
	case event.Changed:
		how = surely
		if res.Guess {
			how = possibly
		}
	case event.Undecided, event.Deferred:
		how = possibly
	default:
		return
	}
	if d := ht.notify(how); d != nil {
		fail := ht.failed(d.Pos, d)
		ht.count(fail)
		ht.emit(*fail)
	}
}
