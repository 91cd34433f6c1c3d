package engine

import (
	"slices"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
)

// loopSum is what came of the items of a loop.
type loopSum struct {
	results                                               *jinja.List
	warnings                                              *jinja.List // of all items; nil: none
	failed, unreachable, undecided, deferred, interrupted bool
	changed, guess                                        bool // some item is shown as changed; only as a guess
	acted                                                 bool // some item made or planned changes
	ignored                                               bool // every item that failed may fail
	passed                                                bool // every item for which the host was unreachable may find it so
	hidden                                                bool
	wishes                                                []*wish
	ran                                                   int
	notify                                                []string
	effects                                               []func()
}

func (s *loopSum) add(e ending) {
	s.takeWarnings(e.value)
	s.results.Append(e.value)
	s.hidden = s.hidden || e.res.Hidden
	s.wishes = append(s.wishes, e.wishes...)
	if e.res.Status == event.Skipped {
		return
	}
	s.ran++
	s.effects = append(s.effects, e.effects...)
	s.acted = s.acted || e.acted
	for _, name := range e.notify {
		if e.late && !s.changed {
			break
		}
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
		s.passed = e.res.Ignored && (s.passed || !s.unreachable)
		s.unreachable = true
	case event.Undecided:
		s.undecided = true
	case event.Deferred:
		s.deferred = true
	case event.Interrupted:
		s.interrupted = true
	}
}

// takeWarnings has the whole loop tell what an item warned of, as Ansible does.
func (s *loopSum) takeWarnings(value jinja.Value) {
	d, ok := value.(*jinja.Dict)
	if !ok {
		return
	}
	told, _ := d.GetString("warnings")
	if l, ok := told.(*jinja.List); ok {
		if s.warnings == nil {
			s.warnings = jinja.NewList()
		}
		for _, text := range l.Items() {
			s.warnings.Append(text)
		}
		d.Delete("warnings")
	}
}

func (s *loopSum) status() event.Status {
	switch {
	case s.failed: // it counts more than a host that could not be reached for another item, as in Ansible
		return event.Failed
	case s.unreachable:
		return event.Unreachable
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
	case s.failed:
		return "One or more items failed"
	case s.unreachable:
		return "the host became unreachable"
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
	if res.Status == event.Unreachable {
		res.Ignored = s.passed
	}
	d := jinja.NewDict()
	d.Set("results", s.results)
	if s.warnings != nil {
		d.Set("warnings", s.warnings)
	}
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
	return ending{res: res, value: d, notify: s.notify, acted: s.acted, wishes: s.wishes, effects: s.effects}
}
