package jinja_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// parts are the files that templates of the tests include.
var parts = map[string]string{
	"inc.j2":    "[{{ name }}{{ x | default('-') }}]\n",
	"macros.j2": "{% macro hi(n, end='!') %}hi {{ n }}{{ end }}{% endmacro %}{% set answer = 42 %}{% set _hidden = 1 %}{% macro see() %}{{ name | default('blind') }}{% endmacro %}text",
	"base.j2":   "<{% block head %}H{% endblock %}|{% block body %}base{% endblock %}|{% block foot scoped %}{{ title | default('none') }}{% endblock %}>",
	"mid.j2":    "{% extends 'base.j2' %}{% block body %}mid({{ super() }}){% endblock %}",
	"self.j2":   "{% include 'self.j2' %}",
	"broken.j2": "line one\n{{ nmae }}\n",
	"badsyn.j2": "{% if x %}",
	"ext.j2":    "{% extends 'ext.j2' %}",
	"req.j2":    "{% block r required %}{% endblock %}",
}

func loadPart(_ context.Context, name string, _ diag.Pos) (*diag.Source, error) {
	text, ok := parts[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &diag.Source{Name: name, Text: text}, nil
}

func render(t *testing.T, src string) (jinja.Value, error) {
	t.Helper()
	env := jinja.New(jinja.WithLoader(loadPart), jinja.WithExtensions("jinja2.ext.do", "jinja2.ext.loopcontrols"))
	tpl, err := env.CompileFile(src, diag.Pos{Source: &diag.Source{Name: "main.j2", Text: src}, Line: 1, Column: 1})
	if err != nil {
		return nil, err
	}
	return tpl.Eval(t.Context(), scope(t, env))
}

func TestStatements(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"{% macro m(a, b=2, c=b) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(c=9, a=0) }}", "122 133 029"},
		{"{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}", "[1, 2]{'k': 3}"},
		{"{% macro m(x) %}{{ x is defined }}{% endmacro %}{{ m() }}", "False"},
		{"{% macro m(n) %}{{ n }}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "3210"},
		{"{% macro m(x) %}{% for y in x %}{{ caller(y) }}{% endfor %}{% endmacro %}{% call(i) m(nums) %}<{{ i }}>{% endcall %}", "<3><1><2>"},
		{"{% macro o() %}({{ caller() }}){% endmacro %}{% call o() %}{% call o() %}x{% endcall %}{% endcall %}", "((x))"},
		{"{% macro m(a) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.caller }}", "m['a']FalseFalse"},
		{"{% set v = 1 %}{% macro m() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ m() }}", "2"},
		{"{% include 'inc.j2' %}", "[web01-]"},
		{"{% set x = 5 %}{% include 'inc.j2' %}", "[web015]"},
		{"{% include 'inc.j2' ignore missing without context %}", "!'name' is undefined"},
		{"{% for x in nums %}{% include 'inc.j2' %}{% endfor %}", "[web013][web011][web012]"},
		{"a{% include ['no.j2', 'inc.j2'] %}b", "a[web01-]b"},
		{"a{% include 'no.j2' ignore missing %}b", "ab"},
		{"a{% include ['no.j2'] ignore missing with context %}b", "ab"},
		{"{% import 'macros.j2' as m %}{{ m.hi('x') }}{{ m.answer }}{{ m.see() }}{{ m._hidden is defined }}|{{ m }}", "hi x!42blindFalse|text"},
		{"{% from 'macros.j2' import hi as hello, answer %}{{ hello('y', end='?') }}{{ answer }}", "hi y?42"},
		{"{% from 'macros.j2' import see with context %}{{ see() }}", "web01"},
		{"{% extends 'base.j2' %}{% block body %}child {{ super() }}{% endblock %}ignored", "<H|child base|none>"},
		{"{% extends 'mid.j2' %}{% block body %}{{ super() }}+{{ super.super() }}{% endblock %}", "<H|mid(base)+base|none>"},
		{"{% extends 'base.j2' %}{% set title = 'T' %}", "<H|base|T>"},
		{"{% if t %}{% extends 'base.j2' %}{% endif %}{% block head %}h{% endblock %}", "<h|base|none>"},
		{"{% block a %}x{% endblock a %}{{ self.a() }}", "xx"},
		{"{% for i in [1, 2] %}{% block b scoped %}{{ i }}{{ loop.index }}{% endblock %}{% endfor %}", "1122"},
		{"{% for i in nums %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "32"},
		{"{% for i in nums %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}", "3"},
		{"{% for i in nums %}{% set x %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endset %}{{ x }}{{ i }}{% endfor %}", "3322"},
		{"{% set l = [] %}{% do l.append(1) %}{{ l }}", "[1]"},
		{"{% for x in [[1, [2]], 3] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}", "(1@2(2@3))3@1"},
		{"{% for x in nums if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}", "1/2:3 2/2:2 "},
		{"{% for x in nums if x > 9 %}{% else %}none{% endfor %}", "none"},
		{"{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"},
		{"{% for x in 'ab' %}{{ loop.cycle('1', '2') }}{{ loop.changed(1) }}{{ loop.previtem | default('-') }}{% endfor %}", "1True-2Falsea"},
		{"{% set a %}x{{ 1 }}{% endset %}{% set b | upper %}y{% endset %}{{ a }}{{ b }}", "x1Y"},
		{"{% filter upper | replace('A', 'B') %}a{% endfilter %}", "B"},
		{"{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}", "12"},
		{"{% autoescape false %}<{% endautoescape %}", "<"},
		{"{% set ns = namespace(a=1) %}{% for i in nums %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}", "7"},
		{"{% macro m() %}{% if u %}x{% endif %}{% endmacro %}[{{ m() }}]{{ [m()] }}", "<unknown>"},
		{"{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}", "abab"},
		{"{% set j = joiner('|') %}{% for i in nums %}{{ j() }}{{ i }}{% endfor %}", "3|1|2"},
		{"#jinja2: lstrip_blocks: True\n  {% if t %}\nx\n  {% endif %}\n", "x\n"},
	} {
		t.Run(tt.src, func(t *testing.T) {
			got, err := render(t, tt.src)
			if want, wantErr := strings.CutPrefix(tt.want, "!"); wantErr {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("got %v, %v; want an error with %q", got, err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if jinja.Str(got) != tt.want {
				t.Errorf("got %q, want %q", jinja.Str(got), tt.want)
			}
		})
	}
}

// broken are templates with a fault each; testdata/broken.txt holds what is said of them.
var broken = []string{
	"{{ nmae }}", "line\n{% for u in usres %}{{ u }}{% endfor %}", "{{ name | uper }}", "{{ name is strnig }}", "{% if t %}\nx", "{% endif %}", "{% fro x in nums %}{% endfor %}",
	"{{ name", "{% if t %", "{# never closed", "{{ a.lits[0] }}", "{{ 'open }}", "{{ port + 'x' }}", "{{ 1 / 0 }}", "{{ nums[0].x.y }}", "{% include 'missing.j2' %}",
	"{% include 'broken.j2' %}", "{% include 'badsyn.j2' %}", "{% from 'macros.j2' import hello %}{{ hello() }}", "{% macro m(a) %}{{ a }}{% endmacro %}\n{{ m(1, 2) }}",
	"{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=1) }}", "{% extends 'req.j2' %}", "{{ lookup('fiel', '/etc/motd') }}", "{{ lookup('url', 'http://x') }}", "{{ nums | json_query('x') }}",
	"{% set x = %}", "{{ if t }}", "{% trans %}x{% endtrans %}", "{% block a %}{% endblock b %}", "{{ 'a' | regex_search('(') }}", "{{ range(10000000) | list }}",
	"{{ a b }}", "{% set true = 1 %}", "{{ name(1) }}", "{% block a %}{% endblock %}{% block a %}{% endblock %}", "{{ {'a': 1}.b }}", "{{ port | ipaddr('nonsense') }}", "{% raw %}x",
}

// TestBroken compares messages with testdata/broken.txt; PFRUN_UPDATE=1 writes it anew.
func TestBroken(t *testing.T) {
	var b strings.Builder
	for _, src := range broken {
		_, err := render(t, src)
		var d *diag.Diagnostic
		if err == nil || !errors.As(err, &d) {
			t.Errorf("%q gives %v, not a diagnostic", src, err)
			continue
		}
		fmt.Fprintf(&b, "%q\n    %s\n", src, err)
	}
	path := filepath.Join("testdata", "broken.txt")
	if os.Getenv("PFRUN_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(b.String(), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("line %d is not %q; PFRUN_UPDATE=1 writes the file anew:\n%s", i+1, line, b.String())
		}
	}
}

// TestEndless feeds templates that have no end, or make too much of little: each ends soon, in an error, and without much memory.
func TestEndless(t *testing.T) {
	sources := map[string]string{
		"text":           "{{ 'x' * 100000000000 }}",
		"list":           "{{ [1] * 100000000000 }}",
		"range":          "{% for i in range(100000000000) %}x{% endfor %}",
		"power":          "{{ 9 ** (9 ** (9 ** 9)) }}",
		"macro":          "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
		"macro pair":     "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
		"macro tree":     "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
		"caller":         "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
		"include":        "{% include 'self.j2' %}",
		"extends":        "{% extends 'ext.j2' %}",
		"block":          "{% block a %}{{ self.a() }}{% endblock %}",
		"loops":          "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
		"recursive loop": "{% for x in [[]] recursive %}{{ loop([[]]) }}{% endfor %}",
		"center":         "{{ 'x'.center(100000000000) }}{{ 'x' | center(100000000000) }}",
		"format":         "{{ '%100000000000d' % 1 }}",
		"spec":           "{{ '{:100000000000}'.format(1) }}",
		"replace":        "{{ ('a' * 1000000) | replace('a', 'b' * 1000000) }}",
		"join":           "{{ range(100000) | join('x' * 100000) }}",
		"indent":         "{{ ('a\\n' * 100000) | indent(100000) }}",
		"product":        "{{ range(1000) | product(range(1000), range(1000)) | list }}",
		"permutations":   "{{ range(30) | permutations | list }}",
		"combinations":   "{{ range(60) | combinations(30) | list }}",
		"yaml":           "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_nice_yaml }}",
		"json":           "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_json }}",
		"repr":           "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | pprint }}",
		"concat":         "{% set ns = namespace(x='x') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
		"number":         "{% set ns = namespace(x=3) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}",
		"lipsum":         "{{ lipsum(100000000000) }}",
		"regex":          "{{ ('a' * 40) | regex_search('(a+)+$b') }}{{ 1 / 0 }}",
		"strftime":       "{{ ('%c' * 10000000) | strftime }}",
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range sources {
			if !yield(k) {
				return
			}
		}
	}) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			if got, err := render(t, sources[name]); err == nil {
				t.Errorf("no error, but %.80s", jinja.Repr(got))
			}
			runtime.ReadMemStats(&after)
			t.Logf("%s, %d MiB allocated", time.Since(start), (after.TotalAlloc-before.TotalAlloc)>>20)
			if used := after.HeapSys - min(after.HeapSys, before.HeapSys); used > 200<<20 {
				t.Errorf("the heap grew by %d MiB", used>>20)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
