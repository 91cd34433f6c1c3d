package lazy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func compile(t *testing.T, text string) (jinja.Value, diag.List) {
	t.Helper()
	n, ds := yamlsrc.ParseOne(&diag.Source{Name: "vars.yml", Text: text})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	return lazy.Compile(jinja.New(), n)
}

func TestCompile(t *testing.T) {
	for _, c := range []struct {
		name, text, want string // the Python repr of the value, templates evaluated with x = 7
		template         bool
	}{
		{"null", "~", "None", false},
		{"scalars", "[yes, 12, 0o7, 1.5, text, 2024-01-31, '12']", "[True, 12, '0o7', 1.5, 'text', '2024-01-31', '12']", false},
		{"template", `"{{ x }}"`, "7", true},
		{"nested", `{a: [1, "{{ x + 1 }}"], b: {c: "n{{ x }}"}}`, "{'a': [1, 8], 'b': {'c': 'n7'}}", true},
		{"keys are no templates", `{"{{ x }}": 1, 2: 3, yes: no}`, "{'{{ x }}': 1, 2: 3, True: False}", false},
		{"unsafe", `[!unsafe "{{ x }}", !unsafe {a: "{{ x }}"}]`, "['{{ x }}', {'a': '{{ x }}'}]", false},
		{"alias", `{a: &a ["{{ x }}"], b: *a}`, "{'a': [7], 'b': [7]}", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, ds := compile(t, c.text)
			if len(ds) > 0 {
				t.Fatal(ds)
			}
			if got := lazy.IsTemplate(v); got != c.template {
				t.Errorf("IsTemplate is %t", got)
			}
			v, err := jinja.Force(t.Context(), v, jinja.MapScope{"x": int64(7)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, jinja.Repr(v)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if v, ds := lazy.Compile(jinja.New(), nil); v != nil || ds != nil {
		t.Errorf("no node gives %v, %v", v, ds)
	}
}

func TestEncryptedValues(t *testing.T) {
	n, ds := yamlsrc.ParseOne(&diag.Source{Name: "vars.yml", Text: "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61\nb: 1\n"})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	opened := ""
	v, ds := lazy.Compile(jinja.New(jinja.WithDecrypt(func(text string) (string, error) { opened = text; return "x is {{ x }}", nil })), n)
	if len(ds) > 0 || opened != "" {
		t.Fatalf("decrypted %q before anybody looks, %v", opened, ds)
	}
	v, err := jinja.Force(t.Context(), v, jinja.MapScope{"x": int64(7)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("{'a': 'x is 7', 'b': 1}", jinja.Repr(v)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("$ANSIBLE_VAULT;1.1;AES256\n61\n", opened); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsHaveTheirPlaces(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"plain", "a: x {{ b", "vars.yml:1:6"},
		{"quoted", `a: "{{ x"`, "vars.yml:1:5"},
		{"blanks before", `a: '  {{ x'`, "vars.yml:1:7"},
		{"in a list", `a: ["{{ y | nofilter }}"]`, "vars.yml:1:13"},
		{"block of one line", "a: >-\n  x {{ y | nofilter }}\n", "vars.yml:2:12"},
		{"block of lines", "a: |\n  x\n  {{ y\n", "vars.yml:2:3"}, // the place of the text
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ds := compile(t, c.text)
			if len(ds) != 1 || ds[0].Pos.String() != c.want {
				t.Errorf("got %v, want a fault at %s", ds, c.want)
			}
		})
	}
	if _, ds := compile(t, "[\"{{ x\", {a: \"{{ y\"}]"); len(ds) != 2 {
		t.Errorf("of two faults are told: %v", ds)
	}
}
