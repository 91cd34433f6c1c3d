package main

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
)

// step is what one task came to on one host, as the default output of ansible-playbook tells it.
type step struct {
	task   string // the header: "TASK [a : b]" or "RUNNING HANDLER [b]"
	host   string
	status string // ok, changed, included, skipped, failed, ignored, unreachable
}

var (
	header   = regexp.MustCompile(`^((?:TASK|RUNNING HANDLER|PLAY) \[.*\]) \*+$`)
	recap    = regexp.MustCompile(`^PLAY RECAP \*+$`)
	oneHost  = regexp.MustCompile(`^(ok|changed|skipping|failed|fatal): \[([^\]]+)\](.*)$`)
	included = regexp.MustCompile(`^included: .* for (.+)$`)
)

// parse reads the steps from what a call wrote to its standard output. The items of a loop are one step: the worst of them.
func parse(out string) []step {
	var steps []step
	var task string
	at := map[string]int{} // the step of each host in the task at hand
	last := -1             // the step that "...ignoring" speaks of
	put := func(host, status string) {
		host, _, _ = strings.Cut(host, " -> ")
		if i, seen := at[host]; seen {
			if worse(status, steps[i].status) {
				steps[i].status = status
			}
			last = i
			return
		}
		at[host] = len(steps)
		last = len(steps)
		steps = append(steps, step{task: task, host: host, status: status})
	}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if m := header.FindStringSubmatch(line); m != nil {
			task, last = m[1], -1
			clear(at)
		} else if recap.MatchString(line) { // each playbook of a call ends with one
			task, last = "", -1
			clear(at)
		} else if m := oneHost.FindStringSubmatch(line); m != nil && task != "" {
			put(m[2], status(m[1], m[3]))
		} else if m := included.FindStringSubmatch(line); m != nil && task != "" {
			hosts, _, _ := strings.Cut(m[1], " => ")
			for host := range strings.SplitSeq(hosts, ", ") {
				put(host, "included")
			}
		} else if line == "...ignoring" && last >= 0 {
			steps[last].status = "ignored"
		}
	}
	return steps
}

// status names an outcome by the first word of its line and what follows the host.
func status(word, rest string) string {
	switch {
	case word == "skipping":
		return "skipped"
	case strings.Contains(rest, "UNREACHABLE!"):
		return "unreachable"
	case word == "fatal" || word == "failed":
		return "failed"
	}
	return word
}

// severity orders the outcomes of the items of a loop.
var severity = []string{"skipped", "included", "ok", "changed", "ignored", "failed", "unreachable"}

func worse(a, b string) bool { return slices.Index(severity, a) > slices.Index(severity, b) }

// executed says whether a step counts: what was skipped was not done.
func (s step) executed() bool { return s.status != "skipped" }

// mark is what the reference keeps of a step: enough to tell it from others, none of its text.
func (s step) mark() string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s\x00%s\x00%s", s.task, s.host, s.status)
	return fmt.Sprintf("%08x", h.Sum32())
}
