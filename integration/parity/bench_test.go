package parity

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// workload is a playbook whose cost is measured.
type workload struct {
	name  string
	hosts string
	facts bool
	tasks string
	again bool // the run that is measured follows one that made the changes
}

func repeated(n int, line string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("    - " + strings.ReplaceAll(line, "#", strconv.Itoa(i)) + "\n")
	}
	return b.String()
}

// workloads are what users run, each taken apart from the others: a connection, facts, many small tasks, files that change and that do not, a loop, several hosts, a large file.
func workloads() []workload {
	files := repeated(20, `copy: {content: "{{ lookup('env', 'ROUND') }} #", dest: /srv/speed-#, mode: "0640"}`)
	return []workload{
		{name: "one ping", hosts: "h1", tasks: repeated(1, "ping:")},
		{name: "facts and a ping", hosts: "h1", facts: true, tasks: repeated(1, "ping:")},
		{name: "20 commands", hosts: "h1", tasks: repeated(20, "command: /bin/echo #")},
		{name: "20 files, all change", hosts: "h1", tasks: files},
		{name: "20 files, none changes", hosts: "h1", tasks: repeated(20, `copy: {content: "#", dest: /srv/same-#, mode: "0640"}`), again: true},
		{name: "loop of 50 lines", hosts: "h1", tasks: repeated(1, `{lineinfile: {path: "/srv/lines-{{ lookup('env', 'ROUND') }}", line: "{{ item }}", create: true}, loop: "{{ range(50) }}"}`)},
		{name: "20 debug", hosts: "h1", tasks: repeated(20, "debug: {msg: '{{ inventory_hostname }} #'}")},
		{name: "10 tasks on 5 hosts", hosts: "all", facts: true, tasks: repeated(10, "file: {path: /srv/folder-#, state: directory, mode: '0755'}"), again: true},
		{name: "a file of 16 MiB", hosts: "h1", tasks: repeated(1, `copy: {src: "/tmp/large-{{ lookup('env', 'ROUND') }}", dest: /srv/large, mode: "0644"}`)},
	}
}

func (w workload) playbook() string {
	return fmt.Sprintf("- hosts: %s\n  gather_facts: %t\n  tasks:\n%s", w.hosts, w.facts, w.tasks)
}

// cost is what a run takes.
type cost struct {
	wall           time.Duration
	control, hosts time.Duration // of the processor
	bytes          int64         // between the control node and its hosts
}

// processor gives the processor's time that a machine has taken since it was made.
func processor(b *testing.B, n *lab.Node) time.Duration {
	b.Helper()
	out := n.Run(b, "sh", "-c", "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || sed -n 's/^usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat")
	ns, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		b.Fatalf("%s does not say how much of the processor it took: %q", n.Name, out)
	}
	return time.Duration(ns)
}

func carried(b *testing.B, n *lab.Node) (total int64) {
	b.Helper()
	for word := range strings.FieldsSeq(n.Run(b, "sh", "-c", "cat /sys/class/net/eth0/statistics/?x_bytes")) {
		v, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		total += v
	}
	return total
}

// measure runs a command line once and gives what it took. What the looks themselves take is left in: two short programs a machine, some milliseconds.
func (p *peer) measure(b *testing.B, line string) cost {
	b.Helper()
	before := make([]time.Duration, len(p.fleet.Nodes()))
	for i, n := range p.fleet.Nodes() {
		before[i] = processor(b, n)
	}
	bytes, start := carried(b, p.fleet.Control), time.Now()
	if out, exit := p.fleet.Control.Exec(b, "sh", "-c", line); exit != 0 {
		b.Fatalf("%s: %s: exit %d\n%s", p.name, line, exit, out)
	}
	c := cost{wall: time.Since(start), bytes: carried(b, p.fleet.Control) - bytes}
	for i, n := range p.fleet.Nodes() {
		took := processor(b, n) - before[i]
		if i == 0 {
			c.control = took
		} else {
			c.hosts += took
		}
	}
	return c
}

