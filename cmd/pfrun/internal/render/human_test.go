package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/modules/change"
)

// show gives what the events look like.
func show(h *Human, events ...pfrun.Event) string {
	var b strings.Builder
	h.Out = &b
	for _, e := range events {
		h.Emit(e)
	}
	return b.String()
}

func TestHuman(t *testing.T) {
	item := "blue"
	restart := change.Service{Name: "postfix", Action: change.Restart}
	for name, c := range map[string]struct {
		human Human
		event pfrun.Event
		want  string
	}{
		"recap as Ansible's": {
			event: pfrun.Recap{Hosts: []pfrun.HostRecap{{Host: "h1", OK: 4, Changed: 2}}},
			want:  "\nPLAY RECAP ********************************************************************\nh1                         : ok=4    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0\n",
		},
		"recap with what is not known": {
			event: pfrun.Recap{Hosts: []pfrun.HostRecap{{Host: "h1", Undecided: 1, Deferred: 2}}},
			want:  "\nPLAY RECAP ********************************************************************\nh1                         : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   undecided=1    deferred=2\n",
		},
		"planned handler": {
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, Planned: true, Changes: []change.Change{restart}, Because: []string{"Set it"}, Verbose: 1},
			want:  "changed: [h1]\n  would restart postfix, notified by Set it\n",
		},
		"item": {
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.OK, Item: &item, Verbose: 1},
			want:  "ok: [h1] => (item=blue)\n",
		},
		"hidden failure": {
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Failed, Hidden: true, Result: map[string]any{"censored": "hidden", "changed": false}},
			want:  "fatal: [h1]: FAILED! => {\"censored\": \"hidden\", \"changed\": false}\n",
		},
		"diff against the flag": {
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, ShowDiff: new(true), Diff: "+blue\n", Verbose: 1},
			want:  "changed: [h1]\n+blue\n",
		},
		"a file that would steer the terminal": {
			human: Human{Diff: true},
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, Diff: "+\x1b[2Jé\x07\tb\n", Verbose: 1},
			want:  "changed: [h1]\n+\\u001b[2Jé\\u0007\tb\n",
		},
		"no diff in spite of the flag": {
			human: Human{Diff: true},
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, ShowDiff: new(false), Diff: "+blue\n", Verbose: 1},
			want:  "changed: [h1]\n",
		},
		"failure": {
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Failed, Ignored: true, Message: `it is "bad"`, Hint: "mend it"},
			want:  "fatal: [h1]: FAILED! => {\"changed\": false, \"msg\": \"it is \\\"bad\\\"\"}\n  hint: mend it\n...ignoring\n",
		},
		"unknown": {
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.OK, Result: map[string]any{"msg": change.Unknown{}, "changed": false, "list": []any{int64(1), map[string]any{}}}},
			want:  "ok: [h1] => {\n    \"list\": [\n        1,\n        {}\n    ],\n    \"msg\": \"(known only after the run)\"\n}\n",
		},
		"secret": {
			human: Human{Mask: func(s string) string { return strings.ReplaceAll(s, "hunter2", "********") }},
			event: pfrun.TaskResult{Host: "h1", Status: pfrun.Failed, Message: "wrong: hunter2"},
			want:  "fatal: [h1]: FAILED! => {\"changed\": false, \"msg\": \"wrong: ********\"}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, show(&c.human, c.event)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}
