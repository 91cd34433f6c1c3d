package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func hostNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("h%03d", i)
	}
	return names
}

// TestForks holds that no more hosts than forks are at work at once, that all are, and that no host begins a task before every host ended the one before.
func TestForks(t *testing.T) {
	w := newWorld(hostNames(12)...)
	var now, most, first atomic.Int32
	count := func(n *atomic.Int32) func(context.Context, host.Reader) (*modules.Plan, error) {
		return func(context.Context, host.Reader) (*modules.Plan, error) {
			if k := now.Add(1); k > most.Load() {
				most.Store(k)
			}
			time.Sleep(5 * time.Millisecond)
			now.Add(-1)
			n.Add(1)
			return &modules.Plan{}, nil
		}
	}
	w.specs = []modules.Spec{
		fakeSpec("first", fake{plan: count(&first)}),
		fakeSpec("second", fake{plan: func(context.Context, host.Reader) (*modules.Plan, error) {
			if first.Load() != 12 {
				return nil, fmt.Errorf("begun when %d hosts had ended the first task", first.Load())
			}
			return &modules.Plan{}, nil
		}}),
	}
	s := w.run(t, engine.Options{Forks: 4}, tasks("first:", "second:"))
	if most.Load() != 4 {
		t.Errorf("%d hosts at once, want 4", most.Load())
	}
	for _, h := range s.Hosts {
		if h.OK != 2 {
			t.Errorf("%+v", h)
		}
	}
}

// TestManyHosts runs everything that hosts share under the race detector: variables, names, warnings, handlers, results that templates change.
func TestManyHosts(t *testing.T) {
	w := newWorld(hostNames(30)...)
	for _, h := range w.hosts {
		h.Put(mem.File("/etc/x", "a\n"))
	}
	text := `
- hosts: all
  gather_facts: false
  vars: {shared: [1, {a: [2]}], computed: "{{ shared + [inventory_hostname] }}"}
  handlers:
    - {name: "h {{ shared[0] }}", command: do handler, listen: topic}
  tasks:
    - name: "on {{ inventory_hostname }}"
      lineinfile: {path: /etc/x, line: "{{ inventory_hostname }}"}
      register: r
      notify: [h 1, topic]
      when: "'text'"
    - set_fact: {mine: "{{ shared }}", other: "{% set _ = shared.append(inventory_hostname) %}{{ shared }}"}
    - set_fact: {mine: "{{ mine + [r.changed] }}"}
    - assert: {that: ["mine | length == 3", "shared | length == 2", "computed[2] == inventory_hostname"]}
    - fail:
      when: inventory_hostname[-1] == '3'
    - debug: {msg: "{{ item }} {{ ansible_play_hosts | length }}"}
      loop: "{{ computed }}"
      register: l
    - meta: flush_handlers
`
	s := w.run(t, engine.Options{Forks: 10}, text)
	for _, h := range s.Hosts {
		want := event.HostRecap{Host: h.Host, OK: 6, Changed: 2, Skipped: 1}
		if strings.HasSuffix(h.Host, "3") {
			want = event.HostRecap{Host: h.Host, OK: 4, Changed: 1, Failed: 1}
		}
		if diff := cmp.Diff(want, h); diff != "" {
			t.Error(diff)
		}
	}
	if got := strings.Count(w.log(), "the condition gives a str"); got != 1 {
		t.Errorf("one condition is warned about %d times", got)
	}
	if !strings.Contains(w.log(), "[1, {'a': [2]}") && !strings.Contains(w.log(), `"msg":"h029 27"`) {
		t.Error("failed hosts still count as hosts of the play")
	}
}

