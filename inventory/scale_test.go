package inventory

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fleetOf is an inventory of n hosts in groups of a hundred.
func fleetOf(n int) string {
	var b strings.Builder
	for i := range n {
		if i%100 == 0 {
			fmt.Fprintf(&b, "[rack%d]\n", i/100)
		}
		fmt.Fprintf(&b, "host%05d.example.com ansible_host=10.0.%d.%d role='mail' weight=%d\n", i, i/256, i%256, i)
	}
	b.WriteString("[dc:children]\n")
	for i := range n / 100 {
		fmt.Fprintf(&b, "rack%d\n", i)
	}
	return b.String()
}

func TestTenThousandHosts(t *testing.T) {
	dir := write(t, map[string]string{"hosts": fleetOf(10_000), "group_vars/all.yml": "a: 1\n"})
	start := time.Now()
	inv, ds := Load([]string{dir + "/hosts"}, Options{})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	hosts, _, err := inv.Match("dc:!rack7")
	if err != nil || len(hosts) != 9_900 {
		t.Errorf("%d hosts, %v", len(hosts), err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %s", d)
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := write(b, map[string]string{"hosts": fleetOf(10_000), "group_vars/all.yml": "a: 1\n"})
	for b.Loop() {
		if _, ds := Load([]string{dir + "/hosts"}, Options{}); len(ds) > 0 {
			b.Fatal(ds)
		}
	}
}

// manyHosts finds ranges of a thousand hosts and more.
var manyHosts = regexp.MustCompile(`[0-9]{4}|\].*\[.*\].*\[`)

func FuzzINI(f *testing.F) {
	for _, seed := range []string{
		fleet, "h1 a='b c' d=\"e\\\"f\" # g\n[a:vars]\nx=[1,(2,),{'k':None}]\n[a]\n", "[a:children]\nb\n[b:children]\na\n", "w[01:10:3][a:f]:22\n[::1]:22\n", "[a:foo]\n[x y]\n---\n",
		"[all:vars]\nv='''x\nw=r'\\'\nx=0x_1\ny={1,2}\nz=-\n", "\\\n'\n\"\\\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if manyHosts.MatchString(text) {
			return // slow, and nothing else
		}
		inv, ds := parse(text)
		for _, d := range ds {
			if d.Message == "" || !d.Pos.IsValid() {
				t.Errorf("bad diagnostic: %v", d)
			}
		}
		all, _, err := inv.Match("all")
		if err != nil || len(all) != len(inv.Hosts) && inv.hosts[allGroup] == nil {
			t.Errorf("all has %d of %d hosts, %v", len(all), len(inv.Hosts), err)
		}
		for _, h := range inv.Hosts {
			if len(h.Groups) < 2 {
				t.Errorf("%s is in no group", h.Name)
			}
		}
	})
}

func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"all", "mail:&web:!mx1", "mx[0:1]", "~mx.", "m[!a]*", "[", "a[]b]", "!,&", "mail[-1]", "[^a]", "[z-a]*", "@x"} {
		f.Add(seed)
	}
	inv, _ := parse(fleet)
	f.Fuzz(func(t *testing.T, pattern string) {
		hosts, _, err := inv.Match(pattern)
		if err != nil && hosts != nil {
			t.Error("hosts and an error")
		}
	})
}

func BenchmarkConstructed(b *testing.B) {
	dir := write(b, map[string]string{
		"hosts": fleetOf(10_000),
		"z.yml": "plugin: constructed\ncompose: {size: weight}\ngroups: {heavy: weight}\nkeyed_groups:\n  - {key: role, prefix: role, parent_group: roles}\n",
	})
	for b.Loop() {
		inv, ds := Load([]string{dir}, Options{Evaluator: lookups{}})
		if len(ds) > 0 || len(inv.Group("roles").Hosts()) != 10_000 {
			b.Fatal(ds)
		}
	}
}

func BenchmarkScript(b *testing.B) {
	var s strings.Builder
	s.WriteString("cat <<'E'\n{\"_meta\": {\"hostvars\": {\"h0\": {}")
	for i := range 10_000 {
		fmt.Fprintf(&s, ",\n\"h%d\": {\"weight\": %d, \"role\": \"mail\"}", i+1, i)
	}
	s.WriteString("}}, \"mail\": [\"h0\"")
	for i := range 10_000 {
		fmt.Fprintf(&s, ", \"h%d\"", i+1)
	}
	path := program(b, s.String()+"]}\nE\n")
	for b.Loop() {
		inv, ds := Load([]string{path}, Options{})
		if len(ds) > 0 || len(inv.Hosts) != 10_001 {
			b.Fatal(ds)
		}
	}
}
