package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is a line of "go test -json" (go doc test2json, go help buildjson).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

// test is one that has begun.
type test struct {
	output strings.Builder
	parent bool // has subtests: they count, and it only where it fails alone
	done   bool
	below  bool // something failed in it or below it
}

// report is what is known so far.
type report struct {
	out     io.Writer
	allowed skips
	build   map[string]*strings.Builder // what the compiler said, by import path
	tests   map[string]map[string]*test // by package and name; "" is the package

	passed, failed, skipped int
}

func newReport(out io.Writer, allowed skips) *report {
	return &report{out: out, allowed: allowed,
		build: map[string]*strings.Builder{}, tests: map[string]map[string]*test{}}
}

// read takes events until the end. Lines that are none are passed on.
func (r *report) read(in io.Reader) error {
	s := bufio.NewScanner(in)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var e event
		if json.Unmarshal(s.Bytes(), &e) != nil || e.Action == "" {
			fmt.Fprintln(r.out, s.Text())
			continue
		}
		r.take(e)
	}
	return s.Err()
}

func (r *report) take(e event) {
	switch e.Action {
	case "build-output":
		b := r.build[e.ImportPath]
		if b == nil {
			b = &strings.Builder{}
			r.build[e.ImportPath] = b
		}
		b.WriteString(e.Output)
	case "output":
		r.test(e).output.WriteString(e.Output)
	case "run":
		r.test(e)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e)
		}
	}
}

// test finds the test of an event, and marks the tests around it as parents.
func (r *report) test(e event) *test {
	pkg := r.tests[e.Package]
	if pkg == nil {
		pkg = map[string]*test{}
		r.tests[e.Package] = pkg
	}
	t := pkg[e.Test]
	if t == nil {
		t = &test{}
		pkg[e.Test] = t
		if i := strings.LastIndexByte(e.Test, '/'); i > 0 {
			r.test(event{Package: e.Package, Test: e.Test[:i]}).parent = true
		}
	}
	return t
}

func (r *report) endTest(e event) {
	t := r.test(e)
	t.done = true
	if t.parent && e.Action != "fail" {
		return
	}
	switch {
	case e.Action == "pass":
		r.passed++
	case e.Action == "skip" && r.allowed.has(e.Package, e.Test):
		r.skipped++
	case e.Action == "skip":
		r.failed++
		fmt.Fprintf(r.out, "--- SKIP %s %s: skipped, and not on the list of those that may be\n%s", e.Package, e.Test, t.output.String())
	default:
		r.fail(e.Package, e.Test, t)
		fmt.Fprintf(r.out, "--- FAIL %s %s (%.2fs)\n%s", e.Package, e.Test, e.Elapsed, t.output.String())
	}
}

// fail counts a failed test. A parent fails with its children, and the package with
// all of them: they do not count twice.
func (r *report) fail(pkg, name string, t *test) {
	if !t.below {
		r.failed++
	}
	for name != "" {
		name = name[:max(0, strings.LastIndexByte(name, '/'))]
		r.test(event{Package: pkg, Test: name}).below = true
	}
}

// endPackage closes a package. One that fails though none of its tests did has
// not compiled, has panicked or has run out of time.
func (r *report) endPackage(e event) {
	word := map[string]string{"pass": "ok  ", "fail": "FAIL", "skip": "none"}[e.Action]
	if e.Action != "skip" { // no test files
		fmt.Fprintf(r.out, "%s %s %.1fs\n", word, e.Package, e.Elapsed)
	}
	if e.Action == "fail" {
		r.unfinished(e)
	}
	delete(r.tests, e.Package)
}

// unfinished shows and counts what failed without a test of its own that says so.
func (r *report) unfinished(e event) {
	whole := r.test(event{Package: e.Package})
	for name, t := range r.tests[e.Package] {
		if name != "" && !t.done && !t.parent {
			r.fail(e.Package, name, t)
			fmt.Fprintf(r.out, "--- FAIL %s %s (did not finish)\n%s", e.Package, name, t.output.String())
		}
	}
	if b := r.build[e.FailedBuild]; b != nil {
		fmt.Fprint(r.out, b.String())
	}
	fmt.Fprint(r.out, whole.output.String())
	r.fail(e.Package, "", whole)
}

// end prints the counts.
func (r *report) end() error {
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	switch {
	case r.failed > 0:
		return errors.New("there are failures")
	case r.passed == 0:
		return errors.New("no test has run")
	}
	return nil
}
