package jinja_test

import (
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// TestEvalShown holds what people are shown in place of what cannot be computed: ansible-core 2.19's words.
func TestEvalShown(t *testing.T) {
	for source, want := range map[string]string{
		"a {{ 1 + 1 }}": "a 2",
		"{{ x }}":       "<< error 1 - 'x' is undefined >>",
		"n {{ x | default('d') }} {{ foo.bar | upper }}": "n d << error 1 - 'foo' is undefined >>",
		"{{ x }} and {{ y }}":                            "<< error 1 - 'x' is undefined >> and << error 2 - 'y' is undefined >>",
		"in {% if x %}a{% endif %} {{ z }}":              "in << error 1 - 'x' is undefined >><< error 2 - template potentially truncated >>",
	} {
		tmpl, err := jinja.New().CompileArg(source, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		if got := jinja.Str(tmpl.EvalShown(t.Context(), jinja.MapScope{})); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}
