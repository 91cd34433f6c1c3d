package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// TagsOf computes tags: a template may give one, several with commas between them, or a list. One that cannot be computed is none.
func TagsOf(ctx context.Context, tags []jinja.Value, scope jinja.Scope) []string {
	var out []string
	add := func(v jinja.Value) {
		for tag := range strings.SplitSeq(jinja.Str(v), ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				out = append(out, tag)
			}
		}
	}
	for _, t := range tags {
		v, err := jinja.Force(ctx, t, scope)
		if err != nil || jinja.HasUnknown(v) {
			continue
		}
		if l, ok := v.(*jinja.List); ok {
			for _, item := range l.Items() {
				add(item)
			}
			continue
		}
		add(v)
	}
	return out
}

// Wanted says whether a task runs under --tags and --skip-tags: Ansible's rules with always, never, tagged, untagged and all. Without --tags it is "all" that is asked for.
func Wanted(tags, only, skip []string) bool {
	tagged := len(tags) > 0
	if !tagged {
		tags = []string{"untagged"}
	}
	if len(only) == 0 {
		only = []string{"all"}
	}
	return selected(tags, only, tagged) && !skipped(tags, skip, tagged)
}

func selected(tags, only []string, tagged bool) bool {
	never := slices.Contains(tags, "never")
	switch {
	case slices.Contains(tags, "always"), overlap(tags, only):
		return true
	case slices.Contains(only, "all"):
		return !never
	case slices.Contains(only, "tagged"):
		return tagged && !never
	}
	return false
}

func skipped(tags, skip []string, tagged bool) bool {
	if slices.Contains(skip, "all") {
		return !slices.Contains(tags, "always") || slices.Contains(skip, "always")
	}
	return overlap(tags, skip) || (tagged && slices.Contains(skip, "tagged"))
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// wantsAny reports whether the run wants some task of a list. A role is wanted: in Ansible a task of its own, which tells its end, stands behind it.
func (pr *playRun) wantsAny(nodes []play.Node) bool {
	return slices.ContainsFunc(nodes, func(n play.Node) bool {
		switch n := n.(type) {
		case *play.Task:
			return pr.wanted(n)
		case *play.Block:
			return n.Role != nil || pr.wantsAny(n.Body) || pr.wantsAny(n.Rescue) || pr.wantsAny(n.Always)
		}
		return false
	})
}
