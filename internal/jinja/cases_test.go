package jinja_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
)

// casesFile holds templates with what ansible-core 2.19 made of them. It is data of the project that is not in the repository.
const casesFile = "../../../shared/jinja_cases.json"

type measuredCase struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	Template string            `json:"template"`
	Vars     json.RawMessage   `json:"vars"`
	Repr     *string           `json:"repr_2_19"`
	Error    string            `json:"error_2_19"`
	OldRepr  *string           `json:"expected_repr"` // of 2.14
	OldError string            `json:"error"`
	Files    map[string]string `json:"files"`
}

// load gives a file of the case.
func (c *measuredCase) load(_ context.Context, name string, _ diag.Pos) (*diag.Source, error) {
	text, ok := c.Files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &diag.Source{Name: name, Text: text}, nil
}

// TestMeasuredCases compares with ansible-core 2.19, but for the cases of notYet. Where 2.19 refuses what 2.14 accepted, 2.14's answer with a warning is right too.
func TestMeasuredCases(t *testing.T) {
	data, err := os.ReadFile(casesFile)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("the measured cases are not beside this repository: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []measuredCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	env, warned := controlEnv()
	seen := map[string]bool{}
	passed := 0
	for _, c := range cases {
		seen[c.ID] = true
		t.Run(c.ID, func(t *testing.T) {
			problem := c.run(t, env, warned)
			reason, listed := notYet[c.ID]
			switch {
			case listed && problem == "":
				t.Errorf("it passes now: take it out of notYet (%s)", reason)
			case !listed && problem != "":
				t.Errorf("%q: %s", c.Template, problem)
			case !listed:
				passed++
			}
		})
	}
	for id := range notYet {
		if !seen[id] {
			t.Errorf("notYet has %s, which is no case", id)
		}
	}
	t.Logf("%d of %d cases are as in ansible-core 2.19", passed, len(cases))
}

// controlEnv is an Env with lookups and the files of this machine. It counts what it warned of.
func controlEnv() (*jinja.Env, *int) {
	warned := 0
	getenv := func(name string) (string, bool) {
		v, ok := map[string]string{"HOME": "/root", "EVAL_ENV": "envval"}[name]
		return v, ok
	}
	opts := lookup.New(lookup.Options{Getenv: getenv})
	utc := func() time.Time { return time.Unix(1_700_000_000, 0).UTC() }
	warn := func(*diag.Diagnostic) { warned++ }
	return jinja.New(append(opts, jinja.WithControl(lookup.Control(utc, getenv)), jinja.WithYAML(lookup.YAML), jinja.WithWarn(warn))...), &warned
}

// run says what is wrong with a case, or "".
func (c *measuredCase) run(t *testing.T, env *jinja.Env, warned *int) string {
	t.Helper()
	before := *warned
	pos := diag.Pos{Source: &diag.Source{Name: "case.yml", Text: c.Template}, Line: 1, Column: 1}
	got, err := c.eval(t, env, pos, warned)
	var d *diag.Diagnostic
	switch {
	case err != nil && !errors.As(err, &d):
		return "the error is no diagnostic: " + err.Error()
	case c.Error != "" && err == nil && c.OldError == "" && c.OldRepr != nil && *warned > before:
		if jinja.Repr(got) != *c.OldRepr {
			return "got " + jinja.Repr(got) + " and a warning, want what 2.14 gave: " + *c.OldRepr
		}
	case c.Error != "" && err == nil:
		return "no error, " + jinja.Repr(got) + "; want the error " + c.Error
	case c.Error == "" && err != nil:
		return err.Error() + "; want " + *c.Repr
	case c.Error == "" && jinja.Repr(got) != *c.Repr:
		return "got " + jinja.Repr(got) + ", want " + *c.Repr
	}
	return ""
}

func (c *measuredCase) eval(t *testing.T, env *jinja.Env, pos diag.Pos, warned *int) (jinja.Value, error) {
	t.Helper()
	compile := map[string]func(string, diag.Pos) (*jinja.Template, error){"arg": env.CompileArg, "when": env.CompileExpr, "template": env.CompileFile}[c.Kind]
	tpl, err := compile(c.Template, pos)
	if err != nil {
		return nil, err
	}
	v, err := tpl.Eval(jinja.ContextWithLoader(t.Context(), c.load), c.scope(t, env))
	if err != nil || c.Kind != "when" {
		return v, err
	}
	truth, known, warn, err := jinja.Conditional(v)
	switch {
	case err == nil && !known:
		err = errors.New("the condition is unknown")
	case warn != "":
		*warned++
	}
	return truth, err
}

// scope gives the variables of a case; strings that are templates are compiled, as a loader does.
func (c *measuredCase) scope(t *testing.T, env *jinja.Env) jinja.MapScope {
	t.Helper()
	scope := jinja.MapScope{}
	v, err := jinja.ParseJSON(string(bytes.TrimSpace(c.Vars)))
	if err != nil {
		t.Fatal(err)
	}
	for k, e := range v.(*jinja.Dict).Items {
		scope[k.(string)] = compiled(t, env, e)
	}
	return scope
}

func compiled(t *testing.T, env *jinja.Env, v jinja.Value) jinja.Value {
	t.Helper()
	switch x := v.(type) {
	case string:
		if !jinja.IsTemplate(x) {
			return x
		}
		tpl, err := env.CompileArg(x, diag.Pos{Source: &diag.Source{Name: "vars.yml", Text: x}, Line: 1, Column: 1})
		if err != nil {
			t.Fatalf("variable %q: %v", strings.TrimSpace(x), err)
		}
		return tpl
	case *jinja.List:
		out := jinja.NewList()
		for _, e := range x.Items() {
			out.Append(compiled(t, env, e))
		}
		return out
	case *jinja.Dict:
		out := jinja.NewDict()
		for k, e := range x.Items {
			out.Set(k, compiled(t, env, e))
		}
		return out
	}
	return v
}
