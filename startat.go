package pfrun

import (
	"context"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/inventory"
)

// startAt gives the test for the task that --start-at-task names, or nil. A task has its name as it stands in the playbook, or that of its module.
func (p *Project) startAt() func(*play.Task) bool {
	glob := p.options.StartAtTask
	if glob == "" {
		return nil
	}
	return func(t *play.Task) bool {
		return slices.ContainsFunc(engine.StaticNames(t), func(name string) bool { return inventory.MatchGlob(glob, name) })
	}
}

// checkStart holds that there is a task to start at.
func (p *Project) checkStart() {
	is := p.startAt()
	if is == nil {
		return
	}
	var names []string
	for _, b := range p.books {
		for _, pl := range b.Plays {
			for _, t := range pl.Tasks() {
				if !engine.Wanted(engine.TagsOf(context.Background(), t.Tags, p.vars.Scope(vars.View{Play: pl, Task: t})), p.options.Tags, p.options.SkipTags) {
					continue
				}
				if is(t) {
					return
				}
				names = append(names, engine.StaticNames(t)...)
			}
		}
	}
	d := diag.Errorf(diag.Pos{}, "--start-at-task: no task is named %q", p.options.StartAtTask)
	if d.Hint = diag.DidYouMean(p.options.StartAtTask, names); d.Hint == "" {
		d.Hint = "--list-tasks shows the tasks there are"
	}
	p.faults.Add(d)
}
