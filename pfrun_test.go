package pfrun_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pfrun/pfrun"
)

// folder writes files and gives the path of each.
func folder(t *testing.T, files map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

// collector keeps the results of a run.
type collector struct {
	mu      sync.Mutex
	results []pfrun.TaskResult
}

func (c *collector) Emit(e pfrun.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := e.(pfrun.TaskResult); ok {
		c.results = append(c.results, r)
	}
}

const site = `
- hosts: "{{ target | default('mail') }}"
  gather_facts: false
  connection: local
  tasks:
    - name: Hold a line
      lineinfile: {path: "{{ playbook_dir }}/conf", line: "{{ line }}", create: true}
`

func TestRun(t *testing.T) {
	at := folder(t, map[string]string{
		"site.yml": site, "hosts": "[mail]\nh1\n", "group_vars/mail.yml": "line: of the group\n", "host_vars/h1.yml": "line: of {{ inventory_hostname }}\n",
	})
	o := pfrun.Options{Playbooks: []string{at("site.yml")}, Inventory: []string{at("hosts")}}
	for i, want := range []pfrun.Status{pfrun.Changed, pfrun.OK} {
		sink := &collector{}
		o.Sink = sink
		project, err := pfrun.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		report, err := project.Run(t.Context())
		if err != nil || report.Failed() || report.Unreachable() || len(sink.results) != 1 {
			t.Fatalf("run %d: %+v %v %+v", i, report, err, sink.results)
		}
		if got := sink.results[0].Status; got != want || report.Changed != (want == pfrun.Changed) {
			t.Errorf("run %d: %s, changed %v, want %s", i, got, report.Changed, want)
		}
	}
	if b, err := os.ReadFile(at("conf")); err != nil || string(b) != "of h1\n" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	at := folder(t, map[string]string{"site.yml": site, "hosts": "[mail]\nh1\n[web]\nh2\n", "vars": "- no mapping\n"})
	for name, c := range map[string]struct {
		change func(*pfrun.Options)
		want   string
	}{
		"no inventory":         {func(o *pfrun.Options) { o.Inventory = nil }, "-i"},
		"missing inventory":    {func(o *pfrun.Options) { o.Inventory = []string{at("absent")} }, "absent"},
		"missing playbook":     {func(o *pfrun.Options) { o.Playbooks = []string{at("absent.yml")} }, "absent.yml"},
		"another group":        {func(o *pfrun.Options) { o.ExtraVars = []string{"target=relays"} }, "web (1)"},
		"a limit without host": {func(o *pfrun.Options) { o.Limit = "h9" }, "h9"},
		"limit and play apart": {func(o *pfrun.Options) { o.Limit = "web" }, "no host matches"},
		"vars of another kind": {func(o *pfrun.Options) { o.ExtraVars = []string{"@" + at("vars")} }, "mapping"},
		"vars without a value": {func(o *pfrun.Options) { o.ExtraVars = []string{"just words"} }, "-e"},
	} {
		t.Run(name, func(t *testing.T) {
			o := pfrun.Options{Playbooks: []string{at("site.yml")}, Inventory: []string{at("hosts")}}
			c.change(&o)
			_, err := pfrun.Load(o)
			var invalid *pfrun.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v, want an *InvalidError", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error does not say %q: %s", c.want, err)
			}
		})
	}
}

func TestExtraVars(t *testing.T) {
	for name, c := range map[string]struct{ extra, want string }{
		"pair":         {"line=one", "one"},
		"quoted pairs": {"other=1 line='two words'", "two words"},
		"JSON":         {`{"line": "three"}`, "three"},
		"YAML":         {`{line: "fo{{ 'u' }}r"}`, "four"},
		"file":         {"@FILE", "five"},
	} {
		t.Run(name, func(t *testing.T) {
			at := folder(t, map[string]string{"site.yml": site, "more.yml": "line: five\n"})
			project, err := pfrun.Load(pfrun.Options{
				Playbooks: []string{at("site.yml")}, Inventory: []string{"h1,"}, Getenv: os.Getenv,
				ExtraVars: []string{"target=all", strings.Replace(c.extra, "FILE", at("more.yml"), 1)},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := project.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(at("conf")); err != nil || string(b) != c.want+"\n" {
				t.Errorf("the file holds %q, %v; want %q", b, err, c.want)
			}
		})
	}
}
