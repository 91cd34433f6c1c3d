package engine

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/internal/word"
)

// start tells that a task begins, under the name that it has on the host.
func (pr *playRun) start(t *play.Task, h *hostState) { pr.emit(pr.heading(t, h)) }

// heading says how a task is called on a host. What the engine does itself is called as it is written, as in Ansible.
func (pr *playRun) heading(t *play.Task, h *hostState) event.TaskStart {
	ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
	planned := pr.PlanOnly
	if asked, err := optionalBool(pr.hard, t.CheckMode, ht.scope()); err == nil && asked != nil {
		planned = *asked
	}
	e := event.TaskStart{Role: roleName(t), Module: t.Action, Pos: t.Pos, Handler: h.turn.handler, Meta: t.Meta != "", Planned: planned}
	if e.Meta && t.Name != nil {
		e.Name = jinja.Str(written(t.Name))
	} else {
		e.Name = ht.name()
	}
	return e
}

// onAll runs a task on hosts, as many at once as there are forks, or as throttle allows. once: its results are those of every host of the play.
func (pr *playRun) onAll(hosts []*hostState, looking context.Context, t *play.Task, once bool) {
	slow := pr.throttle(t, hosts[0])
	workers := min(len(hosts), pr.Forks)
	if slow != nil {
		workers = min(workers, cap(slow))
	}
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(hosts); i = int(next.Add(1)) - 1 {
			pr.onOne(hosts[i], looking, t, once, slow)
		}
	}
	if workers == 1 {
		work()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(work)
	}
	wg.Wait()
}

// onOne runs a task on a host, when there is a place for it.
func (pr *playRun) onOne(h *hostState, looking context.Context, t *play.Task, once bool, slow chan struct{}) {
	for _, places := range []chan struct{}{slow, pr.slots} {
		if places != nil {
			places <- struct{}{}
			defer func() { <-places }()
		}
	}
	if pr.brokenOff(looking) {
		h.turn.end = stopped
		return
	}
	ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: looking, once: once}
	if h.turn.owing == possibly {
		ht.possible()
		return
	}
	ht.run()
}

// onceOnly reports whether a task runs on one host for all of them: it says run_once, or is a word that is done once.
func (pr *playRun) onceOnly(t *play.Task, h *hostState) bool {
	if t.Module != nil {
		switch t.Module.New().(type) {
		case *word.AddHost, *word.Pause:
			return true
		}
	}
	return pr.runOnce(t, h)
}

// runOnce reports whether a task says run_once: then its result is that of every host. That of a word that is done once is its host's alone, as in Ansible.
func (pr *playRun) runOnce(t *play.Task, h *hostState) bool {
	if t.RunOnce == nil {
		return false
	}
	ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
	yes, err := optionalBool(pr.hard, t.RunOnce, ht.scope())
	return err == nil && yes != nil && *yes
}

// throttle gives the places for hosts that may do a task at once where it says how many; nil: as many as there are forks.
func (pr *playRun) throttle(t *play.Task, h *hostState) chan struct{} {
	if t.Throttle == nil {
		return nil
	}
	if c, ok := pr.throttles.Load(t); ok {
		return c.(chan struct{})
	}
	ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
	text, err := optionalText(pr.hard, t.Throttle, ht.scope())
	n, convErr := strconv.Atoi(text)
	if err != nil || convErr != nil || n <= 0 {
		return nil
	}
	c, _ := pr.throttles.LoadOrStore(t, make(chan struct{}, n))
	return c.(chan struct{})
}

// wanted reports whether the tags of the run ask for a task. Tags that are templates are computed once a play, from what is known without a host.
func (pr *playRun) wanted(t *play.Task) bool {
	if v, ok := pr.wants.Load(t); ok {
		return v.(bool)
	}
	yes := Wanted(TagsOf(pr.hard, t.Tags, pr.Vars.Scope(vars.View{Play: pr.p, Task: t})), pr.Tags, pr.SkipTags)
	pr.wants.Store(t, yes)
	return yes
}

func (pr *playRun) wantedTags(tags []jinja.Value) bool {
	return Wanted(TagsOf(pr.hard, tags, pr.Vars.Scope(vars.View{Play: pr.p})), pr.Tags, pr.SkipTags)
}
