package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/cmd/pfrun/internal/render"
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

func parse(t testing.TB, text string) *yamlsrc.Node {
	t.Helper()
	n, ds := yamlsrc.ParseOne(&diag.Source{Name: "t", Text: text})
	if err := ds.Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return n
}

// The texts are what PyYAML (on libyaml) and Python's json module write of the same values.
func TestNodeForms(t *testing.T) {
	for name, c := range map[string]struct{ in, yaml, json string }{
		"scalars": {
			"{b: 1, a: x, f: 1.0, e: 1.0e+20, n: ~, t: yes, s: '1', y: 'yes', z: ''}",
			"a: x\nb: 1\ne: 1.0e+20\nf: 1.0\nn: null\ns: '1'\nt: true\ny: 'yes'\nz: ''\n",
			"{\n    \"a\": \"x\",\n    \"b\": 1,\n    \"e\": 1e+20,\n    \"f\": 1.0,\n    \"n\": null,\n    \"s\": \"1\",\n    \"t\": true,\n    \"y\": \"yes\",\n    \"z\": \"\"\n}",
		},
		"collections": {
			"{m: {}, l: [], n: [[1, 2], {a: 1, b: 2}, []]}",
			"l: []\nm: {}\nn:\n- - 1\n  - 2\n- a: 1\n  b: 2\n- []\n",
			"{\n    \"l\": [],\n    \"m\": {},\n    \"n\": [\n        [\n            1,\n            2\n        ],\n        {\n            \"a\": 1,\n            \"b\": 2\n        },\n        []\n    ]\n}",
		},
		"quotes": {
			`{a: "it's: x", b: "a\tb", c: "{{ x }}", d: "x\ny", e: " x", f: "# x", g: "\u263a"}`,
			"a: 'it''s: x'\nb: \"a\\tb\"\nc: '{{ x }}'\nd: 'x\n\n  y'\ne: ' x'\nf: '# x'\ng: ☺\n",
			"{\n    \"a\": \"it's: x\",\n    \"b\": \"a\\tb\",\n    \"c\": \"{{ x }}\",\n    \"d\": \"x\\ny\",\n    \"e\": \" x\",\n    \"f\": \"# x\",\n    \"g\": \"☺\"\n}",
		},
		"tags": {
			"u: !unsafe '{{ x }}'\nv: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n",
			"u: !unsafe '{{ x }}'\nv: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n",
			"{\n    \"u\": {\n        \"__ansible_unsafe\": \"{{ x }}\"\n    },\n    \"v\": {\n        \"__ansible_vault\": \"$ANSIBLE_VAULT;1.1;AES256\\n6162\\n\"\n    }\n}",
		},
		"times": {
			"{d: 2024-01-31, t: 2024-01-31 10:00:00}",
			"d: 2024-01-31\nt: 2024-01-31 10:00:00\n",
			"{\n    \"d\": \"2024-01-31\",\n    \"t\": \"2024-01-31T10:00:00\"\n}",
		},
		"keys": {"{2: b, 10: a}", "2: b\n10: a\n", "{\n    \"2\": \"b\",\n    \"10\": \"a\"\n}"},
		"folds": {
			"{a: " + strings.Repeat("word ", 20) + "end, b: 'it: " + strings.Repeat("word ", 20) + "end'}",
			"a: " + strings.Repeat("word ", 15) + "word\n  " + strings.Repeat("word ", 4) + "end\nb: 'it: " + strings.Repeat("word ", 14) + "word\n  " + strings.Repeat("word ", 5) + "end'\n",
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := parse(t, c.in)
			if diff := cmp.Diff(c.yaml, render.NodeYAML(n)); diff != "" {
				t.Errorf("yaml: %s", diff)
			}
			if diff := cmp.Diff(c.json, render.NodeJSON(n)); diff != "" && c.json != "" {
				t.Errorf("json: %s", diff)
			}
		})
	}
}

// FuzzNodeYAML holds that a text that is written is read back as the same text, as a value, as a key and in a list.
func FuzzNodeYAML(f *testing.F) {
	for _, seed := range []string{
		"", "x", "yes", "1", "null", "~", "a: b", "a #b", "- x", "-", "?", ": ", "'", "\"", "\\", "\n", "a\n", "\na", "a\n\nb", "a \nb", "a\n b", " ", "\t", "{{ x }}", "[x", "---", "--- a", "...",
		"2024-01-31", "é", "\u2028", "\u0085", "\uFEFF", "\x00", "\x7f", "!x", "&x", "*x", "%x", "@x", "`x", "a,b", "x:", "0x1F", "1e5", "=", "<<", strings.Repeat("word ", 40), strings.Repeat("w\\ ", 40), strings.Repeat("\t  ", 40),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		s := &yamlsrc.Node{Kind: yamlsrc.String, Text: text, Value: text}
		key := &yamlsrc.Node{Kind: yamlsrc.String, Text: "key", Value: "key"}
		list := &yamlsrc.Node{Kind: yamlsrc.Sequence, Items: []*yamlsrc.Node{s}}
		n := &yamlsrc.Node{Kind: yamlsrc.Mapping, Entries: []yamlsrc.Entry{{Key: key, Value: list}}}
		if text != "key" && text != "<<" && len(text) < 100 { // longer keys need another form
			n.Entries = append(n.Entries, yamlsrc.Entry{Key: s, Value: s})
		}
		written := render.NodeYAML(n)
		back := parse(t, written)
		if got := back.Get("key").Items[0]; got.Kind != yamlsrc.String || got.Text != text {
			t.Errorf("%q is read back as the %s %q from\n%s", text, got.Kind, got.Text, written)
		}
		if len(n.Entries) > 1 {
			if got := back.Get(text); got == nil || got.Text != text {
				t.Errorf("%q as a key is not read back from\n%s", text, written)
			}
		}
	})
}
