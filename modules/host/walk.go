package host

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"sort"
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
	all, seen, err := o.belowBase(ctx, dir, real)
	if err != nil {
		return nil, err
	}
	all = append(all, o.created(dir, real, seen)...)
	sort.Slice(all, func(i, j int) bool { return ComparePaths(all[i].Path, all[j].Path) < 0 })
	return all, nil
}

// belowBase gives what the base has below a folder, as it is planned to be, and the names of all that it has. A planned folder is none of its.
func (o *Overlay) belowBase(ctx context.Context, dir, real string) (all []Stat, seen map[string]bool, err error) {
	seen = map[string]bool{}
	if st, planned := o.plannedStat(real, dir); planned {
		switch st.Kind {
		case Dir:
			return nil, seen, nil
		case Absent:
			return nil, nil, fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
		}
		return nil, nil, fmt.Errorf("%s: is not a directory but a %s", dir, st.Kind)
	}
	for st, err := range o.base.Walk(ctx, real) {
		if err != nil {
			return nil, nil, err
		}
		inside := st.Path
		st.Path = path.Join(dir, strings.TrimPrefix(inside, real))
		seen[inside] = true
		if now, ok := o.plannedStat(inside, st.Path); ok {
			st = now
		}
		if st = o.withMeta(inside, st); st.Kind != Absent {
			all = append(all, st)
		}
	}
	return all, seen, nil
}

// created gives the planned paths below dir that the base does not have. They are called by dir, and known by where it leads.
func (o *Overlay) created(dir, real string, seen map[string]bool) []Stat {
	prefix := strings.TrimSuffix(real, "/") + "/"
	o.mu.RLock()
	var names []string
	for name := range o.nodes {
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
