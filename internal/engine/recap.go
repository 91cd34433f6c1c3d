package engine

import (
	"cmp"
	"slices"

	"github.com/pfrun/pfrun/internal/event"
)

// count adds a result to the host's recap, as Ansible counts, and takes a host that failed out of the run.
func (ht *hostTask) count(res *event.TaskResult) {
	c := &ht.h.recap
	switch res.Status {
	case event.OK:
		c.OK++
	case event.Changed:
		c.OK++
		c.Changed++
		ht.h.anyChg = true
	case event.Skipped:
		c.Skipped++
	case event.Undecided:
		c.Undecided++
	case event.Deferred:
		c.Deferred++
	case event.Unreachable:
		c.Unreachable++
		ht.h.out = true
	case event.Failed:
		if len(res.Changes) > 0 {
			ht.h.anyChg = true
		}
		if res.Ignored {
			c.OK++
			c.Ignored++
			if len(res.Changes) > 0 {
				c.Changed++
			}
			return
		}
		c.Failed++
		ht.h.out = true
	}
}

func (r *run) summary() *Summary {
	s := &Summary{Matched: r.matched, Interrupted: r.stopped()}
	for _, h := range r.order {
		s.Hosts = append(s.Hosts, h.recap)
		s.Changed = s.Changed || h.anyChg
	}
	slices.SortFunc(s.Hosts, func(a, b event.HostRecap) int { return cmp.Compare(a.Host, b.Host) })
	return s
}
