package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// oneMachine is a world whose names are all of one host.
func oneMachine(n int) (*world, *mem.Host) {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("n%d", i))
	}
	w := newWorld(names...)
	w.targets = map[string]string{}
	for _, name := range names {
		w.targets[name] = names[0]
	}
	return w, w.hosts[names[0]]
}

const oneLineEach = `
- hosts: all
  gather_facts: false
  tasks:
    - name: add
      lineinfile:
        path: /names
        line: "{{ inventory_hostname }} {{ item }}"
        create: true
        mode: "0644"
      loop: [a, b, c]
`

func (w *world) diffs() (added map[string]bool, removed int) {
	added = map[string]bool{}
	for _, e := range w.events {
		res, ok := e.(event.TaskResult)
		if !ok {
			continue
		}
		for l := range strings.Lines(res.Diff) {
			switch {
			case strings.HasPrefix(l, "+++"), strings.HasPrefix(l, "---"):
			case strings.HasPrefix(l, "+"):
				added[strings.TrimSpace(l[1:])] = true
			case strings.HasPrefix(l, "-"):
				removed++
			}
		}
	}
	return added, removed
}

func TestOneTargetUnderManyNames(t *testing.T) {
	const names = 20
	for _, planOnly := range []bool{true, false} {
		t.Run(fmt.Sprintf("check=%v", planOnly), func(t *testing.T) {
			w, machine := oneMachine(names)
			s := w.run(t, engine.Options{Forks: 10, PlanOnly: planOnly}, oneLineEach)
			for _, h := range s.Hosts {
				if h.Failed+h.Unreachable > 0 || h.Changed != 1 {
					t.Errorf("%+v", h)
				}
			}
			added, removed := w.diffs()
			if len(added) != 3*names || removed > 0 {
				t.Errorf("the diffs add %d different lines and remove %d, want %d and none", len(added), removed, 3*names)
			}
			if len(w.logins) > 1 {
				t.Errorf("logins %q, want one", w.logins)
			}
			if planOnly {
				if len(machine.Applied()) > 0 {
					t.Errorf("applied %v", machine.Applied())
				}
				return
			}
			f, err := machine.ReadFile(t.Context(), "/names", 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := f.Content.Data()
			lines := strings.Fields(strings.ReplaceAll(string(text), " ", "_"))
			if len(lines) != 3*names {
				t.Errorf("the file has %d lines, want %d", len(lines), 3*names)
			}
			for _, l := range lines {
				if !added[strings.ReplaceAll(l, "_", " ")] {
					t.Errorf("no diff added %q", l)
				}
			}
		})
	}
}

// What is undecided under one name leaves the machine unsure under the other.
func TestOneTargetIsUnsureUnderEveryName(t *testing.T) {
	w, _ := oneMachine(2)
	w.run(t, engine.Options{PlanOnly: true}, `
- hosts: all
  gather_facts: false
  tasks:
    - command: make-it
      register: made
      when: inventory_hostname == 'n0'
    - command: "true"
      when: inventory_hostname == 'n0' and made.rc == 0
    - lineinfile: {path: /made, line: x}
      when: inventory_hostname == 'n1'
`)
	if log := w.log(); strings.Contains(log, "n1 failed") || !strings.Contains(log, "n1 deferred") {
		t.Errorf("the run was\n%s", log)
	}
}

func TestTasksOnOneTargetRunOneAtATime(t *testing.T) {
	var working, most atomic.Int32
	w, _ := oneMachine(8)
	w.targets["n7"] = "n7" // a machine of its own waits for none of them
	w.specs = []modules.Spec{fakeSpec("look", fake{plan: func(context.Context, host.Reader) (*modules.Plan, error) {
		n := working.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		working.Add(-1)
		return &modules.Plan{}, nil
	}})}
	w.run(t, engine.Options{Forks: 8}, tasks("look:"))
	if most.Load() != 2 {
		t.Errorf("%d tasks at once, want one on each of the two machines", most.Load())
	}
}
