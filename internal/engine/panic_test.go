package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// faulty is a module that panics where it is told to, on one host.
type faulty struct {
	In string `arg:"in" doc:"Where it panics."`
	On string `arg:"on" doc:"The only host on which it does."`
}

func (f *faulty) panics(r host.Reader, in string) {
	_, err := r.Stat(context.Background(), "/")
	if f.In == in && err == nil {
		var none *host.Stat
		_ = none.Size // as a module does that has a fault
	}
}

func (f *faulty) Validate() error {
	if f.In == "validate" {
		panic("validating")
	}
	return nil
}

func (f *faulty) Plan(_ context.Context, r host.Reader) (*modules.Plan, error) {
	f.panics(r, "plan")
	return &modules.Plan{Steps: []change.Change{
		change.WriteFile{Path: "/first", Content: change.Bytes([]byte("x\n"))}, change.Exec{Argv: []string{"do", "it"}},
	}, More: f.In == "continue", Result: map[string]any{}}, nil
}

func (f *faulty) Continue(_ context.Context, r host.Reader, _ []change.Outcome) (*modules.Plan, error) {
	f.panics(r, "continue")
	return &modules.Plan{}, nil
}

func (f *faulty) Report(*modules.Plan, []change.Outcome) {
	if f.In == "report" {
		panic("reporting")
	}
}

// breaking is a host on which programs cannot be run.
type breaking struct{ host.Host }

func (b breaking) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	if e, ok := c.(change.Exec); ok && e.Argv[0] == "do" {
		panic("applying")
	}
	return b.Host.Apply(ctx, c)
}

func faultySpec() modules.Spec {
	return modules.Spec{Name: "faulty", Short: "Panics.", New: func() modules.Task { return &faulty{} }}
}

// TestPanicEndsTheTaskAlone has a module panic at each place where its code runs: the task fails on that host with a word on it, what was made before is told, and the run goes on.
func TestPanicEndsTheTaskAlone(t *testing.T) {
	for _, tt := range []struct {
		in, says string
		made     int
	}{
		{"plan", "the module faulty panicked: runtime error", 0},
		{"continue", "the module faulty panicked: runtime error", 2},
		{"report", "the module faulty panicked: reporting", 2},
		{"validate", "the module faulty panicked: validating", 0},
		{"apply", "it may be half made: what makes the change panicked: applying", 1},
	} {
		for _, helped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,helper=%t", tt.in, helped), func(t *testing.T) { panicIn(t, tt.in, tt.says, tt.made, helped) })
		}
	}
}

func panicIn(t *testing.T, in, says string, made int, helped bool) {
	t.Helper()
	w := newWorld("h1", "h2")
	w.helper, w.specs = helped, []modules.Spec{faultySpec()}
	if in == "apply" {
		w.wrap = func(h host.Host) host.Host { return breaking{h} }
	}
	book := fmt.Sprintf(`
- hosts: all
  gather_facts: false
  tasks:
    - faulty: {in: "{{ '%s' }}", on: h1}
      register: r
      ignore_errors: true
      when: inventory_hostname == 'h1'
    - debug: {msg: "{{ r.msg }}"}
      when: r.exception is defined
    - copy: {dest: /after, content: x, mode: "0600"}
`, in)
	s := w.run(t, engine.Options{Forks: 2}, strings.ReplaceAll(book, "on: h1", "on: there"))
	var failed *event.TaskResult
	for _, e := range w.events {
		if res, ok := e.(event.TaskResult); ok && res.Module == "faulty" && res.Host == "h1" {
			failed = &res
		}
	}
	if failed == nil || failed.Status != event.Failed || !strings.Contains(failed.Message, says) || !strings.Contains(failed.Message, "please report") {
		t.Fatalf("the result is %+v", failed)
	}
	if len(failed.Changes) != made {
		t.Errorf("%d changes are told, want %d", len(failed.Changes), made)
	}
	if !strings.Contains(failed.Exception, "panic_test.go") {
		t.Errorf("the stack does not name the place: %s", failed.Exception)
	}
	for _, h := range s.Hosts {
		if h.Unreachable > 0 || h.Failed > 0 {
			t.Errorf("%+v", h)
		}
	}
	for name, h := range w.hosts {
		if st, err := h.Stat(t.Context(), "/after"); err != nil || st.Kind != host.Regular {
			t.Errorf("the run did not go on on %s: %+v, %v", name, st, err)
		}
	}
	if !strings.Contains(w.log(), "debug") {
		t.Error("register did not keep the exception")
	}
}

// TestPanicIsNotDeferred holds that a fault of a module is none of what a blurred host excuses.
func TestPanicIsNotDeferred(t *testing.T) {
	w := newWorld("h1")
	w.specs = []modules.Spec{faultySpec()}
	s := w.run(t, engine.Options{PlanOnly: true}, `
- hosts: all
  gather_facts: false
  tasks:
    - command: do something
    - faulty: {in: report}
`)
	if s.Hosts[0].Failed != 1 {
		t.Errorf("%+v\n%s", s.Hosts[0], w.log())
	}
}
