package engine

import (
	"context"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// Answer is what a person says to a task that is about to run.
type Answer int

// The answers.
const (
	SkipTask    Answer = iota // not this one
	DoTask                    // this one
	DoAllFromOn               // this one and all after it, without being asked
)

// begun reports whether the run has come to the task with which it is to start. Once it has, everything runs.
func (r *run) begun(t *play.Task) bool {
	if r.StartAt == nil || r.started {
		return true
	}
	r.started = r.StartAt(t)
	return r.started
}

// agreed asks whether a task is to run, where there is somebody who wants to be asked. A question that nobody answers ends the run; the handlers that are owed then run unasked.
func (pr *playRun) agreed(t *play.Task, hosts []*hostState) bool {
	if pr.Step == nil || pr.unasked || pr.stopped() {
		return true
	}
	answer, err := pr.Step(pr.soft, TaskName(pr.hard, t, pr.Vars.Scope(hosts[0].name, pr.p, t.Vars, nil)))
	switch {
	case err != nil:
		if pr.soft.Err() == nil {
			pr.quit = err
		}
		return false
	case answer == DoAllFromOn:
		pr.unasked = true
	}
	return answer != SkipTask
}

// refused tells of a handler that somebody did not agree to. It is not owed any more: the next flush does not ask again.
func (pr *playRun) refused(t *play.Task, hosts []*hostState) {
	if pr.stopped() {
		return
	}
	for _, h := range hosts {
		delete(h.owed, t)
		pr.emit(event.Warning{Host: h.name, Diagnostic: diag.Warnf(t.Pos, "the handler %q was notified on %s and does not run: it was not agreed to", pr.handlerName(t), h.name)})
	}
}

// StaticNames gives the names of a task that are known without a host: its name as it is written, and else that of its module.
func StaticNames(t *play.Task) []string {
	switch n := t.Name.(type) {
	case nil:
		return []string{t.Action}
	case *jinja.Template:
		return []string{n.Source()}
	default:
		return []string{jinja.Str(n)}
	}
}

// Stepper asks about a task by its name.
type Stepper func(ctx context.Context, task string) (Answer, error)
