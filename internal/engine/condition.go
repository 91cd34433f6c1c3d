package engine

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// conditions evaluates conditions that must all hold: no ending where they do. open: whether they hold only a real run can tell. Behind a condition that is open an error is
// none: the condition may spare it.
func (ht *hostTask) conditions(all []play.Condition, scope jinja.Scope) (e *ending, open bool) {
	unknown := ht.perhaps()
	for _, c := range all {
		truth, known, err := ht.holds(c, scope)
		switch {
		case err != nil && (ht.looking.Err() != nil || unknown == nil && !ht.mayBeDefined(err)):
			e := endingOf(ht.failed(c.Pos, err))
			return &e, false
		case err != nil, !known:
			unknown = append(unknown, c.Source)
		case !truth:
			e := ht.skippedBy(c)
			return &e, false
		}
	}
	if unknown == nil {
		return nil, false
	}
	res := ht.result(event.Undecided)
	res.Message = "whether it runs depends on what only a real run can tell: " + strings.Join(unknown, ", ")
	done := endingOf(res)
	return &done, true
}

// perhaps gives the conditions of includes above the task of which only a real run can tell whether they hold.
func (ht *hostTask) perhaps() []string {
	if ht.turn == nil || ht.turn.perhaps == nil {
		return nil
	}
	return slices.Clip(ht.turn.perhaps.why)
}

// skippedBy makes the ending of a task whose condition does not hold. Where nobody keeps the result all hosts share one.
func (ht *hostTask) skippedBy(c play.Condition) ending {
	res := ht.result(event.Skipped)
	res.Message = "Conditional result was False"
	shared := ht.t.Register == "" && ht.t.Loop == nil
	if shared {
		if known, ok := ht.skips.Load(c); ok {
			s := known.(skipResult)
			res.Result = s.shown
			return ending{res: res, value: s.value}
		}
	}
	value := jinja.NewDict()
	value.Set("changed", false)
	value.Set("skipped", true)
	value.Set("skip_reason", res.Message)
	value.Set("false_condition", c.Shown())
	res.Result = jinja.ToGo(value)
	if shared {
		ht.skips.Store(c, skipResult{value, res.Result})
	}
	return ending{res: res, value: value}
}

// skipResult is what came of a task that a condition skips.
type skipResult struct {
	value *jinja.Dict
	shown any
}

// holds evaluates one condition.
func (ht *hostTask) holds(c play.Condition, scope jinja.Scope) (truth, known bool, err error) {
	v, err := c.Eval(ht.looking, scope)
	if err != nil {
		return false, true, err
	}
	truth, known, warning, err := jinja.Conditional(v)
	if warning != "" {
		ht.warnOnce(event.Warning{Host: ht.h.name, Diagnostic: diag.Warnf(c.Pos, "%s", warning)})
	}
	return truth, known, err
}

// warnOnce emits a warning, at each place once a run.
func (r *run) warnOnce(w event.Warning) {
	key := w.Diagnostic.Error()
	r.mu.Lock()
	seen := r.warned[key]
	r.warned[key] = true
	r.mu.Unlock()
	if !seen {
		r.emit(w)
	}
}
