package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/ansiblecfg"
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules/change"
)

// asAnsible gives what events look like on standard output, and on standard error.
func asAnsible(t *testing.T, a *Ansible, events ...pfrun.Event) (out, errors string) {
	t.Helper()
	if a.Settings == nil {
		set, err := ansiblecfg.Read(ansiblecfg.Environment{NoFile: true})
		if err != nil {
			t.Fatal(err)
		}
		a.Settings = set
	}
	var o, e strings.Builder
	a.Out, a.Err = &o, &e
	for _, ev := range events {
		a.Emit(ev)
	}
	return o.String(), e.String()
}

func settings(t *testing.T, values ...string) *pfrun.Settings {
	t.Helper()
	set, err := ansiblecfg.Read(ansiblecfg.Environment{NoFile: true, Lookup: func(name string) (string, bool) {
		for _, v := range values {
			if k, value, _ := strings.Cut(v, "="); k == name {
				return value, true
			}
		}
		return "", false
	}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var book = &diag.Source{Name: "/srv/site.yml", Text: "- hosts: all\n  tasks:\n    - name: do it\n      command: \"false\"\n"}

func at(line, column int) pfrun.Position {
	return pfrun.Position{Source: book, Line: line, Column: column}
}

// The wanted texts are those that ansible-core 2.19.11 prints for such tasks.
func TestAnsible(t *testing.T) {
	two, no := "2", false
	for name, c := range map[string]struct {
		ansible Ansible
		events  []pfrun.Event
		want    string
		stderr  string
	}{
		"role and included files": {
			events: []pfrun.Event{
				pfrun.TaskStart{Name: "in role", Role: "r1", Module: "ping"},
				pfrun.TaskResult{Host: "h1", Task: "in role", Role: "r1", Module: "ping", Status: pfrun.OK, Verbose: 1, Result: map[string]any{"changed": false, "ping": "pong"}},
				pfrun.TaskResult{Host: "h1", Module: "include_tasks", Status: pfrun.OK, Verbose: 1},
				pfrun.Included{What: "/srv/inc.yml", Hosts: []string{"h1", "h2"}, Item: &two},
				pfrun.Included{What: "r1", Role: true, Hosts: []string{"h1"}},
				pfrun.TaskStart{Name: "rh", Role: "r1", Handler: true},
			},
			want: "\nTASK [r1 : in role] ************************************************************\nok: [h1]\n" +
				"included: /srv/inc.yml for h1, h2 => (item=2)\nincluded: r1 for h1\n" +
				"\nRUNNING HANDLER [r1 : rh] ******************************************************\n",
		},
		"retries, delegation, ignored": {
			events: []pfrun.Event{
				pfrun.Retry{Host: "h1", Task: "do it", Left: 2, Retries: 3, Verbose: 1},
				pfrun.Retry{Host: "h1", Task: "do it", Delegated: "h2", Left: 1, Retries: 3, Verbose: 1},
				pfrun.TaskResult{Host: "h1", Delegated: "h2", Address: "h2", Status: pfrun.Changed, Verbose: 1},
				pfrun.TaskResult{Host: "h1", Delegated: "h2", Address: "192.0.2.7", Status: pfrun.OK, Verbose: 1},
				pfrun.TaskResult{Host: "h1", Delegated: "h1", Status: pfrun.OK, Verbose: 1},
				pfrun.TaskResult{
					Host: "h1", Module: "command", Status: pfrun.Failed, Ignored: true, Attempts: 3, Pos: at(3, 7), Verbose: 1, Message: "non-zero return code",
					Result: map[string]any{"changed": true, "rc": 1, "failed": true, "msg": "non-zero return code", "_ansible_x": 1, "warnings": []any{}, "invocation": map[string]any{}},
				},
			},
			want: "FAILED - RETRYING: [h1]: do it (2 retries left).\nFAILED - RETRYING: [h1 -> h2]: do it (1 retries left).\nchanged: [h1 -> h2]\nok: [h1 -> h2(192.0.2.7)]\nok: [h1]\n" +
				"[ERROR]: Task failed: Module failed: non-zero return code\nOrigin: /srv/site.yml:3:7\n\n1 - hosts: all\n2   tasks:\n3     - name: do it\n        ^ column 7\n\n" +
				"fatal: [h1]: FAILED! => {\"attempts\": 3, \"changed\": true, \"msg\": \"non-zero return code\", \"rc\": 1}\n...ignoring\n",
		},
		"retries are told under the name in the heading, those of debug with the result": {
			events: []pfrun.Event{
				pfrun.TaskStart{Name: "on h1"},
				pfrun.Retry{Host: "h2", Task: "on h2", Left: 1, Retries: 1, Result: map[string]any{"attempts": 1, "changed": false, "failed": false, "msg": "x"}},
				pfrun.Retry{Host: "h2", Task: "on h2", Left: 1, Retries: 1, Result: map[string]any{"changed": false}, Hidden: true},
			},
			want: "\nTASK [on h1] *******************************************************************\nFAILED - RETRYING: [h2]: on h1 (1 retries left).Result was: {\n" +
				"    \"attempts\": 1,\n    \"changed\": false,\n    \"msg\": \"x\",\n    \"retries\": 2\n}\nFAILED - RETRYING: [h2]: on h1 (1 retries left).\n",
		},
		"debug that no_log hides": {
			events: []pfrun.Event{pfrun.TaskResult{Host: "h1", Module: "debug", Hidden: true, Status: pfrun.OK, Result: map[string]any{"changed": false, "censored": "x"}}},
			want:   "ok: [h1]\n",
		},
		"what the engine does itself": {
			events: []pfrun.Event{
				pfrun.TaskStart{Name: "m {{ x }}"},
				pfrun.MetaDone{Host: "h1", Text: "ending play for h1", Task: pfrun.TaskStart{Name: "m {{ x }}"}},
				pfrun.MetaDone{Host: "h2", Text: "end_host", Skipped: true, Task: pfrun.TaskStart{Name: "m {{ x }}"}},
			},
			want: strings.Repeat("\nTASK [m {{ x }}] ***************************************************************\n", 2) + "skipping: [h2]\n",
		},
		"unreachable and ignored": {
			events: []pfrun.Event{pfrun.TaskResult{Host: "h1", Status: pfrun.Unreachable, Ignored: true, Verbose: 1, Message: "no route"}},
			want: "[ERROR]: Task failed: Failed to connect to the host via ssh: no route\n" +
				"fatal: [h1]: UNREACHABLE! => {\"changed\": false, \"msg\": \"Task failed: Failed to connect to the host via ssh: no route\", \"unreachable\": true}\n...ignoring\n",
		},
		"unreachable for an item": {
			events: []pfrun.Event{
				pfrun.TaskResult{Host: "h1", Item: &two, Loop: true, Status: pfrun.Unreachable, Verbose: 1, Message: "no route", Result: map[string]any{"changed": false, "item": 2}},
				pfrun.TaskResult{Host: "h1", Loop: true, Status: pfrun.Unreachable, Verbose: 1, Message: "no", Ignored: true, Result: map[string]any{"changed": false}},
			},
			want: "[ERROR]: Task failed: Failed to connect to the host via ssh: no route\n" +
				"failed: [h1] (item=2) => {\"changed\": false, \"item\": 2, \"msg\": \"Task failed: Failed to connect to the host via ssh: no route\", \"unreachable\": true}\n" +
				"fatal: [h1]: UNREACHABLE! => {\"changed\": false, \"msg\": \"Task failed: Failed to connect to the host via ssh: no\", \"unreachable\": true}\n...ignoring\n",
		},
		"a loop": {
			ansible: Ansible{Verbosity: 1},
			events: []pfrun.Event{
				pfrun.TaskResult{Host: "h1", Item: &two, Loop: true, Status: pfrun.Skipped, Verbose: 1, Result: map[string]any{"changed": false, "skipped": true, "item": 2}},
				pfrun.TaskResult{Host: "h1", Loop: true, Status: pfrun.Skipped, Verbose: 1, Result: map[string]any{"changed": false, "msg": "All items skipped", "results": []any{1}}},
				pfrun.TaskResult{Host: "h1", Item: &two, Loop: true, Hidden: true, Status: pfrun.Changed, Verbose: 1, Result: map[string]any{"changed": true}},
				pfrun.TaskResult{Host: "h1", Loop: true, Status: pfrun.Changed, Verbose: 1},
			},
			want: "skipping: [h1] => (item=2)  => {\"changed\": false, \"item\": 2}\nskipping: [h1] => {\"changed\": false, \"msg\": \"All items skipped\"}\n" +
				"changed: [h1] => (item=(censored due to no_log)) => {\"censored\": \"" + censored + "\", \"changed\": true}\n",
		},
		"debug of an item": {
			events: []pfrun.Event{pfrun.TaskResult{
				Host: "h1", Module: "ansible.builtin.debug", Item: &two, Loop: true, Status: pfrun.OK,
				Result: map[string]any{"changed": false, "failed": false, "item": 2, "ansible_loop_var": "item", "msg": "x\u2028y"},
			}, pfrun.TaskResult{
				Host: "h1", Module: "debug", Item: &two, Loop: true, Status: pfrun.OK, Result: map[string]any{"changed": false, "failed": false, "item": 2, "ansible_loop_var": "item", "n": 1.0},
			}},
			want: "ok: [h1] => (item=2) => {\n    \"msg\": \"x\u2028y\"\n}\nok: [h1] => (item=2) => {\n    \"item\": 2,\n    \"n\": 1.0\n}\n",
		},
		"results at -vvv": {
			ansible: Ansible{Verbosity: 3},
			events: []pfrun.Event{
				pfrun.TaskResult{Host: "h1", Module: "ping", Status: pfrun.OK, Verbose: 1, Result: map[string]any{"changed": false, "ping": "pong", "invocation": map[string]any{}}},
				pfrun.Notified{Host: "h1", Handlers: []string{"rh"}},
				pfrun.MetaDone{Host: "h1", Text: "triggered running handlers for h1"},
			},
			want: "ok: [h1] => {\n    \"changed\": false,\n    \"invocation\": {},\n    \"ping\": \"pong\"\n}\n" +
				"Notification for handler rh has been saved.\nNOTIFIED HANDLER rh for h1\nMETA: triggered running handlers for h1\n",
		},
		"a panic at -vvv": {
			ansible: Ansible{Verbosity: 3},
			events: []pfrun.Event{pfrun.TaskResult{
				Host: "h1", Module: "ping", Status: pfrun.Failed, Verbose: 1, Message: "it panicked", Exception: "goroutine 1\n", Result: map[string]any{"changed": false, "msg": "it panicked", "exception": "goroutine 1\n"},
			}},
			want: "[ERROR]: Task failed: Module failed: it panicked\nThe full traceback is:\ngoroutine 1\n" +
				"fatal: [h1]: FAILED! => {\n    \"changed\": false,\n    \"msg\": \"it panicked\"\n}\n",
		},
		"a task that took too long": {
			events: []pfrun.Event{pfrun.TaskResult{
				Host: "h1", Module: "shell", Status: pfrun.Failed, Verbose: 1, Result: map[string]any{"changed": false, "msg": "Task failed: Timed out after 1 second(s)."},
			}},
			want: "[ERROR]: Task failed: Timed out after 1 second(s).\nfatal: [h1]: FAILED! => {\"changed\": false, \"msg\": \"Task failed: Timed out after 1 second(s).\"}\n",
		},
		"an action of the engine that is skipped": {
			ansible: Ansible{Verbosity: 2},
			events:  []pfrun.Event{pfrun.MetaDone{Host: "h1", Text: "end_host conditional evaluated to False, continuing execution for h1", Skipped: true}},
			want: "META: end_host conditional evaluated to False, continuing execution for h1\nskipping: [h1] => {\"msg\": \"end_host conditional evaluated to false, continuing " +
				"execution for h1\", \"skip_reason\": \"end_host conditional evaluated to False, continuing execution for h1\"}\n",
		},
		"what a module warns of": {
			events: []pfrun.Event{pfrun.TaskResult{Host: "h1", Status: pfrun.OK, Verbose: 1, Result: map[string]any{"warnings": []any{"beware"}}}},
			want:   "ok: [h1]\n",
			stderr: "[WARNING]: beware\n",
		},
		"a diff before its result": {
			ansible: Ansible{Diff: true},
			events: []pfrun.Event{
				pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, Verbose: 1, Changes: []change.Change{change.Remove{}}, Diff: "--- before: /x (content)\n+++ after: /x (content)\n@@ -1 +1 @@\n-a\n+b\n"},
				pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, Verbose: 1, Changes: []change.Change{change.Remove{}}, Diff: "- a\n", ShowDiff: &no},
				pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, Verbose: 1, Changes: []change.Change{change.Exec{}}, Diff: "+ run x\n"},
			},
			want: "--- before: /x (content)\n+++ after: /x (content)\n@@ -1 +1 @@\n-a\n+b\n\nchanged: [h1]\nchanged: [h1]\nchanged: [h1]\n",
		},
		"hosts that run freely": {
			events: []pfrun.Event{
				pfrun.PlayStart{Name: "p", Strategy: "ansible.builtin.free"},
				pfrun.TaskStart{Name: "one", Pos: at(1, 1)},
				pfrun.TaskStart{Name: "two", Pos: at(2, 1)},
				pfrun.TaskResult{Host: "h1", Task: "one", Pos: at(1, 1), Status: pfrun.OK, Verbose: 1},
				pfrun.TaskResult{Host: "h1", Task: "two", Pos: at(2, 1), Status: pfrun.OK, Verbose: 1},
				pfrun.TaskResult{Host: "h2", Task: "two", Pos: at(2, 1), Status: pfrun.OK, Verbose: 1},
				pfrun.TaskResult{Host: "h2", Task: "one", Pos: at(1, 1), Status: pfrun.OK, Verbose: 1},
			},
			want: "\nPLAY [p] " + strings.Repeat("*", 71) + "\n\nTASK [one] " + strings.Repeat("*", 69) + "\nok: [h1]\n\nTASK [two] " + strings.Repeat("*", 69) + "\nok: [h1]\nok: [h2]\n\nTASK [one] " + strings.Repeat("*", 69) + "\nok: [h2]\n",
		},
		"the end of a play": {
			events: []pfrun.Event{pfrun.NoHostsLeft{}, pfrun.NoHosts{Play: "nobody", Pattern: "x"}, pfrun.AsyncPoll{Host: "h1", JobID: "j1", Started: true}, pfrun.AsyncPoll{Host: "h1", JobID: "j1", Finished: true}, pfrun.AsyncPoll{Host: "h1", JobID: "j1", Finished: true, Failed: true}},
			want: strings.Repeat("\nNO MORE HOSTS LEFT *************************************************************\n", 2) + "\nPLAY [nobody] ******************************************************************\n" +
				"skipping: no hosts matched\nASYNC POLL on h1: jid=j1 started=True finished=False\nASYNC OK on h1: jid=j1\nASYNC FAILED on h1: jid=j1\n",
		},
		"the end, with what set_stats kept": {
			ansible: Ansible{Settings: settings(t, "ANSIBLE_SHOW_CUSTOM_STATS=yes")},
			events: []pfrun.Event{pfrun.Recap{
				Hosts:  []pfrun.HostRecap{{Host: "h1", OK: 1234, Rescued: 1, Deferred: 2}},
				Custom: map[string]map[string]any{"_run": {"n": 1, "m": []any{1}}, "h1": {"k": "v"}},
			}},
			want: "\nPLAY RECAP *********************************************************************\n" +
				"h1                         : ok=1234 changed=0    unreachable=0    failed=0    skipped=0    rescued=1    ignored=0    deferred=2   \n\n" +
				"\nCUSTOM STATS: ******************************************************************\n\th1: { \"k\": \"v\"}\n\n\tRUN: { \"m\": [  1 ], \"n\": 1}\n\n",
		},
		"a wide terminal": {
			ansible: Ansible{Columns: 100},
			events:  []pfrun.Event{pfrun.PlayStart{Name: "日本"}},
			want:    "\nPLAY [日本] " + strings.Repeat("*", 99-11) + "\n",
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			got, errors := asAnsible(t, &c.ansible, c.events...)
			if diff := cmp.Diff(c.want, got); diff != "" || errors != c.stderr {
				t.Error(diff, errors)
			}
		})
	}
}

