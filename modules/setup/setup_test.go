package setup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/setup"
)

func TestModule(t *testing.T) { moduletest.Run(t, setup.Spec(), "testdata/*.txtar") }

// told is what a host with three local facts prints.
const told = "\n=file /etc/resolv.conf\n nameserver 192.0.2.1\n\n=fact file\n /etc/ansible/facts.d/a.fact\n 1\n\n=fact file\n /etc/ansible/facts.d/gone.fact\n 2\n" +
	"\n=fact program\n /etc/ansible/facts.d/old.fact\n 3\n \n 0 1\n\n=end\n"

// TestPlannedFiles gathers where a play has planned files that facts are made of.
func TestPlannedFiles(t *testing.T) {
	h := mem.New(
		mem.Answer(host.Output{Stdout: told}, "sh", "-c", "*", "sh", "..."),
		mem.File("/etc/resolv.conf", "nameserver 192.0.2.1\n"), mem.File("/etc/ansible/facts.d/a.fact", "1"), mem.File("/etc/ansible/facts.d/gone.fact", "2"),
		mem.FileAs("/etc/ansible/facts.d/old.fact", "#!/bin/sh\necho 3\n", mem.Root(0o755)),
	)
	o := host.NewOverlay(h)
	gather := func() map[string]any {
		t.Helper()
		task := setup.Spec().New().(*setup.Task)
		task.GatherSubset = []string{"!all", "!min", "local", "dns"}
		if err := task.Validate(); err != nil {
			t.Fatal(err)
		}
		p, err := task.Plan(t.Context(), host.Listed(o, setup.Spec().Probes))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Steps) > 0 {
			t.Errorf("it wants to change something: %v", p.Steps)
		}
		return p.Facts
	}
	before := gather()
	want := map[string]any{"a": int64(1), "gone": int64(2), "old": int64(3)}
	if diff := cmp.Diff(want, before["ansible_local"]); diff != "" {
		t.Errorf("nothing is planned: %s", diff)
	}
	file := func(text string, mode uint32) *change.File {
		return &change.File{Content: change.Bytes([]byte(text)), Meta: mem.Root(mode)}
	}
	write := func(path, text string, mode uint32, before *change.File) change.Change {
		return change.WriteFile{Path: path, Content: change.Bytes([]byte(text)), Meta: mem.Root(mode), Before: before}
	}
	for _, c := range []change.Change{
		write("/etc/ansible/facts.d/a.fact", "[s]\nk = v\n", 0o644, file("1", 0o644)),
		write("/etc/ansible/facts.d/new.fact", `{"n": 4}`, 0o644, nil),
		write("/etc/ansible/facts.d/program.fact", "#!/bin/sh\n", 0o755, nil),
		change.Remove{Path: "/etc/ansible/facts.d/gone.fact", Before: file("2", 0o644)},
		write("/etc/resolv.conf", "nameserver 192.0.2.2\n", 0o644, file("nameserver 192.0.2.1\n", 0o644)),
	} {
		if _, err := o.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	after := gather()
	want = map[string]any{"a": map[string]any{"s": map[string]any{"k": "v"}}, "new": map[string]any{"n": int64(4)}, "old": int64(3), "program": change.Unknown{}}
	if diff := cmp.Diff(want, after["ansible_local"]); diff != "" {
		t.Errorf("planned: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"nameservers": []any{"192.0.2.2"}}, after["ansible_dns"]); diff != "" {
		t.Errorf("planned: %s", diff)
	}
}

func TestUnreachable(t *testing.T) {
	task := setup.Spec().New().(*setup.Task)
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	if _, err := task.Plan(t.Context(), mem.New()); err == nil || !strings.Contains(err.Error(), "cannot run the script: it ended with status 127: sh: not found") {
		t.Errorf("a host without sh: %v", err)
	}
}
