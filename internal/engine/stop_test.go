package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// fake is a module that does what a test says.
type fake struct {
	plan     func(ctx context.Context, r host.Reader) (*modules.Plan, error)
	again    func(ctx context.Context, r host.Reader, outcomes []change.Outcome) (*modules.Plan, error)
	Argument string `arg:"argument" doc:"Anything."`
}

func (f *fake) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) { return f.plan(ctx, r) }

func (f *fake) Continue(ctx context.Context, r host.Reader, outcomes []change.Outcome) (*modules.Plan, error) {
	return f.again(ctx, r, outcomes)
}

func fakeSpec(name string, f fake) modules.Spec {
	return modules.Spec{Name: name, Short: "does what a test says", New: func() modules.Task { own := f; return &own }}
}

func tasks(tasks ...string) string {
	return "- hosts: all\n  gather_facts: false\n  handlers:\n    - {name: h, command: do handler}\n  tasks:\n    - " + strings.Join(tasks, "\n    - ") + "\n"
}

func wantLog(t *testing.T, w *world, want string) {
	t.Helper()
	if got := w.log(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestStopBetweenTasks(t *testing.T) {
	w, stop := newWorld("h1", "h2", "h3"), make(chan struct{})
	w.onEvent = func(e event.Event) {
		if r, ok := e.(event.TaskResult); ok && r.Host == "h2" && r.Task == "command" {
			close(stop)
			w.onEvent = nil
		}
	}
	s := w.run(t, engine.Options{Stop: stop}, tasks("{command: do a, notify: h}", "command: do never"), tasks("command: do never"))
	if !s.Interrupted {
		t.Error("the summary does not say that the run was interrupted")
	}
	wantLog(t, w, `PLAY all on h1 h2 h3
TASK command
  h1 changed [run do a]
    h1 notified: h
  h2 changed [run do a]
    h2 notified: h
HANDLER h
  h1 changed [run do handler] because of command
  h2 changed [run do handler] because of command
RECAP h1: ok=2 changed=2
RECAP h2: ok=2 changed=2
INTERRUPTED
applied on h1: run do a
applied on h1: run do handler
applied on h2: run do a
applied on h2: run do handler
`)
}

// waitFor gives a Plan that closes begun and looks until it is broken off.
func waitFor(begun chan struct{}) func(context.Context, host.Reader) (*modules.Plan, error) {
	return func(ctx context.Context, _ host.Reader) (*modules.Plan, error) {
		close(begun)
		<-ctx.Done()
		return nil, fmt.Errorf("the look: %w", context.Cause(ctx))
	}
}

func TestStopDuringALook(t *testing.T) {
	w, stop := newWorld("h1"), make(chan struct{})
	w.specs = []modules.Spec{fakeSpec("look", fake{plan: waitFor(stop)})}
	w.run(t, engine.Options{Stop: stop}, tasks("{command: do a, notify: h}", "{look: , register: r, notify: h}", "command: do never"))
	wantLog(t, w, `PLAY all on h1
TASK command
  h1 changed [run do a]
    h1 notified: h
TASK look
  h1 interrupted: interrupted
HANDLER h
  h1 changed [run do handler] because of command
RECAP h1: ok=2 changed=2
INTERRUPTED
applied on h1: run do a
applied on h1: run do handler
`)
}

func TestStopDuringAnItem(t *testing.T) {
	w, stop := newWorld("h1"), make(chan struct{})
	w.specs = []modules.Spec{fakeSpec("look", fake{plan: func(context.Context, host.Reader) (*modules.Plan, error) {
		close(stop)
		return &modules.Plan{Steps: []change.Change{change.Exec{Argv: []string{"do", "item"}}}}, nil
	}})}
	w.run(t, engine.Options{Stop: stop}, tasks("{look: , loop: [1, 2], notify: h}"))
	wantLog(t, w, `PLAY all on h1
TASK look
    h1 changed (item=1) [run do item]
  h1 interrupted loop: interrupted
    h1 notified: h
HANDLER h
  h1 changed [run do handler] because of look
RECAP h1: ok=1 changed=1
INTERRUPTED
applied on h1: run do item
applied on h1: run do handler
`)
}

// TestStopDuringAnApply holds that a change under way is finished, that a look that follows is broken off, and that what it changed is handled.
func TestStopDuringAnApply(t *testing.T) {
	w, stop := newWorld("h1"), make(chan struct{})
	w.hosts["h1"].Put(mem.AnswerFunc(func(*mem.Host, change.Exec) (change.Outcome, error) {
		close(stop)
		time.Sleep(10 * time.Millisecond)
		return change.Outcome{Known: true}, nil
	}, "slow"))
	w.specs = []modules.Spec{fakeSpec("both", fake{
		plan: func(context.Context, host.Reader) (*modules.Plan, error) {
			return &modules.Plan{Steps: []change.Change{change.Exec{Argv: []string{"slow"}}}, More: true}, nil
		},
		again: func(ctx context.Context, _ host.Reader, _ []change.Outcome) (*modules.Plan, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})}
	w.run(t, engine.Options{Stop: stop}, tasks("{both: , notify: h}", "command: do never"))
	wantLog(t, w, `PLAY all on h1
TASK both
  h1 interrupted [run slow]: interrupted
    h1 notified: h
HANDLER h
  h1 changed [run do handler] because of both
RECAP h1: ok=1 changed=1
INTERRUPTED
applied on h1: run slow
applied on h1: run do handler
`)
}

// TestStopThenJudge holds that what was done is judged by changed_when though the run is to end.
func TestStopThenJudge(t *testing.T) {
	w, stop := newWorld("h1"), make(chan struct{})
	w.hosts["h1"].Put(mem.AnswerFunc(func(*mem.Host, change.Exec) (change.Outcome, error) {
		close(stop)
		time.Sleep(10 * time.Millisecond)
		return change.Outcome{Known: true}, nil
	}, "slow"))
	w.run(t, engine.Options{Stop: stop}, tasks("{command: slow, register: r, changed_when: r.rc == 0, failed_when: r.rc != 0, notify: h}"))
	if !strings.Contains(w.log(), "h1 changed [run do handler]") {
		t.Errorf("the handler did not run:\n%s", w.log())
	}
}

// TestStopDuringConnect holds that an attempt to connect that was broken off does not count against the handlers that are owed.
func TestStopDuringConnect(t *testing.T) {
	w, stop := newWorld("h1"), make(chan struct{})
	tries := 0
	w.connect = func(ctx context.Context, name string) error {
		if w.logins[len(w.logins)-1] != "h1 as +root" {
			return nil
		}
		if tries++; tries > 1 {
			return nil
		}
		close(stop)
		<-ctx.Done()
		return fmt.Errorf("%w: %w", host.ErrUnreachable, ctx.Err())
	}
	text := strings.Replace(tasks("{command: do a, notify: h}", "{command: do b, become: true}"), "command: do handler", "command: do handler, become: true", 1)
	w.run(t, engine.Options{Stop: stop}, text)
	wantLog(t, w, `PLAY all on h1
TASK command
  h1 changed [run do a]
    h1 notified: h
TASK command
  h1 interrupted: interrupted
HANDLER h
  h1 changed [run do handler] because of command
RECAP h1: ok=2 changed=2
INTERRUPTED
applied on h1: run do a
applied on h1: run do handler
`)
}

func TestCancelEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, begun := newWorld("h1"), make(chan struct{})
		w.specs = []modules.Spec{fakeSpec("look", fake{plan: waitFor(begun)})}
		go func() {
			<-begun
			cancel()
		}()
		s := w.runCtx(ctx, t, engine.Options{}, tasks("{command: do a, notify: h}", "look:", "command: do never"))
		if !s.Interrupted {
			t.Error("not interrupted")
		}
		wantLog(t, w, `PLAY all on h1
TASK command
  h1 changed [run do a]
    h1 notified: h
TASK look
  h1 interrupted: interrupted
WARNING site1.yml:4:7: the handler "h" was notified on h1 and has not run: the run ended before
RECAP h1: ok=1 changed=1
INTERRUPTED
applied on h1: run do a
`)
	})
}

