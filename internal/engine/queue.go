package engine

import (
	"slices"
	"time"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules"
)

// maxAhead is how many items of a loop are on their way at once: what a run that is to end has to wait for, or to call off, stays little.
const maxAhead = 32

// queue is the items of a loop that travel to a host one behind another without waiting for answers. What an item needs is computed when the one before it is on its way, and the
// host begins it when that one has ended: in Ansible too an item that fails does not keep the next from being done, so nothing is done that would not have been.
//
// Its fields belong to the item that is being computed.
type queue struct {
	session *session // that all on their way are of; nil: none is
	release func()   // of its target
	chain   modules.Chain
	under   []*travelling // on their way, the first first
}

// travelling is an item that is being done.
type travelling struct {
	hostTask
	left chan struct{} // closed when it is on its way, or has ended
	done chan struct{} // closed when e and seen are set
	e    ending
	seen jinja.Value // what later items see of it
}

// travels reports whether the items of a loop may travel together: a module that works on the host does them and asks for nothing in between, and nothing of the task is about the time
// of an item or breaks the loop off.
func (ht *hostTask) travels(l *looping) bool {
	t := ht.t
	if len(l.items) < 2 || l.pause > 0 || t.Loop.BreakWhen != nil || t.Until != nil || t.Retries != nil || t.Async != nil || t.Timeout != nil || ht.TaskTimeout > 0 {
		return false
	}
	if t.Include != nil || t.Dynamic != nil || t.Module == nil || t.DelegateTo != nil {
		return false
	}
	if ht.OnTarget == nil || !ht.OnTarget(t.Module.Name) || slices.Contains(gatherers, t.Module.Name) {
		return false
	}
	_, asks := t.Module.New().(modules.Continuer)
	return !asks
}

// together does the items of a loop, each on its way before the one before it is answered. They are told in their order.
func (ht *hostTask) together(l *looping, sum *loopSum) {
	q := &queue{}
	defer q.leave()
	since := time.Now()
	collect := func() {
		one := q.under[0]
		<-one.done
		q.under = q.under[1:]
		one.e.res.Duration = min(one.e.res.Duration, time.Since(since)) // without the wait for its turn
		since = time.Now()
		one.told(one.e, sum)
	}
	var before *travelling
	for i := range l.items {
		if ht.brokenOff(ht.looking) {
			sum.interrupted = true
			break
		}
		before = ht.set(q, l, i, before)
		<-before.left
		for len(q.under) > 0 && (len(q.under) >= maxAhead || isDone(q.under[0])) {
			collect()
		}
	}
	for len(q.under) > 0 {
		collect()
	}
}

func isDone(one *travelling) bool {
	select {
	case <-one.done:
		return true
	default:
		return false
	}
}

// set begins an item.
func (ht *hostTask) set(q *queue, l *looping, i int, before *travelling) *travelling {
	one := &travelling{hostTask: *ht, left: make(chan struct{}), done: make(chan struct{})}
	one.local = ht.itemVars(l, i, nil)
	one.queue = q
	isSent := false
	one.sent = func() {
		if !isSent {
			isSent = true
			close(one.left)
		}
	}
	if before != nil && ht.t.Register != "" {
		one.later = &vars.Later{Name: ht.t.Register, Get: func() (jinja.Value, bool) {
			<-before.done
			return before.seen, before.seen != nil
		}}
	}
	q.under = append(q.under, one)
	go func() {
		one.e, one.seen = one.doItem(l, l.items[i])
		close(one.done)
		one.sent()
	}()
	return one
}

// place gives a task its place on its target. Items that travel together have one: the first takes it.
func (ht *hostTask) place(s *session) (release func(), err error) {
	q := ht.queue
	if q == nil {
		return s.target.take(ht.looking)
	}
	if q.session != s {
		q.wait()
		q.leave()
		if q.release, err = s.target.take(ht.looking); err != nil {
			return nil, err
		}
		q.session, q.chain = s, modules.Chain{}
	}
	return func() {}, nil
}

// wait waits for the items before the one that is being computed, which is the last on its way.
func (q *queue) wait() {
	for _, one := range q.under[:len(q.under)-1] {
		<-one.done
	}
}

// leave gives the place back.
func (q *queue) leave() {
	if q.session != nil {
		q.release()
	}
	q.session = nil
}
