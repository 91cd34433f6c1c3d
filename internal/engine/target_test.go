package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
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
	w, _ := oneMachine(8)
	w.targets["n7"] = "n7" // a machine of its own waits for none of them
	both := map[string]chan struct{}{"n0": make(chan struct{}), "n7": make(chan struct{})}
	other := map[string]string{"n0": "n7", "n7": "n0"}
	working, first := map[string]*atomic.Int32{"n0": {}, "n7": {}}, map[string]*sync.Once{"n0": {}, "n7": {}}
	for name := range both {
		w.hosts[name].Put(mem.File("/name", name))
	}
	w.specs = []modules.Spec{fakeSpec("look", fake{plan: func(ctx context.Context, r host.Reader) (*modules.Plan, error) {
		f, err := r.ReadFile(ctx, "/name", 100)
		if err != nil {
			return nil, err
		}
		text, _ := f.Content.Data()
		machine := string(text)
		if n := working[machine].Add(1); n > 1 {
			t.Errorf("%d tasks at once on %s", n, machine)
		}
		defer working[machine].Add(-1)
		first[machine].Do(func() { // the first task on either machine goes on when one on the other has begun
			close(both[machine])
			select {
			case <-both[other[machine]]:
			case <-time.After(time.Minute):
				t.Errorf("%s waits for a task on another machine", other[machine])
			}
		})
		return &modules.Plan{}, nil
	}})}
	w.run(t, engine.Options{Forks: 8}, tasks("look:"))
	if !strings.Contains(w.log(), "n6 ok") {
		t.Error(w.log())
	}
}
