package main

import (
	"slices"
	"strings"
	"testing"
)

// call makes an invocation: a word a step, the task and its outcome on host h.
func made(exit int, words string) *invocation {
	c := &invocation{Exit: exit}
	for word := range strings.FieldsSeq(words) {
		task, status, _ := strings.Cut(word, ":")
		c.steps = append(c.steps, step{task: "TASK [" + task + "]", host: "h", status: status})
	}
	c.seal()
	return c
}

func TestJudge(t *testing.T) {
	both := &outcome{Calls: []*invocation{made(0, "a:ok b:changed c:skipped d:ok"), made(2, "e:ok f:failed")}, Lines: []failedLine{{4, 2}}}
	changed := &outcome{Calls: []*invocation{made(0, "a:ok b:changed d:ok"), made(2, "e:ok f:failed g:ok")}, Lines: []failedLine{{4, 2}, {9, 2}}}
	for _, c := range []struct {
		name              string
		newer, older, got *outcome
		done, of, later   int
		apart, same       int
		failed            string
	}{
		{name: "full", newer: both, older: both, got: both, done: 5, of: 5},
		{name: "hosts in another order", newer: both, older: both, done: 5, of: 5,
			got: &outcome{Calls: []*invocation{made(0, "d:ok b:changed a:ok"), made(2, "f:failed e:ok")}}},
		{name: "ends early", newer: both, older: both, done: 2, of: 5, later: 2, failed: "call 1 ends with 2, not 0: TASK [d], h: failed",
			got: &outcome{Calls: []*invocation{made(2, "a:ok b:changed d:failed"), made(2, "e:ok f:failed")}}},
		{name: "another outcome", newer: both, older: both, done: 2, of: 5, later: 2, failed: "call 1: 2 steps as they should be of 3, 3 made: TASK [b], h: ok",
			got: &outcome{Calls: []*invocation{made(0, "a:ok b:ok d:ok"), made(2, "e:ok f:failed")}}},
		{name: "a step too many", newer: both, older: both, done: 3, of: 5, later: 2, failed: "call 1: 3 steps as they should be of 3, 4 made: TASK [x], h: ok",
			got: &outcome{Calls: []*invocation{made(0, "a:ok b:changed d:ok x:ok"), made(2, "e:ok f:failed")}}},
		{name: "not made", newer: both, older: both, done: 3, of: 5, failed: "call 2 was not made", got: &outcome{Calls: both.Calls[:1]}},
		{name: "a line of the script", newer: both, older: both, done: 3, of: 5, later: 2, failed: "line 7 of runme.sh, after call 1",
			got: &outcome{Calls: both.Calls, Lines: []failedLine{{7, 1}, {4, 2}}}},
		{name: "what changed, as the newer", newer: changed, older: both, got: changed, done: 5, of: 5, apart: 1, same: 1},
		{name: "what changed, as the older", newer: changed, older: both, got: both, done: 5, of: 5, apart: 1},
		{name: "the end of the script", newer: both, older: both, done: 5, of: 5, failed: "the script ends with 9, not 0", got: &outcome{Calls: both.Calls, Exit: 9}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			s := judge("x", c.newer, c.older, c.got, nil)
			got, want := []int{s.done, s.of, s.later, s.apart, s.same}, []int{c.done, c.of, c.later, c.apart, c.same}
			if !slices.Equal(got, want) || s.failed != c.failed {
				t.Errorf("done, of, later, apart, same: got %v %q, want %v %q", got, s.failed, want, c.failed)
			}
			if s.full() != (c.failed == "" && c.done == c.of) {
				t.Errorf("full: %v", s.full())
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	list, err := exceptions("# why\n\nloops tasks/main.yml:2 its message is another\n")
	if err != nil || len(list) != 1 || list[0] != (exception{"loops", "tasks/main.yml", 2, "its message is another"}) {
		t.Fatalf("%v %v", list, err)
	}
	lines := []string{"- debug:", "  - assert:", "      that: x"}
	if err := list[0].apply(lines); err != nil || lines[1] != "  - ignore_errors: true\n    assert:" {
		t.Errorf("%q %v", lines[1], err)
	}
	for _, n := range []int{0, 3, 4} {
		if err := (exception{line: n}).apply(lines); err == nil {
			t.Errorf("line %d: no error", n)
		}
	}
	for _, text := range []string{"loops tasks/main.yml why", "loops tasks/main.yml:2"} {
		if _, err := exceptions(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	if _, err := exceptions(apartText); err != nil {
		t.Error(err)
	}
}

func TestOutOfReach(t *testing.T) {
	list, err := readReach("# why\n\nx 1:a.yml plug-ins in Python\nx 3:dir/c.yml plug-ins in Python\ny 1:a.yml other\n")
	if err != nil {
		t.Fatal(err)
	}
	of := func(c *invocation, program string, args ...string) *invocation {
		c.program, c.args = program, args
		return c
	}
	want := &outcome{Calls: []*invocation{made(0, "a:ok b:ok c:ok"), made(0, "d:ok"), made(0, "e:ok"), made(0, "")}}
	got := &outcome{Exit: notThere, Lines: []failedLine{{3, 1}}, Calls: []*invocation{of(made(2, "a:ok b:failed"), playbookProgram, "a.yml", "-v"), of(made(0, "d:ok"), playbookProgram, "b.yml"),
		of(made(4, ""), playbookProgram, "c.yml"), of(made(notThere, ""), "ansible", "localhost")}}
	s := judge("x", want, want, got, list.of("x"))
	if s.done != 2 || s.of != 5 || s.failed != "" || s.full() {
		t.Errorf("%+v", s)
	}
	if got, want := s.lacking(), "3 in call 1, 3 (plug-ins in Python); 0 in call 4 (the program ansible)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got.Calls[2].args = []string{"other.yml"}
	if s := judge("x", want, want, got, list.of("x")); s.failed != "reach.txt: call 3 of x is not of dir/c.yml" {
		t.Errorf("the call of another playbook: %q", s.failed)
	}
	for _, text := range []string{"x 1:a.yml", "x 0:a.yml why", "x one:a.yml why", "x 1: why", "x :1 why", "x a.yml:0 why"} {
		if _, err := readReach(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	if _, err := readReach(reachText); err != nil {
		t.Error(err)
	}
}

func TestTasksOutOfReach(t *testing.T) {
	list, err := readReach("x tasks/main.yml:2 a module\nx tasks/main.yml:9 a module\n")
	if err != nil {
		t.Fatal(err)
	}
	if !list.removes("tasks/main.yml", 9) || list.removes("tasks/main.yml", 1) || list.removes("tasks/other.yml", 9) {
		t.Error("other tasks are left out than the list says")
	}
	lines := strings.Split("- debug:\n- own: {}\n  vars:\n    name: other\n\n# of what follows\n- block:\n    - debug:\n    - own:\n      name: \"its name\"\n      when: true\n    - debug:", "\n")
	for _, b := range list {
		if err := b.remove(lines); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split("- debug:\n#- own: {}\n#  vars:\n#    name: other\n#\n## of what follows\n- block:\n    - debug:\n#    - own:\n#      name: \"its name\"\n#      when: true\n    - debug:", "\n")
	if !slices.Equal(lines, want) || list[0].task != "own" || list[1].task != "its name" {
		t.Errorf("%q and %q are left out of\n%s", list[0].task, list[1].task, strings.Join(lines, "\n"))
	}
	if err := (&beyond{line: 10}).remove(lines); err == nil {
		t.Error("a line at which no task begins is no error")
	}
	of := func(words string) *outcome { return &outcome{Calls: []*invocation{made(0, words)}} }
	whole := of("a:ok own:failed b:ok")
	whole.Calls[0].steps[1] = step{task: "TASK [x : own]", host: "testhost", status: "failed"}
	whole.Calls[0].Done, whole.Calls[0].Marks = 0, ""
	whole.Calls[0].seal()
	for got, failed := range map[string]string{"a:ok b:ok": "", "a:ok": "call 1: 1 steps as they should be of 3, 1 made: TASK [a], h: ok"} {
		s := judge("x", whole, whole, of(got), list)
		if s.of != 3 || s.failed != failed || s.lacking() != "1 (a module)" {
			t.Errorf("%s: of %d, %q, out of reach %q", got, s.of, s.failed, s.lacking())
		}
	}
}

func TestMerge(t *testing.T) {
	doc := "# Table\n<!-- some -->\n| target | done |\n|---|---|\n| loops | 1 | 2 |  |  | old |\n| order | 3 | 3 |  |  |  |\n<!-- /some -->\nrest\n"
	targets := []string{"loops", "order"}
	got, err := merge(doc, "some", targets, []*score{{target: "loops", done: 5, of: 9, apart: 2, same: 1, failed: "call 1: a|b", beyond: []lack{{"why", []int{2}, 4}}}, {target: "of another table"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Table\n", "| loops | 5 | 9 | 1/2 | 4 in call 2 (why) | call 1: a\\|b |\n| order | 3 | 3 |  |  |  |\n", "\nrest\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "old") || strings.Contains(got, "another") {
		t.Errorf("the old row is left, or a new one is not this table's:\n%s", got)
	}
	if _, err := merge("no table", "some", targets, nil); err == nil {
		t.Error("a document without a table is no error")
	}
}