func TestAnsibleOnStandardError(t *testing.T) {
	a := &Ansible{Settings: settings(t, "ANSIBLE_DISPLAY_FAILED_STDERR=1")}
	warning := pfrun.Warning{Host: "h1", Diagnostic: diag.Warnf(at(3, 7), "odd").WithHint("look there")}
	out, errors := asAnsible(t, a, warning, warning, pfrun.TaskResult{Host: "h1", Status: pfrun.Failed, Message: "bad", Verbose: 1, Result: map[string]any{"changed": false, "msg": "bad"}})
	want := "[WARNING]: h1: odd\nOrigin: /srv/site.yml:3:7\n\n1 - hosts: all\n2   tasks:\n3     - name: do it\n        ^ column 7\n\nlook there\n\n" +
		"[ERROR]: Task failed: Module failed: bad\nfatal: [h1]: FAILED! => {\"changed\": false, \"msg\": \"bad\"}\n"
	if diff := cmp.Diff(want, errors); diff != "" || out != "" {
		t.Error(diff, out)
	}
}

func TestColourCode(t *testing.T) {
	for name, want := range map[string]string{"bright purple": "1;35", "color208": "38;5;208", "rgb123": "38;5;67", "gray7": "38;5;239", "nonsense": "", "rgb999": ""} {
		if got := colourCode(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestHidden holds that no line of an encrypted file is shown.
func TestHidden(t *testing.T) {
	pos := pfrun.Position{Source: &diag.Source{Name: "/x.yml", Text: "secret\n", Hidden: true}, Line: 1, Column: 1}
	if got := Fault(diag.Errorf(pos, "bad")); got != "bad\nOrigin: /x.yml:1:1\n" {
		t.Errorf("got %q", got)
	}
}

// The wanted text is what ansible-core 2.19.11 prints with callback_result_format=yaml.
func TestResultYAML(t *testing.T) {
	result := map[string]any{
		"a": 1, "d": map[string]any{}, "e": []any{}, "f": 1.5, "l": []any{"x", map[string]any{"b": 2, "c": []any{1, 2}}, []any{3, []any{4}}}, "lead": " x\ny", "n": nil, "s": "yes",
		"long": "aaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc ddddddddddddddddddd eeeeeeeeeeeee",
		"t":    "two\nlines", "u": "tr  \nx\ty\n",
	}
	want := `ok: [h1] => 
    msg:
        a: 1
        d: {}
        e: []
        f: 1.5
        l:
        - x
        -   b: 2
            c:
            - 1
            - 2
        -   - 3
            -   - 4
        lead: |4-
             x
            y
        long: aaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc ddddddddddddddddddd
            eeeeeeeeeeeee
        n: null
        s: 'yes'
        t: |-
            two
            lines
        u: |-
            tr
            x       y
changed: [h1] => 
    changed: true
    stdout: a
    stdout_lines: <omitted>
`
	a := &Ansible{Verbosity: 1, Settings: settings(t, "ANSIBLE_CALLBACK_RESULT_FORMAT=yaml")}
	got, _ := asAnsible(t, a,
		pfrun.TaskResult{Host: "h1", Module: "debug", Status: pfrun.OK, Result: map[string]any{"msg": result, "changed": false}},
		pfrun.TaskResult{Host: "h1", Status: pfrun.Changed, Verbose: 1, Result: map[string]any{"changed": true, "stdout": "a", "stdout_lines": []any{"a"}}},
	)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
