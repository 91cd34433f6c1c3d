package word

import (
	"errors"

	"github.com/pfrun/pfrun/modules"
)

// Pause is the word pause.
type Pause struct {
	engine
	Minutes *float64 `arg:"minutes" doc:"How many minutes to wait."`
	Seconds *float64 `arg:"seconds" doc:"How many seconds to wait."`
	Prompt  string   `arg:"prompt" doc:"What is asked. Without minutes and seconds the answer is the result's user_input."`
	Echo    bool     `arg:"echo" doc:"Show what is typed."`
}

func pause() modules.Spec {
	return modules.Spec{
		Name:  "pause",
		Short: "wait, or ask the user",
		Long: "Waits for a time, or until somebody presses enter. It is done once, not once for each host of the play. Where nobody sits at a terminal a pause without a time " +
			"goes on at once, with a warning.",
		New: func() modules.Task { return &Pause{Echo: true} },
	}
}

// Validate refuses minutes together with seconds.
func (t *Pause) Validate() error {
	if t.Minutes != nil && t.Seconds != nil {
		return errors.New("parameters are mutually exclusive: minutes|seconds")
	}
	return nil
}
