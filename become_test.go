package pfrun

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/vars"
)

// As Ansible's become plug-ins: a variable wins over the keyword, that over the flag, that over the environment; and a method's own variable over the common one.
func TestBecomeSettings(t *testing.T) {
	yes, no, flags, none, exe := true, false, "-s '/bin/my sh'", "", "/opt/bin/su"
	tests := []struct {
		name  string
		o     Options
		env   map[string]string
		asked engine.Asked
		vars  jinja.MapScope
		want  *target.Become
		fault string
	}{
		{name: "nobody"},
		{name: "flag", o: Options{Become: true}, want: &target.Become{Method: "sudo", User: "root"}},
		{name: "keyword-over-flag", o: Options{Become: true}, asked: engine.Asked{Become: &no}},
		{name: "word-over-keyword", asked: engine.Asked{Become: &yes}, vars: jinja.MapScope{"ansible_become": "false"}},
		{name: "no-word", vars: jinja.MapScope{"ansible_become": "perhaps"}, fault: "ansible_become"},
		{name: "flags", o: Options{Become: true, BecomeMethod: "su", BecomeUser: "joe", BecomePassword: "pw"}, want: &target.Become{Method: "su", User: "joe", Password: "pw"}},
		{name: "keywords", o: Options{BecomeMethod: "doas", BecomeUser: "joe"}, asked: engine.Asked{Become: &yes, BecomeMethod: "su", BecomeUser: "jim", BecomeExe: &exe, BecomeFlags: &flags},
			want: &target.Become{Method: "su", User: "jim", Exe: []string{"/opt/bin/su"}, Flags: []string{"-s", "/bin/my sh"}}},
		{name: "empty-flags-are-none", asked: engine.Asked{Become: &yes, BecomeFlags: &none}, want: &target.Become{Method: "sudo", User: "root", Flags: []string{}}},
		{name: "variables", asked: engine.Asked{BecomeMethod: "sudo", BecomeUser: "jim", BecomeFlags: &flags},
			vars: jinja.MapScope{"ansible_become": "yes", "ansible_become_method": "community.general.doas", "ansible_become_user": "var", "ansible_become_password": "pw", "ansible_become_flags": "-L"},
			want: &target.Become{Method: "doas", User: "var", Password: "pw", Flags: []string{"-L"}}},
		{name: "own-variables", o: Options{Become: true, BecomeMethod: "su"},
			vars: jinja.MapScope{"ansible_become_user": "x", "ansible_become_pass": "x", "ansible_become_exe": "x", "ansible_become_flags": "x", "ansible_sudo_user": "y",
				"ansible_su_user": "own", "ansible_su_pass": "own pw", "ansible_su_exe": "sudo su", "ansible_su_flags": "-"},
			want: &target.Become{Method: "su", User: "own", Password: "own pw", Exe: []string{"sudo", "su"}, Flags: []string{"-"}}},
		{name: "environment", o: Options{Become: true}, env: map[string]string{"ANSIBLE_BECOME_METHOD": "su", "ANSIBLE_BECOME_USER": "x", "ANSIBLE_SU_USER": "env", "ANSIBLE_BECOME_FLAGS": "-l"},
			want: &target.Become{Method: "su", User: "env", Flags: []string{"-l"}}},
		{name: "no-such-method", vars: jinja.MapScope{"ansible_become": true, "ansible_become_method": "pbrun"}, fault: "become_method pbrun is not supported"},
		{name: "open-quote", o: Options{Become: true}, vars: jinja.MapScope{"ansible_become_flags": "'"}, fault: "become_flags"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Getenv = func(name string) string { return tt.env[name] }
			s := &settings{scope: tt.vars}
			got := newConnector(&tt.o, &vars.Secrets{}, nil).becomeSettings(s, tt.asked)
			if err := errors.Join(s.errs...); tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)) || tt.fault == "" && err != nil {
				t.Fatalf("error %v, want %q", err, tt.fault)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && tt.fault == "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestBecomeKey(t *testing.T) {
	all := []*target.Become{nil, {User: "a"}, {User: "b"}, {User: "a", Method: "su"}, {User: "a", Password: "x"}, {User: "a", Flags: []string{"a b"}}, {User: "a", Flags: []string{"a", "b"}}}
	for i, a := range all {
		for j, b := range all {
			if same := becomeKey(a) == becomeKey(b); same != (i == j) {
				t.Errorf("%v and %v: the same is %v", a, b, same)
			}
		}
		if strings.Contains(becomeKey(a), "x") && a != nil && a.Password == "x" {
			t.Errorf("the password stands in the key")
		}
	}
}
