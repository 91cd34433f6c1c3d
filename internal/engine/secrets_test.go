package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// sealed is a module with an argument that is a secret.
type sealed struct {
	Passwords []string `arg:"passwords,secret" doc:"Nobody may see them."`
	Name      string   `arg:"name" doc:"Anybody may see it."`
}

func (*sealed) Plan(context.Context, host.Reader) (*modules.Plan, error) { return &modules.Plan{}, nil }

// TestSecrets holds which texts of a run are made secret: those of arguments that a module says are, wherever they come from, and the hash of an answer that nobody sees typed.
func TestSecrets(t *testing.T) {
	w := newWorld("h1")
	w.specs = []modules.Spec{{Name: "sealed", Short: "has a secret", New: func() modules.Task { return &sealed{} }}}
	var got []string
	w.run(t, engine.Options{
		Secret:  func(text string) { got = append(got, text) },
		Prompt:  func(context.Context, engine.Prompt) (string, error) { return "typed", nil },
		Encrypt: func(context.Context, string, play.Prompt) (string, error) { return "hash of it", nil },
	}, `
- hosts: all
  gather_facts: false
  vars: {p: of a variable}
  vars_prompt: [{name: a, encrypt: sha512_crypt}, {name: b, private: false, encrypt: sha512_crypt}]
  module_defaults:
    sealed: {passwords: of the defaults}
  tasks:
    - sealed: {name: open, passwords: ["{{ p }}", literal]}
    - sealed: {name: open}
`)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"hash of it", "literal", "of a variable", "of the defaults"}, got); diff != "" {
		t.Error(diff)
	}
}
