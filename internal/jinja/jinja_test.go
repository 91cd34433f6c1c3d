package jinja_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// at gives a place in a file whose line 3 has the text after "key: ".
func at(text string) diag.Pos {
	return diag.Pos{Source: &diag.Source{Name: "site.yml", Text: "---\n-\n  k: " + text + "\n"}, Line: 3, Column: 6}
}

func list(vs ...jinja.Value) *jinja.List { return jinja.NewList(vs...) }

func dict(kv ...jinja.Value) *jinja.Dict {
	d := jinja.NewDict()
	for i := 0; i < len(kv); i += 2 {
		d.Set(kv[i], kv[i+1])
	}
	return d
}

// scope gives variables for the tests; u is unknown, planned is the result of a command that was only planned.
func scope(t testing.TB, env *jinja.Env) jinja.MapScope {
	t.Helper()
	lazy := func(s string) jinja.Value {
		tpl, err := env.CompileArg(s, at(s))
		if err != nil {
			t.Fatal(err)
		}
		return tpl
	}
	return jinja.MapScope{
		"name": "web01", "port": int64(8080), "t": true, "f": false, "n": nil,
		"nums": list(int64(3), int64(1), int64(2)),
		"a":    dict("b", int64(1), "items", "shadow", "list", list(int64(1))),
		"u":    jinja.Unknown{}, "planned": dict("changed", true, "rc", jinja.Unknown{}, "failed", false),
		"lazy": lazy("{{ name }}-x"), "loop1": lazy("{{ loop2 }}"), "loop2": lazy("{{ loop1 }}"),
		"deep":     dict("good", lazy("{{ port + 1 }}"), "bad", lazy("{{ nope }}")),
		"self":     list(lazy("{{ self }}")),
		"hostvars": dict("db", jinja.NewScopeMap(jinja.MapScope{"name": "db01", "who": lazy("{{ name }}!")})),
		"evil":     "{{ name }}",
	}
}