// BenchmarkSpeed runs each workload by both peers in turn, SPEED_ROUNDS times, and writes the table to the file SPEED_TABLE. It is a measurement and holds nothing: on a machine that others
// use too its seconds say little, the processor's time and the bytes say more.
func BenchmarkSpeed(b *testing.B) {
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv("SPEED_ROUNDS"), "5"))
	if err != nil || rounds < 1 {
		b.Fatalf("SPEED_ROUNDS=%s", os.Getenv("SPEED_ROUNDS"))
	}
	peers := []*peer{ansible(b, "ansible"), pfrun(b)}
	from := load()
	for i, w := range workloads() {
		for _, p := range peers {
			p.fleet.Control.WriteFile(b, "/play/hosts", []byte("h1\nh2\nh3\nh4\nh5\n[all:vars]\nansible_python_interpreter=/usr/bin/python3\n"), 0o644)
			p.fleet.Control.WriteFile(b, fmt.Sprintf("/play/%d.yml", i), []byte(w.playbook()), 0o644)
		}
	}
	var rows []speed
	for i, w := range workloads() {
		r := speed{name: w.name}
		for round := range rounds + 1 {
			for k, p := range peers {
				p.fleet.Control.Run(b, "sh", "-c", fmt.Sprintf("head -c 16777216 /dev/urandom >/tmp/large-%d", round))
				// A master of ssh that the run before left would spare ansible its connection: each run makes its own.
				line := fmt.Sprintf("cd /play && env ROUND=%d %s ANSIBLE_SSH_CONTROL_PATH_DIR=/tmp/cp-%d-%d ansible-playbook -i hosts %d.yml", round, p.env, i, round, i)
				c := p.measure(b, line)
				if round > 0 { // the first one warms up: Python's caches, the helper on its host
					r.costs[k] = append(r.costs[k], c)
				}
			}
		}
		rows = append(rows, r)
		b.Logf("%s", r.line())
	}
	text := speedPage(rows, rounds, from, load())
	if path := os.Getenv("SPEED_TABLE"); path != "" {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// speed is a row of the table: the costs of ansible-core, then of pfrun.
type speed struct {
	name  string
	costs [2][]cost
}

// middle gives the median, and the least and the most.
func middle[T cmp.Ordered](costs []cost, of func(cost) T) (median, least, most T) {
	var all []T
	for _, c := range costs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all[len(all)/2], all[0], all[len(all)-1]
}

func (s speed) line() string {
	columns := []string{s.name}
	for _, of := range []func(cost) float64{
		func(c cost) float64 { return c.wall.Seconds() },
		func(c cost) float64 { return c.control.Seconds() },
		func(c cost) float64 { return c.hosts.Seconds() },
		func(c cost) float64 { return float64(c.bytes) / 1024 },
	} {
		var medians [2]float64
		for k := range s.costs {
			median, least, most := middle(s.costs[k], of)
			medians[k] = median
			columns = append(columns, fmt.Sprintf("%.2f (%.2f–%.2f)", median, least, most))
		}
		columns = append(columns, fmt.Sprintf("%.1f", medians[0]/medians[1]))
	}
	return "| " + strings.Join(columns, " | ") + " |"
}

func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	words := strings.Fields(string(b))
	if len(words) < 3 {
		return "unknown"
	}
	return strings.Join(words[:3], " ")
}

// speedPage is docs/speed.md.
func speedPage(rows []speed, rounds int, from, to string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# How fast pfrun is beside ansible-core

Made by "make bench" (integration/parity/bench_test.go); not written by hand. Two fleets of containers of one image, Debian 13, a control node and five hosts each; Debian's ansible-core 2.19
with pipelining, and pfrun under the name ansible-playbook. Each workload is run once to warm up (Python's caches, the helper on its host), then %d times by each in turn, so that what
else the machine does falls on both. Each run makes its connections anew. Each cell is the median, with the least and the most; x is ansible-core's median by pfrun's.

The machine had %d processors (%s, Go %s) for both fleets, hosts included. Its load (1, 5 and 15 minutes) was %s before and %s after: where that is far above the number
of processors the seconds of a run tell of the wait for them. The processor's time of the containers is then the better number; "hosts" is that of all five together. There is no
latency between the containers: over a real network each round trip adds to the seconds, and pfrun makes one a task (TestRoundTrips holds it to that).

`, rounds, runtime.NumCPU(), runtime.GOARCH, strings.TrimPrefix(runtime.Version(), "go"), from, to)
	b.WriteString("| workload | seconds: ansible | pfrun | x | processor of the control node, s: ansible | pfrun | x | of the hosts, s: ansible | pfrun | x | KiB carried: ansible | pfrun | x |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		b.WriteString(r.line() + "\n")
	}
	return b.String()
}
