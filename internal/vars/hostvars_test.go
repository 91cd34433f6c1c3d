package vars_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

func TestHostvars(t *testing.T) {
	env := jinja.New()
	compile := func(text string) *jinja.Template {
		tmpl, err := env.CompileArg(text, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		return tmpl
	}
	s := vars.New(vars.Options{
		Hosts: []vars.Host{
			{Name: "z", Layers: []*jinja.Dict{dict("ip", "10.0.0.1", "url", compile("http://{{ ip }}/{{ inventory_hostname }}"))}, Magic: map[string]jinja.Value{"inventory_file": "/i/hosts"}},
			{Name: "a", Layers: []*jinja.Dict{dict("ip", "10.0.0.2", "bad", compile("{{ nowhere }}"))}, Groups: []string{"g"}},
			{Name: "localhost", Implicit: true, Layers: []*jinja.Dict{dict("ip", "::1")}},
		},
		Groups: map[string][]string{"g": {"a", "z"}},
		Extra:  dict("e", "extra"),
	})
	s.Set("a", "fact", int64(5))
	p := &play.Play{Vars: dict("ip", "of the play")}
	s.StartPlay(p, "p", []string{"z"})
	for name, c := range map[string]struct{ template, want string }{
		"another host":         {"{{ hostvars['a'].ip }} {{ hostvars.a.fact }} {{ hostvars['a']['group_names'] }}", "10.0.0.2 5 ['g']"},
		"templates see theirs": {"{{ hostvars['z'].url }}", "http://10.0.0.1/z"},
		"itself":               {"{{ hostvars[inventory_hostname].ip }} {{ ip }}", "10.0.0.1 of the play"},
		"magic":                {"{{ hostvars['z'].inventory_file }} {{ hostvars.a.e }} {{ hostvars.a.groups.g | length }}", "/i/hosts extra 2"},
		"implicit":             {"{{ hostvars['localhost'].ip }} {{ 'localhost' in hostvars }}", "::1 True"},
		"extract implicit":     {"{{ 'localhost' | extract(hostvars, 'ip') }} {{ ['a', 'localhost'] | map('extract', hostvars, 'ip') | list }}", "::1 ['10.0.0.2', '::1']"},
		"no omit":              {"{{ 'omit' in hostvars.a }} {{ hostvars.a.omit is defined }}", "False False"},
		"order":                {"{% for h in hostvars %}{{ h }} {% endfor %}{{ hostvars | length }}", "z a 2"},
		"missing":              {"{{ hostvars['b'] is defined }} {{ hostvars.a.nothing | default('none') }} {{ hostvars.a.hostvars is defined }}", "False none False"},
		"not of the play":      {"{{ hostvars.a.ansible_play_name is defined }} {{ ansible_play_name }}", "False p"},
		"loop":                 {"{% for h in groups.g %}{{ hostvars[h].ip }};{% endfor %}", "10.0.0.2;10.0.0.1;"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := compile(c.template).Eval(t.Context(), s.Scope(vars.View{Host: "z", Play: p}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, jinja.Str(v)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := compile("{{ hostvars.a.bad }}").Eval(t.Context(), s.Scope(vars.View{Host: "z", Play: p})); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
}
