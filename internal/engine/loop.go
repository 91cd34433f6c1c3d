package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// looping is a loop under way.
type looping struct {
	loopVar, indexVar string
	items             []jinja.Value
	pause             float64
	extended, all     bool
}

// runLoop does the task for every item and sums up.
func (ht *hostTask) runLoop() {
	l, e := ht.looping()
	if e != nil {
		ht.keywords(e.res)
		ht.finish(*e)
		return
	}
	sum := &loopSum{results: jinja.NewList()}
	ht.facts = jinja.NewDict()
	if ht.travels(l) {
		ht.together(l, sum)
	} else {
		ht.inTurn(l, sum)
	}
	ht.finish(sum.ending(ht))
}

// inTurn does the items one after another.
func (ht *hostTask) inTurn(l *looping, sum *loopSum) {
	var last jinja.Value
	for i := range l.items {
		if i > 0 && l.pause > 0 && wait(ht.looking, time.Duration(l.pause*float64(time.Second))) != nil || ht.brokenOff(ht.looking) {
			sum.interrupted = true
			break
		}
		one := *ht
		one.local = ht.itemVars(l, i, last)
		var e ending
		e, last = one.doItem(l, l.items[i])
		if one.told(e, sum) {
			break
		}
	}
}

// doItem does the task for an item, and gives what came of it, also as later items see it.
func (ht *hostTask) doItem(l *looping, item jinja.Value) (ending, jinja.Value) {
	text := jinja.Str(item)
	ht.item = &text
	e := ht.timed()
	seen := l.withItem(e.value, ht.local)
	if e.res.Result != nil && seen != nil {
		e.res.Result = jinja.ToGo(seen)
	}
	ht.label(e, item)
	for _, w := range e.wishes {
		w.own, w.label = l.own(ht.local), ht.shown(*e.res).Item
	}
	return e, seen
}

// told counts and tells what came of an item, and reports whether the loop ends with it.
func (ht *hostTask) told(e ending, sum *loopSum) bool {
	sum.add(e)
	if len(e.wishes) == 0 || e.res.Status != event.OK {
		ht.tell(e.res)
	}
	return ht.breaks(e)
}

// itemVars gives the variables of an item. Under the name of register stands what came of the item before.
func (ht *hostTask) itemVars(l *looping, i int, last jinja.Value) *jinja.Dict {
	d := ht.facts.Copy()
	if last != nil && ht.t.Register != "" {
		d.Set(ht.t.Register, last)
	}
	d.Set(l.loopVar, l.items[i])
	d.Set("ansible_loop_var", l.loopVar)
	if l.indexVar != "" {
		d.Set(l.indexVar, int64(i))
		d.Set("ansible_index_var", l.indexVar)
	}
	if l.extended {
		d.Set("ansible_loop", l.position(i))
	}
	return d
}

// position is ansible_loop.
func (l *looping) position(i int) *jinja.Dict {
	n, d := len(l.items), jinja.NewDict()
	d.Set("index", int64(i+1))
	d.Set("index0", int64(i))
	d.Set("first", i == 0)
	d.Set("last", i+1 == n)
	d.Set("length", int64(n))
	d.Set("revindex", int64(n-i))
	d.Set("revindex0", int64(n-i-1))
	if l.all {
		d.Set("allitems", jinja.NewList(l.items...))
	}
	if i+1 < n {
		d.Set("nextitem", l.items[i+1])
	}
	if i > 0 {
		d.Set("previtem", l.items[i-1])
	}
	return d
}

// own gives the variables of an item that what is included sees.
func (l *looping) own(local *jinja.Dict) *jinja.Dict {
	d := jinja.NewDict()
	for _, name := range []string{l.loopVar, "ansible_loop_var", l.indexVar, "ansible_index_var", "ansible_loop"} {
		if v, ok := local.GetString(name); ok && name != "" {
			d.Set(name, v)
		}
	}
	return d
}

// looping computes what the loop goes over, and how; the ending is set where there is nothing to go over.
func (ht *hostTask) looping() (*looping, *ending) {
	l := &looping{loopVar: "item", all: true}
	items, e := ht.items()
	if e != nil {
		return nil, e
	}
	l.items = items
	o, scope := ht.t.Loop, ht.scope()
	var errs []error
	text := func(word string, v jinja.Value, to *string) {
		s, err := optionalText(ht.looking, v, scope)
		if err != nil {
			errs = append(errs, fmt.Errorf("loop_control.%s: %w", word, err))
		} else if s != "" {
			*to = s
		}
	}
	flag := func(word string, v jinja.Value, to *bool) {
		b, err := optionalBool(ht.looking, v, scope)
		if err != nil {
			errs = append(errs, fmt.Errorf("loop_control.%s: %w", word, err))
		} else if b != nil {
			*to = *b
		}
	}
	text("loop_var", o.Var, &l.loopVar)
	text("index_var", o.IndexVar, &l.indexVar)
	flag("extended", o.Extended, &l.extended)
	flag("extended_allitems", o.ExtendedAll, &l.all)
	var err error
	if l.pause, err = optionalNumber(ht.looking, o.Pause, scope, 0); err != nil {
		errs = append(errs, fmt.Errorf("loop_control.pause: %w", err))
	}
	if errs != nil {
		e := endingOf(ht.failed(o.Pos, errors.Join(errs...)))
		return nil, &e
	}
	if _, taken := scope.Lookup(l.loopVar); taken {
		ht.warnOnce(event.Warning{Diagnostic: diag.Warnf(o.Pos,
			"The loop variable '%s' is already in use. You should set the `loop_var` value in the `loop_control` option for the task to something else to avoid variable collisions and unexpected behavior.",
			l.loopVar)})
	}
	return l, nil
}

