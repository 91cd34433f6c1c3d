package engine

import (
	"iter"
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// place is where a task stands in the order of a play: the indexes of the nodes on the way to it. What is included stands below the task that includes it.
type place []int

func (p place) below(i int) place { return append(slices.Clip(p), i) }

// turn is a task that a host has come to. The strategy does it, says how it ended, and the host goes on from there.
type turn struct {
	t     *play.Task
	at    place
	under []*jinja.Dict // variables of the includes on the way, the outermost first
	// rescued says that a rescue takes over where the task fails.
	rescued bool
	owing   owing // of a handler: how sure it is that it must run
	handler bool  // it is a handler, or what one includes, which runs to its end though the run is to end
	perhaps *perhaps

	flush bool // of meta: flush_handlers: its when holds

	end    course
	wishes []*wish     // what it wants included
	next   []inclusion // what the host goes on with before all else
}

// perhaps says of a task that it stands below an include of which only a real run can tell whether it is made; nil: the task is come to.
type perhaps struct {
	why  []string // the conditions of such includes
	what []string // what they include
}

// inclusion is a file of tasks, or a role, that a task has included for a host.
type inclusion struct {
	perhaps *perhaps
	nodes   []play.Node
	under   []*jinja.Dict
	at      int // its number among those of the task
}

// course is how a host goes on after a task, or a list of them.
type course int

const (
	goOn      course = iota
	failed           // the task failed: a rescue may take over
	roleEnded        // meta: end_role
	ended            // meta: end_host, end_batch, end_play: nothing more in this play
	gone             // unreachable: nothing more at all
	stopped          // the run is to end in good order
)

// walker goes through a play for one host, block by block, and yields the tasks that the host comes to.
type walker struct {
	pr      *playRun
	h       *hostState
	yield   func(*turn) bool
	perhaps *perhaps
	rescues int  // blocks around that have a rescue, of which the tasks are being done
	started bool // --start-at-task was met
	flushes int  // handlers are being run: no further flush begins
	dropped bool // nobody asks for further tasks
}

// route gives the tasks that a host comes to, one after another. After each the turn must say how it ended.
func (pr *playRun) route(h *hostState) iter.Seq[*turn] {
	return func(yield func(*turn) bool) {
		w := &walker{pr: pr, h: h, yield: yield, started: pr.StartAt == nil || pr.started}
		if c := w.play(); !w.dropped {
			h.walked = c
		}
	}
}

// play goes through the sections of the play, and pays what is owed where the run is to end.
func (w *walker) play() course {
	c := w.gather()
	for i, s := range w.pr.p.Sections {
		if c == goOn {
			c = w.nodes(s.Nodes, place{2*i + 1}, nil)
		}
		forced := c == failed && w.pr.forced()
		if s.Flush && (c == goOn || forced) && w.pr.flushes {
			if f := w.flush(place{2*i + 2}); c == goOn || f == stopped {
				c = f
			}
		}
		if c != goOn && (s.Flush || !forced) { // roles have no flush of their own: that behind the tasks is theirs
			break
		}
	}
	if c == stopped && !w.dropped {
		w.flush(place{2*len(w.pr.p.Sections) + 1})
	}
	return c
}

// nodes does a list of tasks and blocks.
func (w *walker) nodes(nodes []play.Node, at place, under []*jinja.Dict) course {
	for i, n := range nodes {
		c := goOn
		switch n := n.(type) {
		case *play.Task:
			c = w.task(n, at.below(i), under)
		case *play.Block:
			c = w.block(n, at.below(i), under)
		}
		if c != goOn {
			return c
		}
	}
	return goOn
}

// block does the tasks of a block; where one fails those of rescue; and in either case those of always. What clear_host_errors forgives in always has not failed.
func (w *walker) block(b *play.Block, at place, under []*jinja.Dict) course {
	if b.Role != nil {
		return w.role(b, at, under)
	}
	rescue := w.pr.wantsAny(b.Rescue)
	if rescue {
		w.rescues++
	}
	c := w.nodes(b.Body, at.below(0), under)
	if rescue {
		w.rescues--
	}
	if c == failed && rescue {
		c = w.nodes(b.Rescue, at.below(1), under)
	}
	if c != goOn && c != failed {
		return c
	}
	pardons := w.h.pardons.Load()
	if a := w.nodes(b.Always, at.below(2), under); a != goOn {
		return a
	}
	if w.h.pardons.Load() != pardons {
		return goOn
	}
	return c
}

// role does the tasks of a role, once a host unless the role allows duplicates.
func (w *walker) role(b *play.Block, at place, under []*jinja.Dict) course {
	key := b.Role.Key
	if w.h.rolesDone[key] && !b.Role.AllowDuplicates {
		return goOn
	}
	c := w.nodes(b.Body, at.below(0), under)
	if c == roleEnded {
		c = goOn
	}
	if c == goOn && w.h.rolesRan[key] {
		w.h.rolesDone[key] = true
	}
	return c
}

// task comes to a task, if the run wants it, and to what it includes.
func (w *walker) task(t *play.Task, at place, under []*jinja.Dict) course {
	switch {
	case w.flushes > 0 && w.pr.hard.Err() != nil, w.flushes == 0 && w.pr.stopped():
		return stopped
	case w.pr.ended.Load():
		return ended
	case !w.started:
		if w.started = w.pr.StartAt(t); !w.started {
			return goOn
		}
		w.pr.met()
	}
	if !w.pr.wanted(t) {
		return goOn
	}
	if t.Meta == play.FlushHandlers && w.flushes == 0 {
		return w.flushTask(t, at, under)
	}
	return w.come(&turn{t: t, at: at, under: under})
}

// come hands a turn to the strategy and goes on with what it included.
func (w *walker) come(tn *turn) course {
	tn.rescued = w.rescues > 0
	tn.handler, tn.perhaps = w.flushes > 0, w.perhaps
	if w.dropped || !w.yield(tn) {
		w.dropped = true
		return stopped
	}
	if tn.end != goOn {
		return tn.end
	}
	for _, inc := range tn.next {
		w.perhaps = inc.perhaps
		c := w.nodes(inc.nodes, tn.at.below(inc.at), inc.under)
		if w.perhaps = tn.perhaps; c != goOn {
			return c
		}
	}
	return goOn
}

// flushTask does meta: flush_handlers, if its when holds.
func (w *walker) flushTask(t *play.Task, at place, under []*jinja.Dict) course {
	tn := &turn{t: t, at: at.below(0), under: under}
	if c := w.come(tn); c != goOn || !tn.flush {
		return c
	}
	return w.flush(at.below(1))
}

// flush comes to the handlers that were notified on the host, in the order in which they stand, each once. A handler that one before it notifies runs too; one that a later one
// notifies waits for the next flush, as in Ansible. A handler that fails ends the flush.
func (w *walker) flush(at place) course {
	w.pr.expand(w.h)
	if len(w.h.owed) == 0 {
		return goOn
	}
	w.flushes++
	defer func() { w.flushes-- }()
	for i, t := range w.pr.handlerList() {
		d, ok := w.h.owed[t]
		if !ok || w.pr.hard.Err() != nil {
			continue
		}
		if w.pr.ended.Load() {
			return ended
		}
		w.h.paying[t] = d
		delete(w.h.owed, t)
		if c := w.come(&turn{t: t, at: at.below(i), owing: d.how}); c != goOn && c != stopped {
			return c
		}
	}
	if w.pr.stopped() {
		return stopped
	}
	return goOn
}

// gather comes to the task that gathers facts, where the play wants it and the run has come to the play.
func (w *walker) gather() course {
	t := w.pr.p.Gather
	if t == nil || !w.pr.reached() || !w.pr.wanted(t) || !w.pr.gathers(w.h) {
		return goOn
	}
	if w.pr.stopped() {
		return stopped
	}
	return w.come(&turn{t: t, at: place{0}})
}
