package yamlsrc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
)

func source(text string) *diag.Source { return &diag.Source{Name: "t.yml", Text: text} }

// show writes a tree so that kinds can be told apart: strings in Go quotes, the rest bare.
func show(n *Node) string {
	if n == nil {
		return "nil"
	}
	switch n.Kind {
	case Sequence:
		parts := make([]string, len(n.Items))
		for i, item := range n.Items {
			parts[i] = show(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Mapping:
		parts := make([]string, len(n.Entries))
		for i, e := range n.Entries {
			parts[i] = show(e.Key) + ": " + show(e.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case String:
		return n.Tag + fmt.Sprintf("%q", n.Text)
	case Timestamp:
		return fmt.Sprintf("time(%s)", n.Value)
	case Float:
		return fmt.Sprintf("float(%v)", n.Value)
	}
	return fmt.Sprint(n.Value)
}

func TestResolve(t *testing.T) {
	tests := map[string]string{
		"": "<nil>", "~": "<nil>", "Null": "<nil>", "nUll": `"nUll"`, "None": `"None"`,
		"yes": "true", "Yes": "true", "YES": "true", "yEs": `"yEs"`, "off": "false", "On": "true", "y": `"y"`, "N": `"N"`, "true": "true", "TrUe": `"TrUe"`,
		"0": "0", "-0": "0", "+12": "12", "1_000": "1000", "010": "8", "0644": "420", "08": `"08"`, "0o644": `"0o644"`, "0x1F": "31", "0b101": "5", "-0x10": "-16",
		"190:20:30": "685230", "22:30": "1350", "01:30": `"01:30"`, "1:60": `"1:60"`, "999999999999999999999999": "999999999999999999999999",
		"1.5": "float(1.5)", "1.": "float(1)", ".5": "float(0.5)", "-.5": `"-.5"`, "1e3": `"1e3"`, "1.0e3": `"1.0e3"`, "1.0e+3": "float(1000)", "1_0.5": "float(10.5)",
		".inf": "float(+Inf)", "-.INF": "float(-Inf)", ".NaN": "float(NaN)", "1:30.5": "float(90.5)", "1.5e+400": "float(+Inf)", "1.2.3": `"1.2.3"`, "10.0.0.1": `"10.0.0.1"`,
		"2024-01-31": "time(2024-01-31)", "2024-1-31": `"2024-1-31"`, "2001-12-14t21:59:43.10-05:00": "time(2001-12-14 21:59:43.100000-05:00)",
		"2001-12-14 1:02:03": "time(2001-12-14 01:02:03)", "2001-12-14t21:59:43-00": "time(2001-12-14 21:59:43+00:00)", "2001-12-15T02:59:43Z": "time(2001-12-15 02:59:43+00:00)",
		"<<": `"<<"`, "=": `"="`, "-": `"-"`, ".": `"."`, "::1": `"::1"`, "0x": `"0x"`, "0b_": `"0b_"`,
	}
	for in, want := range tests {
		t.Run(in, func(t *testing.T) {
			kind, v := Resolve(in)
			text, _ := v.(string)
			if got := show(&Node{Kind: kind, Value: v, Text: text}); got != want {
				t.Errorf("Resolve(%q) = %s, want %s", in, got, want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"comment-only", "# nothing\n\n", ""},
		{"marker-only", "---\n", "<nil>"},
		{"scalar", "a:b\n", `"a:b"`},
		{"mapping", "a: 1\nb: x y\n", `{"a": 1, "b": "x y"}`},
		{"no-value", "a:\nb: ~\n", `{"a": <nil>, "b": <nil>}`},
		{"sequence-in-column-of-key", "a:\n- 1\n- 2\nb: 2\n", `{"a": [1, 2], "b": 2}`},
		{"empty-items", "-\n- a\n-\n", `[<nil>, "a", <nil>]`},
		{"compact", "- a: 1\n  b: 2\n- - x\n  - y\n", `[{"a": 1, "b": 2}, ["x", "y"]]`},
		{"flow", "a: [x, y: z, {b: c, d}, ]\n", `{"a": ["x", {"y": "z"}, {"b": "c", "d": <nil>}]}`},
		{"flow-over-lines", "a: [x,\n y]\nb: {\n  c: 1,\n  }\n", `{"a": ["x", "y"], "b": {"c": 1}}`},
		{"flow-colon-without-space", "{a:1}\n", `{"a:1": <nil>}`},
		{"json", "{\"a\":1e3,\"b\":[true,null],\n\t\"c\":\"\\ud83d\\ude00\"}\n", `{"a": float(1000), "b": [true, <nil>], "c": "😀"}`},
		{"complex-key-form", "? a\n: b\n? c\n", `{"a": "b", "c": <nil>}`},
		{"key-kinds", "1: a\ntrue: b\n~: c\n", `{1: "b", <nil>: "c"}`},
		{"tab-inside-value", "a: b\tc\t\n", `{"a": "b\tc"}`},
		{"url", "a: http://x:80/y#z\n", `{"a": "http://x:80/y#z"}`},
		{"comment-after-value", "a: b # c\nd: e#f\n", `{"a": "b", "d": "e#f"}`},
		{"plain-over-lines", "a: foo\n  bar\n\n  baz\nb: c\n", `{"a": "foo bar\nbaz", "b": "c"}`},
		{"single-quotes", "a: 'it''s'\nb: 'x\n\n\n   z '\n", `{"a": "it's", "b": "x\n\nz "}`},
		{"double-quotes", `a: "\x41\u00e9\U0001f600\/\t\"\\\e"` + "\n", `{"a": "Aé😀/\t\"\\\x1b"}`},
		{"double-quotes-joined", "a: \"x \\\n   y\\\n   z\"\n", `{"a": "x yz"}`},
		{"double-quotes-folded", "a: \"x   \n\n\n  y\"\n", `{"a": "x\n\ny"}`},
		{"quoted-keys", "'a b': 1\n\"c\": 2\n", `{"a b": 1, "c": 2}`},
		{"quoted-stays-string", "a: '1'\nb: \"yes\"\n", `{"a": "1", "b": "yes"}`},
		{"literal", "a: |\n  x\n   y\n\n  z\n\nb: 1\n", `{"a": "x\n y\n\nz\n", "b": 1}`},
		{"literal-strip", "a: |-\n  x\n\n", `{"a": "x"}`},
		{"literal-keep", "a: |+\n  x\n\n\nb: c\n", `{"a": "x\n\n\n", "b": "c"}`},
		{"literal-indent-given", "a: |2\n   x\n  y\n", `{"a": " x\ny\n"}`},
		{"literal-hash", "a: |\n  # no comment\n  x: {{ y }}\n", `{"a": "# no comment\nx: {{ y }}\n"}`},
		{"literal-tabs", "a: |\n  x\t\n  \ty\n", `{"a": "x\t\n\ty\n"}`},
		{"folded", "a: >\n  x\n  y\n\n  z\n    more\n  w\n", `{"a": "x y\nz\n  more\nw\n"}`},
		{"folded-strip", "a: >-\n\n  x\n\n\n  y\n", `{"a": "\nx\n\ny"}`},
		{"block-ends-with-file", "- |\n x\n-  >-\n y", `["x\n", "y"]`},
		{"crlf", "a: x\r\nb: |\r\n  z\r\n  y\r\n", `{"a": "x", "b": "z\ny\n"}`},
		{"byte-order-mark", bom + "a: 1\n", `{"a": 1}`},
		{"directive", "%YAML 1.1\n---\na: 1\n", `{"a": 1}`},
		{"value-after-marker", "--- |\n x\n", `"x\n"`},
		{"documents", "a\n---\nb\n...\n---\n", `"a"; "b"; <nil>`},
		{"anchors", "a: &x {b: 1}\nc: *x\nd: &y\n- *x\ne: &z 5\nf: [*z]\n", `{"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}], "e": 5, "f": [5]}`},
		{"anchor-on-key", "&k a: 1\nb: *k\n", `{"a": 1, "b": "a"}`},
		{"merge", "x: &a {b: 1, c: 2}\ny:\n  c: 3\n  <<: *a\n", `{"x": {"b": 1, "c": 2}, "y": {"b": 1, "c": 3}}`},
		{"merge-list", "x: [&a {k: 1}, &b {k: 2, l: 3}]\ny: {<<: [*a, *b]}\n", `{"x": [{"k": 1}, {"k": 2, "l": 3}], "y": {"k": 1, "l": 3}}`},
		{"quoted-merge-is-a-key", "'<<': {a: 1}\n", `{"<<": {"a": 1}}`},
		{"binary", "- !!binary |\n  aGVs\n  bG8=\n", `[!unsafe"hello"]`},
		{"tags", "- !!str 12\n- !!int '3'\n- !!float 3\n- !!bool 'yes'\n- ! 5\n- !!null x\n- !!str\n", `["12", 3, float(3), true, "5", <nil>, ""]`},
		{"verbatim-tag", "!<tag:yaml.org,2002:str> 12\n", `"12"`},
		{"vault", "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: 1\n", `{"a": !vault"$ANSIBLE_VAULT;1.1;AES256\n6162\n", "b": 1}`},
		{"unsafe", "a: !unsafe '{{ x }}'\nb: !unsafe 12\nc: !unsafe\n  d: [x, 1]\n", `{"a": !unsafe"{{ x }}", "b": !unsafe"12", "c": {!unsafe"d": [!unsafe"x", 1]}}`},
		{"unsafe-alias", "a: &x [q]\nb: !unsafe [*x]\n", `{"a": ["q"], "b": [[!unsafe"q"]]}`},
		{"duplicate-key", "a: 1\nb: 2\na: 3\n", `{"a": 3, "b": 2}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, ds := Parse(source(tt.in))
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			parts := make([]string, len(docs))
			for i, d := range docs {
				parts[i] = show(d)
			}
			if diff := cmp.Diff(tt.want, strings.Join(parts, "; ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"unquoted-template", "- msg: {{ foo }}\n", `t.yml:1:8: a value that starts with "{{" needs quotes (put quotes around the value: "{{ foo }}")`},
		{"unquoted-template-tail", "a: {{ foo }}/bar # c\n", `t.yml:1:4: a value that starts with "{{" needs quotes (put quotes around the value: "{{ foo }}/bar")`},
		{"unquoted-template-double-quotes", "a: {{ foo[\"b\"] }}\n", `t.yml:1:4: a value that starts with "{{" needs quotes (put quotes around the value: '{{ foo["b"] }}')`},
		{"unquoted-template-in-list", "a: [1, {{ foo }}, 2]\n", `t.yml:1:8: a value that starts with "{{" needs quotes (put quotes around the value: "{{ foo }}")`},
		{"unquoted-statement", "a: {% if x %}y{% endif %}\n", `t.yml:1:4: a value that starts with "{%" needs quotes (put quotes around the value: "{% if x %}y{% endif %}")`},
		{"tab", "a:\n\tb: 1\n", "t.yml:2:1: a tab cannot be used for indentation (replace it by spaces)"},
		{"tab-after-spaces", "a:\n  b: 1\n \tc: 1\n", "t.yml:3:2: a tab cannot be used for indentation (replace it by spaces)"},
		{"colon-in-value", "- name: x\n  msg: more: b\n", `t.yml:2:12: a value without quotes cannot hold ": " (put quotes around the value: "more: b")`},
		{"two-errors", "a: b: c\nd: {{ e }}\n", "t.yml:1:5: a value without quotes cannot hold \": \" (put quotes around the value: \"b: c\")\n" +
			`t.yml:2:4: a value that starts with "{{" needs quotes (put quotes around the value: "{{ e }}")`},
		{"no-space-after-colon", "a: x\nfoo:bar\nb: y\n", `t.yml:2:1: there is no space after the colon of "foo" (write "foo: bar")`},
		{"no-space-then-block", "foo:bar\n  baz: 1\n", `t.yml:1:1: there is no space after the colon of "foo" (write "foo: bar")`},
		{"equals-in-mapping", "copy:\n  src: a\n  dest=b\n", `t.yml:3:3: expected "key: value" here, found "dest=b" (inside a mapping write "key: value" instead of key=value)`},
		{"deeper-key", "- a: 1\n   b: 2\n", "t.yml:2:4: bad indentation: the line is indented as if the value of line 1 went on here (indent the key exactly like the other keys of its mapping, or put quotes around the value above)"},
		{"no-such-level", "a:\n    b: 1\n  c: 2\n", "t.yml:3:3: bad indentation: no enclosing block starts in column 3 (compare the indentation with the lines above: values that belong together start in the same column)"},
		{"item-after-value", "a: 1\n- b\n", "t.yml:2:1: a list item cannot stand here (compare the indentation with the lines above: values that belong together start in the same column)"},
		{"key-after-list", "- a\nb: 1\n", "t.yml:2:1: a key cannot stand here (compare the indentation with the lines above: values that belong together start in the same column)"},
		{"item-on-key-line", "a: - b\n", "t.yml:1:4: a list item cannot start on the line of another value (start the list on the next line, or put quotes around the value if the dash is part of it)"},
		{"no-space-after-dash", "a: 1\n-b\n", `t.yml:2:1: expected "key: value" here, found "-b" (a list item needs a space after the dash: "- b")`},
		{"open-double-quote", "a: \"foo\nb: c\n", "t.yml:1:4: the quote \" is never closed (add the closing \")"},
		{"open-single-quote", "a: 'foo\nb: c\n", "t.yml:1:4: the quote ' is never closed (add the closing '; inside single quotes an apostrophe is written '')"},
		{"open-bracket", "é: [ü,\nb: 1\n", `t.yml:1:4: '[' is never closed (add the missing ']', or put quotes around the value if the bracket is part of it)`},
		{"wrong-bracket", "a: [b}\n", `t.yml:1:6: '}' does not close the '[' of line 1`},
		{"after-quote", "a: 'x' y\n", `t.yml:1:8: text follows the closing quote (put quotes around the whole value: "'x' y")`},
		{"after-bracket", "a: [x]/y\n", "t.yml:1:7: text follows the closing bracket (put quotes around the whole value if the brackets are part of it)"},
		{"reserved", "a: @foo\n", `t.yml:1:4: a value cannot start with '@' (put quotes around the value: "@foo")`},
		{"percent", "a: %foo\n", `t.yml:1:4: a value cannot start with '%' (put quotes around the value: "%foo")`},
		{"star", "hosts: *\n", `t.yml:1:8: '*' starts an alias, and what follows is not a name (put quotes around the value: "*")`},
		{"alias-unknown", "a: &foo 1\nb: *fooo\n", `t.yml:2:4: alias *fooo: there is no anchor &fooo above (did you mean "foo"?)`},
		{"alias-recursive", "a: &x [*x]\n", "t.yml:1:8: alias *x stands inside the very value that it names"},
		{"escape", `a: "\d"`, `t.yml:1:5: unknown escape \d in a double-quoted string (write \\ for a backslash, or use single quotes, where a backslash is only a backslash)`},
		{"list-key", "[a]: b\n", "t.yml:1:4: a mapping or list cannot be a key (put quotes around the key if the brackets are part of it)"},
		{"unknown-tag", "a: !vualt x\n", `t.yml:1:11: the tag !vualt is not supported (did you mean "!vault"?)`},
		{"python-tag", "a: !!python/object:os.system x\n", "t.yml:1:30: the tag !!python/object:os.system is not supported (put quotes around the value if the exclamation mark is part of it)"},
		{"wrong-int", "a: !!int x\n", `t.yml:1:10: "x" is not what the tag !!int says`},
		{"no-such-day", "a: 2024-02-30\n", `t.yml:1:4: 2024-02-30 is written like a date, and there is no such date (put quotes around it: "2024-02-30")`},
		{"control", "a: \"x\x01\"\n", `t.yml:1:6: control character U+0001 is not allowed in YAML (in a double-quoted string write it as an escape: "\x01")`},
		{"not-utf8", "a: 1\nb: caf\xe9\n", "t.yml:2:7: byte 0xe9 is not UTF-8 text (save the file as UTF-8)"},
		{"utf16", "\xff\xfea\x00", "t.yml:1:1: the file is UTF-16 text, not UTF-8 (save it as UTF-8)"},
		{"inner-byte-order-mark", "a: 1\n" + bom + "b: 2\n", "t.yml:2:1: a byte order mark (U+FEFF) stands inside the text (delete this invisible character)"},
		{"merge-scalar", "<<: x\n", "t.yml:1:5: the merge key << takes a mapping or a list of mappings, not a string"},
		{"block-text-on-header", "a: | x\n", "t.yml:1:6: text cannot stand on the line of a block's | or > (start the text on the next line, or put quotes around the value)"},
		{"after-end", "a\n...\nb\n", "t.yml:3:1: after ... a document starts with ---"},
		{"directive", "%TAG ! x\n---\na\n", `t.yml:1:1: YAML directive "%TAG" is not supported (if this is a value, put it in quotes)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, ds := Parse(source(tt.in))
			got := ds.Errors().Error()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDuplicateKeyWarning(t *testing.T) {
	_, ds := Parse(source("a: 1\nb:\n  c: 1\n  c: 2\n"))
	want := "t.yml:4:3: the key c is given twice in this mapping; the last value is used (the first one is in line 3)"
	if got := ds.Warnings().Error(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestParseOne(t *testing.T) {
	if n, ds := ParseOne(source("# nothing\n")); n != nil || len(ds) > 0 {
		t.Errorf("empty file: got %v, %v", show(n), ds)
	}
	if n, ds := ParseOne(source("---\n")); n != nil || len(ds) > 0 {
		t.Errorf("marker only: got %v, %v", show(n), ds)
	}
	if _, ds := ParseOne(source("a: 1\n---\nb: 2\n")); ds.Err() == nil || ds[0].Pos.Line != 3 {
		t.Errorf("two documents: got %v", ds)
	}
	if n, _ := ParseOne(source("a: 1\n")); show(n.Get("a")) != "1" || n.Get("b") != nil || n.Get("a").Get("x") != nil {
		t.Errorf("Get on %s", show(n))
	}
}

func TestStringPos(t *testing.T) {
	tests := []struct {
		name, in, find string
		want           string
	}{
		{"plain", "a: x {{ y }}\n", "y", "1:9"},
		{"single", "a: 'it''s {{ y }}'\n", "y", "1:14"},
		{"double", `a: "é\t\"{{ y }}"` + "\n", "y", "1:13"},
		{"literal", "a: |\n  one\n    two {{ y }}\n", "y", "3:12"},
		{"folded", "a: >-\n  one\n  two\n\n  {{ y }}\n", "y", "5:6"},
		{"plain-lines", "a: one\n   two\n   {{ y }}\n", "y", "3:7"},
		{"escaped-break", "a: \"one \\\n   {{ y }}\"\n", "y", "2:7"},
		{"start", "a: 'y'\n", "y", "1:5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, ds := ParseOne(source(tt.in))
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			v := n.Get("a")
			p := v.StringPos(strings.Index(v.Text, tt.find))
			if got := fmt.Sprintf("%d:%d", p.Line, p.Column); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNodePositions(t *testing.T) {
	n, ds := ParseOne(source("a:\n  - x\n  - &k\n    b: |\n      t\n"))
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	item := n.Get("a").Items[1]
	got := []string{n.Pos.String(), n.Get("a").Pos.String(), n.Get("a").Items[0].Pos.String(), item.Pos.String(), item.Get("b").Pos.String()}
	want := []string{"t.yml:1:1", "t.yml:2:3", "t.yml:2:5", "t.yml:4:5", "t.yml:4:8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestBounds feeds what is meant to exhaust a parser; each must be read or refused at once.
func TestBounds(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1, i-1, i-1)
	}
	var keys strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&keys, "key%d: value%d\n", i, i)
	}
	tests := []struct{ name, in, want string }{
		{"many-keys", keys.String(), ""},
		{"many-empty-keys", strings.ReplaceAll(keys.String(), " value", "\nv"), `key`},
		{"flow-set", "{" + strings.Repeat("a, ", 20_000) + "}", ""},
		{"deep-flow", strings.Repeat("[", 200_000), "nested more than 200 deep"},
		{"deep-block", strings.Repeat("- ", 200_000) + "a", "nested more than 200 deep"},
		{"alias-bomb", bomb.String(), "with its aliases written out"},
		{"unsafe-alias-bomb", strings.Replace(bomb.String(), "a9: &a9 ", "a9: &a9 !unsafe ", 1), "with its aliases written out"},
		{"commas", "[" + strings.Repeat(",", maxTokens+1), "more than"},
		{"long-block", "a: |\n" + strings.Repeat("  some text\n", 60_000), ""},
		{"long-quoted", "a: \"" + strings.Repeat("\ttext\n ", 60_000) + "\"\n", ""},
		{"long-plain", "a: x\n" + strings.Repeat(" text\n\n", 60_000), ""},
		{"huge", strings.Repeat("#", maxSize+1), "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, ds := Parse(source(tt.in))
			if err := ds.Errors().Error(); !strings.Contains(err, tt.want) || tt.want == "" && err != "" {
				t.Errorf("got %.200s, want %q", err, tt.want)
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %s", d)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb: [x, {y: z}]\n", "- |\n  x\n- >-\n  y\n", "a: &x !unsafe {<<: *x}\n", "'a': \"\\x41\\\n b\"\n", "? a\n: b\n", "a: {{ b }}\n", "---\n...\n", "a:\n- b\n\tc: d\n",
		"{a: b, [c]: d}\n", "!vault |\n x\n", "a: b: c\n d\n", "[? ::x%]", "- &a\n- !!str\n- *a\n", "a: 2024-01-01 1:02:03 +1\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		docs, ds := Parse(source(text))
		for _, d := range ds {
			if d.Message == "" || d.Pos.Source == nil || strings.Contains(d.Message, "cannot be read") {
				t.Errorf("bad diagnostic: %v", d)
			}
		}
		if ds.Err() != nil {
			return
		}
		for _, d := range docs {
			checkTree(t, d)
		}
	})
}

func checkTree(t *testing.T, n *Node) {
	t.Helper()
	if n == nil || !n.Pos.IsValid() {
		t.Fatal("a node without a place")
	}
	if n.Kind == String {
		n.StringPos(len(n.Text) / 2)
	}
	if n.size > 10_000 {
		return
	}
	for _, item := range n.Items {
		checkTree(t, item)
	}
	seen := map[string]bool{}
	for _, e := range n.Entries {
		if id := keyID(e.Key); seen[id] {
			t.Fatalf("key %s twice", id)
		} else {
			seen[id] = true
		}
		checkTree(t, e.Value)
	}
}

func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "- name: task %d\n  lineinfile:\n    path: /etc/postfix/main.cf\n    regexp: '^inet_protocols'\n    line: \"inet_protocols = {{ families }}\"\n  notify: [restart postfix]\n", i)
	}
	src := source(text.String())
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, ds := Parse(src); len(ds) > 0 {
			b.Fatal(ds)
		}
	}
}
