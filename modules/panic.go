package modules

import (
	"context"
	"fmt"
	"runtime"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Panic is the error of a task that panicked: a fault of pfrun, which ends the task on its host and not the run.
type Panic struct {
	Who   string // panicked: "the module copy"
	Value string // what it panicked with
	Stack string // of the goroutine that did
}

// Error says who panicked, and what to do about it.
func (p *Panic) Error() string {
	return fmt.Sprintf("%s panicked: %s: this is a fault of pfrun, please report it with what -vvv shows", p.Who, p.Value)
}

// maxStack is how much of a stack is kept, in bytes.
const maxStack = 16 << 10

// Guard calls do, and makes a panic in it an error: a *Panic. It is called wherever code of a module, or for a task, begins on its behalf: by the engine for a task on a host, and by
// the helper for a request.
func Guard(who string, do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			stack := make([]byte, maxStack)
			err = &Panic{Who: who, Value: fmt.Sprint(v), Stack: string(stack[:runtime.Stack(stack, false)])}
		}
	}()
	return do()
}

// Apply makes a change. Where that panics the error says that the change may be half made.
func Apply(ctx context.Context, to host.Applier, c change.Change) (out change.Outcome, err error) {
	wrong := Guard("what makes the change", func() error {
		out, err = to.Apply(ctx, c)
		return nil
	})
	if wrong != nil {
		return change.Outcome{}, fmt.Errorf("it may be half made: %w", wrong)
	}
	return out, err
}
