package host

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
)

const maxLinks = 40 // as Linux has it

// Stater is the part of a Reader that describes paths.
type Stater interface {
	Stat(ctx context.Context, path string) (Stat, error)
}

// Follow describes what a path leads to: links at its end are followed, and Path of the answer is where they end. Kind is Absent where nothing is there.
func Follow(ctx context.Context, r Stater, name string) (Stat, error) {
	start := name
	for range maxLinks {
		st, err := r.Stat(ctx, name)
		if err != nil || st.Kind != Link {
			return st, err
		}
		if name, err = target(ctx, r, path.Dir(st.Path), st.Target); err != nil {
			return Stat{}, err
		}
	}
	return Stat{}, fmt.Errorf("%s: %w", start, ErrLoop)
}

// target gives where a link in dir leads. Where a folder above is a link itself, ".." is not what cleaning the text makes of it: such a path is left as it is.
func target(ctx context.Context, r Stater, dir, to string) (string, error) {
	if path.IsAbs(to) {
		return to, nil
	}
	if strings.Contains(to, "..") {
		for above := dir; above != "/"; above = path.Dir(above) {
			if st, err := r.Stat(ctx, above); err != nil || st.Kind == Link {
				return dir + "/" + to, err
			}
		}
	}
	return path.Join(dir, to), nil
}

// ComparePaths orders paths as Walk gives them: parents before children, names in order.
func ComparePaths(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range min(len(as), len(bs)) {
		if c := strings.Compare(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}
