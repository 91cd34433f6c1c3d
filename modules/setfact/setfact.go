// Package setfact is the module set_fact: it sets variables of a host for the rest of the run.
package setfact

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module. Every argument but cacheable is a variable.
type Task struct {
	Cacheable bool `arg:"cacheable" doc:"Keep the variables as facts too: below other variables, and where facts are cached for the next run."`
	facts     map[string]any
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "set_fact",
		Short: "set variables of a host",
		Long:  "Sets variables of the host for the tasks that follow, in this play and later ones. Values keep their types, and may be what only a real run can tell.",
		New:   func() modules.Task { return &Task{facts: map[string]any{}} },
	}
}

// reservedName is the fault of a variable with a name that Ansible keeps for itself.
type reservedName string

func (n reservedName) Error() string {
	return fmt.Sprintf("Invalid parameter specified beginning with keyword '_ansible_' for action 'set_fact': '%s'. The prefix '_ansible_' is reserved for internal use only.", string(n))
}

// FoundWhenLoaded says that ansible-core finds it when it reads the task, and not when the task runs.
func (reservedName) FoundWhenLoaded() {}

// SetArgument takes a variable.
func (t *Task) SetArgument(name string, value any) error {
	if strings.HasPrefix(name, "_ansible_") {
		return reservedName(name)
	}
	if err := modules.CheckVariableName(name); err != nil {
		return err
	}
	if _, twice := t.facts[name]; twice {
		return fmt.Errorf("the variable %s is given twice", name)
	}
	t.facts[name] = value
	return nil
}

// NamesAreTemplates says that the name of a variable may be computed.
func (t *Task) NamesAreTemplates() {}

// Validate wants a variable.
func (t *Task) Validate() error {
	if len(t.facts) == 0 {
		return errors.New("no key/value pairs provided, at least one is required for this action to succeed")
	}
	return nil
}

// Sets gives the names of the variables.
func (t *Task) Sets() []string { return slices.Sorted(maps.Keys(t.facts)) }

// Plan gives the variables.
func (t *Task) Plan(context.Context, host.Reader) (*modules.Plan, error) {
	p := &modules.Plan{Vars: maps.Clone(t.facts)}
	if t.Cacheable {
		p.Facts = maps.Clone(t.facts)
	}
	return p, nil
}
