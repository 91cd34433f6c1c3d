package play_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

func TestResolveAction(t *testing.T) {
	l := play.NewLoader(options())
	book, ds := l.Parse(&diag.Source{Name: "site.yml", Text: `
- hosts: all
  gather_facts: false
  tasks:
    - action: "{{ m }} msg=hi"
      args: {verbosity: 1}
      when: x
`})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	task := book.Plays[0].Tasks()[0]
	if task.Dynamic == nil || task.Module != nil {
		t.Fatalf("the task is not open: %+v", task)
	}
	got, ds := l.ResolveAction(task, "ansible.builtin.debug")
	if len(ds) > 0 || got.Module.Name != "debug" || got.Dynamic != nil || len(got.Args) != 2 || len(got.When) != 1 {
		t.Errorf("got %+v, %v", got, ds)
	}
	for name, want := range map[string]string{
		"debgu":         `site.yml:5:16: couldn't resolve module/action 'debgu': nobody knows a module of this name (did you mean "debug"?)`,
		"jenkins_job":   `site.yml:5:16: pfrun does not have the module "community.general.jenkins_job"`,
		"lineinfile":    `lineinfile has no argument "msg"`,
		"include_tasks": `site.yml:5:16: the action include_tasks cannot be named by a template`,
		"{{ x }}":       `site.yml:5:16: the action {{ x }} cannot be named by a template`,
	} {
		if _, ds := l.ResolveAction(task, name); !strings.Contains(ds.Error(), want) {
			t.Errorf("%s: got %v", name, ds)
		}
	}
	if task.Module != nil || len(task.Args) > 0 {
		t.Error("the task itself was changed")
	}
}

func TestStrictAndMissingHandler(t *testing.T) {
	src := &diag.Source{Name: "site.yml", Text: `
- hosts: all
  gather_facts: false
  tasks:
    - jenkins_job: {}
      when: a
    - debug: {mgs: a}
      ignore_errors: true
      notify: nobody
`}
	for _, tt := range []struct {
		strict, missing  bool
		errors, warnings int
	}{{false, false, 1, 2}, {true, false, 3, 0}, {false, true, 0, 3}} {
		o := options()
		o.Strict, o.MissingHandler = tt.strict, tt.missing
		_, ds := play.NewLoader(o).Parse(src)
		if len(ds.Errors()) != tt.errors || len(ds.Warnings()) != tt.warnings {
			t.Errorf("%+v: got %v", tt, ds)
		}
	}
}

func TestScopeIsAskedForTemplates(t *testing.T) {
	dir := lay(t, map[string]string{
		"site.yml":                            "- import_playbook: '{{ which }}.yml'\n- hosts: all\n  gather_facts: false\n  vars: {a: play}\n  roles: [r]\n",
		"extra.yml":                           "- hosts: extra\n  gather_facts: false\n",
		"roles/r/tasks/main.yml":              "- import_tasks: '{{ a }}-{{ b }}-{{ c }}.yml'\n  vars: {c: task}\n",
		"roles/r/defaults/main.yml":           "a: default\nb: default\nc: default\n",
		"roles/r/tasks/play-default-task.yml": "- debug:\n",
	})
	o := options()
	o.Scope = func(p *play.Play, more ...*jinja.Dict) jinja.Scope {
		s := jinja.MapScope{}
		if p != nil {
			for k, v := range p.Vars.Items {
				s[k.(string)] = v
			}
		}
		for _, d := range more {
			for k, v := range d.Items {
				s[k.(string)] = v
			}
		}
		s["which"] = "extra"
		return s
	}
	book, ds := play.NewLoader(o).Playbook(filepath.Join(dir, "site.yml"))
	if len(ds) > 0 || len(book.Plays) != 2 || len(book.Plays[1].Tasks()) != 1 {
		t.Errorf("got %d plays, %v", len(book.Plays), ds)
	}
}