// TestRealFailureWhileStopping holds that a change that fails after the user asked for the end is a failure.
func TestRealFailureWhileStopping(t *testing.T) {
	w, stop := newWorld("h1"), make(chan struct{})
	w.hosts["h1"].FailAt(1, errors.New("disk full"))
	w.specs = []modules.Spec{fakeSpec("look", fake{plan: func(ctx context.Context, _ host.Reader) (*modules.Plan, error) {
		close(stop)
		<-ctx.Done()
		return &modules.Plan{Steps: []change.Change{change.Exec{Argv: []string{"do"}}}}, nil
	}})}
	w.run(t, engine.Options{Stop: stop}, tasks("look:"))
	if !strings.Contains(w.log(), "h1 failed: run do: disk full") {
		t.Error(w.log())
	}
}

func TestStaleIsPlannedOnceAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		times int // how often somebody else is faster
		want  string
	}{
		{"once", 1, "h1 changed [edit /etc/x]"},
		{"twice", 2, "h1 failed: edit /etc/x: /etc/x: changed meanwhile by somebody else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld("h1")
			h := w.hosts["h1"]
			h.Put(mem.File("/etc/x", "a\n"))
			n := 0
			w.specs = []modules.Spec{fakeSpec("edit", fake{plan: func(ctx context.Context, r host.Reader) (*modules.Plan, error) {
				f, err := r.ReadFile(ctx, "/etc/x", 1000)
				if n++; n <= c.times {
					h.Put(mem.File("/etc/x", fmt.Sprintln("other", n)))
				}
				return &modules.Plan{Steps: []change.Change{change.WriteFile{Path: "/etc/x", Content: change.Bytes([]byte("new\n")), Meta: mem.Root(0o644), Before: f}}}, err
			}})}
			w.run(t, engine.Options{}, tasks("edit:"))
			if !strings.Contains(w.log(), c.want) {
				t.Errorf("got\n%s\nwant %s", w.log(), c.want)
			}
		})
	}
}

