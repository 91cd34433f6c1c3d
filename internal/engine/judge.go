package engine

import (
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
)

// judge lets changed_when and failed_when decide over what a module found and did.
func (ht *hostTask) judge(res *event.TaskResult, p *modules.Plan) ending {
	return ht.judgeValue(res, resultValue(res, p), p)
}

// judgeValue judges a result that is there already.
func (ht *hostTask) judgeValue(res *event.TaskResult, value *jinja.Dict, p *modules.Plan) ending {
	if ht.round > 0 {
		value.Set("attempts", int64(ht.round))
	}
	changed, failed := len(res.Changes) > 0 || res.Status == event.Changed, res.Status == event.Failed
	if ht.t.ChangedWhen != nil {
		truth, known, wrong := ht.verdict(ht.t.ChangedWhen, value, p)
		switch {
		case wrong != nil:
			return misjudged(res, value, "changed_when_result", wrong, changed)
		case !known:
			changed, res.Guess = true, true
			value.Set("changed", jinja.Unknown{})
		default:
			changed = truth
			value.Set("changed", changed)
		}
	}
	if ht.t.FailedWhen != nil {
		truth, known, wrong := ht.verdict(ht.t.FailedWhen, value, p)
		switch {
		case wrong != nil:
			return misjudged(res, value, "failed_when_result", wrong, changed)
		case !known:
			value.Set("failed", jinja.Unknown{})
			value.Set("failed_when_result", jinja.Unknown{})
			res.Status, res.Message, res.Result = event.Deferred, "whether it fails depends on what only a real run can tell", jinja.ToGo(value)
			return ending{res: res, value: value, acted: changed}
		}
		failed = truth
		value.Set("failed", failed)
		value.Set("failed_when_result", failed)
	}
	switch {
	case failed:
		res.Status = event.Failed
		if res.Message == "" {
			res.Message = "failed_when holds"
		}
	case changed:
		res.Status, res.Message, res.Hint, res.Pos = event.Changed, "", "", ht.t.Pos
	default:
		res.Status, res.Message, res.Hint, res.Pos = event.OK, "", "", ht.t.Pos
	}
	res.Result = jinja.ToGo(value)
	return ending{res: res, value: value, acted: changed}
}

// misjudged fails a task whose changed_when or failed_when cannot be evaluated. What the module did stays in the result.
func misjudged(res *event.TaskResult, value *jinja.Dict, key string, wrong *event.TaskResult, acted bool) ending {
	res.Status, res.Message, res.Hint, res.Pos = wrong.Status, wrong.Message, wrong.Hint, wrong.Pos
	value.Set("failed", true)
	value.Set(key, wrong.Message)
	if _, ok := value.GetString("msg"); !ok {
		value.Set("msg", wrong.Message)
	}
	res.Result = jinja.ToGo(value)
	return ending{res: res, value: value, acted: acted}
}

// verdict evaluates conditions that see the result under the name that register gives it, and the facts that it sets. What was done is judged though the run is to end.
func (ht *hostTask) verdict(all []play.Condition, value *jinja.Dict, p *modules.Plan) (truth, known bool, wrong *event.TaskResult) {
	own := *ht
	own.looking, own.local = ht.hard, jinja.NewDict()
	if ht.local != nil {
		own.local = ht.local.Copy()
	}
	if p != nil {
		for name, v := range p.Vars {
			own.local.Set(name, jinja.FromGo(v))
		}
		for name, v := range factsOf(p).Items {
			own.local.Set(jinja.Str(name), v)
		}
	}
	if ht.t.Register != "" {
		own.local.Set(ht.t.Register, value)
	}
	scope := own.scope()
	known = true
	for _, c := range all {
		t, k, err := own.holds(c, scope)
		switch {
		case err != nil && known:
			return false, true, own.fault(c.Pos, err)
		case err != nil, !k:
			known = false
		case !t:
			return false, true, nil
		}
	}
	return known, known, nil
}

// resultValue makes what register keeps: the module's result with Ansible's keys beside it.
func resultValue(res *event.TaskResult, p *modules.Plan) *jinja.Dict {
	d := jinja.NewDict()
	d.Set("changed", len(res.Changes) > 0 || res.Status == event.Changed)
	d.Set("failed", res.Status == event.Failed)
	if p != nil {
		if found, ok := jinja.FromGo(known(p.Result)).(*jinja.Dict); ok {
			for k, v := range found.Items {
				d.Set(k, v)
			}
		}
		for _, facts := range []map[string]any{p.Facts, p.Vars} {
			if facts != nil {
				d.Set("ansible_facts", jinja.FromGo(known(facts)))
			}
		}
	}
	switch res.Status {
	case event.Interrupted: // it did not come to its end: to later conditions that is as if it had been skipped
		d.Set("skipped", true)
		d.Set("skip_reason", res.Message)
	case event.Unreachable:
		d.Delete("failed")
		d.Set("unreachable", true)
		d.Set("msg", res.Message)
	case event.Failed:
		if _, ok := d.GetString("msg"); !ok {
			d.Set("msg", res.Message)
		}
		if res.Exception != "" {
			d.Set("exception", res.Exception)
		}
	}
	res.Result = jinja.ToGo(d)
	return d
}

// factsOf gives the facts of a plan, never nil.
func factsOf(p *modules.Plan) *jinja.Dict {
	d, _ := jinja.FromGo(known(p.Facts)).(*jinja.Dict)
	return d
}

// known gives a module's result with the unknown of expressions in place of that of changes.
func known(v any) any {
	switch x := v.(type) {
	case change.Unknown:
		return jinja.Unknown{}
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = known(item)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = known(item)
		}
		return out
	}
	return v
}
