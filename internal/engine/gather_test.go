package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// surveyed is a world whose hosts tell of themselves.
func surveyed(names ...string) *world {
	w := newWorld(names...)
	for _, n := range names {
		w.hosts[n].Put(mem.Answer(host.Output{Stdout: "\n=uname\n Linux\n 6.1-{{ 1 + 1 }}\n #1\n x86_64\n " + n + "\n\n=has ip\n\n=nets\n port\n\n=net\n /sys/class/net/port/mtu:9\n\n=end\n"},
			"sh", "-c", "*", "sh", "..."))
	}
	return w
}

func TestGathering(t *testing.T) {
	w := surveyed("h1", "h2")
	w.layers["h1"] = jinja.NewDict()
	w.layers["h1"].Set("ansible_kernel", "of the inventory")
	w.layers["h1"].Set("ansible_port", int64(2222))
	w.run(t, engine.Options{}, `
- hosts: all
  name: "on {{ ansible_play_name is defined }}"
  vars: {ansible_nodename: of the play}
  gather_subset: ["!all", "!min", network]
  tasks:
    - {debug: {msg: "{{ ansible_kernel }} {{ ansible_facts.kernel }} {{ ansible_facts['machine'] }} {{ ansible_nodename }} {{ ansible_facts.nodename }}"}}
    - {debug: {msg: "{{ ansible_port | default('none') }} {{ ansible_facts.port.mtu }} {{ module_setup }} {{ gather_subset }} {{ hostvars.h2.ansible_facts.hostname }}"}}
    - {set_fact: {ansible_kernel: set, new: 1}}
    - {debug: {msg: "{{ ansible_kernel }} {{ ansible_facts.kernel }} {{ new }} {{ ansible_facts.new | default('no fact') }}"}}
- hosts: h1
  gather_facts: false
  tasks:
    - {debug: {msg: "{{ ansible_machine }} {{ ansible_facts is mapping }}"}}
    - {setup: {gather_subset: "!all,!min,fips"}, register: r}
    - {debug: {msg: "{{ r.ansible_facts.ansible_fips }} {{ r.changed }} {{ ansible_fips }} {{ ansible_machine }}"}}
`)
	want := `TASK Gathering Facts
  h1 ok
  h2 ok
TASK debug
  h1 ok = {"msg":"6.1-{{ 1 + 1 }} 6.1-{{ 1 + 1 }} x86_64 of the play h1"}
  h2 ok = {"msg":"6.1-{{ 1 + 1 }} 6.1-{{ 1 + 1 }} x86_64 of the play h2"}
TASK debug
  h1 ok = {"msg":"2222 9 True ['!all', '!min', 'network'] h2"}
  h2 ok = {"msg":"none 9 True ['!all', '!min', 'network'] h2"}
TASK set_fact
  h1 ok
  h2 ok
TASK debug
  h1 ok = {"msg":"set 6.1-{{ 1 + 1 }} 1 no fact"}
  h2 ok = {"msg":"set 6.1-{{ 1 + 1 }} 1 no fact"}
PLAY h1 on h1
TASK debug
  h1 ok = {"msg":"x86_64 True"}
TASK setup
  h1 ok
TASK debug
  h1 ok = {"msg":"False False False x86_64"}
RECAP h1: ok=8
RECAP h2: ok=5
`
	if diff := cmp.Diff(want, withoutFacts(w.log())); diff != "" {
		t.Error(diff)
	}
}

// withoutFacts leaves out of a log the title of its first play, and the results of tasks that give facts.
func withoutFacts(log string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		line, _, _ = strings.Cut(line, ` = {"ansible_facts"`)
		if !strings.HasPrefix(line, "PLAY on") {
			b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	return b.String()
}

func TestWhetherFactsAreGathered(t *testing.T) {
	second := func(t *play.Task) bool { return t.Name == "second" }
	tests := []struct {
		name, play string
		options    engine.Options
		want       bool
	}{
		{"not_said", "- hosts: all\n", engine.Options{}, true},
		{"said", "- {hosts: all, gather_facts: true}\n", engine.Options{}, true},
		{"unwanted", "- {hosts: all, gather_facts: no}\n", engine.Options{}, false},
		{"check", "- hosts: all\n", engine.Options{PlanOnly: true}, true},
		{"other_tags", "- hosts: all\n", engine.Options{Tags: []string{"x"}}, true},
		{"skip_always", "- hosts: all\n", engine.Options{SkipTags: []string{"always"}}, false},
		{"play_with_tags", "- {hosts: all, tags: t}\n", engine.Options{Tags: []string{"x"}}, false},
		{"play_with_these_tags", "- {hosts: all, tags: t}\n", engine.Options{Tags: []string{"t"}}, true},
		{"starts_within", "- hosts: all\n  tasks: [{name: first, debug: }, {name: second, debug: }]\n", engine.Options{StartAt: second}, true},
		{"starts_later", "- hosts: all\n  tasks: [{name: first, debug: }]\n", engine.Options{StartAt: second}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := surveyed("h1")
			w.run(t, tt.options, tt.play)
			if got := strings.Contains(w.log(), "TASK Gathering Facts\n  h1 ok"); got != tt.want {
				t.Errorf("gathered: %t\n%s", got, w.log())
			}
		})
	}
}

// TestNoFactsNoTasks runs a play on a host that cannot tell anything of itself.
func TestNoFactsNoTasks(t *testing.T) {
	w := surveyed("h1", "h2")
	w.hosts["h1"].Put(mem.Answer(host.Output{Status: 127, Stderr: "no sh"}, "sh", "-c", "*", "sh", "..."))
	w.run(t, engine.Options{}, "- hosts: all\n  tasks: [{debug: }]\n")
	if log := w.log(); !strings.Contains(log, "h1 failed") || !strings.Contains(log, "RECAP h1: failed=1") || !strings.Contains(log, "RECAP h2: ok=2") {
		t.Error(log)
	}
}
