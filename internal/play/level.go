package play

import (
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
)

// level is what a list of tasks inherits from what is around it. It is never changed once something was loaded below it.
type level struct {
	Common
	when   []Condition
	vars   []*jinja.Dict
	notify []Name // of the nearest level that says something
	play   *Play
	role   *Role
	file   *file // in which the tasks stand
	// handler says that the tasks are handlers, maybe that they stand behind a condition, rescued that a rescue waits for them to fail.
	handler, maybe, rescued bool
	// nested says that the tasks stand in a block: handlers can stand in one, which is but a list of them, and not deeper.
	nested bool
}

// file is a file of tasks that is being loaded.
type file struct {
	path string // absolute
	dir  string // its folder
	book *book
	// up is the file whose task includes or imports this one; nil: the playbook, or a file of a role.
	up *file
	// dynamic says that what stands below was included while the run was under way: no circle goes through it.
	dynamic bool
}

// below makes the level of what stands in t and takes over its keywords: the tasks of a block or an import.
func (in *level) below(t *Task) *level {
	b := *in
	b.Common, b.when, b.vars, b.notify = t.Common, t.When, t.Vars, t.Notify
	b.maybe = in.maybe || len(t.When) > len(in.when)
	return &b
}

// known gives the variables that are known without a host, beside those of the play: of the role, of files, then of the levels. Defaults of the role that the play overrides
// are left out.
func (in *level) known() []*jinja.Dict {
	var more []*jinja.Dict
	if in.role != nil {
		for _, d := range in.role.DefaultLayers() {
			more = append(more, without(d, in.play))
		}
	}
	if in.play != nil {
		for _, f := range in.play.VarsFiles {
			if f.Fixed != nil {
				more = append(more, f.Fixed)
			}
		}
	}
	if in.role == nil {
		return append(more, in.vars...)
	}
	return slices.Concat(more, in.role.VarLayers(), in.vars, in.role.ParamLayers())
}

func without(d *jinja.Dict, p *Play) *jinja.Dict {
	if p == nil || p.Vars.Len() == 0 || d.Len() == 0 {
		return d
	}
	left := jinja.NewDict()
	for k, v := range d.Items {
		if _, ok := p.Vars.Get(k); !ok {
			left.Set(k, v)
		}
	}
	return left
}

// inherit fills what a task or block does not say itself from the level around it. Tags, environments and module defaults add up.
func (c *Common) inherit(from *Common) {
	to, of := c.fields(), from.fields()
	for i := range to {
		if *to[i] == nil {
			*to[i] = *of[i]
		} else if t, open := (*to[i]).(*jinja.Template); open && *of[i] != nil {
			*to[i] = t.OrElse(*of[i])
		}
	}
	c.Environment = join(from.Environment, c.Environment)
	c.ModuleDefaults = join(from.ModuleDefaults, c.ModuleDefaults)
	c.Tags = join(from.Tags, c.Tags)
	if c.Collections == nil {
		c.Collections = from.Collections
	}
}

// fields gives what the nearest level decides that says something.
func (c *Common) fields() [19]*any {
	return [...]*any{
		&c.Become, &c.BecomeUser, &c.BecomeMethod, &c.BecomeExe, &c.BecomeFlags, &c.RemoteUser, &c.Port, &c.Connection, &c.IgnoreErrors, &c.IgnoreUnreachable,
		&c.AnyErrorsFatal, &c.NoLog, &c.CheckMode, &c.Diff, &c.RunOnce, &c.Throttle, &c.Timeout, &c.DelegateTo, &c.DelegateFacts,
	}
}

// join puts what is around before what is said here. The slices are shared where one of them is empty: neither is changed afterwards.
func join[T any](around, own []T) []T {
	switch {
	case len(own) == 0:
		return around
	case len(around) == 0:
		return own
	}
	return slices.Concat(around, own)
}
