package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/play"
)

// meta does an action of the engine itself on the hosts that have come to it. Of some actions the first host decides for all, as in Ansible.
func (pr *playRun) meta(t *play.Task, hosts []*hostState) {
	pr.start(t, hosts[0])
	switch t.Meta {
	case play.Noop, play.RefreshInventory, play.ResetConnection:
		if t.When != nil {
			pr.warnOnce(event.Warning{Diagnostic: diag.Warnf(t.Pos, "meta: %s does not look at its when", t.Meta)})
		}
		pr.metaPlain(t, hosts)
	case play.FlushHandlers:
		if hosts[0].turn.handler {
			pr.giveUp(diag.Errorf(t.Pos, "flush_handlers cannot be used as a handler"))
			return
		}
		pr.holding(t, hosts, func(h *hostState) {
			h.turn.flush = true
			pr.metaDone(h, "triggered running handlers for "+h.name)
		})
	case play.EndHost:
		pr.holding(t, hosts, func(h *hostState) {
			pr.metaDone(h, "ending play for "+h.name)
			pr.finishPlay(h)
			pr.tellActive() // the condition of the next host sees it
		})
	case play.EndRole:
		pr.holding(t, hosts, func(h *hostState) {
			pr.metaDone(h, fmt.Sprintf("ending role %s for %s", roleName(t), h.name))
			h.turn.end = roleEnded
		})
	default:
		pr.holding(t, hosts[:1], func(h *hostState) { pr.metaForAll(t, h) })
	}
}

// metaPlain does what has no condition.
func (pr *playRun) metaPlain(t *play.Task, hosts []*hostState) {
	switch t.Meta {
	case play.Noop:
		for _, h := range hosts {
			pr.metaDone(h, "noop")
		}
	case play.RefreshInventory:
		err := errors.New("the inventory cannot be read anew here")
		if pr.Inventory != nil {
			err = pr.Inventory.Refresh()
		}
		if err != nil {
			pr.giveUp(err)
			return
		}
		pr.metaDone(hosts[0], "inventory successfully refreshed")
	case play.ResetConnection:
		for _, h := range hosts {
			pr.resetConnection(t, h)
		}
	}
}

// metaForAll does what one host decides for all of them.
func (pr *playRun) metaForAll(t *play.Task, first *hostState) {
	switch t.Meta {
	case play.EndPlay, play.EndBatch:
		text := "ending batch"
		if t.Meta == play.EndPlay {
			pr.endPlay.Store(true)
			text = "ending play"
		}
		pr.metaDone(first, text)
		pr.ended.Store(true) // the others see it when they come to their next task
		for _, h := range pr.hosts {
			h.removed.Store(true)
		}
		first.turn.end = ended
		pr.tellActive()
	case play.ClearFacts:
		for _, n := range pr.all {
			pr.Vars.ClearFacts(n)
		}
		pr.metaDone(first, "facts cleared")
	case play.ClearHostErrors:
		for _, n := range pr.all {
			h := pr.host(n)
			for _, mark := range []*atomic.Bool{&h.out, &h.unreachable, &h.removed, &h.failed} {
				mark.Store(false)
			}
			h.pardons.Add(1)
			if h.walked == failed || h.walked == gone {
				h.walked = ended
			}
			h.recap.Forgiven = h.recap.Failed + h.recap.Unreachable
		}
		pr.metaDone(first, "cleared host errors")
		pr.tellActive()
	}
}

// finishPlay ends the play for a host that has not failed.
func (pr *playRun) finishPlay(h *hostState) {
	h.removed.Store(true)
	h.turn.end = ended
}

func (pr *playRun) metaDone(h *hostState, text string) {
	pr.emit(event.MetaDone{Host: h.name, Text: text, Task: pr.heading(h.turn.t, h)})
}

// holding does something for each host on which the when of a meta task holds. One that cannot be evaluated fails its host.
func (pr *playRun) holding(t *play.Task, hosts []*hostState, do func(*hostState)) {
	for _, h := range hosts {
		ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
		e, open := ht.conditions(t.When, ht.scope())
		switch {
		case e == nil:
			do(h)
		case open:
			ht.unsure()
			ht.finish(*e)
		case e.res.Status != event.Skipped:
			ht.finish(*e)
		default:
			pr.emit(event.MetaDone{Host: h.name, Text: notDone(t, h), Skipped: true, Task: pr.heading(t, h)})
		}
	}
}

// notDone says, in Ansible's words, what goes on where the when of a meta task does not hold.
func notDone(t *play.Task, h *hostState) string {
	so := map[play.Meta]string{
		play.FlushHandlers: ", not running handlers for " + h.name, play.ClearFacts: ", not clearing facts and fact cache for " + h.name,
		play.ClearHostErrors: ", not clearing host error state for " + h.name, play.EndBatch: ", continuing current batch", play.EndPlay: ", continuing play",
		play.EndHost: ", continuing execution for " + h.name, play.EndRole: fmt.Sprintf("continuing role %s for %s", roleName(t), h.name),
	}
	return string(t.Meta) + " conditional evaluated to False" + so[t.Meta]
}

// resetConnection closes the connections to what the task would work on; the next task connects anew.
func (pr *playRun) resetConnection(t *play.Task, h *hostState) {
	ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
	asked, err := ht.asked(ht.scope())
	if err == nil {
		var login Login
		if login, err = pr.Connector.Login(h.name, ht.scope(), asked); err == nil {
			pr.forget(login)
			pr.metaDone(h, "reset connection")
			return
		}
	}
	ht.finish(endingOf(ht.failed(t.Pos, err)))
}

// forget closes the sessions with a target, so that they are opened anew. What is planned on it stays.
func (r *run) forget(l Login) {
	r.mu.Lock()
	var closing []*session
	for key, s := range r.sessions {
		if s.target == r.targets[l.Target()] {
			if s.forgotten = true; s.jobs == 0 {
				closing = append(closing, s)
			}
			delete(r.sessions, key)
		}
	}
	r.mu.Unlock()
	for _, s := range closing {
		if release, err := s.target.take(context.WithoutCancel(r.hard)); err == nil {
			s.close()
			release()
		}
	}
	l.Forget()
}
