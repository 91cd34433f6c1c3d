package helper

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// sentPlan is what the helper has of an overlay.
type sentPlan struct {
	number uint32 // of the overlay there
	sent   int    // changes
}

// Perform plans a task on the host, and makes its steps where the request says so: one round trip. See modules.Planner.
func (h *Host) Perform(looking, hard context.Context, r modules.Request) (*modules.Performed, error) {
	if err := context.Cause(looking); err != nil {
		return nil, fmt.Errorf("%s: %w", h.name, err)
	}
	var offered []change.Content
	e := h.encoder(&offered)
	args, err := h.performArgs(r, e)
	if err != nil {
		return nil, err
	}
	h.planMu.Lock()
	if r.Behind != nil {
		args.After = r.Behind.Last
	}
	catchUp, err := h.catchUp(r.Over, &args)
	var body []byte
	if err == nil {
		body, err = requestBody(opPerform, timeout(looking), e, args)
	}
	if err != nil {
		h.planMu.Unlock()
		return nil, fmt.Errorf("%s: %s: %w", h.name, r.Module, err)
	}
	h.offer(offered)
	defer h.withdraw(offered)
	t := &tally{offered: offered}
	c := newCall(t.take)
	id, err := h.start(c, body, catchUp)
	h.planMu.Unlock()
	if err != nil {
		return nil, err
	}
	if r.Behind != nil {
		r.Behind.Last = id
	}
	if r.Sent != nil {
		r.Sent()
	}
	m, there, err := h.patiently(looking, hard, id, c)
	if err != nil {
		return nil, err
	}
	var a performAnswer
	err = h.result(m, there, &a)
	return h.performed(r, args.Number, t, a, err)
}

func (h *Host) performArgs(r modules.Request, e wire.Encoder) (performArgs, error) {
	task, err := e.Append(nil, r.Task)
	if err != nil {
		return performArgs{}, fmt.Errorf("%s: %s: %w", h.name, r.Module, err)
	}
	a := performArgs{Module: r.Module, Task: task, Next: r.Next, Outcomes: r.Outcomes, Make: r.Make, Replan: r.Replan, Env: r.Env}
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Next {
		a.Number, a.Task = h.tasks[r.Task], nil
	} else {
		h.last++
		a.Number = h.last
	}
	return a, nil
}

// catchUp gives what sends the changes that the helper lacks of an overlay. The caller holds planMu until it is called.
func (h *Host) catchUp(o *host.Overlay, args *performArgs) (func(uint32) error, error) {
	if o == nil {
		return nil, nil
	}
	p := h.plans[o.Identity()]
	if p == nil {
		p = &sentPlan{number: uint32(len(h.plans)) + 1}
	}
	lacking := o.Planned(p.sent)
	if len(lacking) == 0 && p.sent == 0 {
		return nil, nil // nothing is planned: the host is as it is
	}
	args.Overlay = p.number
	h.plans[o.Identity()] = p
	if len(lacking) == 0 {
		return nil, nil
	}
	var offered []change.Content
	e := h.encoder(&offered)
	e.Inline = 0 // looks want what is planned in memory, as the control node has it
	body, err := e.Append(nil, plannedArgs{lacking})
	if err != nil {
		return nil, err
	}
	h.offer(offered) // for good: a look may want them at any time
	return func(uint32) error {
		p.sent += len(lacking)
		return h.out.send(message{planned, p.number, body})
	}, nil
}

// patiently waits for the answer. The end of looking ends the looks, and the answer is then waited for: steps may be under way. The end of hard ends the steps too, each finished
// or undone.
func (h *Host) patiently(looking, hard context.Context, id uint32, c *call) (m message, there bool, err error) {
	soft, late := looking.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case m, there = <-c.done:
			return m, there, nil
		case <-soft:
			soft = nil
			h.out.send(message{giveUp, id, []byte{giveUpLooks}}) // a broken connection shows as the end of done
		case <-hard.Done():
			if late == nil {
				h.out.send(message{giveUp, id, []byte{giveUpAll}})
				late = time.After(patience)
				hard = context.WithoutCancel(hard)
			}
		case <-late:
			h.forget(id)
			return m, false, fmt.Errorf("%s: no answer within %v after the task was given up: %w", h.name, patience, context.Canceled)
		}
	}
}

// tally is what has come of a performed task.
type tally struct {
	offered  []change.Content // what went along with the task by its hash, and may come back so
	plan     *modules.Plan
	begun    int // steps
	outcomes []change.Outcome
	err      error
}

// take takes a part. Parts come one at a time, and all before the answer.
func (t *tally) take(body []byte) {
	if len(body) == 0 {
		t.err = errFrame
		return
	}
	var err error
	switch body[0] {
	case partPlan:
		var p modules.Plan
		err = wire.Decoder{Open: t.open}.Decode(body[1:], &p)
		*t = tally{offered: t.offered, plan: &p}
	case partStep:
		t.begun++
	case partOutcome:
		var out change.Outcome
		err = wire.Unmarshal(body[1:], &out)
		t.outcomes = append(t.outcomes, out)
	default:
		err = errFrame
	}
	if t.err == nil {
		t.err = err
	}
}

// open gives the bytes of a content of the task that is part of the plan.
func (t *tally) open(c change.Content) (io.ReadCloser, error) {
	for _, o := range t.offered {
		if o.SHA256 == c.SHA256 {
			return o.Open()
		}
	}
	return nil, change.ErrNotHeld
}

// performed makes the result of what came. err is that of the look, or of the connection.
func (h *Host) performed(r modules.Request, number uint32, t *tally, a performAnswer, err error) (*modules.Performed, error) {
	if err == nil && (t.err != nil || t.plan == nil) {
		err = h.lost(errFrame)
	}
	_, said := err.(*remoteError)
	if err != nil && (t.plan == nil || t.begun == 0 || said && len(t.outcomes) == 0) {
		return nil, err
	}
	p := &modules.Performed{Plan: t.plan, Outcomes: t.outcomes, Failed: err} // what was made is told though the connection is lost
	if a.Failed != nil {
		p.Failed = a.Failed.err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.plan.More {
		h.tasks[r.Task] = number
	} else {
		delete(h.tasks, r.Task)
	}
	return p, nil
}
