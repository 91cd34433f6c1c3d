package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestParse reads outputs of ansible-playbook for playbooks of ours: testdata/NAME.output, and what it is to give in NAME.steps, a step a line.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/*.output")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".output")
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range parse(read(t, file)) {
				got = append(got, s.status+" "+s.host+" "+s.task)
			}
			want := strings.Split(strings.TrimSpace(read(t, "testdata/"+name+".steps")), "\n")
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatEndsAScript(t *testing.T) {
	for script, want := range map[string]string{
		"set -eux\n":          "set -ux\n",
		"set -ex\nset +e\n":   "set -x\nset +e\n",
		"  set -e\n":          "  :\n",
		"echo set -e\n":       "echo set -e\n",
		"set -ux # -e\n":      "set -ux # -e\n",
		"grep -e set -e\n":    "grep -e set -e\n",
		"set -eu\nset -e\n":   "set -u\n:\n",
		"set -o pipefail\n":   "set -o pipefail\n",
		"set -euo pipefail\n": "set -uo pipefail\n",
	} {
		if got := goOn(script); got != want {
			t.Errorf("%q: got %q, want %q", script, got, want)
		}
	}
}

func TestScriptGoesOn(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"env": bashEnv, "0001.json": "", "runme.sh": "echo one\nfalse\nif true; then\n  exit 7\nfi\n(exit 2)\necho two\nexit 0\necho three\n", "other.sh": "exit 3\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bash := func(script string) (string, int) {
		cmd := exec.Command("bash", filepath.Join(dir, script))
		cmd.Env = append(os.Environ(), "BASH_ENV="+filepath.Join(dir, "env"), "CONFORMANCE_LOG="+dir)
		out, _ := cmd.Output()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, exit := bash("runme.sh"); out != "one\ntwo\n" || exit != 0 {
		t.Errorf("the script says %q and ends with %d", out, exit)
	}
	if lines := read(t, filepath.Join(dir, "lines")); lines != "2 1\n4 1\n6 1\n" {
		t.Errorf("failed lines: %q", lines)
	}
	if _, exit := bash("other.sh"); exit != 3 {
		t.Errorf("another script ends with %d", exit)
	}
}

func TestLog(t *testing.T) {
	o := &outcome{}
	err := o.fill(map[string]string{
		"0002.json": `{"program":"ansible","args":["localhost"],"exit":127}`, "0002.err": "not there\n",
		"0001.json": `{"program":"ansible-playbook","args":["a.yml"],"exit":2}`,
		"0001.out":  "TASK [a] ***\nok: [h1]\nfatal: [h2]: FAILED! => {}\n",
		"lines":     "7 1\n9 2\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Calls) != 2 || o.Calls[0].Done != 2 || o.Calls[0].Exit != 2 || len(o.Calls[0].Marks) != 16 || o.Calls[1].program != "ansible" {
		t.Errorf("calls: %+v %+v", o.Calls[0], o.Calls[1])
	}
	if want := []failedLine{{7, 1}, {9, 2}}; !slices.Equal(o.Lines, want) {
		t.Errorf("lines: %v", o.Lines)
	}
	if err := o.fill(map[string]string{"0001.json": ""}); err == nil {
		t.Error("a call that did not end is no error")
	}
}
