package vars_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

func dict(pairs ...any) *jinja.Dict {
	d := jinja.NewDict()
	for i := 0; i < len(pairs); i += 2 {
		d.Set(pairs[i], pairs[i+1])
	}
	return d
}

// TestPrecedence gives one variable in more and more places, from the lowest in Ansible's order to the highest: the last one wins each time.
func TestPrecedence(t *testing.T) {
	const name = "groups" // the one name that may stand in every place, magic too
	places := []string{
		"default of a play's role", "default of the role", "group", "host", "fact", "play", "answer", "vars_files", "exported by a role", "role", "role keyword", "block", "task",
		"include_vars", "set", "role parameter", "include", "extra", "magic", "local",
	}
	for n := 1; n <= len(places); n++ {
		given := places[:n]
		t.Run(strings.ReplaceAll(places[n-1], " ", "_"), func(t *testing.T) {
			variable := name
			if !slices.Contains(given, "magic") {
				variable = "v"
			}
			s, view := everywhere(given, variable)
			got, ok := s.Scope(view).Lookup(variable)
			want := places[n-1]
			if want == "magic" {
				want = "{'g': ['h1']}"
			}
			if !ok || jinja.Str(got) != want {
				t.Errorf("got %v, want %s", got, want)
			}
		})
	}
}

// everywhere gives a variable in the places that are given, its value the name of the place.
func everywhere(places []string, variable string) (*vars.Store, vars.View) {
	put := map[string]*jinja.Dict{}
	at := func(place string) *jinja.Dict {
		if put[place] == nil {
			put[place] = jinja.NewDict()
		}
		return put[place]
	}
	for _, p := range places {
		at(p).Set(variable, p)
	}
	none := jinja.NewDict
	other := &play.Role{Name: "other", Key: "other", Defaults: at("default of a play's role"), Vars: at("exported by a role"), Params: none(), Given: none()}
	own := &play.Role{Name: "own", Key: "own", Defaults: at("default of the role"), Vars: at("role"), Params: at("role parameter"), Given: at("role keyword")}
	p := &play.Play{Vars: at("play"), Roles: []*play.Role{other}, VarsFiles: []play.VarsFile{{Fixed: at("vars_files")}}}
	s := vars.New(vars.Options{
		Hosts:  []vars.Host{{Name: "h1", Layers: []*jinja.Dict{at("group"), at("host")}}},
		Groups: map[string][]string{"g": {"h1"}},
		Extra:  at("extra"),
	})
	for _, place := range places {
		switch place {
		case "fact":
			s.SetFacts("h1", at(place))
		case "answer":
			s.Answer(p, variable, place)
		case "include_vars":
			s.Include("h1", at(place))
		case "set":
			s.Set("h1", variable, place)
		}
	}
	task := &play.Task{Role: own, Vars: []*jinja.Dict{at("block"), at("task")}}
	return s, vars.View{Host: "h1", Play: p, Task: task, Included: []*jinja.Dict{at("include")}, Local: at("local")}
}

func store() *vars.Store {
	return vars.New(vars.Options{
		Hosts: []vars.Host{
			{Name: "mx1.example.org", Groups: []string{"mail", "relays"}, Layers: []*jinja.Dict{dict("a", int64(1)), dict("a", int64(2), "b", nil)}},
			{Name: "mx2"},
		},
		Groups: map[string][]string{"mail": {"mx1.example.org"}, "all": {"mx1.example.org", "mx2"}},
		Extra:  dict("e", "extra"),
		Magic:  map[string]jinja.Value{"playbook_dir": "/srv"},
	})
}

func TestMagic(t *testing.T) {
	s := store()
	p := &play.Play{Vars: jinja.NewDict()}
	s.StartPlay(p, "the play", []string{"mx1.example.org", "mx2"})
	s.SetActive([]string{"mx2"}, []string{"mx2"})
	sc := s.Scope(vars.View{Host: "mx1.example.org", Play: p})
	for name, want := range map[string]string{
		"inventory_hostname": "mx1.example.org", "inventory_hostname_short": "mx1", "group_names": "['mail', 'relays']", "playbook_dir": "/srv",
		"groups": "{'all': ['mx1.example.org', 'mx2'], 'mail': ['mx1.example.org']}", "ansible_play_name": "the play",
		"ansible_play_hosts_all": "['mx1.example.org', 'mx2']", "ansible_play_hosts": "['mx2']", "ansible_play_batch": "['mx2']", "play_hosts": "['mx2']",
		"a": "2", "b": "None", "e": "extra",
	} {
		if v, ok := sc.Lookup(name); !ok || jinja.Str(v) != want {
			t.Errorf("%s is %v, want %s", name, v, want)
		}
	}
	if v, ok := sc.Lookup("ansible_host"); ok {
		t.Errorf("without a task ansible_host is %v", v)
	}
	s.StartPlay(&play.Play{Vars: jinja.NewDict(), Dir: "/srv/books"}, "imported", nil)
	sc = s.Scope(vars.View{Host: "mx1.example.org", Play: p, Task: &play.Task{}})
	for name, want := range map[string]string{"ansible_host": "mx1.example.org", "playbook_dir": "/srv/books"} {
		if v, ok := sc.Lookup(name); !ok || jinja.Str(v) != want {
			t.Errorf("%s is %v, want %s", name, v, want)
		}
	}
	if v, _ := sc.Lookup("omit"); v != (jinja.Omit{}) {
		t.Errorf("omit is %v", v)
	}
	if v, ok := sc.Lookup("nothing"); ok {
		t.Errorf("nothing is %v", v)
	}
}

