// Package ping is the module ping: it shows that the host can be reached and looked at.
package ping

import (
	"context"
	"errors"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Data string `arg:"data" doc:"What the result says. With crash the task fails."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "ping",
		Short: "show that the host can be reached",
		Long:  "Connects to the host, becomes who the task says, looks what kind of host it is, and answers pong.",
		New:   func() modules.Task { return &Task{Data: "pong"} },
	}
}

// Plan looks at the host.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	if t.Data == "crash" {
		return nil, errors.New("boom")
	}
	if _, err := r.Facts(ctx); err != nil {
		return nil, err
	}
	return &modules.Plan{Result: map[string]any{"ping": t.Data}}, nil
}
