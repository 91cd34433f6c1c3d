package play_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

const everything = `
- name: Play of {{ who }}
  hosts: [mail, "{{ more }}"]
  gather_facts: "no"
  become: true
  become_user: root
  become_method: sudo
  become_exe: /opt/sudo
  become_flags: ""
  remote_user: admin
  port: 2222
  connection: ssh
  ignore_errors: false
  no_log: "{{ quiet }}"
  check_mode: null
  diff: yes
  tags: [one, "two,three", 4]
  vars: {a: 1, b: "{{ a }}"}
  force_handlers: true
  any_errors_fatal: "yes"
  handlers:
    - name: Restart
      listen: [changed config, other]
      service: name=postfix state=restarted
    - listen: only topic
      ansible.builtin.debug:
  pre_tasks:
    - ansible.builtin.command: ls -l /etc chdir=/tmp
      args: {creates: /x}
  tasks:
    - name: Task {{ item }}
      lineinfile:
        path: "{{ path }}"
        line: x
      vars: {path: /etc/x}
      when: [a == 1, true, "", null]
      changed_when: false
      failed_when: [r is failed, "x"]
      register: r
      notify: [Restart, only topic, "{{ dynamic }}"]
      loop: ["{{ a }}", 2]
      loop_control: {loop_var: thing, index_var: i, label: "{{ thing }}"}
      become: false
      ignore_errors: "{{ a == 1 }}"
      no_log: false
      tags: five
    - meta: flush_handlers
      when: a
    - copy: {src: a}
      when: false
  post_tasks:
`

func TestLoadEverything(t *testing.T) {
	book, ds := load(t, everything)
	if want := `warning: site.yml:49:7: pfrun does not have the module "copy": the task fails if its when holds` + "\n"; told(ds) != want {
		t.Fatalf("got %s", told(ds))
	}
	p := book.Plays[0]
	shape := []string{}
	for _, s := range p.Sections {
		shape = append(shape, fmt.Sprint(s.Name, len(s.Tasks)))
	}
	if diff := cmp.Diff([]string{"pre_tasks1", "tasks3", "post_tasks0"}, shape); diff != "" {
		t.Error(diff)
	}
	if !p.ForceHandlers || !p.AnyErrorsFatal || p.Vars.Len() != 2 {
		t.Errorf("play: %+v", p)
	}
	task := p.Sections[1].Tasks[0]
	got := map[string]any{
		"become": task.Become, "become_user": task.BecomeUser, "become_exe": task.BecomeExe, "become_flags": task.BecomeFlags, "port": task.Port, "no_log": task.NoLog, "diff": task.Diff, "check_mode": task.CheckMode,
		"tags": task.Tags, "register": task.Register, "when": len(task.When), "failed_when": len(task.FailedWhen), "changed_when": task.ChangedWhen[0].Shown(),
		"notify": len(task.Notify), "loop": task.Loop.Var + task.Loop.IndexVar, "vars": task.Vars.Len(), "pos": task.Pos.String(), "args": len(task.Args),
		"meta": p.Sections[1].Tasks[1].Meta, "unsupported": p.Sections[1].Tasks[2].Unsupported.Message,
		"listen": p.Handlers[0].Listen, "handles": p.Handlers[0].Handles("Restart") && p.Handlers[0].Handles("other") && !p.Handlers[0].Handles("x"),
		"pairs": p.Handlers[0].Args[1].Name, "free form": p.Sections[0].Tasks[0].Args[0].Value, "creates": p.Sections[0].Tasks[0].Args[1].Name,
	}
	want := map[string]any{
		"become": false, "become_user": "root", "become_exe": "/opt/sudo", "become_flags": "", "port": int64(2222), "no_log": false, "diff": true, "check_mode": nil,
		"tags": []string{"one", "two", "three", "4", "five"}, "register": "r", "when": 2, "failed_when": 2, "changed_when": false,
		"notify": 3, "loop": "thingi", "vars": 1, "pos": "site.yml:31:7", "args": 2,
		"meta": play.FlushHandlers, "unsupported": `pfrun does not have the module "copy"`,
		"listen": []string{"changed config", "other"}, "handles": true,
		"pairs": "state", "free form": "ls -l /etc chdir=/tmp", "creates": "creates",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestLoadIsFast(t *testing.T) {
	text := bigBook(10_000)
	env, registry := jinja.New(), modules.NewRegistry(all.Specs()...)
	start := time.Now()
	if _, ds := play.Load(&diag.Source{Name: "big.yml", Text: text}, env, registry); len(ds) > 0 {
		t.Fatal(ds)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("10,000 tasks took %s: loading is not linear any more", took)
	}
}

func bigBook(n int) string {
	var b strings.Builder
	b.WriteString("- hosts: all\n  gather_facts: false\n  tasks:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - name: Task %d\n      lineinfile: {path: \"{{ dir }}/file%d\", line: \"a = {{ value }}\"}\n      when: x == %d\n", i, i, i)
	}
	return b.String()
}

func BenchmarkLoad10000Tasks(b *testing.B) {
	src := &diag.Source{Name: "big.yml", Text: bigBook(10_000)}
	registry := modules.NewRegistry(all.Specs()...)
	for b.Loop() {
		play.Load(src, jinja.New(), registry)
	}
}

// FuzzLoad holds that no text makes the loader panic, and that every fault has a place in it.
func FuzzLoad(f *testing.F) {
	f.Add(everything)
	archive, err := txtar.ParseFile(brokenFile)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		if strings.HasSuffix(file.Name, ".yml") {
			f.Add(string(file.Data))
		}
	}
	if shipped, err := os.ReadFile("../../playbooks/ipv4-only.yml"); err == nil {
		f.Add(string(shipped))
	}
	env, registry := jinja.New(), modules.NewRegistry(all.Specs()...)
	f.Fuzz(func(t *testing.T, text string) {
		book, ds := play.Load(&diag.Source{Name: "fuzz.yml", Text: text}, env, registry)
		for _, d := range ds {
			if !d.Pos.IsValid() || d.Message == "" {
				t.Errorf("a fault without place or words: %+v", d)
			}
		}
		if len(ds.Errors()) > 0 {
			return
		}
		for _, p := range book.Plays {
			for _, task := range append(p.Tasks(), p.Handlers...) {
				if task.Module == nil && task.Meta == "" && task.Unsupported == nil {
					t.Errorf("%s: a task without a module was not refused", task.Pos)
				}
			}
		}
	})
}
