package engine

import (
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
)

// judge lets changed_when and failed_when decide over what a module found.
func (ht *hostTask) judge(res *event.TaskResult, p *modules.Plan) (*event.TaskResult, jinja.Value) {
	value := resultValue(res, p)
	changed := res.Status == event.Changed || (res.Status == event.Failed && len(res.Changes) > 0)
	failed := res.Status == event.Failed
	if ht.t.ChangedWhen != nil {
		truth, known, wrong := ht.verdict(ht.t.ChangedWhen, value)
		if wrong != nil {
			return wrong, resultValue(wrong, nil)
		}
		changed, res.Guess = truth || !known, !known
		value.Set("changed", changed)
	}
	if ht.t.FailedWhen != nil {
		truth, known, wrong := ht.verdict(ht.t.FailedWhen, value)
		switch {
		case wrong != nil:
			return wrong, resultValue(wrong, nil)
		case !known:
			res.Status, res.Message = event.Deferred, "whether it fails depends on what only a real run can tell"
			return res, jinja.Unknown{}
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
		res.Status, res.Message = event.Changed, ""
	default:
		res.Status, res.Message = event.OK, ""
	}
	res.Result = jinja.ToGo(value)
	return res, value
}

// verdict evaluates conditions that see the result under the name that register gives it.
func (ht *hostTask) verdict(all []play.Condition, value *jinja.Dict) (truth, known bool, wrong *event.TaskResult) {
	own := *ht
	own.local = jinja.NewDict()
	if ht.local != nil {
		own.local = ht.local.Copy()
	}
	if ht.t.Register != "" {
		own.local.Set(ht.t.Register, value)
	}
	scope := own.scope()
	truth, known = true, true
	for _, c := range all {
		t, k, err := ht.holds(c, scope)
		switch {
		case err != nil:
			return false, true, ht.failed(c.Pos, err)
		case k && !t:
			return false, true, nil
		case !k:
			known = false
		}
	}
	return truth, known, nil
}

// resultValue makes what register keeps: the module's result with Ansible's keys beside it.
func resultValue(res *event.TaskResult, p *modules.Plan) *jinja.Dict {
	d := jinja.NewDict()
	d.Set("changed", res.Status == event.Changed)
	d.Set("failed", res.Status == event.Failed)
	if p != nil {
		if found, ok := jinja.FromGo(p.Result).(*jinja.Dict); ok {
			for k, v := range found.Items {
				d.Set(k, v)
			}
		}
		if p.Facts != nil {
			d.Set("ansible_facts", jinja.FromGo(p.Facts))
		}
	}
	switch res.Status {
	case event.Skipped:
		d.Set("skipped", true)
		d.Set("skip_reason", res.Message)
	case event.Unreachable:
		d.Set("unreachable", true)
		d.Set("msg", res.Message)
	case event.Failed:
		if _, ok := d.GetString("msg"); !ok || p == nil {
			d.Set("msg", res.Message)
		}
	case event.Undecided, event.Deferred:
		d.Set("changed", jinja.Unknown{})
		d.Set("failed", jinja.Unknown{})
	}
	res.Result = jinja.ToGo(d)
	return d
}
