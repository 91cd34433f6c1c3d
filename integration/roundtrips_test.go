package integration_test

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	pfrunner "github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/integration/lab"
)

// What the helper is for: it bounds how often pfrun may wait for a host.
const (
	firstResult = 10 // round trips from nothing to the first task's result, the helper being there
	perTask     = 1  // for each task after it
	perLoop     = 10 // for a loop of loopItems: they travel together
	loopItems   = 30
	wireDelay   = 25 * time.Millisecond
)

// TestRoundTrips counts how often pfrun waits for a host, by a proxy that delays each direction.
func TestRoundTrips(t *testing.T) {
	if _, ok := pfrunner.Helper(); !ok {
		t.Fatal("this test was built without the helper: make helper")
	}
	h := lab.Start(t, lab.Options{Debian: 13})
	ip, port := h.Address()
	for name, tt := range map[string]struct{ user, keywords string }{
		"login": {"root", ""},
		"sudo":  {"admin", "  become: true\n"},
		"other": {"admin", "  become: true\n  become_user: postfix\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "sudo" {
				return // the longest way stands for the others
			}
			p := startProxy(t, net.JoinHostPort(ip, fmt.Sprint(port)))
			line := regexp.MustCompile(`ansible_host=\S+ ansible_port=\S+`).ReplaceAllString(h.InventoryLine(tt.user), "ansible_host=127.0.0.1 ansible_port="+p.port(t))
			line += fmt.Sprintf(" ansible_ssh_common_args='-o UserKnownHostsFile=%s -o StrictHostKeyChecking=accept-new'", write(t, "known_hosts", ""))
			o := pfrunner.Options{Playbooks: []string{write(t, "trips.yml", manyLooks(name, tt.keywords))}, Inventory: []string{write(t, "hosts", line+"\n")}}
			p.results(t, o) // puts the helper there
			trips := p.results(t, o)
			if len(trips) < 10 {
				t.Fatalf("only %d tasks gave a result", len(trips))
			}
			last := len(trips) - 1
			t.Logf("%d round trips to the first result, then %d for %d tasks", trips[0], trips[last]-trips[0], last)
			if trips[0] > firstResult {
				t.Errorf("%d round trips to the first result, want %d at most", trips[0], firstResult)
			}
			if got := trips[last] - trips[0]; got > last*perTask {
				t.Errorf("%d round trips for %d further tasks, want one each at most", got, last)
			}
			loop := o
			loop.Playbooks = []string{write(t, "loop.yml", manyItems(name, tt.keywords))}
			if trips := p.results(t, loop); len(trips) != loopItems+2 || trips[loopItems]-trips[0] > perLoop {
				t.Errorf("round trips to the results of ping and a loop: %v, want %d at most for the loop", trips, perLoop)
			} else {
				t.Logf("%d round trips for a loop of %d", trips[loopItems]-trips[0], loopItems)
			}
			o.NoHelper = true
			without := p.results(t, o)
			t.Logf("without the helper: %d, then %d", without[0], without[last]-without[0])
			if without[last] <= trips[last] {
				t.Errorf("without the helper there are %d round trips, with it %d", without[last], trips[last])
			}
		})
	}
}

// manyLooks is a playbook of tasks of all kinds that look, or change something.
func manyLooks(name, keywords string) string {
	var b strings.Builder
	b.WriteString("- hosts: all\n  gather_facts: false\n" + keywords + "  tasks:\n")
	for i := range 4 {
		fmt.Fprintf(&b, "    - command: id -un\n    - lineinfile: {path: /tmp/trips-%s, line: 'line %d', create: true}\n    - ss: {port: 25}\n", name, i)
		fmt.Fprintf(&b, "    - postconf: {parameters: {inet_protocols: }, state: assert}\n")
	}
	return b.String()
}

// manyItems is a playbook with a loop that changes something with every item.
func manyItems(name, keywords string) string {
	return fmt.Sprintf("- hosts: all\n  gather_facts: false\n%s  tasks:\n    - ping:\n    - lineinfile: {path: /tmp/loop-%s, line: '{{ item }}', create: true}\n      loop: '{{ range(%d) }}'\n      register: lines\n",
		keywords, name, loopItems)
}

// proxy carries connections to a host, each direction delayed, and counts the round trips: each time that something is sent after something came.
type proxy struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	trips int
	heard bool // something came since something was sent
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{listener: l, to: to}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	return p
}

func (p *proxy) port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (p *proxy) carry(c net.Conn) {
	defer c.Close()
	time.Sleep(2 * wireDelay)
	p.note(func() { p.trips++ }) // the connection itself
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	sent := func() {
		if p.heard {
			p.trips++
		}
		p.heard = false
	}
	var both sync.WaitGroup
	both.Go(func() { p.delay(s, c, sent, func() {}) })
	both.Go(func() { p.delay(c, s, func() {}, func() { p.heard = true }) })
	both.Wait()
}

// delay copies what is read a little later.
func (p *proxy) delay(to, from net.Conn, read, wrote func()) {
	type chunk struct {
		at   time.Time
		data []byte
	}
	queue := make(chan chunk, 10_000)
	go func() {
		defer close(queue)
		for {
			b := make([]byte, 64<<10)
			n, err := from.Read(b)
			if n > 0 {
				p.note(read)
				queue <- chunk{time.Now(), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for c := range queue {
		time.Sleep(time.Until(c.at.Add(wireDelay)))
		p.note(wrote) // before: the answer may be quick
		if _, err := to.Write(c.data); err != nil {
			break
		}
	}
	to.(*net.TCPConn).CloseWrite()
}

func (p *proxy) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// results runs playbooks through the proxy in this process, and gives the number of round trips at the result of each task, before the next task begins.
func (p *proxy) results(t *testing.T, o pfrunner.Options) []int {
	t.Helper()
	p.note(func() { p.trips, p.heard = 0, false })
	var trips []int
	o.Sink = sinkFunc(func(e pfrunner.Event) {
		if r, ok := e.(pfrunner.TaskResult); ok {
			p.note(func() { trips = append(trips, p.trips) })
			if r.Status != pfrunner.OK && r.Status != pfrunner.Changed {
				t.Errorf("%s: %s %s", r.Task, r.Status, r.Message)
			}
		}
	})
	project, err := pfrunner.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := project.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trips
}

type sinkFunc func(pfrunner.Event)

func (f sinkFunc) Emit(e pfrunner.Event) { f(e) }
