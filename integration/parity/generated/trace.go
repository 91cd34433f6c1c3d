package generated

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// output is what a run of a case printed, and how it ended.
type output struct {
	Out  string `json:"out"`
	Err  string `json:"err"`
	Exit int    `json:"exit"`
}

var (
	heading  = regexp.MustCompile(`^(PLAY RECAP|PLAY|TASK|RUNNING HANDLER|NO MORE HOSTS LEFT|CUSTOM STATS:)(?: \[(.*)\])?(?: \[CHECK MODE\])? \*{3,}$`)
	status   = regexp.MustCompile(`^(ok|changed|skipping|fatal|failed|undecided|deferred): \[([^\]]*)\](.*)$`)
	include  = regexp.MustCompile(`^included: (.*) for ([^=]*?)( => .*)?$`)
	other    = regexp.MustCompile(`^(skipping: no hosts matched|\t.*|[\w.]+ +: ok=.*|ERROR! .*)$`)
	retrying = regexp.MustCompile(`^(FAILED - RETRYING: \[([^\]]*)\]: .* \(\d+ retries left\)\.)(.*)$`)
	playTags = regexp.MustCompile(`TAGS: \[[^\] ]*\]`)
	object   = regexp.MustCompile(`(=>|Result was:) \{`)
	aside    = regexp.MustCompile(`^\[(ERROR|WARNING|DEPRECATION WARNING)\]`)
)

// trace brings what was printed to a form in which two programs can be compared: headings without stars, results without what only one of the two says. A play whose name ends in "free" runs
// its hosts each by itself: its lines are put together by host.
func (o output) trace() string {
	t := &tracer{}
	lines := strings.Split(o.Out, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \r")
		if strings.HasSuffix(line, "=> {") || strings.HasSuffix(line, "Result was: {") { // a result over several lines
			for i+1 < len(lines) && !strings.HasPrefix(lines[i], "}") {
				i++
				line += strings.TrimSpace(lines[i])
			}
		}
		t.line(line)
	}
	t.endPlay()
	t.out = append(t.out, fmt.Sprintf("exit %d", o.Exit), "")
	return strings.Join(t.out, "\n")
}

type tracer struct {
	out   []string
	lines []told // below the heading of the task
	free  bool
	task  string              // the heading of the task
	host  string              // of the last result
	own   map[string][]string // lines by host
	shown map[string]string   // the heading shown last, by host
	error bool                // within the words of an error
}

// told is a line of a host; of none, it stands behind those of hosts.
type told struct{ host, line string }

// settle puts the lines of a task into the order of its hosts' names: which result is told first hangs on which comes first.
func (t *tracer) settle() {
	slices.SortStableFunc(t.lines, func(a, b told) int { return strings.Compare(a.host, b.host) })
	for _, l := range t.lines {
		t.out = append(t.out, "  "+l.line)
	}
	t.lines = nil
}

func (t *tracer) line(s string) {
	switch {
	case heading.MatchString(s):
		t.error = false
		t.heading(heading.FindStringSubmatch(s))
	case retrying.MatchString(s):
		t.error = false
		m := retrying.FindStringSubmatch(s)
		host, _, _ := strings.Cut(m[2], " -> ")
		t.aside(host, m[1]+result(m[3])) // told at once, whichever heading was told last
	case s == "...ignoring": // of a loop it stands behind whatever came meanwhile; the recap counts it
		t.error = false
	case other.MatchString(s):
		t.error = false
		t.add(t.host, strings.Join(strings.Fields(s), " "))
	case status.MatchString(s):
		t.error = false
		m := status.FindStringSubmatch(s)
		t.host, _, _ = strings.Cut(m[2], " -> ")
		t.add(t.host, m[1]+": ["+m[2]+"]"+result(m[3]))
	case include.MatchString(s):
		t.error = false
		m := include.FindStringSubmatch(s)
		t.included(m[1], strings.Split(m[2], ", "), m[3])
	case aside.MatchString(s):
		t.error = true
	case s != "" && !t.error:
		t.add(t.host, playTags.ReplaceAllStringFunc(s, sorted))
	}
}

