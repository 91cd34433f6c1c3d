package engine

import (
	"errors"
	"fmt"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// maxRounds bounds how often a module may look and change within one task.
const maxRounds = 8

// round is one look of a module, and what came of its steps where they were made together with it.
type round struct {
	plan     *modules.Plan
	made     bool
	outcomes []change.Outcome
	failed   error // of the step after those
}

// rounds has the module look and the engine apply, until the module has no more to say.
func (w *work) rounds() error {
	r, err := w.look(nil)
	for n := 1; err == nil; n++ {
		outcomes, applyErr := w.apply(r)
		if applyErr != nil {
			return applyErr
		}
		plan := w.plan
		if plan.More && plan.Note != "" {
			w.notes = append(w.notes, plan.Note)
		}
		if _, more := w.task.(modules.Continuer); !plan.More || !more || plan.Unmet != "" {
			return nil
		}
		if n == maxRounds {
			return fmt.Errorf("the module %s did not come to an end in %d rounds", w.ht.t.Module.Name, maxRounds)
		}
		r, err = w.look(&outcomes)
	}
	return err
}

// look has the module look: on the host itself where somebody does so there, else from here. before are the outcomes of the round before; nil: this is the first.
func (w *work) look(before *[]change.Outcome) (round, error) {
	if there, over, err := w.planner(); there != nil || err != nil {
		if err != nil {
			return round{}, err
		}
		return w.lookThere(there, over, before)
	}
	ctx := modules.ContextWithEnvironment(w.ht.looking, w.env)
	if before == nil {
		return w.planned(w.task.Plan(ctx, w.reader()))
	}
	return w.planned(w.task.(modules.Continuer).Continue(ctx, w.reader(), *before))
}

func (w *work) planned(p *modules.Plan, err error) (round, error) {
	if p != nil {
		p.WithEnvironment(w.env)
	}
	return round{plan: p}, err
}

// planner gives who plans the task on the host itself; nil: it is planned here.
func (w *work) planner() (modules.Planner, *host.Overlay, error) {
	if w.ht.OnTarget == nil || !w.ht.OnTarget(w.ht.t.Module.Name) {
		return nil, nil, nil
	}
	return planner(w.ht.looking, w.host)
}

// lookThere has the task planned on the host. Its steps are made at once but where they are only planned: over an overlay.
func (w *work) lookThere(there modules.Planner, over *host.Overlay, before *[]change.Outcome) (round, error) {
	q := modules.Request{Module: w.ht.t.Module.Name, Task: w.task, Over: over, Make: !plansOnly(w.host), Replan: before == nil, Env: w.env}
	if items := w.ht.queue; items != nil && over == nil {
		q.Behind, q.Sent = &items.chain, w.ht.sent
	} else if items != nil { // what is planned of one item lies over the host for the next
		items.wait()
	}
	if before != nil {
		q.Next, q.Outcomes = true, *before
	}
	p, err := there.Perform(w.ht.looking, w.ht.making(), q)
	if err != nil {
		return round{}, err
	}
	return round{p.Plan, q.Make, p.Outcomes, p.Failed}, nil
}

// apply makes the steps of a round. Where somebody else changed a file between look and write, the module plans once more.
func (w *work) apply(r round) ([]change.Outcome, error) {
	w.plan = r.plan
	outcomes, err := w.applySteps(r)
	if r.made || !errors.Is(err, host.ErrStale) || len(outcomes) > 0 || len(w.outcomes) > 0 {
		return outcomes, err
	}
	again, err := w.look(nil)
	if err != nil {
		return nil, err
	}
	w.plan, w.applying = again.plan, false
	return w.applySteps(again)
}

func (w *work) applySteps(r round) ([]change.Outcome, error) {
	var outcomes []change.Outcome
	for i, c := range r.plan.Steps {
		out, err := change.Outcome{}, r.failed
		switch {
		case !r.made:
			out, err = modules.Apply(w.ht.making(), w.host, c)
		case i < len(r.outcomes):
			out, err = r.outcomes[i], nil
		case err == nil:
			err = errors.New("the host did not say what came of it")
		}
		if err != nil {
			w.applying = true
			return outcomes, fmt.Errorf("%s: %w", c.Summary(), err)
		}
		outcomes = append(outcomes, out)
		w.outcomes = append(w.outcomes, out)
		if out.Errno == 0 { // a program that could not be started has changed nothing
			w.steps = append(w.steps, c)
		}
	}
	return outcomes, nil
}
