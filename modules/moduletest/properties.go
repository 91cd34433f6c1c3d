package moduletest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

type runner struct {
	spec modules.Spec
	*fixture
}

func (r runner) host() *mem.Host { return mem.New(r.before...) }

// task decodes the arguments anew, and lets the task read of the control node: a task is used once.
func (r runner) task() (modules.Task, error) {
	m, _ := modules.NewRegistry(r.spec).Lookup(r.spec.Name)
	task, err := m.Decode(diag.Pos{}, r.given)
	if p, ok := task.(modules.Preparer); ok && err == nil {
		err = p.Prepare(context.Background(), r.controlNode())
	}
	return task, err
}

// perform makes a new task on h.
func (r runner) perform(ctx context.Context, h host.Host, all func()) trace {
	task, err := r.task()
	if err != nil {
		return trace{err: err}
	}
	return perform(ctx, r.spec, task, h, all)
}

// run makes the task for real. Once all steps were made, the programs give their later answers.
func (r runner) run(ctx context.Context, h *mem.Host) trace {
	return r.perform(ctx, h, func() { h.Put(r.after...) })
}

func (r runner) all(t *testing.T) {
	h := r.host()
	first := r.run(t.Context(), h)
	if *update {
		r.rewrite(t, first)
	}
	t.Run("run", func(t *testing.T) { r.checkRun(t, h, first) })
	if _, err := r.task(); err != nil {
		return
	}
	t.Run("plan", r.checkPlan)
	t.Run("json", func(t *testing.T) { checkJSON(t, first.steps) })
	t.Run("check", func(t *testing.T) { r.checkOverlay(t, first) })
	if first.err != nil {
		return
	}
	t.Run("again", func(t *testing.T) { r.checkAgain(t, h) })
	t.Run("inverse", func(t *testing.T) { r.checkInverse(t, first) })
	t.Run("failure", func(t *testing.T) { r.checkFailures(t, len(first.steps)) })
}

