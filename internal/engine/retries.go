package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
)

// defaultRetries is how often a task with until is tried again where it does not say.
const defaultRetries = 3

// timeoutError says that a task took longer than its keyword timeout allows.
type timeoutError struct{ seconds int }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("Task failed: Timed out after %d second(s).", e.seconds)
}

// tries does the work, and again as long as until does not hold, or the task fails and retries are asked for.
func (ht *hostTask) tries(scope jinja.Scope) ending {
	again, err := ht.retries(scope)
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, err))
	}
	delay, err := optionalNumber(ht.looking, ht.t.Delay, scope, 5)
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, fmt.Errorf("delay: %w", err)))
	}
	if again == 0 {
		return ht.limited(scope)
	}
	if delay < 0 {
		delay = 1
	}
	for n := 1; ; n++ {
		ht.round = n
		e := ht.limited(scope)
		done, known := ht.satisfied(&e, n)
		switch {
		case !known, done, e.res.Status == event.Unreachable, e.res.Status == event.Interrupted, e.res.Status == event.Skipped:
			return e
		case n > again:
			return ht.exhausted(e, again)
		}
		ht.keywords(e.res)
		e.res.Item = ht.item
		shown := ht.shown(*e.res)
		ht.emit(event.Retry{
			Host: ht.h.name, Task: shown.Task, Role: shown.Role, Delegated: ht.to.name, Item: shown.Item, Left: again + 1 - n, Retries: again, Result: shown.Result,
			Verbose: shown.Verbose, Hidden: shown.Hidden,
		})
		if err := wait(ht.looking, time.Duration(delay*float64(time.Second))); err != nil {
			return endingOf(ht.brokenOffResult())
		}
	}
}

// retries gives how often the task is tried again.
func (ht *hostTask) retries(scope jinja.Scope) (int, error) {
	fallback := 0.0
	if ht.t.Until != nil {
		fallback = defaultRetries
	}
	n, err := optionalNumber(ht.looking, ht.t.Retries, scope, fallback)
	if err != nil {
		return 0, fmt.Errorf("retries: %w", err)
	}
	return max(int(n), 0), nil
}

// satisfied reports whether a task need not be tried again: until holds, or without one it has not failed. What only a real run can tell is not known.
func (ht *hostTask) satisfied(e *ending, attempt int) (done, known bool) {
	d, ok := e.value.(*jinja.Dict)
	if !ok {
		return true, false
	}
	d.Set("attempts", int64(attempt))
	e.res.Attempts = attempt
	e.res.Result = jinja.ToGo(d)
	if ht.t.Until == nil {
		return e.res.Status != event.Failed, true
	}
	truth, known, wrong := ht.verdict(ht.t.Until, d, nil)
	if wrong != nil {
		wrong.Result = e.res.Result
		e.res.Status, e.res.Message, e.res.Hint, e.res.Pos = wrong.Status, wrong.Message, wrong.Hint, wrong.Pos
		d.Set("failed", true)
		return true, true
	}
	return truth, known
}

// exhausted fails a task whose last try has not done it. As in Ansible a failed_when has the last word of whether it fails, though the result says failed.
func (ht *hostTask) exhausted(e ending, again int) ending {
	d, _ := e.value.(*jinja.Dict)
	d.Set("attempts", int64(again))
	d.Set("failed", true)
	e.res.Attempts = again
	if ht.t.FailedWhen != nil && e.res.Status != event.Failed {
		e.res.Result = jinja.ToGo(d)
		return e
	}
	e.res.Status = event.Failed
	if e.res.Message == "" {
		e.res.Message = fmt.Sprintf("its until does not hold after %d retries", again)
	}
	e.res.Result = jinja.ToGo(d)
	return e
}

// limited does the work within the task's time-out.
func (ht *hostTask) limited(scope jinja.Scope) ending {
	seconds, err := optionalNumber(ht.looking, ht.t.Timeout, scope, float64(ht.TaskTimeout))
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, fmt.Errorf("timeout: %w", err)))
	}
	if seconds <= 0 {
		return ht.work(scope)
	}
	own := *ht
	late := &timeoutError{int(seconds)}
	limit := time.Duration(seconds * float64(time.Second))
	looking, cancel := context.WithTimeoutCause(ht.looking, limit, late)
	defer cancel()
	making, cancelMaking := context.WithTimeoutCause(ht.hard, limit, late)
	defer cancelMaking()
	own.looking, own.limit = looking, making
	e := own.work(scope)
	ht.t, ht.to = own.t, own.to
	if d, ok := e.value.(*jinja.Dict); ok && e.res.Status == event.Failed && errors.Is(context.Cause(looking), late) {
		told := jinja.NewDict()
		told.Set("period", int64(seconds))
		d.Set("timedout", told)
		e.res.Result = jinja.ToGo(d)
	}
	return e
}

// wait waits, unless the context ends before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// optionalNumber computes a keyword that is a number.
func optionalNumber(ctx context.Context, v jinja.Value, scope jinja.Scope, fallback float64) (float64, error) {
	text, err := optionalText(ctx, v, scope)
	if err != nil || text == "" {
		return fallback, err
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errors.New("must be a number, not " + strconv.Quote(text))
	}
	return n, nil
}
