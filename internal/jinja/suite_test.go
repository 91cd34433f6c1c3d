package jinja_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

// suiteCase is a template of Jinja2's own test-suite, with what Jinja2 made of it: undefined values are errors there and None prints nothing, as in Ansible.
type suiteCase struct {
	ID       string            `json:"id"`
	Template string            `json:"template"`
	Files    map[string]string `json:"files"`
	Vars     json.RawMessage   `json:"vars"`
	Trim     bool              `json:"trim"`
	Lstrip   bool              `json:"lstrip"`
	Keep     bool              `json:"keep"`
	Ext      []string          `json:"ext"`
	Expected *string           `json:"expected"`
	Error    string            `json:"error"`
}

const (
	noTuples     = "tuples are lists in results, as in Ansible"
	namesAtLoad  = "an unknown filter or test is named when the template is compiled, also in a branch that is not taken"
	noAutoescape = "Ansible escapes nothing, whatever autoescape says"
)

// suiteDiffers are the tests of Jinja2 whose templates pfrun renders differently, with the reason.
var suiteDiffers = map[string]string{
	"test_api.py::TestExtendedAPI::test_item_and_attribute":           noTuples,
	"test_filters.py::TestFilter::test_dictsort":                      noTuples,
	"test_lexnparse.py::TestSyntax::test_tuple":                       noTuples,
	"test_lexnparse.py::TestSyntax::test_collection_literal":          noTuples,
	"test_lexnparse.py::TestSyntax::test_trailing_comma":              noTuples,
	"test_api.py::TestUndefined::test_chainable_undefined":            "an attribute of Jinja2's class of undefined values",
	"test_ext.py::TestExtensions::test_extend_late":                   noAutoescape,
	"test_ext.py::TestAutoEscape::test_scoped_setting":                noAutoescape,
	"test_ext.py::TestAutoEscape::test_scoping":                       noAutoescape,
	"test_filters.py::TestFilter::test_random":                        "random numbers",
	"test_filters.py::TestFilter::test_filter_undefined_in_if":        namesAtLoad,
	"test_filters.py::TestFilter::test_filter_undefined_in_elif":      namesAtLoad,
	"test_filters.py::TestFilter::test_filter_undefined_in_else":      namesAtLoad,
	"test_filters.py::TestFilter::test_filter_undefined_in_nested_if": namesAtLoad,
	"test_filters.py::TestFilter::test_filter_undefined_in_condexpr":  namesAtLoad,
	"test_tests.py::test_name_undefined_in_if":                        namesAtLoad,
}

// test gives the name of the test of Jinja2 that a case comes from.
func (c *suiteCase) test() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.ID, "tests/"), "#")
	name, _, _ = strings.Cut(name, "[")
	return name
}

// TestJinja2Suite compares with what was recorded from Jinja2's test-suite, a JSON list whose path PFRUN_JINJA2_SUITE gives; integration/expressions/jinja_suite.py makes it from a checkout. At least 95 of 100 must be alike.
func TestJinja2Suite(t *testing.T) {
	path := os.Getenv("PFRUN_JINJA2_SUITE")
	if path == "" {
		t.Skip("PFRUN_JINJA2_SUITE does not name a recording of Jinja2's test-suite, which is not part of this repository")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []suiteCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	alike := 0
	for _, c := range cases {
		if problem := c.run(t); problem != "" {
			if why := suiteDiffers[c.test()]; why != "" {
				t.Logf("%s: %q: %s: %s", c.ID, c.Template, why, problem)
			} else {
				t.Errorf("%s: %q: %s", c.ID, c.Template, problem)
			}
		} else {
			alike++
		}
	}
	t.Logf("%d of %d are alike", alike, len(cases))
	if len(cases) < 100 || alike*100 < len(cases)*95 {
		t.Error("fewer than 95 of 100 are alike, or there are not even 100")
	}
}

func (c *suiteCase) run(t *testing.T) string {
	t.Helper()
	env := jinja.New(jinja.WithExtensions(c.Ext...))
	src := fmt.Sprintf("#jinja2: trim_blocks:%t, lstrip_blocks:%t\n%s", c.Trim, c.Lstrip, c.Template)
	got, err := c.eval(t, env, src)
	switch {
	case err != nil && c.Error == "":
		return fmt.Sprintf("error %v, want %q", err, *c.Expected)
	case err == nil && c.Error != "":
		return fmt.Sprintf("got %q, want the error %s", got, c.Error)
	case err == nil && strings.TrimRight(got, "\n") != strings.TrimRight(*c.Expected, "\n"):
		return fmt.Sprintf("got %q, want %q", got, *c.Expected)
	}
	return ""
}

func (c *suiteCase) eval(t *testing.T, env *jinja.Env, src string) (string, error) {
	t.Helper()
	tpl, err := env.CompileFile(src, diag.Pos{Source: &diag.Source{Name: c.ID, Text: src}, Line: 1, Column: 1})
	if err != nil {
		return "", err
	}
	vars, err := jinja.ParseJSON(string(c.Vars))
	if err != nil {
		t.Fatal(err)
	}
	scope := jinja.MapScope{}
	for k, v := range vars.(*jinja.Dict).Items {
		scope[k.(string)] = v
	}
	ctx := jinja.ContextWithLoader(t.Context(), func(_ context.Context, name string, _ diag.Pos) (*diag.Source, error) {
		text, ok := c.Files[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return &diag.Source{Name: name, Text: text}, nil
	})
	v, err := tpl.Eval(ctx, scope)
	if err != nil {
		return "", err
	}
	if v == nil {
		return "", nil
	}
	return jinja.Str(v), nil
}
