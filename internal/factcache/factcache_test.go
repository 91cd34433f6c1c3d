package factcache_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/factcache"
	"github.com/pfrun/pfrun/internal/jinja"
)

func facts(t *testing.T, text string) *jinja.Dict {
	t.Helper()
	v, err := jinja.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return v.(*jinja.Dict)
}

// cache opens a cache and gives the warnings that it has said.
func cache(t *testing.T, o factcache.Options) (*factcache.Files, *[]string) {
	t.Helper()
	var said []string
	o.Warn = func(text string) { said = append(said, text) }
	c, err := factcache.NewFiles(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, &said
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func shown(d *jinja.Dict) string {
	if d == nil {
		return "nil"
	}
	return jinja.Repr(d)
}

func TestSaveAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "cache")
	c, said := cache(t, factcache.Options{Dir: dir, Prefix: "p_"})
	if got := c.Load("web1"); got != nil {
		t.Errorf("facts of an empty cache: %s", shown(got))
	}
	c.Save("web1", facts(t, `{"ansible_a":1,"ansible_b":{"x":[1.5,null,true,"{{ é }}"]}}`))
	c.Save("web1", facts(t, `{"ansible_a":2,"mine":"m"}`))
	planned := jinja.NewDict()
	planned.Set("mine", jinja.NewList(jinja.Unknown{}))
	c.Save("web1", planned)

	name := filepath.Join(dir, "p_s1_web1")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"__payload__": "{\"ansible_a\": 2, \"ansible_b\": {\"x\": [1.5, null, true, \"{{ é }}\"]}, \"mine\": \"m\"}"}`; string(text) != want {
		t.Errorf("file:\ngot  %s\nwant %s", text, want)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
	next, _ := cache(t, factcache.Options{Dir: dir, Prefix: "p_"})
	if got, want := shown(next.Load("web1")), `{'ansible_a': 2, 'ansible_b': {'x': [1.5, None, True, '{{ é }}']}, 'mine': 'm'}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	next.Clear("web1")
	next.Clear("web1")
	if _, err := os.Stat(name); err == nil || next.Load("web1") != nil {
		t.Errorf("the facts are still there")
	}
	if len(*said) > 0 {
		t.Errorf("warnings: %q", *said)
	}
}

// TestWritten reads what ansible-core wrote.
func TestWritten(t *testing.T) {
	cases := []struct{ name, file, text, want string }{
		{"newest", "s1_h", `{"__payload__": "{\"a\": 1, \"t\": {\"iso8601\": \"2020-01-01\", \"__ansible_type\": \"AnsibleSerializableDate\"}, \"l\": [{\"value\": \"{{ x }}\", ` +
			`\"tags\": [{\"__ansible_type\": \"TrustedAsTemplate\"}], \"__ansible_type\": \"_AnsibleTaggedStr\"}]}"}`, `{'a': 1, 't': '2020-01-01', 'l': ['{{ x }}']}`},
		{"older", "h", `{"a": {"__ansible_unsafe": "{{ x }}"}, "b": {"c": [{}]}}`, `{'a': '{{ x }}', 'b': {'c': [{}]}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, c.file, c.text)
			files, said := cache(t, factcache.Options{Dir: dir})
			if got := shown(files.Load("h")); got != c.want || len(*said) > 0 {
				t.Errorf("got %s %q, want %s", got, *said, c.want)
			}
			files.Clear("h")
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("files left: %v", left)
			}
		})
	}
}

func TestBroken(t *testing.T) {
	for _, text := range []string{"", "{", `[1]`, `{"__payload__": 1}`, `{"__payload__": "{"}`, `{"__payload__": "[]"}`} {
		dir := t.TempDir()
		write(t, dir, "s1_h", text)
		c, said := cache(t, factcache.Options{Dir: dir})
		if got := c.Load("h"); got != nil || len(*said) != 1 || !strings.Contains((*said)[0], "facts of h") {
			t.Errorf("%q: got %s %q, want a warning", text, shown(got), *said)
		}
		c.Save("h", facts(t, `{"a":1}`))
		next, _ := cache(t, factcache.Options{Dir: dir})
		if got := shown(next.Load("h")); got != `{'a': 1}` {
			t.Errorf("%q: after saving: %s", text, got)
		}
	}
}

func TestTimeout(t *testing.T) {
	dir := t.TempDir()
	old, _ := cache(t, factcache.Options{Dir: dir})
	old.Save("h", facts(t, `{"a":1}`))
	age := 10 * time.Second
	now := func() time.Time { return time.Now().Add(age) }
	fresh, _ := cache(t, factcache.Options{Dir: dir, Timeout: time.Minute, Now: now})
	if got := shown(fresh.Load("h")); got != `{'a': 1}` {
		t.Errorf("within the timeout: %s", got)
	}
	age = time.Hour
	if got := shown(fresh.Load("h")); got != `{'a': 1}` {
		t.Errorf("facts expired while the run went on: %s", got)
	}
	late, said := cache(t, factcache.Options{Dir: dir, Timeout: time.Minute, Now: now})
	if got := late.Load("h"); got != nil || len(*said) > 0 {
		t.Errorf("after the timeout: %s %q", shown(got), *said)
	}
	late.Save("h", facts(t, `{"b":2}`))
	if got := shown(late.Load("h")); got != `{'b': 2}` {
		t.Errorf("what is too old was merged: %s", got)
	}
}

// TestNames holds that no name of a host leads out of the folder.
func TestNames(t *testing.T) {
	top := t.TempDir()
	c, said := cache(t, factcache.Options{Dir: filepath.Join(top, "cache")})
	for _, name := range []string{"", ".", "..", "../out", "a/b"} {
		c.Save(name, facts(t, `{"a":1}`))
		c.Clear(name)
	}
	left, _ := os.ReadDir(top)
	inside, _ := os.ReadDir(filepath.Join(top, "cache"))
	if len(left) != 1 || len(inside) != 0 || len(*said) != 5 {
		t.Errorf("left %v %v, warnings %q", left, inside, *said)
	}
}

func TestNoFolder(t *testing.T) {
	if _, err := factcache.NewFiles(factcache.Options{}); err == nil || !strings.Contains(err.Error(), "fact_caching_connection") {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(file), "file", "")
	if _, err := factcache.NewFiles(factcache.Options{Dir: file}); err == nil {
		t.Error("a file was taken for a folder")
	}
	dir := filepath.Join(t.TempDir(), "gone")
	c, said := cache(t, factcache.Options{Dir: dir})
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if c.Save("h", facts(t, `{"a":1}`)); len(*said) != 1 {
		t.Errorf("warnings %q, want one", *said)
	}
}

func TestConcurrently(t *testing.T) {
	dir := t.TempDir()
	c, _ := cache(t, factcache.Options{Dir: dir})
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		wg.Go(func() {
			d := jinja.NewDict()
			d.Set(name, int64(1))
			c.Save("h", d)
			c.Load("h")
		})
	}
	wg.Wait()
	next, _ := cache(t, factcache.Options{Dir: dir})
	if got := next.Load("h"); got == nil || got.Len() != 5 {
		t.Errorf("got %s, want five facts", shown(got))
	}
}

func TestMemory(t *testing.T) {
	var m factcache.Memory
	m.Save("h", facts(t, `{"a":1}`))
	m.Clear("h")
	if got := m.Load("h"); got != nil {
		t.Errorf("got %s, want nothing", shown(got))
	}
}
