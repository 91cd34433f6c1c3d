package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// program writes an executable shell script and gives its path.
func program(t testing.TB, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "inv")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// varsText gives the variables of a host as they stand in its layers, later ones hiding earlier ones.
func varsText(inv *Inventory, name string) string {
	values := map[string]string{}
	var order []string
	for _, l := range inv.VarsFor(inv.Host(name), ".") {
		for _, v := range l.Vars {
			if _, ok := values[v.Name]; !ok {
				order = append(order, v.Name)
			}
			values[v.Name] = shown(v.Node)
		}
	}
	for i, n := range order {
		order[i] = n + "=" + values[n]
	}
	return strings.Join(order, " ")
}

func shown(n *yamlsrc.Node) string {
	switch n.Kind {
	case yamlsrc.Sequence:
		var parts []string
		for _, item := range n.Items {
			parts = append(parts, shown(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case yamlsrc.Mapping:
		var parts []string
		for _, e := range n.Entries {
			parts = append(parts, e.Key.Text+":"+shown(e.Value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return n.Tag + n.Text
}

const listWithMeta = `cat <<'E'
{"mail": {"hosts": ["m1", "m2"], "vars": {"a": 1, "t": "{{ a }}"}, "children": ["edge"]},
 "edge": ["e1"],
 "lone": {"x": [1.5, null, true]},
 "_meta": {"hostvars": {"m1": {"a": 2, "u": {"__ansible_unsafe": "{{ x }}"}}, "stranger": {"b": 1}}}}
E
[ "$1" = --list ] || exit 9
`

func TestScriptWithMeta(t *testing.T) {
	path := program(t, listWithMeta)
	inv, ds := Load([]string{path}, Options{})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("m1 m2 e1 lone", names(inv.Hosts)); diff != "" {
		t.Error(diff)
	}
	for host, want := range map[string]string{"m1": "a=2 t={{ a }} u=!unsafe{{ x }}", "e1": "a=1 t={{ a }}", "lone": "x=[1.5,null,true]"} {
		if got := varsText(inv, host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if inv.Host("stranger") != nil {
		t.Error("a host that no group names is there")
	}
	if file, dir := inv.Host("m1").Origin(); file != path || dir != filepath.Dir(path) {
		t.Errorf("m1 comes from %s in %s", file, dir)
	}
}

func TestScriptAsksForEachHost(t *testing.T) {
	path := program(t, `if [ "$1" = --list ]; then echo '{"g": ["h1", "h2", "h3"]}'; exit; fi
[ "$2" = h3 ] || printf '{"me": "%s"}' "$2"`)
	inv, ds := Load([]string{path}, Options{})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{"h1": "me=h1", "h2": "me=h2", "h3": ""} {
		if got := varsText(inv, host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

func TestScriptInFolder(t *testing.T) {
	path := program(t, `echo '{"mail": ["m1"], "_meta": {"hostvars": {}}}'; echo cloud is slow >&2`)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "static"), []byte("[mail]\nm2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, ds := Load([]string{filepath.Dir(path)}, Options{})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	if got := names(inv.Group("mail").Hosts()); got != "m1 m2" {
		t.Errorf("mail has %s", got)
	}
	if got := ds.Warnings().Error(); !strings.Contains(got, "said on standard error: cloud is slow") {
		t.Errorf("warnings: %s", got)
	}
}

func TestScriptFaults(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"status":      {"echo no token >&2; exit 3", "--list ended with status 3 (it said on standard error: no token)"},
		"nothing":     {"", "--list:1: nothing was printed"},
		"half":        {"printf '{\"a\": [\\n\"b\"'", "--list:2:4: this is no JSON: it ends in the middle"},
		"python":      {"echo \"{'a': 1}\"", "--list:1:2: this is no JSON: invalid character '\\''"},
		"comma":       {"printf '{\"a\": [],\\n \"b\": [1,]}\\n'", "--list:2:10: this is no JSON: invalid character ']'"},
		"two":         {"echo '{} {}'", "--list:1:4: there is more text after the JSON value"},
		"list":        {"echo '[]'", "--list:1:1: an inventory script prints an object of groups, not a list"},
		"hosts":       {"echo '{\"g\": {\"hosts\": \"h1\"}}'", "--list:1:17: hosts of group g must be a list, not a string"},
		"host":        {"echo '{\"g\": [1]}'", "--list:1:8: hosts of group g: a name must be a string that is not empty, not the integer 1"},
		"vars":        {"echo '{\"g\": {\"vars\": []}}'", "--list:1:16: vars of group g must be an object, not a list"},
		"meta":        {"echo '{\"_meta\": {\"hostvars\": []}}'", "_meta.hostvars must be an object of hosts"},
		"hostvars":    {"echo '{\"g\": [\"h\"], \"_meta\": {\"hostvars\": {\"h\": 1}}}'", "the variables of host h must be an object, not an integer"},
		"circle":      {"echo '{\"a\": {\"children\": [\"b\"]}, \"b\": {\"children\": [\"a\"]}}'", "group a cannot be in group b"},
		"encoding":    {"printf '{\"a\": \"\\377\"}'", "--list:1:8: the output is not UTF-8 text"},
		"host status": {"[ $1 = --list ] && echo '{\"g\": [\"h\"]}' || { echo gone >&2; exit 4; }", "--host h ended with status 4 (it said on standard error: gone)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, ds := Load([]string{program(t, c.body)}, Options{})
			if got := ds.Errors().Error(); !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestScriptTimeout(t *testing.T) {
	start := time.Now()
	_, ds := Load([]string{program(t, "sleep 5 & sleep 5")}, Options{ScriptTimeout: 100 * time.Millisecond})
	if got := ds.Errors().Error(); !strings.Contains(got, "--list did not end within 100ms") {
		t.Error(got)
	}
	if d := time.Since(start); d > 4*time.Second {
		t.Errorf("took %s", d)
	}
}

func TestScriptInterpreterMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inv")
	if err := os.WriteFile(path, []byte("#!/nonexistent/python\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, ds := Load([]string{path}, Options{})
	if got := ds.Errors().Error(); !strings.Contains(got, "(#!/nonexistent/python) is not on this machine") {
		t.Error(got)
	}
}

func TestRangesInLists(t *testing.T) {
	inv, ds := Load([]string{"mx[01:03].example.com:2222,[::1],db[a:b],"}, Options{})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	if got, want := names(inv.Hosts), "mx01.example.com mx02.example.com mx03.example.com [::1] dba dbb"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := varsText(inv, "mx02.example.com"); got != "ansible_port=2222" {
		t.Error(got)
	}
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a": [1, 2.5, null, true, "x\u00e9"], "a": {}}`, `[`, `{"a":`, "nul", `"\ud83d\ude00"`, `{"__ansible_vault": "x"}`, "1e999", "[[[]]]", "{}x", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, d := readJSON(&diag.Source{Name: "s", Text: text})
		switch {
		case (n == nil) == (d == nil):
			t.Errorf("%v and %v", n, d)
		case d != nil && (d.Message == "" || !d.Pos.IsValid()):
			t.Errorf("bad diagnostic: %v", d)
		}
	})
}
