package vars_test

import (
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

func TestFacts(t *testing.T) {
	s := vars.New(vars.Options{Hosts: []vars.Host{
		{Name: "a", Layers: []*jinja.Dict{dict("ansible_kernel", "inventory", "ansible_port", int64(2222), "ansible_user", "admin")}}, {Name: "b"},
	}})
	p := &play.Play{Vars: dict("ansible_machine", "of the play")}
	eval := func(host, text string) string {
		t.Helper()
		tmpl, err := jinja.New().CompileArg(text, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := jinja.Force(t.Context(), tmpl, s.Scope(vars.View{Host: host, Play: p}))
		if err != nil {
			return "error: " + err.Error()
		}
		return jinja.Str(v)
	}
	if got := eval("a", "{{ ansible_facts }} {{ ansible_kernel }}"); got != "{} inventory" {
		t.Errorf("before there are any: %s", got)
	}
	before := s.Scope(vars.View{Host: "a", Play: p})
	s.SetFacts("a", dict("ansible_kernel", "{{ 6 }}", "ansible_machine", "x86_64", "ansible_port", dict("mtu", int64(9)), "ansible_user", "root", "ansible_local", dict("x", int64(1)),
		"ansible_python_interpreter", "/tmp/evil", "ansible_become_pass", "p", "ansible_ssh_executable", "/tmp/evil", "ansible_ssh_host_key_rsa_public", "AAAA", "packages", dict()))
	s.SetFacts("a", dict("ansible_more", int64(2), "ansible_local", dict("y", int64(3))))
	s.SetFacts("nobody", dict("ansible_kernel", "x"))
	for name, c := range map[string]struct{ host, template, want string }{
		"above_the_inventory":  {"a", "{{ ansible_kernel }} {{ ansible_facts.kernel }}", "{{ 6 }} {{ 6 }}"},
		"below_the_play":       {"a", "{{ ansible_machine }} {{ ansible_facts.machine }}", "of the play x86_64"},
		"not_how_to_connect":   {"a", "{{ ansible_port }} {{ ansible_facts.port.mtu }} {{ ansible_user }} {{ ansible_facts.user }}", "2222 9 admin root"},
		"nor_programs":         {"a", "{{ ansible_python_interpreter is defined or ansible_become_pass is defined or ansible_ssh_executable is defined }}", "False"},
		"but_host_keys":        {"a", "{{ ansible_ssh_host_key_rsa_public }}", "AAAA"},
		"local":                {"a", "{{ ansible_local }} {{ ansible_facts.ansible_local }}", "{'y': 3} {'y': 3}"},
		"without_prefix":       {"a", "{{ packages }} {{ ansible_facts.packages }}", "{} {}"},
		"added":                {"a", "{{ ansible_more }} {{ ansible_facts.more }} {{ ansible_facts.machine }}", "2 2 x86_64"},
		"another_host_is_free": {"b", "{{ ansible_facts }} {{ ansible_kernel is defined }} {{ hostvars.a.ansible_facts.more }}", "{} False 2"},
	} {
		if got := eval(c.host, c.template); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if v, ok := before.Lookup("ansible_more"); !ok || v != int64(2) {
		t.Errorf("a scope made before shows %v", v)
	}
}
