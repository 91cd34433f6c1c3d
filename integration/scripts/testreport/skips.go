package main

import (
	"fmt"
	"path"
	"strings"
)

// skip names tests that may be skipped: path.Match patterns for the package, which
// may leave out its beginning, and the test.
type skip struct{ pkg, test string }

type skips []skip

// parseSkips reads lines of "PACKAGE TEST REASON…". Blank lines and those that begin
// with # are none. A line without a reason is an error.
func parseSkips(text string) (skips, error) {
	var list skips
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if len(f) < 3 {
			return nil, fmt.Errorf("line %d: want a package, a test and a reason", n)
		}
		for _, pattern := range f[:2] {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("line %d: %q: %w", n, pattern, err)
			}
		}
		list = append(list, skip{pkg: f[0], test: f[1]})
	}
	return list, nil
}

// has says whether a test may be skipped. A test that is listed is listed with its
// subtests.
func (s skips) has(pkg, test string) bool {
	for _, k := range s {
		if !matchEnd(k.pkg, pkg) {
			continue
		}
		for name := test; name != "."; name = path.Dir(name) {
			if ok, _ := path.Match(k.test, name); ok {
				return true
			}
		}
	}
	return false
}

// matchEnd matches the last elements of a package's path, as many as the pattern has.
func matchEnd(pattern, pkg string) bool {
	p := strings.Split(pkg, "/")
	n := strings.Count(pattern, "/") + 1
	if n > len(p) {
		return false
	}
	ok, _ := path.Match(pattern, strings.Join(p[len(p)-n:], "/"))
	return ok
}
