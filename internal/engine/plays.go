package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// playRun is a play under way.
type playRun struct {
	*run
	p     *play.Play
	hosts []*hostState
}

func (r *run) play(p *play.Play) error {
	pattern, name, err := Heading(r.hard, p, r.Vars)
	if err != nil {
		return err
	}
	names, warnings, err := r.Hosts.Match(pattern)
	if err != nil {
		return &diag.Diagnostic{Pos: p.Pos, Message: err.Error(), Err: err}
	}
	for _, w := range warnings {
		r.emit(event.Warning{Diagnostic: diag.Warnf(p.Pos, "%s", w)})
	}
	if len(names) == 0 {
		r.emit(event.NoHosts{Play: name, Pattern: pattern})
		return nil
	}
	r.matched = true
	pr := &playRun{run: r, p: p}
	for _, n := range names {
		if h := r.host(n); !h.out {
			h.ended, h.broke = false, false
			pr.hosts = append(pr.hosts, h)
		}
	}
	r.emit(event.PlayStart{Name: name, Pos: p.Pos, Hosts: names})
	r.Vars.StartPlay(p, name, names)
	pr.tellActive()
	pr.sections()
	pr.warnOwed()
	r.lost = len(pr.hosts) == len(names) && !slices.ContainsFunc(pr.hosts, func(h *hostState) bool { return !h.out })
	return nil
}

// Heading computes the pattern and the name of a play, from what is known without a host.
func Heading(ctx context.Context, p *play.Play, variables Variables) (pattern, name string, err error) {
	scope := variables.Scope("", p, nil, nil)
	v, err := jinja.Force(ctx, p.Hosts, scope)
	if err != nil {
		return "", "", err
	}
	if l, ok := v.(*jinja.List); ok {
		var parts []string
		for _, item := range l.Items() {
			parts = append(parts, jinja.Str(item))
		}
		pattern = strings.Join(parts, ",")
	} else {
		pattern = jinja.Str(v)
	}
	if p.Name == nil {
		return pattern, pattern, nil
	}
	v, err = jinja.Force(ctx, p.Name, scope)
	return pattern, jinja.Str(v), err
}

// sections runs the tasks. Handlers run after each section, though it has no tasks: a handler may have notified one before it.
func (pr *playRun) sections() {
	pr.gather()
	for _, s := range pr.p.Sections {
		for _, t := range s.Tasks {
			if pr.stopped() {
				break
			}
			if Wanted(t.Tags, pr.Tags, pr.SkipTags) {
				pr.task(t)
			}
		}
		pr.flush(pr.flushable())
	}
}

// active gives the hosts that still take part.
func (pr *playRun) active() []*hostState {
	return slices.DeleteFunc(slices.Clone(pr.hosts), func(h *hostState) bool { return h.out || h.ended })
}

// flushable gives the hosts whose handlers run at the end of a section: also those that failed in it, where the play forces handlers.
func (pr *playRun) flushable() []*hostState {
	if !pr.p.ForceHandlers {
		return pr.active()
	}
	return pr.hosts
}

// tellActive tells the variables which hosts have not failed.
func (pr *playRun) tellActive() {
	var names []string
	for _, h := range pr.hosts {
		if !h.out {
			names = append(names, h.name)
		}
	}
	pr.Vars.SetActive(names)
}

func (pr *playRun) task(t *play.Task) {
	hosts := pr.active()
	if !pr.begun(t) || len(hosts) == 0 {
		return
	}
	if t.Meta != "" {
		pr.meta(t, hosts)
		return
	}
	if !pr.agreed(t, hosts) {
		return
	}
	pr.start(t, hosts, false)
	pr.onAll(hosts, pr.soft, t)
}

// start tells that a task begins, under the name that it has on the first host.
func (pr *playRun) start(t *play.Task, hosts []*hostState, handler bool) {
	pr.emit(event.TaskStart{Name: TaskName(pr.hard, t, pr.Vars.Scope(hosts[0].name, pr.p, t.Vars, nil)), Module: t.Action, Pos: t.Pos, Handler: handler})
}

// onAll runs a task on hosts, as many at once as there are forks.
func (pr *playRun) onAll(hosts []*hostState, looking context.Context, t *play.Task) {
	if t.Meta != "" {
		pr.meta(t, hosts)
		return
	}
	slots := make(chan struct{}, pr.Forks)
	var wg sync.WaitGroup
	for _, h := range hosts {
		slots <- struct{}{}
		if pr.brokenOff(looking) {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			(&hostTask{playRun: pr, h: h, t: t, looking: looking}).run()
		})
	}
	wg.Wait()
	if !slices.ContainsFunc(hosts, func(h *hostState) bool { return h.out }) {
		return
	}
	if pr.p.AnyErrorsFatal {
		for _, h := range pr.hosts {
			h.out = true
		}
	}
	pr.tellActive()
}

func (pr *playRun) meta(t *play.Task, hosts []*hostState) {
	switch t.Meta {
	case play.FlushHandlers:
		pr.flush(pr.holding(t, hosts))
	case play.EndPlay:
		if len(pr.holding(t, hosts[:1])) == 0 { // as in Ansible, the first host decides
			return
		}
		for _, h := range pr.hosts {
			h.ended = true
		}
	case play.EndHost:
		for _, h := range pr.holding(t, hosts) {
			h.ended = true
		}
	}
}

// holding gives the hosts on which the when of a meta task holds. One that cannot be evaluated fails its host.
func (pr *playRun) holding(t *play.Task, hosts []*hostState) []*hostState {
	var out []*hostState
	for _, h := range hosts {
		ht := &hostTask{playRun: pr, h: h, t: t, looking: pr.hard}
		e, open := ht.conditions(t.When, ht.scope())
		switch {
		case e == nil:
			out = append(out, h)
		case open:
			ht.unsure()
			ht.finish(*e)
		case e.res.Status != event.Skipped:
			ht.finish(*e)
		}
	}
	return out
}

// TaskName is how a task is called in the output.
func TaskName(ctx context.Context, t *play.Task, scope jinja.Scope) string {
	switch n := t.Name.(type) {
	case nil:
		return t.Action
	case *jinja.Template:
		v, err := n.Eval(ctx, scope)
		if err != nil || jinja.HasUnknown(v) {
			return n.Source()
		}
		return jinja.Str(v)
	default:
		return fmt.Sprint(jinja.Str(n))
	}
}
