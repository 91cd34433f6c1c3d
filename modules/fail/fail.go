// Package fail is the module fail: it ends a host's play with a message.
package fail

import (
	"context"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Msg string `arg:"msg" doc:"What is said."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "fail",
		Short: "fail with a message",
		Long:  "Fails. It is of use with when.",
		New:   func() modules.Task { return &Task{Msg: "Failed as requested from task"} },
	}
}

// Plan fails.
func (t *Task) Plan(context.Context, host.Reader) (*modules.Plan, error) {
	return &modules.Plan{Result: map[string]any{"msg": t.Msg}, Unmet: t.Msg}, nil
}
