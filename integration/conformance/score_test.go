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
			s := judge("x", c.newer, c.older, c.got)
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

func TestMerge(t *testing.T) {
	doc := "# Table\n" + begin + "\n| target | done |\n|---|---|\n| loops | 1 | 2 |  | old |\n| order | 3 | 3 |  |  |\n" + end + "\nrest\n"
	got, err := merge(doc, []*score{{target: "loops", done: 5, of: 9, apart: 2, same: 1, failed: "call 1: a|b"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Table\n", "| loops | 5 | 9 | 1/2 | call 1: a\\|b |\n| order | 3 | 3 |  |  |\n", "\nrest\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "old") {
		t.Errorf("the old row is left:\n%s", got)
	}
	if _, err := merge("no table", nil); err == nil {
		t.Error("a document without a table is no error")
	}
}
