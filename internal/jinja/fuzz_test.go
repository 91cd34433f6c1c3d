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
