package jinja_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// FuzzTemplate compiles and evaluates any text in all three ways: nothing panics, everything ends, and every error is a diagnostic.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{{ a.b }}", "{{ nums[1:] | join(',') }}", "{% for x in nums if x %}{{ loop.index }}{% else %}-{% endfor %}", "{{ 'a' if t }}",
		"{% set x, y = 1, 2 %}{{ x ~ y }}", "{%- raw %}{{ {% endraw -%}", "{# c #}", "{{ {'a': [1, (2,)]} }}", "{{ -2 ** 2 | abs }}", "{{ x is not divisibleby 3 }}",
		"{{ '%s' % name }}{{ '{:>9}'.format(1) }}", "name is match('^w') and port > 1", "#jinja2: trim_blocks:False\n{% if t %}\n{% endif %}", "{{ '\\x41\\u00e9' }}",
		"{% filter upper %}x{% endfilter %}{% with a=1 %}{{ a }}{% endwith %}", "{{ users | groupby('a') }}", "{{ d(**a) }}", "{{ 0x1f + 1_0 - 1e5 }}", "}}{{", "{{ u }}",
	} {
		f.Add(s)
	}
	env := jinja.New()
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
