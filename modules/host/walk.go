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
		var seen []Stat
		for st, err := range o.base.Walk(ctx, dir) {
			if err != nil {
				yield(Stat{}, err)
				return
			}
			if now, err := o.Stat(ctx, st.Path); err != nil || now.Kind != Absent {
				seen = append(seen, now)
			}
		}
		for _, st := range append(seen, o.created(ctx, dir, seen)...) {
			if !yield(st, nil) {
				return
			}
		}
	}
}

// created gives the planned files below dir that the base does not have.
func (o *Overlay) created(ctx context.Context, dir string, seen []Stat) []Stat {
	known := map[string]bool{}
	for _, s := range seen {
		known[s.Path] = true
	}
	o.mu.RLock()
	var paths []string
	for p, f := range o.files {
		if f != nil && !known[p] && strings.HasPrefix(p, strings.TrimSuffix(path.Clean(dir), "/")+"/") {
			paths = append(paths, p)
		}
	}
	o.mu.RUnlock()
	slices.Sort(paths)
	var out []Stat
	for _, p := range paths {
		if st, err := o.Stat(ctx, p); err == nil {
			out = append(out, st)
		}
	}
	return out
}
