package generated

import (
	"maps"
	"slices"
)

// shrink gives the smallest case that it finds by leaving out nodes, such that it still holds. It asks at most so many times.
func shrink(c *Case, most int, holds func(*Case) bool) *Case {
	for again := true; again && most > 0; {
		again = false
		for i := 0; most > 0; {
			smaller := reductions(c)
			if i >= len(smaller) {
				break
			}
			most--
			if try := smaller[i](); holds(try) {
				c, again = try, true
				continue // what stands there now is the next
			}
			i++
		}
	}
	return c
}

// reductions gives the ways to leave out one thing: arguments, files, then nodes from the outside in.
func reductions(c *Case) []func() *Case {
	var ways []func() *Case
	for i, a := range c.Args {
		if a[0] != '-' {
			continue
		}
		end := i + 1
		for end < len(c.Args) && c.Args[end][0] != '-' {
			end++
		}
		ways = append(ways, func() *Case {
			return &Case{Seed: c.Seed, Files: c.Files, Args: slices.Concat(c.Args[:i], c.Args[end:])}
		})
	}
	names := slices.Sorted(maps.Keys(c.Files))
	for _, name := range names {
		if name == "site.yml" || name == "hosts" {
			continue
		}
		ways = append(ways, func() *Case {
			files := maps.Clone(c.Files)
			delete(files, name)
			return &Case{Seed: c.Seed, Files: files, Args: c.Args}
		})
	}
	for depth := range 12 {
		for _, name := range names {
			for _, v := range without(c.Files[name], depth) {
				ways = append(ways, func() *Case {
					files := maps.Clone(c.Files)
					files[name] = v
					return &Case{Seed: c.Seed, Files: files, Args: c.Args}
				})
			}
		}
	}
	return ways
}

// without gives the forms of a document that lack one entry at a depth. In place of a block there are also the tasks in it.
func without(v any, depth int) []any {
	var out []any
	switch x := v.(type) {
	case List:
		for i, e := range x {
			if depth > 0 {
				for _, inner := range without(e, depth-1) {
					n := slices.Clone(x)
					n[i] = inner
					out = append(out, n)
				}
				continue
			}
			out = append(out, slices.Concat(x[:i:i], x[i+1:]))
			if m, ok := e.(Map); ok {
				if body, ok := m.get("block").(List); ok {
					out = append(out, slices.Concat(x[:i:i], body, x[i+1:]))
				}
			}
		}
	case Map:
		for i, p := range x {
			if depth == 0 {
				out = append(out, slices.Concat(x[:i:i], x[i+1:]))
				continue
			}
			for _, inner := range without(p.Value, depth-1) {
				n := slices.Clone(x)
				n[i].Value = inner
				out = append(out, n)
			}
		}
	}
	return out
}
