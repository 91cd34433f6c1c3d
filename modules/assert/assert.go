// Package assert is the module assert: it fails unless conditions hold.
package assert

import (
	"context"
	"fmt"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	That       []modules.Expression `arg:"that,required" doc:"Conditions, as in when: all of them must hold."`
	FailMsg    Message              `arg:"fail_msg,alias=msg" doc:"What is said where one does not hold: text, or a list of texts."`
	SuccessMsg Message              `arg:"success_msg" doc:"What is said where all hold: text, or a list of texts."`
	Quiet      bool                 `arg:"quiet" doc:"Do not show the result of an assertion that holds."`
}

// Message is a text or a list of texts.
type Message struct{ Text any }

// Set takes a message of a playbook.
func (m *Message) Set(value any) error {
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	for _, item := range items {
		if _, ok := item.(string); ok {
			continue
		}
		if isList {
			return fmt.Errorf("has an item that is no string: %v", item)
		}
		return fmt.Errorf("must be a string or a list of strings, got: %v", item)
	}
	m.Text = value
	return nil
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "assert",
		Short: "fail unless conditions hold",
		Long:  "Fails with a message where one of the conditions does not hold. In check mode it is deferred where they depend on what only a real run can tell.",
		New: func() modules.Task {
			return &Task{FailMsg: Message{"Assertion failed"}, SuccessMsg: Message{"All assertions passed"}}
		},
	}
}

// MinVerbosity says that the result is always shown, unless the task is quiet.
func (t *Task) MinVerbosity() int {
	if t.Quiet {
		return 1
	}
	return 0
}

// Plan looks at the conditions in their order. The first that does not hold decides; one that is not known before it defers the task.
func (t *Task) Plan(context.Context, host.Reader) (*modules.Plan, error) {
	for _, that := range t.That {
		switch {
		case that.Err != nil:
			return nil, that.Err
		case that.Undefined:
			return nil, fmt.Errorf("the condition %q names a variable that is not defined", that.Source)
		case !that.Known:
			return nil, fmt.Errorf("the condition %q: %w", that.Source, host.ErrPlanned)
		case !that.Truth:
			return &modules.Plan{
				Result: map[string]any{"msg": t.FailMsg.Text, "assertion": that.Source, "evaluated_to": false},
				Unmet:  t.FailMsg.String(),
			}, nil
		}
	}
	return &modules.Plan{Result: map[string]any{"msg": t.SuccessMsg.Text}}, nil
}

// String gives the message on one line a text.
func (m Message) String() string {
	items, ok := m.Text.([]any)
	if !ok {
		return fmt.Sprint(m.Text)
	}
	text := ""
	for i, item := range items {
		if i > 0 {
			text += "\n"
		}
		text += fmt.Sprint(item)
	}
	return text
}
