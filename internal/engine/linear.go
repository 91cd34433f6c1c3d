package engine

import (
	"iter"
	"slices"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/play"
)

// linear goes through the play task by task: every host that has come to a task does it before any host does the next.
func (pr *playRun) linear() {
	next := map[*hostState]func() (*turn, bool){}
	for _, h := range pr.hosts {
		if h.out.Load() {
			h.walked = gone
			continue
		}
		more, stop := iter.Pull(pr.route(h))
		defer stop()
		next[h] = more
	}
	for {
		front := pr.front(next)
		if front == nil {
			return
		}
		pr.together(front)
		for _, h := range front {
			h.turn = nil
		}
		for _, h := range pr.hosts {
			if h.turn != nil && h.turn.end != goOn { // condemned
				h.turn = nil
			}
		}
		if pr.broke {
			return
		}
	}
}

// front gives the hosts that have come to the task that stands first in the play; nil: all are through.
func (pr *playRun) front(next map[*hostState]func() (*turn, bool)) []*hostState {
	var front []*hostState
	for _, h := range pr.hosts {
		more := next[h]
		if more == nil {
			continue
		}
		if h.turn == nil {
			var ok bool
			if h.turn, ok = more(); !ok {
				h.turn = nil
				delete(next, h)
				continue
			}
		}
		switch {
		case front == nil:
			front = append(front, h)
		default:
			c := slices.Compare(h.turn.at, front[0].turn.at)
			if c < 0 {
				front = front[:0]
			}
			if c < 0 || (c == 0 && h.turn.t == front[0].turn.t) {
				front = append(front, h)
			}
		}
	}
	return front
}

// together does one task on all hosts that have come to it.
func (pr *playRun) together(hosts []*hostState) {
	if pr.ended.Load() {
		for _, h := range hosts {
			h.turn.end = ended
		}
		return
	}
	t := hosts[0].turn.t
	looking := pr.soft
	if hosts[0].turn.handler {
		looking = pr.hard
	} else if pr.stopped() {
		for _, h := range hosts {
			h.turn.end = stopped
		}
		return
	}
	if t.Meta != "" {
		pr.meta(t, hosts)
		return
	}
	if !pr.agreed(t, hosts) {
		pr.refused(t, hosts)
		return
	}
	doing := hosts
	once := pr.onceOnly(t, hosts[0])
	if once {
		doing = hosts[:1]
	}
	pr.start(t, hosts[0])
	pr.onAll(doing, looking, t, once && pr.runOnce(t, hosts[0]))
	pr.settle(t, doing, once)
}

// settle draws what follows for the other hosts: from a failure that is everybody's, and from too many failures.
func (pr *playRun) settle(t *play.Task, done []*hostState, once bool) {
	if t.Include != nil {
		pr.settleIncludes(t, done)
	}
	if !slices.ContainsFunc(done, func(h *hostState) bool { return h.turn.end == failed || h.turn.end == gone }) {
		return
	}
	if (once || pr.fatal(t, done[0])) && !mayFail(t) {
		for _, h := range pr.hosts {
			if h.turn != nil && h.turn.end == goOn {
				pr.condemn(h)
			}
		}
	}
	if pr.tooMany() {
		pr.emit(event.NoHostsLeft{})
		pr.broke = true
		for _, h := range pr.hosts {
			if h.turn != nil {
				h.walked = failed
			}
		}
	}
	pr.tellActive()
}

// mayFail reports whether the keyword ignore_errors stands there and is not false: then what a host cannot be reached for is its own affair. As in Ansible a template counts unseen.
func mayFail(t *play.Task) bool {
	return t.IgnoreErrors != nil && t.IgnoreErrors != false
}

// condemn fails a host for the failure of another. What it has come to is not done; a rescue around it is.
func (pr *playRun) condemn(h *hostState) {
	h.turn.end = failed
	if !h.turn.rescued {
		h.removed.Store(true)
		h.failed.Store(true)
	}
}

// fatal reports whether a failure of the task on one host is that of all.
func (pr *playRun) fatal(t *play.Task, h *hostState) bool {
	ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
	if t.AnyErrorsFatal == nil {
		return pr.Settings.AnyErrorsFatal
	}
	yes, err := optionalBool(pr.hard, t.AnyErrorsFatal, ht.scope())
	return err != nil || (yes != nil && *yes)
}