// checkRun compares what the run did and left with what is wanted.
func (r runner) checkRun(t *testing.T, h *mem.Host, got trace) {
	for name, text := range results(t, got) {
		if diff := cmp.Diff(lines(r.want[name]), lines(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(r.wantSnapshot(t), plain(h.Snapshot())); diff != "" {
		t.Errorf("the host afterwards (-want +got):\n%s", diff)
	}
	if asked := h.Unanswered(); len(asked) > 0 {
		t.Errorf("the fixture has no answer for %q", asked)
	}
}

func lines(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") }

// results gives the texts of the want.* files that a trace would have.
func results(t *testing.T, got trace) map[string]string {
	t.Helper()
	out := map[string]string{"want.steps": got.summaries(), "want.diff": got.diff(), "want.result": "", "want.facts": "", "want.vars": "", "want.unmet": "", "want.note": "", "want.error": ""}
	if got.err != nil {
		out["want.error"] = got.err.Error()
	}
	if p := got.plan; p != nil && got.err == nil {
		out["want.unmet"], out["want.note"] = p.Unmet, p.Note
		out["want.result"], out["want.facts"], out["want.vars"] = jsonOf(t, p.Result), jsonOf(t, p.Facts), jsonOf(t, p.Vars)
	}
	return out
}

func jsonOf(t *testing.T, m map[string]any) string {
	t.Helper()
	if len(m) == 0 {
		return ""
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatalf("a result that has no JSON form: %v", err)
	}
	return string(b) + "\n"
}

// wantSnapshot is the host before, with what is wanted put over it.
func (r runner) wantSnapshot(t *testing.T) mem.Snapshot {
	t.Helper()
	h := r.host()
	was := h.Snapshot().Nodes
	for name, content := range r.wantFiles {
		m := mem.Root(0o644)
		if n, ok := was[name]; ok {
			m = change.Meta{Mode: n.Mode, UID: n.UID, GID: n.GID}
		}
		h.Put(mem.FileAs(name, content, m))
	}
	contents := map[string]string{}
	for name, n := range h.Snapshot().Nodes {
		contents[name] = n.Content
	}
	h.Put(r.metas(t, contents, r.want["want.meta"])...)
	for name := range strings.Lines(r.want["want.removed"]) {
		h.Delete(strings.TrimSpace(name))
	}
	h.Put(states(t, r.want["want.state"])...)
	return plain(h.Snapshot())
}

// plain leaves out of service states what is only told, not changed.
func plain(s mem.Snapshot) mem.Snapshot {
	s.States = maps.Clone(s.States)
	for ref, state := range s.States {
		if service, ok := state.(change.ServiceState); ok {
			service.Status, service.Unit = nil, ""
			s.States[ref] = service
		}
	}
	return s
}

// readOnly panics where it is written to.
type readOnly struct{ host.Reader }

func (readOnly) Apply(context.Context, change.Change) (change.Outcome, error) {
	panic("a module wrote while it planned")
}
func (readOnly) Close() error { panic("a module closed its host") }

// checkPlan plans twice on a host that cannot be written to.
func (r runner) checkPlan(t *testing.T) {
	h := r.host()
	before := h.Snapshot()
	var texts []string
	for range 2 {
		task, err := r.task()
		if err != nil {
			t.Fatal(err)
		}
		plan, err := task.Plan(t.Context(), host.Listed(readOnly{h}, r.spec.Probes))
		texts = append(texts, planText(t, plan, err))
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
		t.Errorf("two plans differ:\n%s", diff)
	}
	if diff := cmp.Diff(before, h.Snapshot()); diff != "" {
		t.Errorf("planning changed the host:\n%s", diff)
	}
}

// planText is all that is in a plan, or its error, as text.
func planText(t *testing.T, p *modules.Plan, err error) string {
	t.Helper()
	if err != nil {
		return "error: " + err.Error()
	}
	steps := []json.RawMessage{}
	for _, c := range slices.Concat(p.Steps, p.Control) {
		b, err := change.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, b)
	}
	b, err := json.Marshal([]any{steps, p.Result, p.Facts, p.Vars, p.Unmet, p.Note, p.More})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkJSON sends every step through its JSON form.
func checkJSON(t *testing.T, steps []change.Change) {
	for _, c := range steps {
		data, err := change.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := change.Unmarshal(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		again, err := change.Marshal(back)
		if err != nil || string(again) != string(data) || change.Diff(back) != change.Diff(c) {
			t.Errorf("%s became %s (%v)", data, again, err)
		}
	}
}

// checkOverlay makes the task in check mode.
func (r runner) checkOverlay(t *testing.T, run trace) {
	h := r.host()
	before := h.Snapshot()
	got := r.perform(t.Context(), host.NewOverlay(readOnly{h}), func() {})
	if diff := cmp.Diff(before, h.Snapshot()); diff != "" {
		t.Errorf("check mode changed the host:\n%s", diff)
	}
	if r.noCheck != "" {
		return
	}
	if got.err != nil && (run.err == nil || got.err.Error() != run.err.Error()) && !errors.Is(got.err, host.ErrPlanned) {
		t.Errorf("check mode ends with %v, the run with %v", got.err, run.err)
	}
	if run.err != nil {
		return // a step failed, or would have: check mode may show what was meant
	}
	if diff := cmp.Diff(run.diff(), got.diff()); diff != "" {
		t.Errorf("diffs of run and check mode differ (-run +check):\n%s", diff)
	}
	if got.unknown || got.err != nil {
		return
	}
	if diff := cmp.Diff(jsonOf(t, run.plan.Result), jsonOf(t, got.plan.Result)); diff != "" {
		t.Errorf("results of run and check mode differ (-run +check):\n%s", diff)
	}
}

// checkAgain plans on the host that the run left.
func (r runner) checkAgain(t *testing.T, h *mem.Host) {
	again := r.perform(t.Context(), h, func() {})
	switch {
	case again.err != nil:
		t.Error(again.err)
	case !r.always && len(again.steps) > 0:
		t.Errorf("the second run changes again:\n%s", again.diff())
	case r.always && len(again.steps) == 0:
		t.Error("the fixture says always, and the second run changes nothing")
	}
}

// checkInverse makes the steps undone.
func (r runner) checkInverse(t *testing.T, first trace) {
	if r.noInverse != "" {
		if !slices.Contains(mayLackInverse, r.spec.Name) {
			t.Errorf("%s is not among the modules that may lack an inverse", r.spec.Name)
		}
		return
	}
	h := r.host()
	before := h.Snapshot()
	r.run(t.Context(), h)
	for _, c := range slices.Backward(first.steps) {
		if e, ok := c.(change.Exec); ok && e.Effectless {
			continue
		}
		inverse, ok := change.Invert(c)
		if !ok {
			t.Fatalf("%q has no inverse", c.Summary())
		}
		if _, err := h.Apply(t.Context(), inverse); err != nil {
			t.Fatalf("undoing %q: %v", c.Summary(), err)
		}
	}
	if diff := cmp.Diff(plain(before), plain(h.Snapshot())); diff != "" {
		t.Errorf("undoing does not lead back (-before +undone):\n%s", diff)
	}
}

// checkFailures lets each step fail in turn.
func (r runner) checkFailures(t *testing.T, steps int) {
	broken := errors.New("the connection broke")
	before, want := r.host().Snapshot(), r.wantSnapshot(t)
	for k := 1; k <= steps; k++ {
		h := r.host()
		h.FailAt(k, broken)
		if tr := r.run(t.Context(), h); !errors.Is(tr.err, broken) {
			t.Fatalf("step %d: the failure gave %v", k, tr.err)
		}
		for name, n := range h.Snapshot().Nodes {
			if n != before.Nodes[name] && n != want.Nodes[name] {
				t.Errorf("after a failure at step %d, %s is neither as before nor as wanted: %+v", k, name, n)
			}
		}
		if tr := r.run(t.Context(), h); tr.err != nil {
			t.Errorf("the run after a failure at step %d: %v", k, tr.err)
		}
		if diff := cmp.Diff(want, plain(h.Snapshot())); diff != "" {
			t.Errorf("the run after a failure at step %d does not converge (-want +got):\n%s", k, diff)
		}
	}
}
