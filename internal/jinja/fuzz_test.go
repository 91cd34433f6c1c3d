package jinja_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
)

// FuzzExpression evaluates any text as a bare expression: nothing panics, everything ends soon, and every error is a diagnostic.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{
		"a.b + 1", "nums[::-1] | sort | first", "not t and 1 < 2 <= 3", "{'a': [1, (2,)]}['a'][1:]", "x is not defined or x is mapping", "'a' ~ 1 ~ none", "-2 ** 2 | abs", "1_000 // 7 % 3",
		"users | map(attribute='name') | join(',')", "'%s' % (1,)", "nums.index(1)", "'x' if t else 'y'", "lambda", "[1, 2,]", "a['b'].c.0", "0x1f | float", "d | dict2items", "'a' 'b'", "range(10**12) | length",
		"('x' * 1e11) | length", "[[]] * 9 ** 9", "'a' in 'abc' and 1 in nums", "name | regex_replace('(w)', '\\1\\1')", "nums | union([9]) | difference([1])", "'1.2' is version('1.10', '<')",
	} {
		f.Add(s)
	}
	env := jinja.New(append(lookup.New(lookup.Options{BaseDir: "/nonexistent"}), jinja.WithYAML(lookup.YAML))...)
	f.Fuzz(func(t *testing.T, src string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		vars := scope(t, env)
		tpl, err := env.CompileExpr(src, at("x"))
		if err != nil {
			return
		}
		start := time.Now()
		_, err = tpl.Eval(ctx, vars)
		var d *diag.Diagnostic
		if err != nil && !errors.As(err, &d) && ctx.Err() == nil {
			t.Errorf("%q: the error is no diagnostic: %v", src, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q took %s", src, took)
		}
	})
}

// FuzzTemplate compiles and evaluates any text in all three ways: nothing panics, everything ends, and every error is a diagnostic.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{{ a.b }}", "{{ nums[1:] | join(',') }}", "{% for x in nums if x %}{{ loop.index }}{% else %}-{% endfor %}", "{{ 'a' if t }}",
		"{% set x, y = 1, 2 %}{{ x ~ y }}", "{%- raw %}{{ {% endraw -%}", "{# c #}", "{{ {'a': [1, (2,)]} }}", "{{ -2 ** 2 | abs }}", "{{ x is not divisibleby 3 }}",
		"{{ '%s' % name }}{{ '{:>9}'.format(1) }}", "name is match('^w') and port > 1", "#jinja2: trim_blocks:False\n{% if t %}\n{% endif %}", "{{ '\\x41\\u00e9' }}",
		"{% filter upper %}x{% endfilter %}{% with a=1 %}{{ a }}{% endwith %}", "{{ users | groupby('a') }}", "{{ d(**a) }}", "{{ 0x1f + 1_0 - 1e5 }}", "}}{{", "{{ u }}",
		"{% macro m(a, b=1) %}{{ caller() }}{{ varargs }}{% endmacro %}{% call(x) m(1) %}{{ x }}{% endcall %}", "{% include ['no', 'inc.j2'] ignore missing %}",
		"{% from 'macros.j2' import hi as h with context %}{{ h(1) }}", "{% extends 'mid.j2' %}{% block body %}{{ super() }}{% endblock %}{{ self.body() }}",
		"{% for x in nums recursive %}{{ loop([]) }}{% break %}{% endfor %}{% do nums.append(1) %}", "{{ '10.0.0.1/8' | ipaddr('network') | ipsubnet(9, 1) }}",
		"{{ a | to_nice_yaml(width=20) }}{{ 'a b-c' | wordwrap(2) }}{{ '%j' | strftime(1) }}{{ '2024' | to_datetime('%Y') }}", "{{ q('sequence', '1-9/2:%02x') }}",
		"{{ 'http://[::1]:8/a?b#c' | urlsplit }}{{ 'x www.a.org.' | urlize }}{{ '1 KB' | human_to_bytes | human_readable }}", "{{ nums | shuffle(seed='x') | random(seed=1) }}",
	} {
		f.Add(s)
	}
	opts := append(lookup.New(lookup.Options{BaseDir: "/nonexistent"}), jinja.WithLoader(loadPart), jinja.WithYAML(lookup.YAML), jinja.WithExtensions("jinja2.ext.do", "jinja2.ext.loopcontrols"))
	env := jinja.New(opts...)
	f.Fuzz(func(t *testing.T, src string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		vars := scope(t, env)
		for _, compile := range []func(string, diag.Pos) (*jinja.Template, error){env.CompileArg, env.CompileExpr, env.CompileFile} {
			tpl, err := compile(src, at("x"))
			if err == nil {
				_, err = tpl.Eval(ctx, vars)
			}
			var d *diag.Diagnostic
			if err != nil && !errors.As(err, &d) && ctx.Err() == nil {
				t.Errorf("%q: the error is no diagnostic: %v", src, err)
			}
		}
	})
}
