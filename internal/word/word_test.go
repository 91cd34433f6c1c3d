package word_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

func TestWordsAreDocumentedAndStandBesideModules(t *testing.T) {
	r := modules.NewRegistry(append(all.Specs(), word.Specs()...)...)
	for _, s := range word.Specs() {
		m, ok := r.Lookup("ansible.builtin." + s.Name)
		if !ok {
			t.Fatalf("%s is not found", s.Name)
		}
		if !strings.HasSuffix(m.Long, ".") || strings.HasSuffix(m.Short, ".") {
			t.Errorf("%s: the long text is sentences, the summary is none", s.Name)
		}
		for _, a := range m.Args {
			if !strings.HasSuffix(a.Doc, ".") {
				t.Errorf("%s: the document of %s is no sentence: %q", s.Name, a.Name, a.Doc)
			}
		}
		if _, err := s.New().Plan(t.Context(), nil); !errors.Is(err, word.ErrEngine) {
			t.Errorf("%s: Plan gives %v", s.Name, err)
		}
	}
}

func decode(t *testing.T, name string, args ...any) (modules.Task, string) {
	t.Helper()
	m, ok := modules.NewRegistry(word.Specs()...).Lookup(name)
	if !ok {
		t.Fatalf("no word %s", name)
	}
	var given []modules.Given
	for i := 0; i < len(args); i += 2 {
		given = append(given, modules.Given{Name: args[i].(string), Value: args[i+1]})
	}
	task, err := m.Decode(diag.Pos{}, given)
	if err != nil {
		return task, err.Error()
	}
	return task, ""
}

func TestDecode(t *testing.T) {
	const free = modules.FreeFormName
	for _, tt := range []struct {
		name string
		args []any
		want string // the error; empty: none
	}{
		{"add_host", nil, "add_host: missing required argument: name"},
		{"add_host", []any{"host", "a", "hostname", "b"}, `add_host: "host" and "hostname" are the same argument (keep one of them)`},
		{"add_host", []any{"name", "a", "x", int64(1), "x", int64(2)}, "add_host: the variable x is given twice"},
		{"group_by", nil, "group_by: missing required argument: key"},
		{"set_stats", []any{"data", []any{}}, "set_stats: the 'data' option needs to be a dictionary/hash"},
		{"set_stats", []any{"data", map[string]any{"a": int64(1)}}, ""},
		{"set_stats", []any{"data", map[string]any{"a": int64(1)}, "aggregate", "x"}, ""},
		{"set_stats", []any{"data", map[string]any{".a": int64(1)}}, "set_stats: the variable name '.a' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores"},
		{"pause", []any{"minutes", int64(1), "seconds", "2"}, "pause: parameters are mutually exclusive: minutes|seconds"},
		{"pause", []any{"seconds", 0.5}, ""},
		{"pause", nil, ""},
		{"wait_for_connection", []any{"timeout", "long"}, `wait_for_connection: argument "timeout" must be an integer, got: long`},
		{"include_vars", nil, "include_vars: Could not find file or dir: neither is given"},
		{"include_vars", []any{free, "a.yml depth=1"}, "include_vars: you are mixing file only and dir only arguments, these are incompatible"},
		{"include_vars", []any{free, "dir=a depth=b"}, `include_vars: argument "depth" must be an integer, got: b`},
		{"include_vars", []any{free, "dir=a hash_behaviour=mix"}, `include_vars: argument "hash_behaviour" must be one of: replace, merge, got: mix`},
		{"include_vars", []any{free, "'a"}, "include_vars: failed at splitting arguments, either an unbalanced jinja2 block or quotes"},
		{"validate_argument_spec", nil, "validate_argument_spec: missing required argument: argument_spec"},
		{"validate_argument_spec", []any{"argument_spec", "x"}, "validate_argument_spec: incorrect type for argument_spec, expected a mapping"},
		{"validate_argument_spec", []any{"argument_spec", map[string]any{}, "provided_arguments", true}, "validate_argument_spec: incorrect type for provided_arguments, expected a mapping"},
		{"async_status", []any{"jid", "1", "mode", "look"}, `async_status: argument "mode" must be one of: cleanup, status, got: look`},
	} {
		if _, got := decode(t, tt.name, tt.args...); got != tt.want {
			t.Errorf("%s %v: got %q, want %q", tt.name, tt.args, got, tt.want)
		}
	}
}

func TestIncludeVarsFreeForm(t *testing.T) {
	for text, want := range map[string]word.IncludeVars{
		"net.yml":                   {File: "net.yml"},
		"'my net.yml' name=net":     {File: "my net.yml", Name: "net"},
		"file=a.json":               {File: "a.json"},
		"dir=vars depth=2 name=all": {Dir: "vars", Depth: 2, Name: "all"},
		"dir=v files_matching=^a":   {Dir: "v", FilesMatching: "^a"},
		"dir=v ignore_files='a b'":  {Dir: "v", IgnoreFiles: []string{"a", "b"}},
		"dir=v extensions=yml,yaml": {Dir: "v", Extensions: []string{"yml", "yaml"}},
		"dir=v ignore_unknown_extensions=yes hash_behaviour=merge": {Dir: "v", IgnoreUnknown: true, HashBehaviour: "merge"},
	} {
		task, err := decode(t, "include_vars", modules.FreeFormName, text)
		if err != "" {
			t.Errorf("%s: %s", text, err)
		}
		if want.Extensions == nil {
			want.Extensions = []string{"json", "yaml", "yml"}
		}
		if diff := cmp.Diff(&want, task, cmpopts.IgnoreUnexported(word.IncludeVars{})); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", text, diff)
		}
	}
}

func TestAddHostKeepsTheOrderOfVariables(t *testing.T) {
	task, err := decode(t, "add_host", "z", "1", "name", "h:22", "groups", "a,b", "a", int64(2))
	if err != "" {
		t.Fatal(err)
	}
	h := task.(*word.AddHost)
	var names []string
	for n := range h.Vars {
		names = append(names, n)
	}
	if diff := cmp.Diff([]any{"h:22", []string{"a", "b"}, []string{"z", "a"}}, []any{h.Name, h.Groups, names}); diff != "" {
		t.Error(diff)
	}
}