// items computes what the loop goes over.
func (ht *hostTask) items() ([]jinja.Value, *ending) {
	v, err := ht.terms()
	if err != nil {
		return nil, ht.noItems(err)
	}
	switch l := v.(type) {
	case *jinja.List:
		return l.Items(), nil
	case jinja.Unknown:
		return nil, ht.noItems(nil)
	}
	err = fmt.Errorf("Invalid data passed to 'loop', it requires a list, got this instead: %s", jinja.Str(v))
	e := endingOf(ht.failed(ht.t.Loop.Pos, diag.Errorf(ht.t.Loop.Pos, "%s", err).WithHint("it is of type %s", jinja.TypeName(v))))
	return nil, &e
}

// terms computes the list of a loop, or does the lookup of with_NAME.
func (ht *hostTask) terms() (jinja.Value, error) {
	o, scope := ht.t.Loop, ht.scope()
	if o.With == "" || ht.Lookup == nil {
		return jinja.Force(ht.looking, o.Items, scope)
	}
	terms, err := ht.withTerms(o, scope)
	if err != nil {
		return nil, err
	}
	if jinja.HasUnknown(jinja.NewList(terms...)) {
		return jinja.Unknown{}, nil
	}
	found, err := ht.Lookup(ht.looking, o.With, terms, scope)
	if err != nil {
		return nil, err
	}
	return jinja.NewList(found...), nil
}

// withTerms gives the terms of with_NAME. What is not defined of the names that with_first_found tries is left out, as in Ansible.
func (ht *hostTask) withTerms(o *play.Loop, scope jinja.Scope) ([]jinja.Value, error) {
	if _, isList := o.Items.(*jinja.List); isList && o.With == "first_found" {
		v, err := ht.defined(o.Items, scope)
		if err != nil {
			return nil, err
		}
		return v.(*jinja.List).Items(), nil
	}
	v, err := jinja.Force(ht.looking, o.Items, scope)
	if err != nil {
		return nil, err
	}
	if l, ok := v.(*jinja.List); ok {
		return l.Items(), nil
	}
	return []jinja.Value{v}, nil
}

// defined evaluates what it can of lists, and of those in mappings: an element that is not defined is left out.
func (ht *hostTask) defined(v jinja.Value, scope jinja.Scope) (jinja.Value, error) {
	switch x := v.(type) {
	case *jinja.List:
		out := jinja.NewList()
		for _, e := range x.Items() {
			e, err := ht.defined(e, scope)
			switch {
			case err == nil:
				out.Append(e)
			case !errors.Is(err, jinja.ErrUndefined):
				return nil, err
			}
		}
		return out, nil
	case *jinja.Dict:
		out := jinja.NewDict()
		for k, e := range x.Items {
			e, err := ht.defined(e, scope)
			if err != nil {
				return nil, err
			}
			out.Set(k, e)
		}
		return out, nil
	}
	return jinja.Force(ht.looking, v, scope)
}

// noItems is the ending of a loop over what is not defined (err is set), or not known. As in Ansible it is skipped where the when does not hold without the item.
func (ht *hostTask) noItems(err error) *ending {
	if err == nil || errors.Is(err, jinja.ErrUndefined) || ht.perhaps() != nil {
		e, open := ht.conditions(ht.t.When, ht.scope())
		switch {
		case open:
			return ht.withoutItems(e)
		case e != nil && e.res.Status == event.Skipped:
			return e
		}
	}
	if err != nil {
		e := endingOf(ht.failed(ht.t.Loop.Pos, err))
		return &e
	}
	return ht.withoutItems(ht.undecided("what it loops over depends on what only a real run can tell"))
}

// breaks reports whether the loop ends after the present item.
func (ht *hostTask) breaks(e ending) bool {
	if ht.t.Loop.BreakWhen == nil {
		return false
	}
	if ht.t.Register != "" {
		ht.local.Set(ht.t.Register, e.value)
	}
	scope := ht.scope()
	for _, c := range ht.t.Loop.BreakWhen {
		truth, known, err := ht.holds(c, scope)
		if err != nil || !known || !truth {
			return false
		}
	}
	return true
}

// label sets what is shown of the present item; it sees what came of the item. One that cannot be computed fails the item, as in Ansible.
func (ht *hostTask) label(e ending, item jinja.Value) {
	text := jinja.Str(item)
	defer func() { e.res.Item = &text }()
	if ht.t.Loop.Label == nil {
		return
	}
	if ht.t.Register != "" {
		ht.local.Set(ht.t.Register, e.value)
	}
	v, err := jinja.Force(ht.hard, ht.t.Loop.Label, ht.scope())
	if err == nil {
		text = jinja.Str(v)
		return
	}
	wrong := ht.fault(ht.t.Loop.Pos, err)
	e.res.Status, e.res.Message, e.res.Hint, e.res.Pos = event.Failed, "Failed to template loop_control.label: "+wrong.Message, wrong.Hint, wrong.Pos
	ht.keywords(e.res)
	if d, ok := e.value.(*jinja.Dict); ok {
		d.Set("failed", true)
		d.Set("msg", e.res.Message)
	}
}

// withItem gives what came of an item with the item itself, as results holds it.
func (l *looping) withItem(v jinja.Value, local *jinja.Dict) jinja.Value {
	d, ok := v.(*jinja.Dict)
	if !ok {
		return v
	}
	own := l.own(local)
	for k, item := range own.Items {
		d.Set(k, item)
	}
	return d
}