func TestEval(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"{{ -7 // 2 }}", "-4"},
		{"{{ 7 % -3 }}", "-2"},
		{"{{ -7.5 // 2 }}", "-4.0"},
		{"{{ 2 ** 3 ** 2 }}", "64"},
		{"{{ 2 ** 64 }}", "18446744073709551616"},
		{"{{ 9223372036854775807 + 1 }}", "9223372036854775808"},
		{"{{ -9223372036854775807 - 2 }}", "-9223372036854775809"},
		{"{{ 4611686018427387904 * 2 - 1 }}", "9223372036854775807"},
		{"{{ 10 ** 20 // 10 ** 18 }}", "100"},
		{"{{ 1 < 2 < 3 }}", "True"},
		{"{{ 1 in nums and 9 not in nums }}", "True"},
		{"{{ 'we' in name }}", "True"},
		{"{{ 1_000 + 0x1f + 0b11 + 0o17 }}", "1049"},
		{"{{ 1e3 }}", "1000.0"},
		{"{{ 10 / 4 }}{{ none }}", "2.5"},
		{"{{ (1, 2) + (3,) }}", "[1, 2, 3]"},
		{"{{ [1, 2] == [1.0, 2] }}", "True"},
		{"{{ {'a': 1} == {'a': true} }}", "True"},
		{"{{ 'a' 'b' ~ 1 + 1 if false else 'x' }}", "'x'"},
		{"{{ nums[::-1] }}", "[2, 1, 3]"},
		{"{{ nums[-2:] }}", "[1, 2]"},
		{"{{ 'héllo'[1] }}", "'é'"},
		{"{{ {'}}': 1}['}}'] }}", "1"},
		{"{{ {'a': {'b': 2}}.a.b }}", "2"},
		{"{{ nope.deeper['x'] | default('d') }}", "'d'"},
		{"{{ '%5.1f|%-4s|%04d|%x' % (3.14159, 'ab', 42, 255) }}", "'  3.1|ab  |0042|ff'"},
		{"{{ '{:>6}|{:,}|{:.2%}'.format('ab', 1234567, 0.5) }}", "'    ab|1,234,567|50.00%'"},
		{"{{ 'a-b c'.title() }} {{ 'a-b c' | title }}", "'A-B C A-B C'"},
		{`{{ "tab\t" }}`, `'tab\\t'`},
		{"{% set x = 'a\\tb' %}{{ x }}", `'a\tb'`},
		{"{{ [1, none, 'x'] | string }}", `"[1, None, 'x']"`},
		{"{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% else %}none{% endfor %}", "'a1'"},
		{"{% for x in [] %}{{ x }}{% else %}none{% endfor %}", "'none'"},
		{"{% set ns = namespace(n=0) %}{% for x in nums %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}", "6"},
		{"{% set x = 1 %}{% for i in nums %}{% set x = 2 %}{% endfor %}{{ x }}", "1"},
		{"{% with y = 2 %}{{ y }}{% endwith %}{{ y | default('-') }}", "'2-'"},
		{"{% raw %}{{ x }}{% endraw %}", "'{{ x }}'"},
		{"{{ evil }}", "'{{ name }}'"},
		{"{{ lazy }}", "'web01-x'"},
		{"{{ deep.good }}", "8081"},
		{"{{ deep.get('good') }}", "8081"},
		{"{{ hostvars.db.who }} {{ hostvars['db']['name'] }}", "'db01! db01'"},
		{"{{ hostvars['db'].nope is defined }}", "False"},
		{"{{ [1, omit, 2] }}", "[1, 2]"},
		{"{{ {'a': omit, 'b': 1} }}", "{'b': 1}"},
		{"{{ [3, 'x', 2.5] | map('string') | join('/') }}", "'3/x/2.5'"},
		{"{{ 'x' is in ['x'] and 3 is divisibleby 3 }}", "True"},
		{"{{ '1.10' is version('1.9', '>') }}", "True"},
		{"{{ '1.0.0-rc.1' is version('1.0.0', 'lt', version_type='semver') }}", "True"},
		{"{{ '1.0rc1' is version('1.0', '<', version_type='pep440') }}", "True"},
		{"{{ 'aXbX' | regex_replace('(?P<l>[a-z])X', '\\g<l>-') }}", "'a-b-'"},
		{"{{ 2.5 | round }} {{ 3.5 | round | int }} {{ 1234.5678 | round(2) }}", "'2.0 4 1234.57'"},
		{"{{ 'x' * 0 ~ '|' }}", "'|'"},
		{"{{ nums.append(9) }}{{ nums }}", "[3, 1, 2, 9]"},
		{"{% set l = [] %}{% set _ = l.append(deep.good) %}{% set _ = l.append(hostvars.db.who) %}{{ l }}", "[8081, 'db01!']"},
		{"{{ 'none' if n is none }}", "'none'"},
		{"{{ none }}", "None"},
		{"{% if f %}x{% endif %}", "None"},
		{"{{ '😀' | to_json }}", `'"\\ud83d\\ude00"'`},
	} {
		t.Run(tt.src, func(t *testing.T) {
			env := jinja.New()
			tpl, err := env.CompileArg(tt.src, at(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Eval(t.Context(), scope(t, env))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, jinja.Repr(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUnknown follows an outcome that is not known through expressions.
func TestUnknown(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"u", "<unknown>"},
		{"u and false", "False"},
		{"false and u", "False"},
		{"u or true", "True"},
		{"u and true", "<unknown>"},
		{"not u", "<unknown>"},
		{"u is defined", "True"},
		{"u is undefined", "False"},
		{"u is none", "<unknown>"},
		{"u is string", "<unknown>"},
		{"u | default('x')", "<unknown>"},
		{"u.rc == 0", "<unknown>"},
		{"u[0]", "<unknown>"},
		{"u + 1", "<unknown>"},
		{"1 in [1, u]", "True"},
		{"2 in [1, u]", "<unknown>"},
		{"[1, u]", "[1, <unknown>]"},
		{"[1, u] | length", "2"},
		{"[1, u] | join(',')", "<unknown>"},
		{"[1, u] | map('string')", "['1', <unknown>]"},
		{"{'a': u}", "{'a': <unknown>}"},
		{"'x' ~ u", "<unknown>"},
		{"'a' if u else 'b'", "<unknown>"},
		{"planned is changed", "True"},
		{"planned is failed", "False"},
		{"planned.rc == 0", "<unknown>"},
		{"planned is changed and planned.rc == 0", "<unknown>"},
		{"[false, u] is all", "False"},
		{"[true, u] is all", "<unknown>"},
		{"nums | select('gt', u) | list", "<unknown>"},
	} {
		t.Run(tt.src, func(t *testing.T) {
			env := jinja.New()
			tpl, err := env.CompileExpr(tt.src, at(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Eval(t.Context(), scope(t, env))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, jinja.Repr(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownText(t *testing.T) {
	env := jinja.New()
	for _, src := range []string{"a {{ u }} b", "{% if u %}x{% endif %}y", "{% for x in u %}x{% endfor %}", "x{{ [u] }}"} {
		tpl, err := env.CompileFile(src, at(src))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Eval(t.Context(), scope(t, env)); err != nil || got != (jinja.Unknown{}) {
			t.Errorf("%q gives %v, %v; want it unknown", src, got, err)
		}
	}
}

// TestErrors checks what is said, and where.
func TestErrors(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"x {{ nmae }}", `site.yml:3:11: 'nmae' is undefined (did you mean "name"?)`},
		{"{{ a.lits }}", `site.yml:3:11: object of type 'dict' has no attribute 'lits' (did you mean "list"?)`},
		{"{{ name | uper }}", `site.yml:3:16: no filter named "uper" (did you mean "upper"?)`},
		{"{{ name is strnig }}", `site.yml:3:17: no test named "strnig" (did you mean "string"?)`},
		{"{{ nums | map('uper') | list }}", `site.yml:3:16: no filter named "uper" (did you mean "upper"?)`},
		{"{{ if }}", `site.yml:3:9: 'if' is undefined (did you mean "f"?)`},
		{"{{ port + 'x' }}", "site.yml:3:14: unsupported operand type(s) for +: 'int' and 'str'"},
		{"{{ 1 / 0 }}", "site.yml:3:11: division by zero"},
		{"{{ 1 < 'a' }}", "site.yml:3:11: '<' not supported between instances of 'int' and 'str'"},
		{"{{ (1 }}", "site.yml:3:12: unexpected '}', expected ')'"},
		{"{{ loop1 }}", "site.yml:3:6: recursive loop detected in variable 'loop1'"},
		{"{{ self }}", "site.yml:3:6: recursive loop detected in template \"{{ self }}\""},
		{"{{ deep }}", "site.yml:3:9: 'nope' is undefined (did you mean \"name\"?)"},
		{"{{ deep.bad }}", "site.yml:3:9: 'nope' is undefined (did you mean \"name\"?)"},
		{"{{ [nope] }}", "site.yml:3:10: 'nope' is undefined (did you mean \"name\"?)"},
		{"{{ name | replace('a') }}", "site.yml:3:16: filter 'replace': the argument 'new' is missing"},
		{"{{ name | indent(widht=2) }}", `site.yml:3:16: filter 'indent': there is no argument 'widht'; did you mean "width"?`},
		{"{{ lookup('fiel', 'x') }}", `site.yml:3:9: no lookup named "fiel" (pfrun knows 0 lookups)`},
		{"{% include 'x' %}", "site.yml:3:9: template files cannot be read here"},
		{"{% fro x in y %}", `site.yml:3:9: unknown tag 'fro' (did you mean "for"?)`},
		{"{% if t %}", "site.yml:3:16: unexpected end of template, expected {% elif %} or {% else %} or {% endif %} (the innermost block that is open is if)"},
		{"{{ 'x' * 1000000000 }}", "site.yml:3:13: the text is too long: more than 64 MiB"},
		{"{{ range(10 ** 9) | list }}", "site.yml:3:9: the range has 1000000000 numbers, more than 1000000"},
		{"{{ 10 ** 100000000 }}", "site.yml:3:12: the number is too large"},
		{"{% set l = [] %}{% set _ = l.append(l) %}", "site.yml:3:35: a list cannot hold itself"},
		{"{{ name.upper }}", "site.yml:3:6: a value of type 'method' is no data (call it with parentheses, or use ['…'] for the key)"},
		{"{{ 'a' | regex_search('(') }}", "site.yml:3:15: filter 'regex_search': regular expression \"(\": error parsing regexp: missing closing ) in `(`"},
	} {
		t.Run(tt.src, func(t *testing.T) {
			env := jinja.New()
			tpl, err := env.CompileArg(tt.src, at(tt.src))
			if err == nil {
				_, err = tpl.Eval(t.Context(), scope(t, env))
			}
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			var d *diag.Diagnostic
			if !errors.As(err, &d) {
				t.Errorf("the error is a %T, not a diagnostic", err)
			}
		})
	}
}

// TestLimits feeds what would exhaust a machine that trusts its input.
func TestLimits(t *testing.T) {
	sources := map[string]string{
		"parentheses": "{{ " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + " }}",
		"not":         "{{ " + strings.Repeat("not ", 100_000) + "1 }}",
		"minus":       "{{ " + strings.Repeat("-", 100_000) + "1 }}",
		"sum":         "{{ 1" + strings.Repeat("+1", 100_000) + " }}",
		"filters":     "{{ 1" + strings.Repeat("|abs", 100_000) + " }}",
		"if":          strings.Repeat("{% if 1 %}", 100_000),
		"dots":        "{{ a" + strings.Repeat(".b", 100_000) + " }}",
		"doubling":    "{% set ns = namespace(x='x') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
		"sharing":     "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"range":       "{% for a in range(100000) %}{% for b in range(100000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
	}
	for name, src := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := jinja.New()
			tpl, err := env.CompileArg(src, at("x"))
			if err == nil {
				_, err = tpl.Eval(t.Context(), jinja.MapScope{})
			}
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestOldCondition reads conditions as older playbooks write them.
func TestOldCondition(t *testing.T) {
	env := jinja.New()
	for src, want := range map[string]string{
		"{{ t }}": "True", "{{ 'False' }}": "False", "{{ '0' }}": "0", "{{ '\"x\"' }}": "'x'", "{{ '' }}": "False", "{{ [1] }}": "[1]",
		"'eb' in '{{ name }}'": "True", "'{{ t }}{{ name }}'": "'Trueweb01'",
	} {
		tpl, err := env.CompileExpr(src, at(src))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Eval(t.Context(), scope(t, env)); err != nil || jinja.Repr(got) != want {
			t.Errorf("%s gives %s, %v; want %s", src, jinja.Repr(got), err, want)
		}
	}
	for _, src := range []string{"{{ name }} == 1", "not {{ name }}", "{{ t }} and {{ t }}", "{% if t %}true{% endif %}", "'x' in {{ name }}"} {
		if _, err := env.CompileExpr(src, at(src)); err == nil || !strings.Contains(err.Error(), "Template delimiters are not supported in expressions") {
			t.Errorf("%s: %v", src, err)
		}
	}
	for _, src := range []string{"{{ name }}", "{{ 't' }}", "{{ '1 == 1' }}", "{{ '\"a\" in \"b\"' }}"} {
		tpl, err := env.CompileExpr(src, at(src))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Eval(t.Context(), scope(t, env)); err == nil || !strings.Contains(err.Error(), "which is not evaluated") {
			t.Errorf("%s gives %s, %v", src, jinja.Repr(got), err)
		}
	}
}

func TestConditional(t *testing.T) {
	for _, tt := range []struct {
		v      jinja.Value
		truth  bool
		known  bool
		warned bool
	}{
		{true, true, true, false},
		{false, false, true, false},
		{"yes", true, true, true},
		{"", false, true, true},
		{"no", true, true, true},
		{int64(0), false, true, true},
		{nil, false, true, true},
		{list(), false, true, true},
		{jinja.Unknown{}, false, false, false},
	} {
		truth, known, warn, err := jinja.Conditional(tt.v)
		if err != nil || truth != tt.truth || known != tt.known || (warn != "") != tt.warned {
			t.Errorf("Conditional(%s) = %t, %t, %q, %v", jinja.Repr(tt.v), truth, known, warn, err)
		}
	}
}

// TestFresh checks that a result shares nothing with the scope, and that a method that changes a list does not change the scope's.
func TestFresh(t *testing.T) {
	env := jinja.New()
	vars := scope(t, env)
	for _, src := range []string{"{{ nums }}", "{% set _ = nums.append(7) %}{{ nums }}"} {
		tpl, err := env.CompileArg(src, at(src))
		if err != nil {
			t.Fatal(err)
		}
		got, err := tpl.Eval(t.Context(), vars)
		if err != nil {
			t.Fatal(err)
		}
		got.(*jinja.List).Append("mine")
		if want := "[3, 1, 2]"; jinja.Repr(vars["nums"]) != want {
			t.Errorf("after %q the scope has %s, want %s", src, jinja.Repr(vars["nums"]), want)
		}
	}
}

func TestGo(t *testing.T) {
	in := map[string]any{"b": []any{1, "x", nil, 2.5, true}, "a": map[string]any{"k": uint8(7)}, "s": []string{"p"}}
	v := jinja.FromGo(in)
	if got, want := jinja.Repr(v), "{'a': {'k': 7}, 'b': [1, 'x', None, 2.5, True], 's': ['p']}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want := map[string]any{"b": []any{int64(1), "x", nil, 2.5, true}, "a": map[string]any{"k": int64(7)}, "s": []any{"p"}}
	if diff := cmp.Diff(want, jinja.ToGo(v)); diff != "" {
		t.Error(diff)
	}
}

func TestForce(t *testing.T) {
	env := jinja.New()
	vars := scope(t, env)
	got, err := jinja.Force(t.Context(), list(vars["lazy"], dict("k", vars["lazy"])), vars)
	if err != nil || jinja.Repr(got) != "['web01-x', {'k': 'web01-x'}]" {
		t.Errorf("got %s, %v", jinja.Repr(got), err)
	}
	if _, err := jinja.Force(t.Context(), vars["deep"], vars); err == nil || !strings.Contains(err.Error(), "'nope' is undefined") {
		t.Errorf("got %v, want an error that names nope", err)
	}
}

func TestDict(t *testing.T) {
	d := jinja.NewDict()
	for i := range 20 {
		d.Set(fmt.Sprint(i), i)
	}
	d.Set(true, "a")
	d.Set(1.0, "b")
	if v, _ := d.Get(int64(1)); v != "b" || d.Len() != 21 {
		t.Errorf("1, 1.0 and True are not one key: %v, %d entries", v, d.Len())
	}
	d.Delete("3")
	if _, ok := d.Get("3"); ok || d.Keys()[3] != "4" {
		t.Errorf("after Delete the keys are %v", d.Keys())
	}
}

func TestCancel(t *testing.T) {
	env := jinja.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	src := "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"
	tpl, err := env.CompileArg(src, at(src))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tpl.Eval(ctx, jinja.MapScope{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

// TestConcurrent evaluates one set of templates over one scope from many goroutines; it is for the race detector.
func TestConcurrent(t *testing.T) {
	env := jinja.New()
	vars := scope(t, env)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, src := range []string{
				"{{ lazy }} {{ deep.good }} {{ hostvars.db.who }}", "{{ nums | sort | map('string') | join('-') }}",
				"{% set _ = nums.append(1) %}{{ nums | length }}", "{{ name | regex_replace('[0-9]+', '') }}", "{{ a | to_json }}{{ nope | default(name) }}",
			} {
				tpl, err := env.CompileArg(src, at("x"))
				if err != nil {
					t.Error(err)
					return
				}
				for range 50 {
					if _, err := tpl.Eval(t.Context(), vars); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestForeign compiles names of collections, which are told of then and fail when they are reached.
func TestForeign(t *testing.T) {
	var told []string
	env := jinja.New(jinja.WithWarn(func(d *diag.Diagnostic) { told = append(told, d.Error()) }))
	for src, ok := range map[string]bool{
		"{{ 'x' | a.b.c if false else 1 }}": true, "{{ 'x' | community.general.json_query('y') if false else 1 }}": true,
		"{{ 'x' | a.b.c(1) }}": false, "{{ 'x' is a.b.c }}": false, "{{ lookup('a.b.c', 1) }}": false,
		"{{ 1 if true else lookup('a.b.c') }}": true, "{{ [1] | map('a.b.c') | list if false else 1 }}": true,
	} {
		tpl, err := env.CompileArg(src, at(src))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tpl.Eval(t.Context(), jinja.MapScope{}); (err == nil) != ok {
			t.Errorf("%s: %v", src, err)
		}
		if _, err := jinja.New(jinja.WithStrictNames()).CompileArg(src, at(src)); err == nil {
			t.Errorf("%s is not refused where names are strict", src)
		}
	}
	if len(told) != 7 {
		t.Errorf("%d warnings, want 7: %q", len(told), told)
	}
}