func TestSecondStepFails(t *testing.T) {
	for _, c := range []struct{ name, err, want string }{
		{"error", "no space", "h1 failed [run do 1]: run do 2: no space"},
		{"lost", "", "h1 unreachable [run do 1]: run do 2: unreachable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld("h1")
			err := errors.New(c.err)
			if c.err == "" {
				err = host.ErrUnreachable
			}
			w.hosts["h1"].FailAt(2, err)
			var steps []change.Change
			for _, n := range []string{"1", "2", "3"} {
				steps = append(steps, change.Exec{Argv: []string{"do", n}})
			}
			w.specs = []modules.Spec{fakeSpec("steps", fake{plan: func(context.Context, host.Reader) (*modules.Plan, error) { return &modules.Plan{Steps: steps}, nil }})}
			s := w.run(t, engine.Options{}, tasks("{steps: , notify: h}", "command: do never"))
			if !strings.Contains(w.log(), c.want) || strings.Contains(w.log(), "never") || !s.Changed {
				t.Errorf("changed %t, log\n%s\nwant %s", s.Changed, w.log(), c.want)
			}
		})
	}
}

func TestModuleWithoutEnd(t *testing.T) {
	w := newWorld("h1")
	more := &modules.Plan{More: true}
	w.specs = []modules.Spec{fakeSpec("more", fake{
		plan:  func(context.Context, host.Reader) (*modules.Plan, error) { return more, nil },
		again: func(context.Context, host.Reader, []change.Outcome) (*modules.Plan, error) { return more, nil },
	})}
	w.run(t, engine.Options{}, tasks("more:"))
	if !strings.Contains(w.log(), "h1 failed: the module more did not come to an end in 8 rounds") {
		t.Error(w.log())
	}
}

// TestSessions holds that one login is connected to once, when it first looks, and that logins of one host see one plan.
func TestSessions(t *testing.T) {
	w := newWorld("h1")
	for _, path := range []string{"/etc/x", "/etc/y", "/etc/z"} {
		w.hosts["h1"].Put(mem.File(path, "a\n"))
	}
	w.run(t, engine.Options{PlanOnly: true}, tasks(
		"lineinfile: {path: /etc/x, line: b}",
		"{lineinfile: {path: /etc/x, line: b}, become: true}",
		"{lineinfile: {path: /etc/y, line: b}, become: true}",
		"{lineinfile: {path: /etc/y, line: b}, become: true}",
		"{lineinfile: {path: /etc/y, line: b}, remote_user: admin}",
		"{lineinfile: {path: /etc/z, line: b}, remote_user: admin}",
	))
	if want := []string{"h1 as ", "h1 as +root", "h1 as admin"}; !slices.Equal(w.logins, want) {
		t.Errorf("connected to %q, want %q", w.logins, want)
	}
	if got := strings.Count(w.log(), "[edit"); got != 3 {
		t.Errorf("planned %d times:\n%s", got, w.log())
	}
}

// TestUnreachableOnce holds that a dead host is asked once, whoever asks.
func TestUnreachableOnce(t *testing.T) {
	w := newWorld("h1", "h2")
	w.dead["h1"] = true
	w.run(t, engine.Options{}, tasks("{command: do a, loop: [1, 2]}", "command: do b"))
	if got := slices.Compact(slices.Clone(w.logins)); len(got) != 2 || len(w.logins) != 2 {
		t.Errorf("connected to %q", w.logins)
	}
}
