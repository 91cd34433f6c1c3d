package jinja_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/jinja"
)

func BenchmarkEval(b *testing.B) {
	users := list(dict("name", "alice", "active", true), dict("name", "bob", "active", false), dict("name", "carol", "active", true))
	vars := jinja.MapScope{"a": dict("b", int64(1)), "users": users, "name": "web01"}
	file := strings.Repeat("{% for u in users if u.active %}\n# {{ u.name | capitalize }}: {{ name }}\n{% endfor %}\nplain text\n", 50)
	env := jinja.New()
	for _, bb := range []struct {
		name    string
		compile func() (*jinja.Template, error)
	}{
		{"attribute", func() (*jinja.Template, error) { return env.CompileArg("{{ a.b }}", at("x")) }},
		{"text", func() (*jinja.Template, error) { return env.CompileArg("x-{{ name }}-{{ a.b }}", at("x")) }},
		{"when", func() (*jinja.Template, error) {
			return env.CompileExpr("users | selectattr('active') | list | length == 2 and name is match('web.*')", at("x"))
		}},
		{"file200lines", func() (*jinja.Template, error) { return env.CompileFile(file, at("x")) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			tpl, err := bb.compile()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tpl.Eval(b.Context(), vars); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("compile200lines", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := jinja.New().CompileFile(file, at("x")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
