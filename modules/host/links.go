package host

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"
)

const maxLinks = 40 // as Linux has it

// Follow describes what a path leads to: links at its end are followed, and Path of the answer is where they end. Kind is Absent where nothing is there.
func Follow(ctx context.Context, r Reader, name string) (Stat, error) {
	start := name
	for range maxLinks {
		st, err := r.Stat(ctx, name)
		if err != nil || st.Kind != Link {
			return st, err
		}
		name = joinTarget(path.Dir(st.Path), st.Target)
	}
	return Stat{}, fmt.Errorf("%s: too many levels of symbolic links", start)
}

// joinTarget gives where a link in dir leads. Above a folder that is a link itself, ".." is not what cleaning the text makes of it: such a path is left as it is.
func joinTarget(dir, target string) string {
	switch {
	case path.IsAbs(target):
		return target
	case strings.Contains(target, ".."):
		return dir + "/" + target
	}
	return path.Join(dir, target)
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