func TestSearchPathAndFindTasks(t *testing.T) {
	dir := lay(t, map[string]string{
		"site.yml":                       "- hosts: all\n  gather_facts: false\n  roles: [a]\n  tasks:\n    - import_tasks: sub/one.yml\n",
		"sub/one.yml":                    "- include_tasks: two.yml\n",
		"sub/two.yml":                    "- debug:\n",
		"two.yml":                        "- fail:\n",
		"roles/a/meta/main.yml":          "dependencies: [b]\n",
		"roles/b/tasks/main.yml":         "- import_tasks: sub/x.yml\n",
		"roles/b/tasks/sub/x.yml":        "- include_tasks: main.yml\n  when: again\n",
		"roles/b/tasks/sub/main.yml":     "- fail:\n",
		"roles/b/tasks/sub/only-sub.yml": "- debug:\n",
		"only-sub.yml":                   "- debug:\n",
		"sub/only-top.yml":               "- debug:\n",
	})
	l := play.NewLoader(options())
	book, ds := l.Playbook(filepath.Join(dir, "site.yml"))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	inRole, inPlay := book.Plays[0].Tasks()[0], book.Plays[0].Tasks()[1]
	rel := func(paths ...string) []string {
		for i, p := range paths {
			paths[i] = strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
		}
		return paths
	}
	if diff := cmp.Diff([]string{"roles/b", "roles/a", "roles/b/tasks/sub", ""}, rel(l.SearchPath(inRole)...)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"sub", ""}, rel(l.SearchPath(inPlay)...)); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		task       *play.Task
		name, want string
	}{
		{inPlay, "two.yml", "sub/two.yml"},
		{inPlay, "only-sub.yml", "only-sub.yml"},
		{inRole, "main.yml", "roles/b/tasks/main.yml"}, // the role's own folder first
		{inRole, "only-sub.yml", "only-sub.yml"},       // then the playbook's, as in Ansible
		{inRole, "x.yml", "roles/b/tasks/sub/x.yml"},
		{inRole, "sub/x.yml", "roles/b/tasks/sub/x.yml"},
		{inRole, "tasks/main.yml", "roles/b/tasks/main.yml"},
		{inRole, filepath.Join(dir, "two.yml"), "two.yml"},
	} {
		got, err := l.FindTasks(tt.task, tt.name)
		if err != nil || rel(got)[0] != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	if _, err := l.FindTasks(inRole, "nowhere.yml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nowhere.yml: %v", err)
	}
}

func TestVarsFile(t *testing.T) {
	dir := lay(t, map[string]string{"a.yml": "x: 1\ny: '{{ x }}'\n", "b.json": `{"n": 1e3}`, "bad.yml": "a: '{{ x'\n", "list.yml": "- a\n"})
	l := play.NewLoader(options())
	for name, want := range map[string]string{"a.yml": "{x: 1, y: <{{ x }}>}", "b.json": "{n: 1000}"} {
		d, ds := l.VarsFile(filepath.Join(dir, name))
		if got := show(d); got != want || len(ds) > 0 {
			t.Errorf("%s: got %s, %v", name, got, ds)
		}
	}
	for name, want := range map[string]string{
		"bad.yml":  "bad.yml:1:5: the tag that begins here has no end (close it with }})\n",
		"list.yml": "list.yml:1:3: a file of variables must be a mapping, or a list of mappings, not a string\n",
		"no.yml":   "the file of variables no.yml cannot be read: no such file or directory\n",
	} {
		if _, ds := l.VarsFile(filepath.Join(dir, name)); told(ds, dir) != want {
			t.Errorf("%s: got %s", name, told(ds, dir))
		}
	}
}

// TestIncludesOfManyHosts holds that hosts which include the same thing at once get the same tasks, and its faults once.
func TestIncludesOfManyHosts(t *testing.T) {
	dir := lay(t, map[string]string{
		"site.yml":               "- hosts: all\n  gather_facts: false\n  tasks:\n    - include_tasks: '{{ x }}.yml'\n    - include_role: {name: '{{ x }}'}\n",
		"one.yml":                "- debug:\n- debug:\n  when: '{{ x }}'\n",
		"roles/r/tasks/main.yml": "- debug:\n",
	})
	l := play.NewLoader(options())
	book, ds := l.Playbook(filepath.Join(dir, "site.yml"))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	tasks := book.Plays[0].Tasks()
	var wg sync.WaitGroup
	nodes, blocks, faults := make([][]play.Node, 16), make([]*play.Block, 16), make([]diag.List, 16)
	for i := range nodes {
		wg.Go(func() {
			path, err := l.FindTasks(tasks[0], "one.yml")
			if err != nil {
				t.Error(err)
				return
			}
			nodes[i], faults[i] = l.IncludeTasks(tasks[0], path)
			blocks[i], _ = l.IncludeRole(tasks[1], play.RoleFiles{Name: "r", AllowDuplicates: true})
		})
	}
	wg.Wait()
	for i := range nodes {
		if len(nodes[i]) != 2 || nodes[i][0] != nodes[0][0] || blocks[i] == nil || blocks[i] != blocks[0] {
			t.Errorf("host %d got other tasks", i)
		}
	}
	if _, again := l.IncludeTasks(tasks[0], filepath.Join(dir, "one.yml")); len(again) > 0 {
		t.Errorf("told again: %v", again)
	}
	if _, ds := l.IncludeRole(tasks[1], play.RoleFiles{Name: "nobody"}); told(ds, dir) != "site.yml:5:7: the role 'nobody' was not found in roles:.\n" {
		t.Errorf("got %s", told(ds, dir))
	}
}

