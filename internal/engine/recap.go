package engine

import (
	"cmp"
	"slices"

	"github.com/pfrun/pfrun/internal/event"
)

// count adds a result to the host's recap, as Ansible counts, and takes a host that failed out of the run. acted: it made or planned changes.
func (h *hostState) count(res *event.TaskResult, acted bool) {
	c := &h.recap
	h.seen = true
	h.changed = h.changed || acted || res.Status == event.Changed
	switch res.Status {
	case event.OK:
		c.OK++
	case event.Changed:
		c.OK++
		c.Changed++
	case event.Skipped:
		c.Skipped++
	case event.Undecided:
		c.Undecided++
	case event.Deferred:
		c.Deferred++
	case event.Unreachable:
		if !res.Ignored {
			c.Unreachable++
			h.out.Store(true)
			h.unreachable.Store(true)
			return
		}
		c.OK++
		c.Ignored++
	case event.Failed:
		switch {
		case res.Rescued:
			c.Rescued++
			return
		case !res.Ignored:
			c.Failed++
			return
		}
		c.OK++
		c.Ignored++
		if acted {
			c.Changed++
		}
	case event.Interrupted:
	}
}

func (r *run) summary() *Summary {
	s := &Summary{Matched: r.matched, Interrupted: r.stopped() && r.quitting() == nil}
	for _, h := range r.order {
		s.Changed = s.Changed || h.changed
		if h.seen { // as in Ansible's recap, a host on which nothing was done is not in it
			s.Hosts = append(s.Hosts, h.recap)
		}
	}
	slices.SortFunc(s.Hosts, func(a, b event.HostRecap) int { return cmp.Compare(a.Host, b.Host) })
	return s
}
