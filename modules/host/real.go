package host

import (
	"context"
	"fmt"
	"path"
	"strings"
)

// What is planned is remembered under the path that all links lead to, so that a path is the planned one by whatever name it is looked at. Where the links of the folders of the
// base lead is asked once, until a plan alters it.

// known gives the name under which plans know a path, without following a link at its end. While nothing is planned that is not worth a look.
func (o *Overlay) known(ctx context.Context, name string) (string, error) {
	if o.untouched() {
		return name, nil
	}
	return o.real(ctx, name)
}

func (o *Overlay) untouched() bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return len(o.nodes) == 0 && len(o.metas) == 0
}

// end gives the name under which plans know what a path leads to.
func (o *Overlay) end(ctx context.Context, name string) (string, error) {
	if o.untouched() {
		return name, nil
	}
	st, err := Follow(ctx, o, name)
	if err != nil {
		return "", err
	}
	return o.real(ctx, st.Path)
}

// real resolves the links in the folders of a path.
func (o *Overlay) real(ctx context.Context, name string) (string, error) {
	if !path.IsAbs(name) {
		return name, nil // the base says what is wrong with it
	}
	name = strings.TrimRight(name, "/")
	if name == "" {
		return "/", nil
	}
	dir, last := path.Split(name)
	if last == "." || last == ".." {
		return o.through(ctx, "/", name, 0)
	}
	dir, err := o.through(ctx, "/", dir, 0)
	return path.Join(dir, last), err
}

// through goes from a folder without links in its path to where words lead, links followed. hops counts those that were.
func (o *Overlay) through(ctx context.Context, at, words string, hops int) (string, error) {
	if path.IsAbs(words) {
		at = "/"
	}
	for word := range strings.SplitSeq(words, "/") {
		var err error
		switch word {
		case "", ".":
		case "..":
			at = path.Dir(at)
		default:
			at, err = o.into(ctx, at, word, hops)
		}
		if err != nil {
			return "", err
		}
	}
	return at, nil
}

// into goes one word further.
func (o *Overlay) into(ctx context.Context, at, word string, hops int) (string, error) {
	here := path.Join(at, word)
	o.mu.RLock()
	real, ok := o.dirs[here]
	o.mu.RUnlock()
	if ok {
		return real, nil
	}
	st, planned := o.plannedStat(here, here)
	if !planned {
		var err error
		if st, err = o.base.Stat(ctx, here); err != nil {
			return "", err
		}
	}
	switch {
	case st.Kind == Absent: // it could come into being
		return here, nil
	case st.Kind != Link:
		o.plan(func() { o.dirs[here] = here })
		return here, nil
	case hops == maxLinks:
		return "", fmt.Errorf("%s: %w", here, ErrLoop)
	}
	return o.through(ctx, at, st.Target, hops+1)
}
