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

// agreed asks whether a task is to run, where there is somebody who wants to be asked. A question that nobody answers ends the run; the handlers that are owed then run unasked.
func (pr *playRun) agreed(t *play.Task, hosts []*hostState) bool {
	if pr.Step == nil || pr.stopped() || pr.allAgreed() {
		return true
	}
	answer, err := pr.Step(pr.soft, (&hostTask{playRun: pr, h: hosts[0], t: t, turn: hosts[0].turn, looking: pr.hard}).name())
	switch {
	case err != nil:
		if pr.soft.Err() == nil {
			pr.giveUp(err)
		}
		return false
	case answer == DoAllFromOn:
		pr.mu.Lock()
		pr.unasked = true
		pr.mu.Unlock()
	}
	return answer != SkipTask
}

func (r *run) allAgreed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unasked
}

// refused goes on from a task that somebody did not agree to. A handler is not owed any more: the next flush does not ask again.
func (pr *playRun) refused(t *play.Task, hosts []*hostState) {
	if pr.stopped() {
		for _, h := range hosts {
			h.turn.end = stopped
			if d, paying := h.paying[t]; paying && h.turn.handler { // it stays owed, and runs unasked
				h.owed[t] = d
			}
		}
		return
	}
	if !hosts[0].turn.handler {
		return
	}
	name, _ := pr.handlerName(t)
	for _, h := range hosts {
		pr.emit(event.Warning{Host: h.name, Diagnostic: diag.Warnf(t.Pos, "the handler %q was notified on %s and does not run: it was not agreed to", name, h.name)})
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
