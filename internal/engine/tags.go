package engine

import "slices"

// Wanted says whether a task runs under --tags and --skip-tags: Ansible's rules with always, never, tagged, untagged and all.
func Wanted(tags, only, skip []string) bool {
	if !selected(tags, only) {
		return false
	}
	switch {
	case len(skip) == 0:
		return true
	case slices.Contains(skip, "all"):
		return slices.Contains(tags, "always") && !slices.Contains(skip, "always")
	case slices.Contains(skip, "tagged") && len(tags) > 0, slices.Contains(skip, "untagged") && len(tags) == 0:
		return false
	}
	return !overlap(tags, skip)
}

func selected(tags, only []string) bool {
	never := slices.Contains(tags, "never")
	switch {
	case len(only) == 0 || slices.Contains(only, "all"):
		return !never || overlap(tags, only)
	case slices.Contains(tags, "always"), overlap(tags, only):
		return true
	case slices.Contains(only, "tagged"):
		return len(tags) > 0 && !never
	case slices.Contains(only, "untagged"):
		return len(tags) == 0
	}
	return false
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
