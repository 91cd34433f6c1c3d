package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// slowly gives a Plan that runs a program when go on is closed.
func slowly(goOn <-chan struct{}) func(context.Context, host.Reader) (*modules.Plan, error) {
	return func(ctx context.Context, r host.Reader) (*modules.Plan, error) {
		select {
		case <-goOn:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if _, err := r.Stat(ctx, "/"); err != nil {
			return nil, err
		}
		return &modules.Plan{Steps: []change.Change{change.Exec{Argv: []string{"do", "slowly"}}}, Result: map[string]any{"secret": "hush"}}, nil
	}
}

// TestAsyncBeside holds that tasks on a host go on while one runs in the background, with and without a helper, and that neither disturbs the other.
func TestAsyncBeside(t *testing.T) {
	for _, helper := range []bool{false, true} {
		t.Run(fmt.Sprintf("helper=%t", helper), func(t *testing.T) {
			w, goOn := newWorld("h1", "h2", "h3"), make(chan struct{})
			w.helper = helper
			for _, h := range w.hosts {
				h.Put(mem.File("/etc/x", "a\n"))
			}
			w.specs = []modules.Spec{fakeSpec("slow", fake{plan: slowly(goOn)})}
			w.onEvent = func(e event.Event) {
				if s, ok := e.(event.TaskStart); ok && s.Name == "last" {
					close(goOn)
				}
			}
			w.run(t, engine.Options{Forks: 3}, tasks(
				"{slow: , async: 60, poll: 0, loop: [1, 2], register: jobs, vars: {v: '{{ item }}'}}",
				"{lineinfile: {path: /etc/x, line: '{{ item }}'}, loop: [b, c, d], notify: h}", "meta: flush_handlers", "meta: reset_connection",
				"{lineinfile: {path: /etc/x, line: e}, notify: h}",
				"{name: last, async_status: {jid: '{{ item.ansible_job_id }}'}, loop: '{{ jobs.results }}', register: r, until: r.finished, delay: 0, retries: 100000}",
				"{slow: , async: 60, poll: 1, changed_when: false}",
			))
			for _, h := range w.summary.Hosts {
				if h.Failed+h.Unreachable > 0 || h.OK != 7 {
					t.Errorf("%+v\n%s", h, w.log())
					break
				}
			}
			if n := strings.Count(w.log(), "applied on h2: run do slowly"); n != 3 {
				t.Errorf("%d jobs were done on h2", n)
			}
		})
	}
}

// TestAsyncHidden holds that what no_log hides of a task is hidden where its result is asked for.
func TestAsyncHidden(t *testing.T) {
	w, goOn := newWorld("h1"), make(chan struct{})
	close(goOn)
	w.specs = []modules.Spec{fakeSpec("slow", fake{plan: slowly(goOn)})}
	w.run(t, engine.Options{}, tasks(
		"{slow: , async: 60, poll: 0, register: job, no_log: true}", "{async_status: {jid: '{{ job.ansible_job_id }}'}, register: r, until: r.finished, delay: 0, retries: 1000}",
		"{slow: , register: r, until: r.attempts == 2, delay: 0, no_log: true}",
		"{slow: , register: r, until: r.attempts == 2, delay: 0, no_log: true, loop: [hush]}",
	))
	if text := fmt.Sprintf("%+v", w.events); strings.Contains(text, "hush") {
		t.Error(text)
	}
}

// TestAsyncTooLong holds that a job ends when its time is over, and that the run waits for one that nobody asks for.
func TestAsyncTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("h1")
		w.specs = []modules.Spec{fakeSpec("slow", fake{plan: slowly(nil)})}
		start := time.Now()
		w.run(t, engine.Options{}, tasks("{slow: , async: 10, poll: 3, ignore_errors: true}", "{slow: , async: 100, poll: 0}"))
		if !strings.Contains(w.log(), "h1 failed ignored: async task did not complete within the requested time") {
			t.Error(w.log())
		}
		if took := time.Since(start); took < 100*time.Second || took > 115*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
