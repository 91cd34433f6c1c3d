package moduletest

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Travel runs the fixtures that match a glob as they are run where the host has a helper: a task that has travelled looks, its plans travel back, and the task that stayed reports.
// What comes of it is what the fixture wants. A module fails here that keeps in fields that do not travel what Plan or Report needs.
func Travel(t *testing.T, spec modules.Spec, glob string) {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixture matches %s (%v)", glob, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			r := runner{spec: spec, fixture: load(t, path, spec)}
			task, err := r.task()
			if err != nil {
				return // it goes nowhere
			}
			h := r.host()
			far := &traveller{t: t, here: task, there: spec.New()}
			send(t, task, far.there)
			if v, ok := far.there.(modules.Validator); ok && v.Validate() != nil {
				t.Error("the arguments are valid here, and not there")
			}
			got := perform(t.Context(), spec, far.as(), h, func() { h.Put(r.after...) })
			for name, text := range results(t, got) {
				if diff := cmp.Diff(lines(r.want[name]), lines(text)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// send gives to what from becomes on its way.
func send(t *testing.T, from, to any) {
	t.Helper()
	form, err := wire.Marshal(from)
	if err == nil {
		err = wire.Unmarshal(form, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// traveller is a task in two places.
type traveller struct {
	t           *testing.T
	here, there modules.Task
}

// as gives the traveller the further abilities of its task.
func (tr *traveller) as() modules.Task {
	_, reports := tr.here.(modules.Reporter)
	_, continues := tr.here.(modules.Continuer)
	switch {
	case reports && continues:
		return struct {
			*traveller
			reporter
			continuer
		}{tr, reporter{tr}, continuer{tr}}
	case reports:
		return struct {
			*traveller
			reporter
		}{tr, reporter{tr}}
	case continues:
		return struct {
			*traveller
			continuer
		}{tr, continuer{tr}}
	}
	return tr
}

// back gives a plan as it comes back.
func (tr *traveller) back(p *modules.Plan, err error) (*modules.Plan, error) {
	if err != nil {
		return nil, err
	}
	var came modules.Plan
	send(tr.t, p, &came)
	return &came, nil
}

func (tr *traveller) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	return tr.back(tr.there.Plan(ctx, r))
}

type reporter struct{ tr *traveller }

func (r reporter) Report(p *modules.Plan, outcomes []change.Outcome) {
	var came []change.Outcome
	send(r.tr.t, outcomes, &came)
	r.tr.here.(modules.Reporter).Report(p, came)
}

type continuer struct{ tr *traveller }

func (c continuer) Continue(ctx context.Context, r host.Reader, outcomes []change.Outcome) (*modules.Plan, error) {
	return c.tr.back(c.tr.there.(modules.Continuer).Continue(ctx, r, outcomes))
}
