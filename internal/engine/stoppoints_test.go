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
	"github.com/pfrun/pfrun/modules/host"
)

// stopPoints are plays that the run is stopped in, each where the word says: when its task "here" has been started, a second later. Nothing named never may run then, and h must.
var stopPoints = map[string]string{
	"a block's body": `
    - block:
        - {name: here, look: }
        - command: do never
      rescue: [command: do never]
      always: [command: do never]`,
	"a rescue": `
    - block: [fail: ]
      rescue:
        - {name: here, look: }
        - command: do never
      always: [command: do never]`,
	"an always": `
    - block: [fail: ]
      always:
        - {name: here, look: }
        - command: do never`,
	"a role": `
    - include_role: {name: r}`,
	"a delay": `
    - {name: here, look: , vars: {fails: true}, retries: 5, delay: 1000}`,
	"a pause": `
    - {name: here, pause: {seconds: 1000}}`,
	"a loop's pause": `
    - {name: here, command: do it, loop: [1, 2], loop_control: {pause: 1000}}`,
	"a poll": `
    - {name: here, look: , async: 50, poll: 5}`,
	"a job": `
    - {name: here, look: , async: 50, poll: 0}
    - {look: }`,
	"a wait": `
    - {name: here, wait_for_connection: {delay: 1000}}`,
	"a handler": `
    - {command: do it, notify: slow}
    - meta: flush_handlers`,
	"what a handler includes": `
    - {command: do it, notify: [slow, includes]}
    - meta: flush_handlers`,
}

const stopHandlers = `
  handlers:
    - {name: slow, pause: {seconds: 5}}
    - {name: includes, include_tasks: inc/handler.yml}
    - {name: h, command: do handler}
`

// TestStopEverywhere stops runs at every point. Each ends in good order: no task begins, handlers that are owed run, and nothing is left behind, which synctest holds.
func TestStopEverywhere(t *testing.T) {
	for point, text := range stopPoints {
		for _, strategy := range []string{"linear", "free", "host_pinned"} {
			for _, hard := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/hard=%t", strings.ReplaceAll(point, " ", "-"), strategy, hard), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { stopAt(t, text, strategy, hard) })
				})
			}
		}
	}
}

func stopAt(t *testing.T, text, strategy string, hard bool) {
	w, stop := newWorld("h1", "h2", "h3"), make(chan struct{})
	w.files = map[string]string{"roles/r/tasks/main.yml": "- {name: here, look: }\n- command: do never\n", "inc/handler.yml": "- command: do included\n"}
	w.specs = []modules.Spec{fakeSpec("look", fake{plan: func(ctx context.Context, _ host.Reader) (*modules.Plan, error) {
		if strings.Contains(text, "fails") {
			return nil, fmt.Errorf("it fails")
		}
		<-ctx.Done()
		return nil, fmt.Errorf("the look: %w", context.Cause(ctx))
	}})}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.onEvent = func(e event.Event) {
		if s, ok := e.(event.TaskStart); ok && (s.Name == "here" || s.Name == "slow") {
			w.onEvent = nil
			time.AfterFunc(time.Second, func() {
				if hard {
					cancel()
				}
				close(stop)
			})
		}
	}
	start := time.Now()
	s := w.runCtx(ctx, t, engine.Options{Stop: stop, Forks: 5}, "- hosts: all\n  gather_facts: false\n  strategy: "+strategy+stopHandlers+
		"  tasks:\n    - {command: do first, notify: h}"+text+"\n    - command: do never\n", tasks("command: do never"))
	log := w.log()
	if !s.Interrupted || strings.Contains(log, "do never") {
		t.Errorf("interrupted %t:\n%s", s.Interrupted, log)
	}
	if n := strings.Count(log, ": run do handler\n"); n != 3 && !hard {
		t.Errorf("%d handlers ran:\n%s", n, log)
	}
	if n := strings.Count(log, ": run do included\n"); n != 3 && !hard && strings.Contains(text, "includes") {
		t.Errorf("%d tasks of a handler ran:\n%s", n, log)
	}
	if took := time.Since(start); took > 60*time.Second || hard && took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestStopDuringAQuestion holds that a run that is stopped while somebody is asked is interrupted, and not wrong.
func TestStopDuringAQuestion(t *testing.T) {
	for name, text := range map[string]string{
		"vars_prompt": "- hosts: all\n  gather_facts: false\n  vars_prompt: [{name: a}]\n  tasks: [command: do never]\n",
		"pause":       tasks("{command: do it, notify: h}", "pause:", "command: do never"),
		"step":        tasks("{command: do it, notify: h}", "command: do never"),
	} {
		t.Run(name, func(t *testing.T) {
			w, stop := newWorld("h1"), make(chan struct{})
			o := engine.Options{Stop: stop, Prompt: func(ctx context.Context, _ engine.Prompt) (string, error) {
				close(stop)
				<-ctx.Done()
				return "", ctx.Err()
			}}
			if name == "step" {
				o.Step = func(ctx context.Context, _ string) (engine.Answer, error) {
					if len(w.events) < 2 {
						return engine.DoTask, nil
					}
					close(stop)
					<-ctx.Done()
					return 0, ctx.Err()
				}
			}
			s := w.run(t, o, text)
			if log := w.log(); !s.Interrupted || strings.Contains(log, "never") || strings.Contains(log, "failed") || strings.Contains(log, "do it") != strings.Contains(log, "do handler") {
				t.Errorf("interrupted %t:\n%s", s.Interrupted, log)
			}
		})
	}
}
