package engine

import (
	"slices"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
)

// mayDo draws what follows from a task of which only a real run can tell whether it runs. Variables that it would set are not known afterwards, and what it would include the host
// goes through to show it: wishes.
func (ht *hostTask) mayDo(scope jinja.Scope) []*wish {
	ht.unsure()
	if !ht.plans() { // it does not run
		return nil
	}
	if ht.t.Include != nil {
		return ht.mayInclude(scope)
	}
	if ht.t.Module == nil || ht.t.Unsupported != nil {
		return nil
	}
	switch ht.t.Module.New().(type) {
	case modules.VarSetter:
		ht.maySet(scope)
	case *word.IncludeVars:
		ht.mayRead(scope)
	}
	return nil
}

func (p *perhaps) same(other *perhaps) bool {
	if p == nil || other == nil {
		return p == other
	}
	return slices.Equal(p.why, other.why) && slices.Equal(p.what, other.what)
}

// mayInclude gives what the task includes if it runs. What is not there, or includes itself, is not gone through.
func (ht *hostTask) mayInclude(scope jinja.Scope) []*wish {
	w, wrong := ht.wish(scope)
	var above []string
	if p := ht.turn.perhaps; p != nil {
		above = slices.Clip(p.what)
	}
	if wrong != nil || slices.Contains(above, w.key()) {
		return nil
	}
	w.perhaps = &perhaps{why: ht.perhaps(), what: append(above, w.key())}
	for _, c := range ht.t.When {
		if _, known, err := ht.holds(c, scope); err != nil || !known {
			w.perhaps.why = append(w.perhaps.why, c.Source)
		}
	}
	switch {
	case w.perhaps.why != nil:
	case ht.turn.owing == possibly:
		w.perhaps.why = []string{"whether the handler " + ht.name() + " is notified"}
	default:
		w.perhaps.why = []string{"what " + ht.name() + " loops over"}
	}
	return []*wish{w}
}

// maySet makes the variables unknown that the task sets if it runs.
func (ht *hostTask) maySet(scope jinja.Scope) {
	args, _ := ht.defaulted(scope)
	more, _ := ht.splat(scope)
	var given []modules.Given
	for _, a := range slices.Concat(args, more) {
		if _, declared := ht.t.Module.Arg(a.Name); !declared {
			given = append(given, modules.Given{Name: a.Name, NamePos: a.NamePos, Pos: a.Pos, Value: jinja.Unknown{}})
		}
	}
	task, err := ht.t.Module.Decode(ht.t.Pos, given)
	if err != nil {
		return
	}
	for _, n := range ht.keepers() {
		for _, name := range task.(modules.VarSetter).Sets() {
			ht.Vars.Set(n, name, jinja.Unknown{})
		}
	}
}

// mayRead makes the variables unknown that the task reads from files if it runs.
func (ht *hostTask) mayRead(scope jinja.Scope) {
	task, wrong := ht.decode(scope)
	if wrong != nil {
		return
	}
	t := task.(*word.IncludeVars)
	paths, _ := ht.varsFiles(t)
	read := jinja.NewDict()
	for _, p := range paths {
		d, _ := ht.Loader.VarsFile(p)
		if d == nil {
			continue
		}
		for k := range d.Items {
			read.Set(k, jinja.Unknown{})
		}
	}
	if t.Name != "" {
		read = jinja.NewDict()
		read.Set(t.Name, jinja.Unknown{})
	}
	for _, n := range ht.keepers() {
		ht.Vars.Include(n, read)
	}
}

// withoutItems goes on from a loop over what is not known: what it may do it does once, with an item that is not known.
func (ht *hostTask) withoutItems(e *ending) *ending {
	e.notify, _ = ht.named(ht.scope())
	one := *ht
	one.local = jinja.NewDict()
	if ht.local != nil {
		one.local = ht.local.Copy()
	}
	loopVar := "item"
	if name, err := optionalText(ht.looking, ht.t.Loop.Var, ht.scope()); err == nil && name != "" {
		loopVar = name
	}
	one.local.Set(loopVar, jinja.Unknown{})
	own := jinja.NewDict()
	own.Set(loopVar, jinja.Unknown{})
	e.wishes = one.mayDo(one.scope())
	for _, w := range e.wishes {
		w.own = own
	}
	return e
}

// undecided makes the ending of a task that may or may not run.
func (ht *hostTask) undecided(why string) *ending {
	res := ht.result(event.Undecided)
	res.Message = why
	e := endingOf(res)
	return &e
}
