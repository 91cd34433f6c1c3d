package moduletest

import (
	"context"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// maxRounds bounds a module that goes on asking for more.
const maxRounds = 10

// trace is what a task did to a host.
type trace struct {
	plan    *modules.Plan // of the last round
	steps   []change.Change
	unknown bool  // an outcome was not known
	err     error // of planning or applying
}

func (tr trace) diff() string {
	var b strings.Builder
	for _, c := range tr.steps {
		b.WriteString(change.Diff(c))
	}
	return b.String()
}

func (tr trace) summaries() string {
	var b strings.Builder
	for _, c := range tr.steps {
		b.WriteString(c.Summary() + "\n")
	}
	return b.String()
}

// perform plans and makes a task on a host, in as many rounds as it wants. all is called once a round's steps were made. What the task gets to look at is no Applier and
// answers listed probes only.
func perform(ctx context.Context, spec modules.Spec, task modules.Task, h host.Host, all func()) (tr trace) {
	look := host.Listed(h, spec.Probes)
	tr.plan, tr.err = task.Plan(ctx, look)
	for range maxRounds {
		if tr.err != nil {
			return tr
		}
		var outcomes []change.Outcome
		for _, c := range tr.plan.Steps {
			out, err := h.Apply(ctx, c)
			if err != nil {
				tr.err = err
				return tr
			}
			tr.steps, outcomes = append(tr.steps, c), append(outcomes, out)
			tr.unknown = tr.unknown || !out.Known
		}
		if r, ok := task.(modules.Reporter); ok {
			r.Report(tr.plan, outcomes)
		}
		all()
		more, ok := task.(modules.Continuer)
		if !ok || !tr.plan.More {
			return tr
		}
		tr.plan, tr.err = more.Continue(ctx, look, outcomes)
	}
	return tr
}
