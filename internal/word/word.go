// Package word is what the engine does itself and a playbook writes as a module: add_host, group_by, pause and their like.
//
// Their arguments are declared, checked and documented as those of modules are. They look at no host: where a module plans, the engine reads the decoded task and acts.
package word

import (
	"context"
	"errors"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// ErrEngine is what Plan of every word gives: whoever hands one to a host has not looked for it.
var ErrEngine = errors.New("the engine does this itself")

// Specs describes the words. A registry of all that a playbook may name is modules.NewRegistry(append(all.Specs(), word.Specs()...)...).
func Specs() []modules.Spec {
	return []modules.Spec{
		addHost(), groupBy(), setStats(), pause(), waitForConnection(), includeVars(), validateArgumentSpec(), asyncStatus(),
	}
}

// engine is the part of a word that makes it a modules.Task.
type engine struct{}

// Plan gives ErrEngine.
func (engine) Plan(context.Context, host.Reader) (*modules.Plan, error) { return nil, ErrEngine }

// isMapping reports whether a value of a playbook is a mapping, or nothing.
func isMapping(v any) bool {
	switch v.(type) {
	case nil, *jinja.Dict, map[string]any, jinja.Unknown:
		return true
	}
	return false
}
