package jinja_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/jinja"
)

// sideBySide is what is timed in pfrun, in plain Jinja2 and in Ansible's templar: a simple expression, and a template of 200 lines.
func sideBySide() (vars map[string]any, expression, file string) {
	user := func(name string, active bool) map[string]any { return map[string]any{"name": name, "active": active} }
	vars = map[string]any{
		"a": map[string]any{"b": 1}, "name": "web01", "users": []any{user("alice", true), user("bob", false), user("carol", true)},
	}
	return vars, "{{ a.b }}", strings.Repeat("{% for u in users if u.active %}\n# {{ u.name | capitalize }}: {{ name }}\n{% endfor %}\nplain text\n", 50)
}

// best is the least time of many calls, which a busy machine disturbs least.
func best(t *testing.T, call func() error) time.Duration {
	t.Helper()
	least := time.Hour
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		const batch = 20
		start := time.Now()
		for range batch {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		}
		least = min(least, time.Since(start)/batch)
	}
	return least
}

// TestSideBySide times pfrun beside plain Jinja2 and Ansible's templar, in one run. PFRUN_BENCH is the command that runs integration/expressions/bench.py, to which the file of the
// case is given on standard input; "make bench-expressions" sets it.
func TestSideBySide(t *testing.T) {
	command := os.Getenv("PFRUN_BENCH")
	if command == "" {
		t.Skip("PFRUN_BENCH does not say how Ansible's templar is run, which is not part of this repository")
	}
	vars, expression, file := sideBySide()
	input, err := json.Marshal(map[string]any{"vars": vars, "expression": expression, "file": file})
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]time.Duration{}
	scope := jinja.MapScope{}
	for k, v := range vars {
		scope[k] = jinja.FromGo(v)
	}
	env := jinja.New()
	for name, src := range map[string]string{"expression": expression, "file": file} {
		pos := at(src)
		ours[name] = best(t, func() error {
			tpl, err := env.CompileArg(src, pos) // from the cache
			if err == nil {
				_, err = tpl.Eval(t.Context(), scope)
			}
			return err
		})
	}
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	theirs := map[string]time.Duration{}
	for line := range strings.Lines(string(out)) {
		var who, what string
		var n int64
		if _, err := fmt.Sscan(line, &who, &what, &n); err == nil {
			theirs[who+" "+what] = time.Duration(n)
		}
	}
	for _, name := range []string{"expression", "file"} {
		plain, templar := theirs["jinja2 "+name], theirs["templar "+name]
		if plain == 0 || templar == 0 {
			t.Fatalf("nothing was said of %s: %s", name, out)
		}
		t.Logf("%-10s pfrun %8s   plain Jinja2 %8s (%.1f times)   templar %8s (%.0f times)", name, ours[name], plain, float64(plain)/float64(ours[name]), templar, float64(templar)/float64(ours[name]))
	}
	switch {
	case ours["expression"] > time.Microsecond:
		t.Errorf("a simple expression takes %s, more than 1 µs", ours["expression"])
	case ours["file"] > theirs["jinja2 file"]:
		t.Errorf("the template takes %s, plain Jinja2 %s", ours["file"], theirs["jinja2 file"])
	case ours["file"]*100 > theirs["templar file"]:
		t.Errorf("the template takes %s, Ansible's templar %s, less than 100 times that", ours["file"], theirs["templar file"])
	}
}
