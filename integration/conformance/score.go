package main

import (
	"fmt"
	"slices"
	"strings"
)

// invocation is one call of ansible-playbook that a target made.
type invocation struct {
	Exit  int    `json:"exit"`
	Done  int    `json:"done"`  // steps that were executed: all but those that were skipped
	Marks string `json:"marks"` // eight digits for each of them, in their order

	program string // where it is not ansible-playbook
	args    []string
	steps   []step
	errOut  string
	out     string
}

// outcome is what a target came to with one peer.
type outcome struct {
	Calls []*invocation `json:"calls"`
	Lines []failedLine  `json:"lines,omitempty"` // of runme.sh
	Exit  int           `json:"exit"`
}

// failedLine is a command of runme.sh that "set -e" ends the script at, where it is in force.
type failedLine struct {
	Line  int `json:"line"`
	After int `json:"after"` // calls that were made before
}

// reference is what the targets come to with ansible-core, by the release: numbers, and marks that tell steps apart.
type reference map[string]map[string]*outcome

// score is the row of one target.
type score struct {
	target string
	done   int      // executed as ansible-core does, before the first failure
	of     int      // what both releases of ansible-core execute alike
	later  int      // executed as ansible-core does, after the first failure
	apart  int      // what the newer release of ansible-core does in its own way, or no more
	same   int      // of these, what was done as the newer release does it, wherever
	beyond []lack   // what was not done because it is out of reach
	failed string   // where the first failure is
	why    []string // what was said there
}

// full says whether nothing is missing.
func (s *score) full() bool { return s.done == s.of && s.failed == "" }

// judge compares what a peer did with the reference. Where the newer release does something else than the one that the targets were written for, the
// target holds what changed: the newer one's answer is right, and it is counted apart. What a peer does in its own way and neither release does is
// a failure, and so is another exit code. What a call lacks that is out of reach is no failure: its steps stay in the sum, and the counting goes on.
func judge(target string, newer, older, got *outcome, out reach) *score {
	s := &score{target: target}
	for i, want := range newer.Calls {
		both, before := want.marks(), want.Done
		if i < len(older.Calls) {
			both, before = overlap(both, older.Calls[i].marks()), older.Calls[i].Done
		}
		n := total(both)
		s.of += n
		s.apart += max(before, want.Done) - n
		if i >= len(got.Calls) {
			s.fail(fmt.Sprintf("call %d was not made", i+1), nil)
			continue
		}
		have := got.Calls[i]
		alike, likeNewer := total(overlap(both, have.marks())), total(overlap(want.marks(), have.marks()))
		s.same += likeNewer - alike
		if s.failed == "" {
			s.done += alike
		} else {
			s.later += alike
		}
		reason, err := out.call(i+1, have)
		if reason != "" {
			s.lacks(i+1, n-alike, reason)
			continue // and what the script makes of the call
		}
		excused := 0
		for reason, steps := range out.missed(want, have) {
			s.lacks(0, steps, reason)
			excused += steps
		}
		switch {
		case err != nil:
			s.fail(err.Error(), nil)
		case want.Exit != have.Exit:
			s.fail(fmt.Sprintf("call %d ends with %d, not %d%s", i+1, have.Exit, want.Exit, have.lastTask()), have.said())
		case alike < n-excused || want.others(have, older, i) > 0:
			s.fail(fmt.Sprintf("call %d: %d steps as they should be of %d, %d made%s", i+1, likeNewer, want.Done, have.Done, firstOther(want, have)), have.said())
		}
		s.lines(newer, older, got, i+1)
	}
	if !s.endsBeyond(len(newer.Calls)) && got.Exit != newer.Exit && got.Exit != older.Exit {
		s.fail(fmt.Sprintf("the script ends with %d, not %d", got.Exit, newer.Exit), nil)
	}
	return s
}

// others counts the steps that a peer made and neither release does: where the two differ, pfrun may take what the older one took.
func (c *invocation) others(have *invocation, older *outcome, i int) int {
	known := c.marks()
	if i < len(older.Calls) {
		for mark, times := range older.Calls[i].marks() {
			known[mark] = max(known[mark], times)
		}
	}
	return have.Done - total(overlap(known, have.marks()))
}

// lines looks for commands of the script that failed after so many calls and should not have.
func (s *score) lines(newer, older, got *outcome, after int) {
	known := map[int]bool{}
	for _, o := range []*outcome{newer, older} {
		for _, l := range o.Lines {
			known[l.Line] = true
		}
	}
	for _, l := range got.Lines {
		if l.After == after && !known[l.Line] {
			s.fail(fmt.Sprintf("line %d of runme.sh, after call %d", l.Line, after), nil)
		}
	}
}

// lack is what calls miss that are out of reach for one reason.
type lack struct {
	reason string
	calls  []int // none where single tasks are
	steps  int
}

// lacks keeps what a call misses that is out of reach; call is 0 where only tasks of it are.
func (s *score) lacks(call, steps int, reason string) {
	i := slices.IndexFunc(s.beyond, func(l lack) bool { return l.reason == reason })
	if i < 0 {
		i, s.beyond = len(s.beyond), append(s.beyond, lack{reason: reason})
	}
	if call > 0 {
		s.beyond[i].calls = append(s.beyond[i].calls, call)
	}
	s.beyond[i].steps += steps
}

// endsBeyond says whether the last call is out of reach: what the script ends with is then too.
func (s *score) endsBeyond(last int) bool {
	return slices.ContainsFunc(s.beyond, func(l lack) bool { return slices.Contains(l.calls, last) })
}

// fail keeps the first failure.
func (s *score) fail(where string, why []string) {
	if s.failed == "" {
		s.failed, s.why = where, why
	}
}

// marks counts the steps by their mark.
func (c *invocation) marks() map[string]int {
	n := map[string]int{}
	for i := 0; i+8 <= len(c.Marks); i += 8 {
		n[c.Marks[i:i+8]]++
	}
	return n
}

// overlap is what both have: hosts that run at once come in any order.
func overlap(a, b map[string]int) map[string]int {
	both := map[string]int{}
	for mark, times := range a {
		if n := min(times, b[mark]); n > 0 {
			both[mark] = n
		}
	}
	return both
}

func total(marks map[string]int) int {
	n := 0
	for _, times := range marks {
		n += times
	}
	return n
}

// firstOther names the first step that the reference has not.
func firstOther(want, have *invocation) string {
	left := want.marks()
	for _, s := range have.steps {
		if !s.executed() {
			continue
		}
		if left[s.mark()]--; left[s.mark()] < 0 {
			return fmt.Sprintf(": %s, %s: %s", s.task, s.host, s.status)
		}
	}
	return have.lastTask()
}

// lastTask names the task at which a call ended.
func (c *invocation) lastTask() string {
	if len(c.steps) == 0 {
		return ""
	}
	s := c.steps[len(c.steps)-1]
	return fmt.Sprintf(": %s, %s: %s", s.task, s.host, s.status)
}

// said is what a call complained of.
func (c *invocation) said() []string {
	var lines []string
	for _, text := range []string{c.errOut, c.out} {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			if strings.HasPrefix(line, "fatal:") || strings.HasPrefix(line, "failed:") || text == c.errOut && strings.TrimSpace(line) != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// seal fills what is kept of an invocation from its steps.
func (c *invocation) seal() {
	var b strings.Builder
	for _, s := range c.steps {
		if s.executed() {
			c.Done++
			b.WriteString(s.mark())
		}
	}
	c.Marks = b.String()
}