// TestKeys holds which uses of a role are one in Ansible's eyes.
func TestKeys(t *testing.T) {
	dir := lay(t, map[string]string{
		"site.yml": `
- hosts: all
  gather_facts: false
  roles: [r, {role: r}, {role: r, x: 1}, {role: r, x: 1}, {role: r, vars: {x: 1}}, {role: r, when: a}, {role: r, tags: t}, {role: r, become: true}, "{{ 'r' }}"]
  tasks:
    - import_role: {name: r}
    - import_role: {name: r, tasks_from: main}
`,
		"roles/r/tasks/main.yml": "- debug:\n",
	})
	book, ds := play.NewLoader(options()).Playbook(filepath.Join(dir, "site.yml"))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	numbers := map[string]int{}
	var got []int
	for _, r := range book.Plays[0].Roles {
		if _, ok := numbers[r.Key]; !ok {
			numbers[r.Key] = len(numbers)
		}
		got = append(got, numbers[r.Key])
	}
	if diff := cmp.Diff([]int{0, 0, 1, 1, 2, 3, 4, 0, 0, 5, 6}, got); diff != "" {
		t.Error(diff)
	}
}

// TestModulesOfCollections holds by which names a module is found that a collection has and pfrun has under its short name.
func TestModulesOfCollections(t *testing.T) {
	o := options()
	specs := append(all.Specs(), modules.Spec{Name: "jenkins_job", Short: "x", New: func() modules.Task { return &word.GroupBy{} }})
	specs = append(specs, modules.Spec{Name: "other", Names: []string{"ns.coll.thing"}, Short: "x", New: func() modules.Task { return &word.GroupBy{} }})
	o.Registry = modules.NewRegistry(specs...)
	for action, want := range map[string]string{
		"jenkins_job": "jenkins_job", "community.general.jenkins_job": "jenkins_job", "ns.coll.thing": "other", "thing": "other",
		"someone.else.jenkins_job": "", "community.general.debug": "", "nobody": "",
	} {
		src := &diag.Source{Name: "site.yml", Text: "- hosts: all\n  gather_facts: false\n  collections: [ns.coll]\n  tasks:\n    - " + action + ": {key: a}\n      when: x\n"}
		book, ds := play.NewLoader(o).Parse(src)
		got := ""
		if tasks := book.Plays[0].Tasks(); len(tasks) == 1 && tasks[0].Module != nil {
			got = tasks[0].Module.Name
		}
		if got != want || (want == "") != (len(ds) > 0) {
			t.Errorf("%s: got %q, %v", action, got, ds)
		}
	}
}

// TestPlaybookOfACollection holds that a playbook may be named as Ansible names those of collections.
func TestPlaybookOfACollection(t *testing.T) {
	dir := lay(t, map[string]string{"ansible_collections/ns/coll/playbooks/book.yml": "- hosts: all\n  gather_facts: false\n"})
	o := options()
	o.CollectionsPath = []string{dir}
	book, ds := play.NewLoader(o).Playbook("ns.coll.book")
	if len(ds) > 0 || len(book.Plays) != 1 || book.Plays[0].Collections[0] != "ns.coll" {
		t.Errorf("got %+v, %v", book, ds)
	}
	if _, ds := play.NewLoader(o).Playbook("ns.coll.other"); ds.Err() == nil {
		t.Error("a playbook that is not there was read")
	}
}
