package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/play"
)

const stepBook = `
- hosts: all
  gather_facts: false
  tasks:
    - name: one
      command: do one
      notify: after
    - name: two
      command: do two
    - meta: flush_handlers
    - name: three
      command: do three
  handlers:
    - name: after
      command: do after
`

func (w *world) started() string {
	var names []string
	for _, e := range w.events {
		if s, ok := e.(event.TaskStart); ok && !s.Meta {
			names = append(names, s.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestStep(t *testing.T) {
	for name, c := range map[string]struct{ answers, asked, ran, warned string }{
		"all":        {"yyyy", "one two after three", "one two after three", ""},
		"none":       {"nnn", "one two three", "", ""},
		"on":         {"nc", "one two", "two three", ""},
		"no handler": {"yyny", "one two after three", "one two three", "it was not agreed to"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld("h1", "h2")
			var asked []string
			w.run(t, engine.Options{Step: func(_ context.Context, task string) (engine.Answer, error) {
				asked = append(asked, task)
				return map[byte]engine.Answer{'y': engine.DoTask, 'n': engine.SkipTask, 'c': engine.DoAllFromOn}[c.answers[len(asked)-1]], nil
			}}, stepBook)
			if diff := cmp.Diff(c.asked, strings.Join(asked, " ")); diff != "" {
				t.Errorf("asked: %s", diff)
			}
			if diff := cmp.Diff(c.ran, w.started()); diff != "" {
				t.Errorf("ran: %s", diff)
			}
			if !strings.Contains(w.log(), c.warned) {
				t.Errorf("no warning in %s", w.log())
			}
		})
	}
}

// TestStepWithoutAnswer holds that a run ends where nobody answers, and that handlers owed by then run.
func TestStepWithoutAnswer(t *testing.T) {
	gone := errors.New("nobody there")
	for answers, want := range map[string]string{"": "", "y": "one after", "yy": "one two after"} {
		w := newWorld("h1")
		asked := 0
		_, err := w.try(t.Context(), t, engine.Options{Step: func(context.Context, string) (engine.Answer, error) {
			if asked++; asked > len(answers) {
				return 0, gone
			}
			return engine.DoTask, nil
		}}, stepBook)
		if !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff(want, w.started()); diff != "" {
			t.Errorf("after %q: %s", answers, diff)
		}
	}
}

func TestStartAt(t *testing.T) {
	for at, want := range map[string]string{"one": "one two after three", "two": "two three", "three": "three"} {
		w := newWorld("h1", "h2")
		w.run(t, engine.Options{StartAt: func(t *play.Task) bool { return engine.StaticNames(t)[0] == at }}, stepBook)
		if diff := cmp.Diff(want, w.started()); diff != "" {
			t.Errorf("from %s: %s", at, diff)
		}
	}
}
