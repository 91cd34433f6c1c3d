package ansiblecfg

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTable holds settings.txt to its form, and the fields of Config to it.
func TestTable(t *testing.T) {
	seen := map[string]*Setting{}
	kinds := []string{"bool", "int", "float", "str", "list", "path", "paths", "pathlist"}
	fields := map[string]bool{}
	for f := range reflect.TypeFor[Config]().Fields() {
		if name := f.Tag.Get("cfg"); name != "" {
			if fields[name] {
				t.Errorf("two fields hold %s", name)
			}
			fields[name] = true
		}
	}
	for line := range strings.Lines(tableText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, " | ")
		if use, _, _ := strings.Cut(strings.TrimSpace(columns[5]), "="); len(columns) != 7 || !slices.Contains([]string{"yes", "moot", "no", "no-if-there"}, use) {
			t.Errorf("not in the form of the table: %s", line)
			continue
		}
		s := parseLine(strings.TrimSpace(line))
		switch {
		case seen[s.Name] != nil:
			t.Errorf("%s stands there twice", s.Name)
		case !slices.Contains(kinds, s.Kind):
			t.Errorf("%s is of no kind: %s", s.Name, s.Kind)
		case s.Words == "":
			t.Errorf("%s has no words", s.Name)
		case len(s.Keys)+len(s.Env) == 0 && s.Use != Moot:
			t.Errorf("%s cannot be set", s.Name)
		case s.Use == Honoured && !fields[s.Name]:
			t.Errorf("%s is honoured and no field holds it", s.Name)
		case s.Use != Honoured && fields[s.Name]:
			t.Errorf("%s is not honoured and a field holds it", s.Name)
		}
		for _, w := range s.Only {
			if s.Choices != nil && !slices.Contains(s.Choices, w) {
				t.Errorf("%s honours %s, which it cannot be", s.Name, w)
			}
		}
		seen[s.Name] = s
		delete(fields, s.Name)
	}
	for name := range fields {
		t.Errorf("a field holds %s, which is no setting", name)
	}
}

