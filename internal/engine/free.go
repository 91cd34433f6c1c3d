package engine

import (
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
)

// free lets every host go through the play by itself, as many at once as there are forks. Pinned: a host that has begun goes to its end before another takes its place; else a
// place is taken for one task.
func (pr *playRun) free(pinned bool) {
	if pr.p.MaxFailPercentage != nil {
		pr.warnOnce(event.Warning{Diagnostic: diag.Warnf(pr.p.Pos, "max_fail_percentage has no effect with the strategies free and host_pinned: hosts do not wait for one another")})
	}
	var wg sync.WaitGroup
	hosts := make(chan struct{}, pr.Forks)
	for _, h := range pr.hosts {
		if h.out.Load() {
			h.walked = gone
			continue
		}
		if pinned {
			hosts <- struct{}{}
		}
		wg.Go(func() {
			for tn := range pr.route(h) {
				h.turn = tn
				pr.alone(h)
				h.turn = nil
			}
			if pinned {
				<-hosts
			}
		})
	}
	wg.Wait()
}

// alone does the task that a host has come to.
func (pr *playRun) alone(h *hostState) {
	if pr.ended.Load() {
		h.turn.end = ended
		return
	}
	t, looking := h.turn.t, pr.soft
	if h.turn.handler {
		looking = pr.hard
	} else if pr.stopped() {
		h.turn.end = stopped
		return
	}
	one := []*hostState{h}
	if t.Meta != "" {
		pr.meta(t, one)
		return
	}
	if !pr.agreed(t, one) {
		pr.refused(t, one)
		return
	}
	if pr.onceOnly(t, h) {
		pr.warnOnce(event.Warning{Diagnostic: diag.Warnf(t.Pos, "run_once has no effect with the strategies free and host_pinned: the task runs on every host")})
	}
	pr.start(t, h)
	pr.onAll(one, looking, t, false)
	if t.Include != nil {
		pr.settleIncludes(t, one)
	}
	if h.removed.Load() || h.out.Load() {
		pr.tellActive()
	}
}