// TestPlannedIsDone holds that what check mode shows is what the run then does: the same changes with the same diffs.
func TestPlannedIsDone(t *testing.T) {
	text := tasks(
		"{lineinfile: {path: /etc/x, line: b}, notify: h}",
		"{lineinfile: {path: /etc/x, line: c, insertbefore: ^b}}",
		"{lineinfile: {path: '/etc/{{ item }}', line: new, create: true}, loop: [y, y, z]}",
		"{service: {name: postfix, state: restarted}, when: true}",
		"{lineinfile: {path: /etc/x, line: c, state: absent}}",
	)
	run := func(plan bool) (diffs []string) {
		w := newWorld("h1")
		w.hosts["h1"].Put(mem.File("/etc/x", "a\n"))
		w.run(t, engine.Options{PlanOnly: plan}, text)
		for _, e := range w.events {
			if r, ok := e.(event.TaskResult); ok && !r.Loop {
				diffs = append(diffs, fmt.Sprint(r.Task, r.Status, r.Diff))
			}
		}
		if n := len(w.hosts["h1"].Applied()); (n == 0) != plan {
			t.Errorf("plan %t, and %d changes were made", plan, n)
		}
		return diffs
	}
	if diff := cmp.Diff(run(true), run(false)); diff != "" {
		t.Errorf("planned -, done +:\n%s", diff)
	}
}

// TestVerificationAfterPlannedRestart holds that a look that depends on a planned change is deferred, and one that does not is made.
func TestVerificationAfterPlannedRestart(t *testing.T) {
	w := newWorld("h1")
	probe := host.Probe{Argv: []string{"hostname"}, Reads: []change.Ref{{Kind: change.ServiceRef, Name: "postfix"}}}
	free := host.Probe{Argv: []string{"hostname"}}
	look := func(p host.Probe) func(context.Context, host.Reader) (*modules.Plan, error) {
		return func(ctx context.Context, r host.Reader) (*modules.Plan, error) {
			_, err := r.Probe(ctx, p)
			return &modules.Plan{}, err
		}
	}
	depends, independent := fakeSpec("depends", fake{plan: look(probe)}), fakeSpec("independent", fake{plan: look(free)})
	depends.Probes, independent.Probes = []host.Probe{free}, []host.Probe{free}
	unlisted := fakeSpec("unlisted", fake{plan: look(free)})
	w.specs = []modules.Spec{depends, independent, unlisted}
	w.run(t, engine.Options{PlanOnly: true}, tasks("depends:", "service: {name: postfix, state: restarted}", "depends:", "independent:", "{unlisted: , ignore_errors: true}"))
	wantLog(t, w, `PLAY all on h1
TASK depends
  h1 ok
TASK service
  h1 changed planned [restart postfix]
TASK depends
  h1 deferred: service postfix: depends on a change that is only planned
TASK independent
  h1 ok
TASK unlisted
  h1 failed ignored: probe "hostname": the module's spec does not list this probe
RECAP h1: ok=4 changed=1 ignored=1 deferred=1
`)
}

// TestUnmetWithResult holds that failed_when sees the result of a module whose expectation does not hold.
func TestUnmetWithResult(t *testing.T) {
	w := newWorld("h1")
	w.specs = []modules.Spec{fakeSpec("expect", fake{plan: func(context.Context, host.Reader) (*modules.Plan, error) {
		return &modules.Plan{Result: map[string]any{"families": []any{"ipv4", "ipv6"}}, Unmet: "port 25 listens on ipv6 too"}, nil
	}})}
	w.run(t, engine.Options{}, tasks(
		"{expect: , register: r, changed_when: \"'ipv6' in r.families\", failed_when: false, notify: h}",
		"debug: {msg: '{{ r.failed }} {{ r.changed }} {{ r.families }}'}",
		"{expect: , register: r}",
	))
	wantLog(t, w, `PLAY all on h1
TASK expect
  h1 changed
    h1 notified: h
TASK debug
  h1 ok = {"msg":"False True ['ipv4', 'ipv6']"}
TASK expect
  h1 failed: port 25 listens on ipv6 too
WARNING site1.yml:4:7: the handler "h" was notified on h1 and has not run: a task failed
RECAP h1: ok=2 changed=1 failed=1
`)
}

