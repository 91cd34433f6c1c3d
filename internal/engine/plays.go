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
	over  bool // meta: end_play, or any_errors_fatal
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
			h.ended = false
			pr.hosts = append(pr.hosts, h)
		}
	}
	r.emit(event.PlayStart{Name: name, Pos: p.Pos, Hosts: names})
	r.Vars.StartPlay(p, name, names)
	pr.sections()
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

func (pr *playRun) sections() {
	for _, s := range pr.p.Sections {
		for _, t := range s.Tasks {
			if pr.over || pr.stopped() {
				break
			}
			if Wanted(t.Tags, pr.Tags, pr.SkipTags) || t.Meta == play.FlushHandlers {
				pr.task(t)
			}
		}
		pr.flush()
	}
}

// active gives the hosts that still take part.
func (pr *playRun) active() []*hostState {
	return slices.DeleteFunc(slices.Clone(pr.hosts), func(h *hostState) bool { return h.out || h.ended })
}

func (pr *playRun) task(t *play.Task) {
	hosts := pr.active()
	if len(hosts) == 0 {
		return
	}
	if t.Meta != "" {
		pr.meta(t, hosts)
		return
	}
	pr.emit(event.TaskStart{Name: TaskName(pr.soft, t, pr.Vars.Scope("", pr.p, t.Vars, nil)), Module: t.Action, Pos: t.Pos})
	pr.onAll(hosts, pr.soft, t)
}

// onAll runs a task on hosts, as many at once as there are forks.
func (pr *playRun) onAll(hosts []*hostState, looking context.Context, t *play.Task) {
	slots := make(chan struct{}, pr.Forks)
	var wg sync.WaitGroup
	for _, h := range hosts {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			(&hostTask{playRun: pr, h: h, t: t, looking: looking}).run()
		})
	}
	wg.Wait()
	if pr.p.AnyErrorsFatal && slices.ContainsFunc(hosts, func(h *hostState) bool { return h.out }) {
		pr.over = true
	}
}

func (pr *playRun) meta(t *play.Task, hosts []*hostState) {
	switch t.Meta {
	case play.FlushHandlers:
		pr.flush()
	case play.EndPlay:
		pr.over = pr.over || slices.ContainsFunc(hosts, func(h *hostState) bool { return pr.metaHolds(t, h) })
	case play.EndHost:
		for _, h := range hosts {
			h.ended = h.ended || pr.metaHolds(t, h)
		}
	}
}

// metaHolds evaluates the when of a meta task. One that cannot be evaluated fails the host.
func (pr *playRun) metaHolds(t *play.Task, h *hostState) bool {
	ht := &hostTask{playRun: pr, h: h, t: t, looking: pr.soft}
	res := ht.conditions(t.When, ht.scope())
	if res == nil {
		return true
	}
	if res.Status != event.Skipped {
		ht.finish(res, nil)
	}
	return false
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
