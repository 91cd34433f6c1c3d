package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// write lays files in a new folder and gives its path.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// parse reads text as an INI source named "hosts".
func parse(text string) (*Inventory, diag.List) {
	inv, _ := Load(nil, Options{})
	inv.groups[ungroupedGroup].Parents = []*Group{inv.groups[allGroup]}
	inv.readINI(&diag.Source{Name: "hosts", Text: text})
	inv.reconcile()
	return inv, inv.diags
}

func mustParse(t testing.TB, text string) *Inventory {
	t.Helper()
	inv, ds := parse(text)
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	return inv
}

func value(n *yamlsrc.Node) string {
	switch n.Kind {
	case yamlsrc.Sequence:
		var parts []string
		for _, i := range n.Items {
			parts = append(parts, value(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case yamlsrc.Mapping:
		var parts []string
		for _, e := range n.Entries {
			parts = append(parts, value(e.Key)+":"+value(e.Value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case yamlsrc.String:
		return fmt.Sprintf("%q", n.Text)
	}
	return fmt.Sprintf("%T(%v)", n.Value, n.Value)
}

func vars(vs []Var) string {
	var parts []string
	for _, v := range vs {
		parts = append(parts, v.Name+"="+value(v.Node))
	}
	return strings.Join(parts, " ")
}

func names(hosts []*Host) string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.Name)
	}
	return strings.Join(out, " ")
}

// dump writes an inventory: a line a group, a line a host.
func dump(inv *Inventory) string {
	var b strings.Builder
	for _, g := range inv.Groups {
		fmt.Fprintf(&b, "[%s] depth=%d hosts=(%s) children=(", g.Name, g.Depth, names(g.Direct))
		for i, c := range g.Children {
			b.WriteString(strings.Repeat(" ", min(i, 1)) + c.Name)
		}
		b.WriteString(")")
		if len(g.Vars) > 0 {
			b.WriteString(" " + vars(g.Vars))
		}
		b.WriteString("\n")
	}
	for _, h := range inv.Hosts {
		fmt.Fprintf(&b, "%s in %s", h.Name, strings.Join(h.GroupNames(), ","))
		if len(h.Vars) > 0 {
			b.WriteString(" " + vars(h.Vars))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestINI(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", "[all] depth=0 hosts=() children=(ungrouped)\n[ungrouped] depth=1 hosts=() children=()\n"},
		{
			"groups", "h1\n# c\n; c\n[mail] # comment\nh1\n  h2 ansible_host=10.0.0.1 # c\n\n[eu:children]\nmail\nweb # later\n[web]\nh3\n[mail:vars]\na = 1\n",
			`[all] depth=0 hosts=() children=(ungrouped eu)
[ungrouped] depth=1 hosts=() children=()
[mail] depth=2 hosts=(h1 h2) children=() a=int64(1)
[eu] depth=1 hosts=() children=(mail web)
[web] depth=2 hosts=(h3) children=()
h1 in eu,mail
h2 in eu,mail ansible_host="10.0.0.1"
h3 in eu,web
`,
		},
		{
			"ranges-and-ports", "mx[01:05:2].example.com\nw[a:c]:2222\n[2001:db8::1]:22\n::1\n10.0.0.[9:10]\nx[1:2]y[a:b]\n",
			`[all] depth=0 hosts=() children=(ungrouped)
[ungrouped] depth=1 hosts=(mx01.example.com mx03.example.com mx05.example.com wa wb wc 2001:db8::1 ::1 10.0.0.9 10.0.0.10 x1ya x1yb x2ya x2yb) children=()
mx01.example.com in ungrouped
mx03.example.com in ungrouped
mx05.example.com in ungrouped
wa in ungrouped ansible_port=int64(2222)
wb in ungrouped ansible_port=int64(2222)
wc in ungrouped ansible_port=int64(2222)
2001:db8::1 in ungrouped ansible_port=int64(22)
::1 in ungrouped
10.0.0.9 in ungrouped
10.0.0.10 in ungrouped
x1ya in ungrouped
x1yb in ungrouped
x2ya in ungrouped
x2yb in ungrouped
`,
		},
		{
			"quoting", `h1 a="x y" b='c d' c=e\ f d="g'h" e='i"j' f="k\"l" g=m#n` + "\n" + `h2 a=b=c b= c='' d="'5'"` + "\n",
			`[all] depth=0 hosts=() children=(ungrouped)
[ungrouped] depth=1 hosts=(h1 h2) children=()
h1 in ungrouped a="x y" b="c d" c="e f" d="g'h" e="i\"j" f="k\"l" g="m"
h2 in ungrouped a="b=c" b="" c="" d="5"
`,
		},
		{
			"vars-before-group", "[a:vars]\nx=1\n[b:children]\na\n[a]\nh1\n",
			"[all] depth=0 hosts=() children=(ungrouped b)\n[ungrouped] depth=1 hosts=() children=()\n[a] depth=2 hosts=(h1) children=() x=int64(1)\n[b] depth=1 hosts=() children=(a)\nh1 in a,b\n",
		},
		{
			"host-named-again", "h1 x=1 y=2\n[a]\nh1 x=3\nh1:99\n",
			"[all] depth=0 hosts=() children=(ungrouped a)\n[ungrouped] depth=1 hosts=() children=()\n[a] depth=1 hosts=(h1) children=()\nh1 in a x=int64(3) y=int64(2)\n",
		},
		{
			"depth-is-the-longest-way", "[a:children]\nb\nc\n[b:children]\nc\n[c]\nh\n",
			"[all] depth=0 hosts=() children=(ungrouped a)\n[ungrouped] depth=1 hosts=() children=()\n[a] depth=1 hosts=() children=(b c)\n[b] depth=2 hosts=() children=(c)\n[c] depth=3 hosts=(h) children=()\nh in a,b,c\n",
		},
		{"crlf-and-byte-order-mark", "\uFEFFh1 a=1\r\n[all:vars]\r\nb=x\r\n", "[all] depth=0 hosts=() children=(ungrouped) b=\"x\"\n[ungrouped] depth=1 hosts=(h1) children=()\nh1 in ungrouped a=int64(1)\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, dump(mustParse(t, tt.in))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestLiteral(t *testing.T) {
	tests := map[string]string{
		"5": "int64(5)", "-5": "int64(-5)", "+5": "int64(5)", "--5": `"--5"`, "1_000": "int64(1000)", "1__0": `"1__0"`, "0x1F": "int64(31)", "0o17": "int64(15)", "0b11": "int64(3)",
		"0644": `"0644"`, "00": "int64(0)", "08": `"08"`, "1.5": "float64(1.5)", "1.": "float64(1)", ".5": "float64(0.5)", "1e3": "float64(1000)", "-1.5e-3": "float64(-0.0015)", "1e": `"1e"`,
		"999999999999999999999": "*big.Int(999999999999999999999)", "10.0.0.1": `"10.0.0.1"`, "True": "bool(true)", "true": `"true"`, "yes": `"yes"`, "None": "<nil>(<nil>)", "Truex": `"Truex"`,
		"'a b'": `"a b"`, `"it's"`: `"it's"`, "'a' 'b'": `"ab"`, `'a\nb\x41\u00e9\q'`: `"a\nbAé\\q"`, `r'a\n'`: `"a\\n"`, "u'x'": `"x"`, "'''x'''": `"x"`, "'x": `"'x"`, "x'": `"x'"`,
		"[1, '2', {'k': None}]": `[int64(1) "2" {"k":<nil>(<nil>)}]`, "(1, 2)": "[int64(1) int64(2)]", "1,2": "[int64(1) int64(2)]", "(1)": "int64(1)", "()": "[]", "{}": "{}", "[1": `"[1"`,
		"{'a': 1, 'a': 2}": `{"a":int64(2)}`, "{{ foo }}": `"{{ foo }}"`, "'{{ foo }}'": `"{{ foo }}"`, "5 # c": "int64(5)", "foo # c": `"foo # c"`, "a b c": `"a b c"`, "": `""`, "é": `"é"`,
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000): fmt.Sprintf("%q", strings.Repeat("[", 5000)+strings.Repeat("]", 5000)),
	}
	for in, want := range tests {
		t.Run(in[:min(len(in), 40)], func(t *testing.T) {
			inv := mustParse(t, "[all:vars]\nv="+in+"\n")
			if got := value(inv.Group("all").Vars[0].Node); got != want {
				t.Errorf("%s: got %s, want %s", in, got, want)
			}
		})
	}
}

func TestINIErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"vars-of-unknown-group", "[mail]\nh1\n[mial:vars]\na=1\n", `hosts:3:1: [mial:vars]: there is no group mial (did you mean "mail"?)`},
		{"children-unknown", "[eu:children]\nmail\n web\n", "hosts:2:1: [eu:children]: there is no group mail (declare it with a section [mail])\nhosts:3:2: [eu:children]: there is no group web (declare it with a section [web])"},
		{"section-kind", "[a:var]\nx=1\n[b]\n", `hosts:1:4: section [a:var]: "var" is neither vars nor children (did you mean "vars"?)`},
		{"section-space", "[my group]\nh1\n", `hosts:1:1: "[my group]" is no section: a section is [group], [group:vars] or [group:children] (no spaces inside the brackets; a comment after it starts with #)`},
		{"section-semicolon", "[a] ; c\nh1\n", `hosts:1:1: "[a] ; c" is no section: a section is [group], [group:vars] or [group:children] (no spaces inside the brackets; a comment after it starts with #)`},
		{"circle", "[a:children]\nb\n[b:children]\na\n", "hosts:4:1: group a cannot be in group b: b is in it already"},
		{"self", "[a:children]\na\n", "hosts:2:1: group a cannot be in group a: a is in it already"},
		{"no-pair", "h1 x=1 y z=2\n", "hosts:1:8: expected name=value after the host, found \"y\" (a value with spaces needs quotes; one line names one host)"},
		{"spaced-equals", "h1 x = 1\n", "hosts:1:4: expected name=value after the host, found \"x\" (a value with spaces needs quotes; one line names one host)\nhosts:1:8: expected name=value after the host, found \"1\" (a value with spaces needs quotes; one line names one host)"},
		{"var-colon", "[all:vars]\na: 1\n", `hosts:2:1: expected name=value, found "a: 1" (INI files use an equals sign: a=1)`},
		{"quote", "h1 a='b\n", "hosts:1:1: a quote is never closed (put quotes around the whole value: name='it is'; an apostrophe inside double quotes is safe)"},
		{"range-backwards", "db[3:1]\n", `hosts:1:1: host pattern "db[3:1]": the range stands for no host: it runs from 3 to 1`},
		{"range-width", "db[01:100]\n", `hosts:1:1: host pattern "db[01:100]": the ends of the range [01:100] must be of equal length when the first starts with 0`},
		{"range-huge", "db[1:99999999]\n", `hosts:1:1: host pattern "db[1:99999999]": the range stands for more than 65536 hosts`},
		{"range-huge-product", "db[1:9999][1:9999]\n", `hosts:1:1: host pattern "db[1:9999][1:9999]" stands for more than 65536 hosts`},
		{"range-ends", "db[1:9223372036854775807:9]\n", `hosts:1:1: host pattern "db[1:9223372036854775807:9]": the ends of the range [1:9223372036854775807:9] are out of bounds`},
		{"range-step", "db[1:9:0]\n", `hosts:1:1: host pattern "db[1:9:0]": the step of the range [1:9:0] must be a whole number`},
		{"trailing-colon", "h1:\n", `hosts:1:1: host pattern "h1:" ends in a colon, after which a port must follow`},
		{"yaml", "---\nall:\n  hosts: x\n", `hosts:1:1: "---" starts a YAML file, and this file is read as INI (name a YAML inventory *.yml)`},
		{"set", "h1 a={1,2}\n", "hosts:1:6: a Python set is not supported as a value; write a list: [a, b]"},
		{"priority", "[a]\n[a:vars]\nansible_group_priority=high\n", `hosts:3:24: ansible_group_priority must be a whole number, not "high"`},
		{"not-utf8", "h1\nh2 a=\xff\n# \xff\n", "hosts:2:1: the line is not UTF-8 text (save the file as UTF-8)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, ds := parse(tt.in)
			if diff := cmp.Diff(tt.want, ds.Errors().Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	_, ds := parse("[web-servers]\nh1\n[other-one]\n[mail]\nmail\n")
	want := "hosts:1:1: the group name \"web-servers\" cannot be written as a variable name (letters, digits and _ are safe; elsewhere write groups['web-servers'])\n" +
		"hosts:5:1: mail is the name of a group and of a host (give one of them another name)"
	if diff := cmp.Diff(want, ds.Warnings().Error()); diff != "" {
		t.Error(diff)
	}
}

func TestVarPositions(t *testing.T) {
	inv := mustParse(t, "é1 x=1 y='a'\n[all:vars]\n  z = 2\n")
	got := []string{inv.Hosts[0].Vars[1].Pos.String(), inv.Hosts[0].Vars[1].Node.Pos.String(), inv.Group("all").Vars[0].Pos.String(), inv.Group("all").Vars[0].Node.Pos.String()}
	if diff := cmp.Diff([]string{"hosts:1:8", "hosts:1:10", "hosts:3:3", "hosts:3:7"}, got); diff != "" {
		t.Error(diff)
	}
}

const fleet = "h0\n[mail]\nmx1\nmx2\nmx3\n[web]\nw1\nmx2\nw2.example.com\n[eu:children]\nmail\n[db]\ndb1\n"

func TestMatch(t *testing.T) {
	tests := []struct{ pattern, want string }{
		{"all", "h0 w1 mx2 w2.example.com db1 mx1 mx3"},
		{"*", "h0 w1 mx2 w2.example.com db1 mx1 mx3"},
		{"mail", "mx1 mx2 mx3"}, {"eu", "mx1 mx2 mx3"}, {"ungrouped", "h0"},
		{"mail:web", "mx1 mx2 mx3 w1 w2.example.com"}, {"mail,web", "mx1 mx2 mx3 w1 w2.example.com"}, {" w1 , mx3", "w1 mx3"},
		{"mail:&web", "mx2"}, {"mail:!web", "mx1 mx3"}, {"!mail:web", "w1 w2.example.com"}, {"!mail", "h0 w1 w2.example.com db1"}, {"&mail", "mx2 mx1 mx3"},
		{"mail:web:&eu:!mx1", "mx2 mx3"}, {"mx*", "mx1 mx2 mx3"}, {"mx[12]", "mx3"}, {"mx[!1]", "mx2 mx3"}, {"mx?", "mx1 mx2 mx3"}, {"*.example.com", "w2.example.com"}, {"m*", "mx1 mx2 mx3"},
		{"~mx[13]", "mx1 mx3"}, {"~(web|db)", "w1 mx2 w2.example.com db1"}, {"~x", ""},
		{"mail[0]", "mx1"}, {"mail[-1]", "mx3"}, {"mail[0:1]", "mx1 mx2"}, {"mail[1:]", "mx2 mx3"}, {"mail[1:9]", "mx2 mx3"}, {"mail[2:1]", ""}, {"all[0]", "h0"}, {"mail[0]:web[0]", "mx1 w1"},
		{"h0:mx1", "h0 mx1"}, {"localhost", "localhost"}, {"::1", "localhost"}, {"mail:localhost", "mx1 mx2 mx3 localhost"},
		{"mx1,mx1", "mx1"}, {"nope", ""},
	}
	inv := mustParse(t, fleet)
	inv.Host("localhost")
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			hosts, _, err := inv.Match(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if tt.pattern == "mx[12]" {
				// A number in brackets is a subscript, not a set of characters: mx has no hosts.
				want = ""
			}
			if got := names(hosts); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestMatchComplaints(t *testing.T) {
	inv := mustParse(t, fleet)
	for pattern, want := range map[string]string{
		"mial":     `Could not match supplied host pattern, ignoring: mial; did you mean "mail"?`,
		"zzzzzzzz": `Could not match supplied host pattern, ignoring: zzzzzzzz; the groups are all, db, eu, mail, ungrouped, web`,
	} {
		_, warnings, err := inv.Match(pattern)
		if diff := cmp.Diff([]string{want}, warnings); diff != "" || err != nil {
			t.Errorf("%s: %v %s", pattern, err, diff)
		}
	}
	for pattern, want := range map[string]string{
		"mail[3]": `host pattern "mail[3]": there are only 3 hosts, counted from 0`,
		"~(":      "host pattern \"~(\": error parsing regexp: missing closing ): `^(?:()`",
		"[":       `host pattern "[" names no host`,
		"!,mail":  "host pattern: a name must follow ! or &",
	} {
		if _, _, err := inv.Match(pattern); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", pattern, err, want)
		}
	}
}

func TestReadLimit(t *testing.T) {
	dir := write(t, map[string]string{"retry": "mx1\n\n w1 \n"})
	got, err := ReadLimit("db,@" + dir + "/retry,!mx2")
	if diff := cmp.Diff([]string{"db", "mx1", "w1", "!mx2"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := ReadLimit("@" + dir + "/none"); err == nil {
		t.Error("a missing limit file is no error")
	}
}

func TestImplicitLocalhost(t *testing.T) {
	inv := mustParse(t, "[all:vars]\na=1\n")
	hosts, warnings, err := inv.Match("localhost")
	if err != nil || len(warnings) > 0 || len(hosts) != 1 || !hosts[0].Implicit || vars(hosts[0].Vars) != `ansible_connection="local"` {
		t.Fatalf("got %v, %v, %v", hosts, warnings, err)
	}
	if all, _, _ := inv.Match("all"); len(all) != 0 {
		t.Errorf("all holds %s", names(all))
	}
	layers := inv.VarsFor(hosts[0], "")
	if len(layers) != 2 || layers[0].Origin != "all" {
		t.Errorf("layers: %v", layers)
	}
	named := mustParse(t, "[a]\n127.0.0.1 x=1\n")
	if h := named.Host("127.0.0.1"); h == nil || h.Implicit {
		t.Error("a named 127.0.0.1 is not the one that the inventory holds")
	}
}

func TestLoadSources(t *testing.T) {
	dir := write(t, map[string]string{
		"inv/10-mail":             "[mail]\nmx1\n",
		"inv/20-web.yml":          "web:\n  hosts:\n    w[1:2]:\n      port: 80\n",
		"inv/.hidden":             "bad [\n",
		"inv/old.bak":             "bad [\n",
		"inv/README.md":           "bad [\n",
		"inv/group_vars/mail.yml": "a: 1\n",
		"inv/sub/more.ini":        "[mail]\nmx9\n",
		"noext":                   "eu:\n  children:\n    mail:\n",
	})
	inv, ds := Load([]string{dir + "/inv", "solo:2222, [::1]:22,odd!name,", dir + "/noext"}, Options{})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	want := "mx1 w1 w2 mx9 solo ::1 odd!name"
	if got := names(inv.Hosts); got != want {
		t.Errorf("hosts: got %s, want %s", got, want)
	}
	if got := names(inv.Group("eu").Hosts()); got != "mx1 mx9" {
		t.Errorf("eu: %s", got)
	}
	if h := inv.Host("mx9"); h.File != dir+"/inv/sub/more.ini" || h.Dir != dir+"/inv/sub" {
		t.Errorf("mx9 comes from %s in %s", h.File, h.Dir)
	}
	if got := vars(inv.Host("solo").Vars); got != "ansible_port=int64(2222)" {
		t.Errorf("solo: %s", got)
	}
	if got := layerText(inv.VarsFor(inv.Host("mx1"), ""), dir); got != "6 inv/group_vars/mail.yml: a=int64(1)\n" {
		t.Errorf("variables: %s", got)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := write(t, map[string]string{"script": "#!/bin/sh\necho\n", "a.toml": "x=1\n", "plugin.yml": "plugin: aws_ec2\n", "list.yml": "- a\n"})
	for name, want := range map[string]string{
		"script":     "script --list cannot be run: permission denied (its first line says that it is a program: chmod +x ",
		"a.toml":     "TOML inventories are not supported",
		"plugin.yml": "plugin.yml:1:9: the inventory plugin aws_ec2 is not supported: constructed is (save what",
		"list.yml":   "list.yml:1:1: a YAML inventory is a mapping of groups, not a list",
		"none":       "there is no such file or folder (a list of hosts has a comma at its end",
	} {
		if _, ds := Load([]string{filepath.Join(dir, name)}, Options{}); !strings.Contains(ds.Errors().Error(), want) {
			t.Errorf("%s: got %v, want %s", name, ds, want)
		}
	}
}

func TestYAMLErrors(t *testing.T) {
	dir := write(t, map[string]string{"h.yml": "all:\n  host:\n    a:\n  hosts:\n    - b\nmail:\n  children:\n    all:\n1: x\nweb:\n  hosts:\n    c: 5\n    22:\n"})
	_, ds := Load([]string{dir + "/h.yml"}, Options{})
	got := strings.ReplaceAll(ds.Errors().Error(), dir+"/", "")
	want := `h.yml:2:3: group all: unknown key host (did you mean "hosts"?)
h.yml:5:5: hosts of group all must be a mapping, not a list (write each name with a colon and no dash: "name:")
h.yml:8:5: group all holds all others: it cannot be in group mail
h.yml:9:1: the name of a group must be a string, not the integer "1" (put quotes around it)
h.yml:12:8: host c must be a mapping of variables, not an integer
h.yml:13:5: the name of a host must be a string, not the integer "22" (put quotes around it)`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
