package host

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"
)

// Walk sees planned files among those of the base.
func (o *Overlay) Walk(ctx context.Context, dir string) iter.Seq2[Stat, error] {
	return func(yield func(Stat, error) bool) {
		all, err := o.below(ctx, dir)
		if err != nil {
			yield(Stat{}, err)
			return
		}
		for _, st := range all {
			if !yield(st, nil) {
				return
			}
		}
	}
}

// below gives all that is below dir, in the order of Walk.
func (o *Overlay) below(ctx context.Context, dir string) ([]Stat, error) {
	dir = path.Clean(dir)
	real, err := o.end(ctx, dir)
	if err != nil {
		return nil, err
	}
	var all []Stat
	seen := map[string]bool{}
	for st, err := range o.base.Walk(ctx, dir) {
		if err != nil {
			return nil, err
		}
		inside := path.Join(real, strings.TrimPrefix(st.Path, dir))
		seen[inside] = true
		if now, ok := o.plannedStat(inside, st.Path); ok {
			st = now
		}
		if st = o.withMeta(inside, st); st.Kind != Absent {
			all = append(all, st)
		}
	}
	all = append(all, o.created(dir, real, seen)...)
	slices.SortFunc(all, func(a, b Stat) int { return ComparePaths(a.Path, b.Path) })
	return all, nil
}

// created gives the planned files below dir that the base does not have. They are called by dir, and known by where it leads.
func (o *Overlay) created(dir, real string, seen map[string]bool) []Stat {
	prefix := strings.TrimSuffix(real, "/") + "/"
	o.mu.RLock()
	var names []string
	for name := range o.files {
		if strings.HasPrefix(name, prefix) && !seen[name] {
			names = append(names, name)
		}
	}
	o.mu.RUnlock()
	var out []Stat
	for _, name := range names {
		if st, ok := o.plannedStat(name, path.Join(dir, strings.TrimPrefix(name, prefix))); ok && st.Kind != Absent {
			out = append(out, st)
		}
	}
	return out
}
