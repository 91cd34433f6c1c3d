package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
)

// runLoop does the task for every item and sums up.
func (ht *hostTask) runLoop() {
	items, e := ht.items()
	if e != nil {
		ht.keywords(e.res)
		ht.finish(*e)
		return
	}
	sum := &loopSum{results: jinja.NewList()}
	var last jinja.Value
	for i, item := range items {
		if ht.brokenOff(ht.looking) {
			sum.interrupted = true
			break
		}
		one := *ht
		one.local = ht.itemVars(i, item, last)
		e := one.once()
		last = withItem(e.value, one.local, ht.t.Loop.IndexVar)
		one.label(e, item)
		sum.add(e)
		ht.tell(e.res)
		if e.res.Status == event.Unreachable {
			break
		}
	}
	ht.finish(sum.ending(ht))
}

// itemVars gives the variables of an item. Under the name of register stands what came of the item before.
func (ht *hostTask) itemVars(i int, item, last jinja.Value) *jinja.Dict {
	d, l := jinja.NewDict(), ht.t.Loop
	if last != nil && ht.t.Register != "" {
		d.Set(ht.t.Register, last)
	}
	d.Set(l.Var, item)
	d.Set("ansible_loop_var", l.Var)
	if l.IndexVar != "" {
		d.Set(l.IndexVar, int64(i))
		d.Set("ansible_index_var", l.IndexVar)
	}
	return d
}

// items computes what the loop goes over; the ending is set where there is nothing to go over.
func (ht *hostTask) items() ([]jinja.Value, *ending) {
	v, err := jinja.Force(ht.looking, ht.t.Loop.Items, ht.scope())
	if err != nil {
		return nil, ht.noItems(err)
	}
	switch l := v.(type) {
	case *jinja.List:
		return l.Items(), nil
	case jinja.Unknown:
		return nil, ht.noItems(nil)
	}
	e := ended(ht.failed(ht.t.Loop.Pos, fmt.Errorf("loop needs a list, got %s", jinja.TypeName(v))))
	return nil, &e
}

// noItems is the ending of a loop over what is not defined (err is set), or not known. As in Ansible it is skipped where the when does not hold without the item.
func (ht *hostTask) noItems(err error) *ending {
	if err == nil || errors.Is(err, jinja.ErrUndefined) {
		e, open := ht.conditions(ht.t.When, ht.scope())
		switch {
		case open:
			ht.unsure()
			return e
		case e != nil && e.res.Status == event.Skipped:
			return e
		}
	}
	if err != nil {
		e := ended(ht.failed(ht.t.Loop.Pos, err))
		return &e
	}
	ht.unsure()
	res := ht.result(event.Undecided)
	res.Message = "what it loops over depends on what only a real run can tell"
	e := ended(res)
	e.notify, _ = ht.named(ht.scope())
	return &e
}

// label sets what is shown of the present item; it sees what came of the item. One that cannot be computed fails the item, as in Ansible.
func (ht *hostTask) label(e ending, item jinja.Value) {
	text := jinja.Str(item)
	defer func() { e.res.Item = &text }()
	if ht.t.Loop.Label == nil {
		return
	}
	if ht.t.Register != "" {
		ht.local.Set(ht.t.Register, e.value)
	}
	v, err := jinja.Force(ht.hard, ht.t.Loop.Label, ht.scope())
	if err == nil {
		text = jinja.Str(v)
		return
	}
	wrong := ht.fault(ht.t.Loop.Pos, err)
	e.res.Status, e.res.Message, e.res.Hint, e.res.Pos = event.Failed, "loop_control.label: "+wrong.Message, wrong.Hint, wrong.Pos
	ht.keywords(e.res)
	if d, ok := e.value.(*jinja.Dict); ok {
		d.Set("failed", true)
		d.Set("msg", e.res.Message)
	}
}

// withItem gives what came of an item with the item itself, as results holds it.
func withItem(v jinja.Value, local *jinja.Dict, indexVar string) jinja.Value {
	d, ok := v.(*jinja.Dict)
	if !ok {
		return v
	}
	loopVar, _ := local.GetString("ansible_loop_var")
	item, _ := local.Get(loopVar)
	d.Set(loopVar, item)
	d.Set("ansible_loop_var", loopVar)
	if indexVar != "" {
		i, _ := local.GetString(indexVar)
		d.Set(indexVar, i)
		d.Set("ansible_index_var", indexVar)
	}
	return d
}

// loopSum is what came of the items of a loop.
type loopSum struct {
	results                                               *jinja.List
	failed, unreachable, undecided, deferred, interrupted bool
	changed, guess                                        bool // some item is shown as changed; only as a guess
	acted                                                 bool // some item made or planned changes
	ignored                                               bool // every item that failed may fail
	hidden                                                bool
	ran                                                   int
	notify                                                []string
}

func (s *loopSum) add(e ending) {
	s.results.Append(e.value)
	s.hidden = s.hidden || e.res.Hidden
	if e.res.Status == event.Skipped {
		return
	}
	s.ran++
	s.acted = s.acted || e.acted
	for _, name := range e.notify {
		if !slices.Contains(s.notify, name) {
			s.notify = append(s.notify, name)
		}
	}
	switch e.res.Status {
	case event.Changed:
		s.guess = e.res.Guess && (s.guess || !s.changed)
		s.changed = true
	case event.Failed:
		s.ignored = e.res.Ignored && (s.ignored || !s.failed)
		s.failed = true
	case event.Unreachable:
		s.unreachable = true
	case event.Undecided:
		s.undecided = true
	case event.Deferred:
		s.deferred = true
	case event.Interrupted:
		s.interrupted = true
	}
}

func (s *loopSum) status() event.Status {
	switch {
	case s.unreachable:
		return event.Unreachable
	case s.failed:
		return event.Failed
	case s.interrupted:
		return event.Interrupted
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
	case s.interrupted:
		return "interrupted"
	case s.ran == 0 && s.results.Len() > 0:
		return "All items skipped"
	case s.ran == 0:
		return "No items in the list"
	}
	return "All items completed"
}

// ending sums up, in the shape of Ansible's results of loops.
func (s *loopSum) ending(ht *hostTask) ending {
	res := ht.result(s.status())
	res.Loop, res.Ignored, res.Guess, res.Hidden = true, s.ignored, s.guess, s.hidden
	res.Message = s.message()
	d := jinja.NewDict()
	d.Set("results", s.results)
	d.Set("skipped", s.ran == 0)
	d.Set("changed", s.changed || s.acted)
	if (s.guess && s.changed) || (!s.changed && (s.undecided || s.deferred)) {
		d.Set("changed", jinja.Unknown{})
	}
	switch {
	case s.failed:
		d.Set("failed", true)
	case s.undecided || s.deferred:
		d.Set("failed", jinja.Unknown{})
	}
	if s.unreachable {
		d.Set("unreachable", true)
	}
	if s.results.Len() == 0 {
		d.Set("skipped_reason", s.message())
	} else {
		d.Set("msg", s.message())
	}
	res.Result = jinja.ToGo(d)
	return ending{res: res, value: d, notify: s.notify, acted: s.acted}
}