// read reads a file's text and variables, in a folder of its own.
func read(t *testing.T, text string, env ...string) (*Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	if text != "" {
		if err := os.WriteFile(filepath.Join(dir, "ansible.cfg"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vars := map[string]string{"HOME": filepath.Join(dir, "home")}
	for _, e := range env {
		k, v, _ := strings.Cut(e, "=")
		vars[k] = v
	}
	c, err := Read(Environment{Dir: dir, Lookup: func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}})
	return c, dir, err
}

func TestDefaults(t *testing.T) {
	c, dir, err := read(t, "")
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Forks, c.Gathering, c.Timeout, c.RolesPath, c.ErrorOnMissingHandler, c.ShowSkippedHosts, c.BecomeMethod, c.PrettyResults, c.File, c.Warnings, c.RemoteUser}
	want := []any{
		5, "implicit", 0, []string{filepath.Join(dir, "home/.ansible/roles"), "/usr/share/ansible/roles", "/etc/ansible/roles"}, true, true, "sudo", (*bool)(nil), "", []string(nil), "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValues(t *testing.T) {
	c, dir, err := read(t, `# a comment
[defaults]
inventory = hosts, $SITES/more
roles_path: roles:~/shared
FORKS=0x
  ; a comment
forks2 = 1
remote_user = "root" ; who
callback_result_format = yaml
timeout = 30.0
force_handlers = Yes
display_skipped_hosts = nonsense
callback_format_pretty = no
nocolor = true

[ssh_connection]
ssh_args = -o A=b
    -o C=d

[privilege_escalation]
become = True
become_flags = -n
[sudo_become_plugin]
flags = -H
[tags]
skip = a, "b"
`, "SITES=/srv", "ANSIBLE_FORKS=9", "ANSIBLE_CALLBACK_RESULT_FORMAT=json", "ANSIBLE_SUDO_USER=op", "NO_COLOR=")
	if err != nil {
		t.Fatal(err)
	}
	no := false
	got := []any{
		c.Inventory, c.RolesPath, c.Forks, c.RemoteUser, c.ResultFormat, c.Timeout, c.ForceHandlers, c.ShowSkippedHosts, c.PrettyResults, c.SSHArgs, c.Become, c.SudoFlags, c.SuFlags,
		c.SudoUser, c.SuUser, c.TagsSkip, c.NoColour, c.Origin("DEFAULT_FORKS"), c.Origin("DEFAULT_BECOME"), c.Origin("DEFAULT_STRATEGY"),
	}
	want := []any{
		[]string{dir + "/hosts", "/srv/more"}, []string{dir + "/roles", dir + "/home/shared"}, 9, "root", "json", 30, true, false, &no, "-o A=b\n-o C=d", true, "-H", "-n",
		"op", "", []string{"a", "b"}, false, "ANSIBLE_FORKS", dir + "/ansible.cfg: [privilege_escalation] become", "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	c, dir, err := read(t, `[defaults]
hash_behaviour = merge
fact_caching = redis
jinja2_extensions = jinja2.ext.do
callbacks_enabled =
pipelining = true
action_plugins = plugins
filter_plugins = none
duplicate_dict_key = ignore
`, "ANSIBLE_ENABLE_TASK_DEBUGGER=1", "ANSIBLE_STRATEGY=mitogen_linear")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range c.Warnings {
		before, _, _ := strings.Cut(w, " is not supported: ")
		got = append(got, strings.ReplaceAll(before, dir, ""))
	}
	want := []string{
		"/ansible.cfg: [defaults] fact_caching = redis", "/ansible.cfg: [defaults] hash_behaviour = merge", "/ansible.cfg: [defaults] jinja2_extensions = jinja2.ext.do",
		"ANSIBLE_STRATEGY = mitogen_linear", "/ansible.cfg: [defaults] duplicate_dict_key = ignore", "ANSIBLE_ENABLE_TASK_DEBUGGER = 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := os.MkdirAll(filepath.Join(dir, "plugins", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if c, err = Read(Environment{Dir: dir}); err != nil || !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "action_plugins") }) {
		t.Errorf("a folder of plug-ins is not warned of: %v %v", c, err)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"forks = 5\n":                             `:1: "forks = 5" stands before the first [section]`,
		"[defaults]\nforks\n":                     `:2: "forks" is neither [section] nor key = value`,
		"[defaults]\nforks = 1\nForks = 2\n":      ":3: [defaults] has forks already",
		"[a]\n[a]\n":                              ":2: there is a section [a] already",
		"[defaults]\nforks = many\n":              `: [defaults] forks: "many" is no value for the setting DEFAULT_FORKS, which is of the kind a whole number`,
		"[defaults]\ngathering = lazy\n":          `: [defaults] gathering: "lazy" is no value for the setting DEFAULT_GATHERING, which is one of implicit, explicit, smart`,
		"[defaults]\ninventory = a\xff\n":         " is not in UTF-8",
		"[defaults]\ntimeout = 1.5\n[tags]\nrun=": `"1.5" is no value`,
	} {
		if _, _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"home/.ansible.cfg", "here/ansible.cfg", "other/ansible.cfg", "named.cfg", "named.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("[defaults]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, config string
		mode         os.FileMode
		file         string
		warns        bool
	}{
		{"here", "", 0o755, "here/ansible.cfg", false},
		{"home", "", 0o777, "home/.ansible.cfg", true},
		{"named", dir + "/named.cfg", 0o755, "named.cfg", false},
		{"folder", "../other", 0o755, "other/ansible.cfg", false},
		{"absent", dir + "/absent.cfg", 0o755, "here/ansible.cfg", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.Chmod(filepath.Join(dir, "here"), c.mode); err != nil {
				t.Fatal(err)
			}
			got, err := Read(Environment{Dir: filepath.Join(dir, "here"), Lookup: func(name string) (string, bool) {
				switch name {
				case "HOME":
					return filepath.Join(dir, "home"), true
				case "ANSIBLE_CONFIG":
					return c.config, c.config != ""
				}
				return "", false
			}})
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(dir, c.file); got.File != want || (len(got.Warnings) > 0) != c.warns {
				t.Errorf("got %s with warnings %q, want %s", got.File, got.Warnings, want)
			}
		})
	}
}

// FuzzParse holds the parser to its promise: every text is a file or an error.
func FuzzParse(f *testing.F) {
	f.Add("[defaults]\nforks = 5\n  # x\n  and on\n\n[a]b]\nk:v ; c\n")
	f.Fuzz(func(t *testing.T, text string) {
		if out, err := parse("x", text); err == nil {
			out.get("defaults.forks")
		}
	})
}
