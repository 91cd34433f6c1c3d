// Package debug is the module debug: it shows a message or the value of a variable.
package debug

import (
	"context"
	"errors"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Msg       any                 `arg:"msg" doc:"What to show: text, or any value. Without msg and var it is \"Hello world!\"."`
	Var       *modules.Expression `arg:"var" doc:"Name of a variable, or an expression, whose value is shown. A template may give the name of a variable."`
	Verbosity int                 `arg:"verbosity" doc:"How many -v a run must have for the task to be run."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "debug",
		Short: "show a message or a variable",
		Long:  "Shows a message, or the value of a variable or expression. What only a real run can tell is shown as unknown in check mode.",
		New:   func() modules.Task { return &Task{} },
	}
}

// Validate refuses msg together with var.
func (t *Task) Validate() error {
	if t.Msg != nil && t.Var != nil {
		return errors.New("parameters are mutually exclusive: msg|var")
	}
	return nil
}

// MinVerbosity says that the result is always shown.
func (t *Task) MinVerbosity() int { return 0 }

// VerbosityThreshold is the argument verbosity.
func (t *Task) VerbosityThreshold() int { return t.Verbosity }

// Plan gives the message, or the value under the variable's name.
func (t *Task) Plan(context.Context, host.Reader) (*modules.Plan, error) {
	switch {
	case t.Var != nil && t.Var.Err != nil && !t.Var.Undefined:
		return nil, t.Var.Err
	case t.Var != nil: // what is not defined stands in the value
		return result(t.Var.Source, t.Var.Value), nil
	case t.Msg != nil:
		return result("msg", t.Msg), nil
	}
	return result("msg", "Hello world!"), nil
}

func result(key string, value any) *modules.Plan {
	return &modules.Plan{Result: map[string]any{key: value}}
}
