package parity

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

const (
	hosts  = 5 // h1 to h5
	shared = "testdata/hosts"
	// slow bounds one command line, in seconds: whatever it meets, it ends.
	slow = 180
)

// peer is one of the two programs, on its fleet.
type peer struct {
	name  string
	fleet *lab.Fleet
	env   string
}

// ansible is ansible-core on a fleet of its own, as fast as it can be made without leaving anything out.
func ansible(t testing.TB, name string) *peer {
	t.Helper()
	return &peer{name: name, fleet: lab.StartFleet(t, hosts, true), env: "ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1"}
}

// pfrun is pfrun under the name ansible-playbook on a fleet of its own.
func pfrun(t testing.TB) *peer {
	t.Helper()
	p := &peer{name: "pfrun", fleet: lab.StartFleet(t, hosts, false), env: "ANSIBLE_NOCOLOR=1"}
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p.fleet.Control.WriteFile(t, "/usr/local/bin/ansible-playbook", bin, 0o755)
	return p
}

// binary is pfrun as "make build" makes it, or the one that PARITY_BINARY names.
var binary = sync.OnceValues(func() ([]byte, error) {
	if path := os.Getenv("PARITY_BINARY"); path != "" {
		return os.ReadFile(path)
	}
	if msg, err := exec.Command("make", "-C", "../..", "build").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make build: %w\n%s", err, msg)
	}
	return os.ReadFile("../../bin/pfrun")
})

// lines gives the command lines of a case.
func lines(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name, "runs"))
	if os.IsNotExist(err) {
		return []string{"play.yml"}
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

// play runs a case and gives what it left behind, what was printed, and the time it took.
func (p *peer) play(t *testing.T, name string) (rec *Record, output string, took time.Duration) {
	t.Helper()
	folder := filepath.Join("testdata", name)
	sum, err := inputs(folder, shared)
	if err != nil {
		t.Fatal(err)
	}
	rec = &Record{Inputs: sum}
	p.prepare(t, name, folder)
	for _, line := range lines(t, name) {
		start := time.Now()
		out, exit := p.fleet.Control.Exec(t, "sh", "-c", p.script(name, line))
		took += time.Since(start)
		output += "$ " + line + "\n" + out
		if exit == 124 {
			t.Errorf("%s: %s: %s did not end in %d s", p.name, name, line, slow)
		}
		rec.Runs = append(rec.Runs, Run{Line: line, Exit: exit, Recap: recap(out)})
	}
	rec.Tree = p.collect(t, name)
	return rec, output, took
}

// script is a command line with what stands before it: variables of the environment are a line's own where it begins with them.
func (p *peer) script(name, line string) string {
	return fmt.Sprintf("cd /play/%[1]s && exec timeout -k 5 %[2]d env %[3]s ANSIBLE_SSH_CONTROL_PATH_DIR=/tmp/cp-%[1]s %[4]s", name, slow, p.env, commandLine(line))
}

// commandLine puts the program before the first word that is no VARIABLE=value.
func commandLine(line string) string {
	var env []string
	rest := line
	for {
		word, after, _ := strings.Cut(rest, " ")
		if !strings.Contains(word, "=") || strings.HasPrefix(word, "-") {
			return strings.Join(append(env, "ansible-playbook -i hosts", rest), " ")
		}
		env, rest = append(env, word), after
	}
}

func (p *peer) prepare(t *testing.T, name, folder string) {
	t.Helper()
	p.fleet.Control.Run(t, "sh", "-c", "rm -rf /play/"+name+"; mkdir -p /play")
	p.fleet.Control.WriteFolder(t, folder, "/play/"+name)
	if _, err := os.Stat(filepath.Join(folder, "hosts")); err != nil {
		b, err := os.ReadFile(shared)
		if err != nil {
			t.Fatal(err)
		}
		p.fleet.Control.WriteFile(t, "/play/"+name+"/hosts", b, 0o644)
	}
	p.everywhere(func(_ int, n *lab.Node) { n.Run(t, "install", "-d", "/srv/parity/"+name) })
}

// collect reads the trees of a case and removes them.
func (p *peer) collect(t *testing.T, name string) []Entry {
	t.Helper()
	lists := make([][]Entry, hosts+1)
	p.everywhere(func(i int, n *lab.Node) {
		script := fmt.Sprintf("cd /; ls -d srv/parity/%[1]s etc/parity/%[1]s 2>/dev/null | tar -c -T - 2>/dev/null; rm -rf srv/parity/%[1]s etc/parity/%[1]s", name)
		list, err := entries(n.Name, []byte(n.Run(t, "sh", "-c", script)))
		if err != nil {
			t.Error(err)
		}
		lists[i] = list
	})
	var all []Entry
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// everywhere does something on all machines at once.
func (p *peer) everywhere(do func(i int, n *lab.Node)) {
	var wg sync.WaitGroup
	for i, n := range p.fleet.Nodes() {
		wg.Go(func() { do(i, n) })
	}
	wg.Wait()
}