func TestExtraVariablesWin(t *testing.T) {
	w := newWorld("h1")
	w.extra = jinja.NewDict()
	w.extra.Set("v", "extra")
	w.extra.Set("item", "extra")
	w.layers["h1"] = jinja.NewDict()
	w.layers["h1"].Set("v", "host")
	w.run(t, engine.Options{}, tasks("{debug: {msg: '{{ v }} {{ item }}'}, vars: {v: task}, loop: [loop], register: v}", "debug: var=v"))
	if log := w.log(); !strings.Contains(log, `"msg":"extra loop"`) || !strings.Contains(log, `{"v":"extra"}`) {
		t.Error(log)
	}
}

func TestWanted(t *testing.T) {
	for _, c := range []struct {
		tags, only, skip string
		want             bool
	}{
		{"", "", "", true},
		{"", "a", "", false},
		{"", "untagged", "", true},
		{"", "tagged", "", false},
		{"", "all", "", true},
		{"", "", "untagged", false},
		{"", "", "tagged", true},
		{"", "", "all", false},
		{"a", "", "", true},
		{"a", "a", "", true},
		{"a", "b", "", false},
		{"a", "b a", "", true},
		{"a", "tagged", "", true},
		{"a", "untagged", "", false},
		{"a", "", "a", false},
		{"a", "a", "a", false},
		{"a", "", "b", true},
		{"a", "", "tagged", false},
		{"a", "", "untagged", true},
		{"always", "b", "", true},
		{"always", "untagged", "", true},
		{"always", "", "always", false},
		{"always", "", "all", true},
		{"always", "", "all always", false},
		{"always", "", "tagged", false},
		{"always a", "", "a", false},
		{"never", "", "", false},
		{"never", "all", "", false},
		{"never", "tagged", "", false},
		{"never", "never", "", true},
		{"never a", "a", "", true},
		{"never a", "a", "never", false},
		{"never always", "", "", true},
		{"never", "all never", "", true},
	} {
		if got := engine.Wanted(strings.Fields(c.tags), strings.Fields(c.only), strings.Fields(c.skip)); got != c.want {
			t.Errorf("tags %q, --tags %q, --skip-tags %q: %t", c.tags, c.only, c.skip, got)
		}
	}
}

func TestDiffKeyword(t *testing.T) {
	w := newWorld("h1")
	var got []string
	w.onEvent = func(e event.Event) {
		if r, ok := e.(event.TaskResult); ok {
			if r.ShowDiff == nil {
				got = append(got, "run decides")
			} else {
				got = append(got, fmt.Sprint(*r.ShowDiff))
			}
		}
	}
	w.run(t, engine.Options{}, tasks("debug:", "{debug: , diff: yes}", "{debug: , diff: \"{{ 'no' }}\"}"))
	if diff := cmp.Diff([]string{"run decides", "true", "false"}, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkSkipped(b *testing.B) {
	var text strings.Builder
	text.WriteString("- hosts: all\n  gather_facts: false\n  vars: {nothing: false}\n  tasks:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "    - name: Task %d\n      lineinfile: {path: /etc/x, line: b}\n      when: no_%d | default(nothing)\n", i, i)
	}
	w := newWorld(hostNames(100)...)
	b.ReportAllocs()
	for b.Loop() {
		w.events = nil
		w.run(b, engine.Options{Forks: 5}, text.String())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/task")
}

// TestMissingHandler ends the run where a task names a handler that is not there: before it changes anything, but what is owed is paid.
func TestMissingHandler(t *testing.T) {
	w := newWorld("h1", "h2")
	s, err := w.try(t.Context(), t, engine.Options{}, `
- hosts: all
  gather_facts: false
  tasks:
    - command: do first
      notify: h
    - command: do second
      notify: "{{ 'no such' }}"
      ignore_errors: true
    - command: do third
  handlers:
    - {name: h, command: do handler}
`)
	if err == nil || !strings.Contains(err.Error(), "The requested handler 'no such' was not found") || s.Interrupted {
		t.Errorf("%v, %+v", err, s)
	}
	log := w.log()
	for text, want := range map[string]bool{"run do second": false, "run do third": false, "applied on h1: run do handler": true, "applied on h2: run do handler": true} {
		if strings.Contains(log, text) != want {
			t.Errorf("%q is %v:\n%s", text, !want, log)
		}
	}
}
