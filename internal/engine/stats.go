package engine

import (
	"sync"

	"github.com/pfrun/pfrun/internal/jinja"
)

// wholeRun is the name under which the values of set_stats stand that are of no host.
const wholeRun = "_run"

// stats is what set_stats keeps.
type stats struct {
	mu     *sync.Mutex
	values map[string]*jinja.Dict
}

func newStats() stats { return stats{mu: &sync.Mutex{}, values: map[string]*jinja.Dict{}} }

// set keeps a value. With aggregate it is added to what is there: numbers and texts are summed, lists joined, mappings merged; what cannot be added replaces it.
func (s stats) set(owner, name string, v jinja.Value, aggregate bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.values[owner]
	if d == nil {
		d = jinja.NewDict()
		s.values[owner] = d
	}
	if old, ok := d.GetString(name); ok && aggregate {
		v = sum(old, v)
	}
	d.Set(name, v)
}

func sum(a, b jinja.Value) jinja.Value {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return x + y
		}
	case float64:
		if y, ok := b.(float64); ok {
			return x + y
		}
	case string:
		if y, ok := b.(string); ok {
			return x + y
		}
	case *jinja.List:
		if y, ok := b.(*jinja.List); ok {
			return jinja.NewList(append(append([]jinja.Value{}, x.Items()...), y.Items()...)...)
		}
	case *jinja.Dict:
		if y, ok := b.(*jinja.Dict); ok {
			d := x.Copy()
			for k, v := range y.Items {
				d.Set(k, v)
			}
			return d
		}
	}
	return b
}

// all gives everything that was kept; nil: nothing.
func (s stats) all() map[string]map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out map[string]map[string]any
	for owner, d := range s.values {
		if out == nil {
			out = map[string]map[string]any{}
		}
		out[owner], _ = jinja.ToGo(d).(map[string]any)
	}
	return out
}
