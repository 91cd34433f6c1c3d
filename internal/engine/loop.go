package engine

import (
	"fmt"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
)

// runLoop does the task for every item and sums up.
func (ht *hostTask) runLoop() {
	items, res := ht.items()
	if res != nil {
		ht.keywords(res)
		var value jinja.Value = resultValue(res, nil)
		if res.Status == event.Undecided {
			value = jinja.Unknown{}
		}
		ht.finish(res, value)
		return
	}
	sum := &loopSum{results: jinja.NewList()}
	for i, item := range items {
		if ht.looking.Err() != nil {
			break
		}
		one := *ht
		one.local = jinja.NewDict()
		one.local.Set(ht.t.Loop.Var, item)
		one.local.Set("ansible_loop_var", ht.t.Loop.Var)
		if ht.t.Loop.IndexVar != "" {
			one.local.Set(ht.t.Loop.IndexVar, int64(i))
		}
		res, value := one.once()
		label := one.label(item)
		res.Item = &label
		sum.add(res, withItem(value, ht.t.Loop.Var, item))
		ht.emit(*res)
		if res.Status == event.Unreachable {
			break
		}
	}
	res = ht.result(sum.status())
	res.Loop, res.Ignored, res.Guess, res.Hidden = true, sum.ignored, sum.guess, sum.hidden
	res.Message = sum.message()
	ht.finish(res, sum.value(res))
}

// items computes what the loop goes over; the event is set where there is nothing to go over.
func (ht *hostTask) items() ([]jinja.Value, *event.TaskResult) {
	v, err := jinja.Force(ht.looking, ht.t.Loop.Items, ht.scope())
	if err != nil {
		// A loop over what is not defined is skipped where the when does not hold without the item, as Ansible does.
		if res := ht.conditions(ht.t.When, ht.scope()); res != nil && res.Status == event.Skipped {
			return nil, res
		}
		return nil, ht.failed(ht.t.Loop.Pos, err)
	}
	switch l := v.(type) {
	case jinja.Unknown:
		res := ht.result(event.Undecided)
		res.Message = "what it loops over depends on what only a real run can tell"
		return nil, res
	case *jinja.List:
		return l.Items(), nil
	}
	return nil, ht.failed(ht.t.Loop.Pos, fmt.Errorf("loop needs a list, got %s", jinja.TypeName(v)))
}

// label is what is shown of the present item.
func (ht *hostTask) label(item jinja.Value) string {
	if ht.t.Loop.Label != nil {
		if v, err := jinja.Force(ht.looking, ht.t.Loop.Label, ht.scope()); err == nil {
			item = v
		}
	}
	return jinja.Str(item)
}

func withItem(v jinja.Value, name string, item jinja.Value) jinja.Value {
	if d, ok := v.(*jinja.Dict); ok {
		d.Set(name, item)
		d.Set("ansible_loop_var", name)
	}
	return v
}

// loopSum is what came of the items of a loop.
type loopSum struct {
	results                                                    *jinja.List
	changed, failed, unreachable, ignored, undecided, deferred bool
	guess, hidden                                              bool
	ran                                                        int
}

func (s *loopSum) add(res *event.TaskResult, v jinja.Value) {
	s.results.Append(v)
	s.changed = s.changed || res.Status == event.Changed
	s.guess = s.guess || res.Guess
	s.hidden = s.hidden || res.Hidden
	switch res.Status {
	case event.Skipped:
		return
	case event.Failed:
		s.failed, s.ignored = true, res.Ignored
	case event.Unreachable:
		s.unreachable = true
	case event.Undecided:
		s.undecided = true
	case event.Deferred:
		s.deferred = true
	}
	s.ran++
}

func (s *loopSum) status() event.Status {
	switch {
	case s.unreachable:
		return event.Unreachable
	case s.failed:
		return event.Failed
	case s.ran == 0:
		return event.Skipped
	case s.changed:
		return event.Changed
	case s.undecided:
		return event.Undecided
	case s.deferred:
		return event.Deferred
	}
	return event.OK
}

func (s *loopSum) message() string {
	switch {
	case s.unreachable:
		return "the host became unreachable"
	case s.failed:
		return "One or more items failed"
	case s.ran == 0 && s.results.Len() > 0:
		return "All items skipped"
	case s.ran == 0:
		return "No items in the list"
	}
	return "All items completed"
}

func (s *loopSum) value(res *event.TaskResult) jinja.Value {
	d := resultValue(res, nil)
	d.Set("changed", s.changed)
	d.Set("results", s.results)
	d.Set("msg", s.message())
	res.Result = jinja.ToGo(d)
	return d
}