// sorted puts the tags of a play in order: Ansible lists a set.
func sorted(s string) string {
	words := strings.Split(strings.TrimSuffix(strings.TrimPrefix(s, "TAGS: ["), "]"), ",")
	slices.Sort(words)
	return "TAGS: [" + strings.Join(words, ",") + "]"
}

func (t *tracer) heading(m []string) {
	text := m[1]
	if m[2] != "" {
		text += " [" + m[2] + "]"
	}
	if m[1] != "TASK" && m[1] != "RUNNING HANDLER" {
		t.endPlay()
		t.out = append(t.out, text)
		t.free = m[1] == "PLAY" && strings.HasSuffix(m[2], "free")
		return
	}
	t.task = text
	if !t.free {
		t.settle()
		t.out = append(t.out, text)
	}
}

func (t *tracer) included(what string, hosts []string, item string) {
	if i := strings.LastIndex(what, "/"); i >= 0 {
		what = what[i+1:]
	}
	if !t.free {
		t.add("~", "included: "+what+" for "+strings.Join(hosts, ", ")+item)
		return
	}
	for _, h := range hosts { // below no heading: Ansible tells it below whichever came last
		t.aside(h, "included: "+what+" for "+h+item)
	}
}

// add adds a line, in a play whose hosts run freely to those of its host, below the heading of its task.
func (t *tracer) add(host, s string) {
	if !t.free {
		t.lines = append(t.lines, told{host, s})
		return
	}
	if t.own == nil {
		t.own, t.shown = map[string][]string{}, map[string]string{}
	}
	if t.shown[host] != t.task {
		t.shown[host] = t.task
		t.own[host] = append(t.own[host], t.task)
	}
	t.own[host] = append(t.own[host], "  "+s)
}

// aside adds a line of a host that has no heading of its own.
func (t *tracer) aside(host, s string) {
	task := t.task
	if t.free {
		t.task = t.shown[host]
	}
	t.add(host, s)
	t.task = task
}

func (t *tracer) endPlay() {
	t.settle()
	hosts := []string{}
	for h := range t.own {
		hosts = append(hosts, h)
	}
	slices.Sort(hosts)
	for _, h := range hosts {
		t.out = append(t.out, t.own[h]...)
	}
	t.own, t.task, t.free, t.host = nil, "", false, ""
}

// compared are the keys of a failed result that are compared, and the messages: those of the generator, and those that have no words of one of the programs.
var (
	compared = []string{"changed", "rc", "attempts", "failed_when_result", "item", "skipped", "skip_reason", "skipped_reason", "false_condition", "assertion", "evaluated_to", "censored", "x", "i"}
	message  = regexp.MustCompile(`^(m\d+\b.*|non-zero return code|Assertion failed|One or more items failed|Failed as requested from task|All items skipped)$`)
)

// result shortens what stands behind the host: of a task that went well, debug's result, is all of it compared.
func result(s string) string {
	s = strings.TrimRight(s, " ")
	at := object.FindStringIndex(s)
	if at == nil {
		return s
	}
	i := at[1] - 1
	d := json.NewDecoder(strings.NewReader(s[i:]))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return s
	}
	if strings.Contains(s[:i], "FAILED!") || strings.Contains(s[:i], "UNREACHABLE!") || !strings.HasPrefix(s, " =>") && !strings.HasPrefix(s, "Result was") {
		m = failure(m, strings.Contains(s[:i], "UNREACHABLE!"))
	}
	b, err := json.Marshal(m)
	if err != nil {
		return s
	}
	return s[:i] + string(b)
}

// failure keeps what is compared of a result that failed.
func failure(m map[string]any, unreachable bool) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		text, _ := v.(string)
		switch {
		case k == "msg" && message.MatchString(text) && !unreachable:
			out[k] = v
		case slices.Contains(compared, k):
			out[k] = v
		}
	}
	return out
}