// TestScopeWithoutHost holds that only what is the same for all hosts is seen without one.
func TestScopeWithoutHost(t *testing.T) {
	s := store()
	sc := s.Scope(vars.View{Play: &play.Play{Vars: dict("p", true)}})
	for name, want := range map[string]bool{"p": true, "e": true, "playbook_dir": true, "groups": true, "a": false, "inventory_hostname": false} {
		if _, ok := sc.Lookup(name); ok != want {
			t.Errorf("%s: found is %t", name, ok)
		}
	}
	s.Set("no such host", "x", 1) // a host that the inventory lacks has no variables
}

func TestNames(t *testing.T) {
	s := store()
	s.Set("mx1.example.org", "registered", 1)
	p := &play.Play{Vars: dict("p", 1)}
	s.StartPlay(p, "x", nil)
	names := s.Scope(vars.View{Host: "mx1.example.org", Play: p, Task: &play.Task{Vars: []*jinja.Dict{dict("t", 1)}}, Local: dict("l", 1)}).(jinja.Namer).Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted, or double: %q", names)
	}
	for _, name := range []string{"a", "b", "e", "p", "t", "l", "registered", "omit", "groups", "inventory_hostname", "ansible_play_name"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	s := store()
	p := &play.Play{Vars: jinja.NewDict()}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			name := []string{"mx1.example.org", "mx2"}[i%2]
			sc := s.Scope(vars.View{Host: name, Play: p})
			for n := range 50 {
				s.Set(name, fmt.Sprint("v", n), int64(n))
				sc.Lookup(fmt.Sprint("v", n))
				sc.Lookup("ansible_play_hosts")
				sc.(jinja.Namer).Names()
				if n%10 == 0 {
					s.SetActive([]string{name}, []string{name})
				}
			}
		})
	}
	wg.Wait()
}

func TestMask(t *testing.T) {
	for _, c := range []struct {
		name    string
		secrets []string
		text    string
		want    string
	}{
		{"none", nil, "text", "text"},
		{"one", []string{"hunter2"}, "password=hunter2!", "password=********!"},
		{"twice", []string{"hunter2"}, "hunter2hunter2", "****************"},
		{"short ones stay", []string{"abc", ""}, "abc", "abc"},
		{"short by characters", []string{"äöü"}, "äöü", "äöü"},
		{"four characters", []string{"äöüß"}, "<äöüß>", "<********>"},
		{"within another", []string{"ecre", "secret"}, "a secret", "a ********"},
		{"overlapping", []string{"abcdef", "defghi"}, "-abcdefghi-", "-********-"},
		{"overlapping itself", []string{"abab"}, "ababab", "********"},
		{"lines", []string{"first line\nsecond\r\nend\n"}, "> second\n> first line\nend", "> ********\n> ********\nend"},
		{"the mask itself", []string{"****"}, "a ******** b", "a ******** b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s vars.Secrets
			for _, text := range c.secrets {
				s.Add(text)
				s.Add(text)
			}
			if diff := cmp.Diff(c.want, s.Mask(c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSecretsConcurrently(t *testing.T) {
	var s vars.Secrets
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			secret := strings.Repeat(fmt.Sprint(i), 5)
			s.Add(secret)
			if got := s.Mask("<" + secret + ">"); got != "<********>" {
				t.Errorf("got %s", got)
			}
		})
	}
	wg.Wait()
}

func FuzzMask(f *testing.F) {
	f.Add("hunter2", "ter2hun", "hunter2hunter2")
	f.Add("a\nbcde", "cdef", "abcdef")
	f.Fuzz(func(t *testing.T, a, b, text string) {
		if strings.Contains(a+b, "*") {
			t.Skip("a secret of asterisks is not told from the mask")
		}
		var s vars.Secrets
		s.Add(a)
		s.Add(b)
		masked := s.Mask(text)
		for _, secret := range []string{a, b} {
			if len([]rune(secret)) >= 4 && !strings.HasSuffix(secret, "\r") && strings.Contains(masked, secret) {
				t.Errorf("%q is seen in %q", secret, masked)
			}
		}
	})
}
