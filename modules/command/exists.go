package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules/host"
)

// maxLooked bounds how many paths are looked at for a pattern.
const maxLooked = 200_000

// exists reports whether a path, or one that a pattern of Python's glob matches, is there. A link counts even where it leads nowhere.
func exists(ctx context.Context, r host.Reader, name string) (bool, error) {
	if !strings.ContainsAny(name, "*?[") {
		st, err := r.Stat(ctx, name)
		return st.Kind != host.Absent, err
	}
	dir := path.Dir(name[:strings.IndexAny(name, "*?[")] + "x")
	looked := 0
	for st, err := range r.Walk(ctx, dir) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return false, nil
		case err != nil:
			return false, err
		case matches(name, st.Path):
			return true, nil
		}
		if looked++; looked > maxLooked {
			return false, fmt.Errorf("the pattern %s: there are more than %d paths below %s", name, maxLooked, dir)
		}
	}
	return false, nil
}

// matches compares name by name. A pattern matches a name that begins with a dot only where it begins with one itself.
func matches(pattern, name string) bool {
	patterns, names := strings.Split(pattern, "/"), strings.Split(name, "/")
	if len(patterns) != len(names) {
		return false
	}
	for i, p := range patterns {
		if strings.HasPrefix(names[i], ".") && !strings.HasPrefix(p, ".") {
			return false
		}
		ok, err := path.Match(translate(p), names[i])
		if err != nil {
			ok = p == names[i] // what is no pattern stands for itself
		}
		if !ok {
			return false
		}
	}
	return true
}

// translate writes a pattern of Python's fnmatch, which negates by "!" and knows no escape, as path.Match has it.
func translate(p string) string {
	return strings.NewReplacer(`\`, `\\`, "[!", "[^", "[^", `[\^`).Replace(p)
}
