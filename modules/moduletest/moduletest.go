// Package moduletest runs the fixtures of a module through every property that a module must have, without being asked.
//
//	func TestModule(t *testing.T) { moduletest.Run(t, lineinfile.Spec(), "testdata/*.txtar") }
//
// A fixture is a txtar archive. Its comment says what it shows; lines of the comment that begin with one of these words are directives:
//
//	always                the module has something to do each time it is asked
//	no-inverse: REASON    the steps cannot be undone; only modules of the list in this package may say so
//	no-check: REASON      the diff in check mode is not the diff of the run, because it depends on an outcome
//
// Its files are:
//
//	args.yaml             the arguments; free-form text under _raw_params. An argument that is an expression is a mapping of source, value, truth, known, undefined.
//	host/PATH             a file of the host before, root's, mode 0644
//	meta                  a line a path: "/etc/x 0640 0:113 root:postfix" (numbers decide, names may be left out), "/dir/ 0755 0:0", "/link -> target [UID:GID]", "/socket special"
//	probe ARGV            what a program prints before the steps were made, as a probe or an Exec. Lines at the start may say "#status 1", "#zero" (its lines end in NUL) and "#touch /path" (a file
//	                      that it leaves behind); lines that begin with "2> " go to stderr. ARGV is a pattern as in host.Probe, quoted as in a shell.
//	after ARGV            what the program prints once all steps were made
//	state                 JSON: {"service postfix": {"manager": "systemd", "exists": true, "running": true}}
//	facts                 JSON of host.Facts
//	control/PATH          a file beside the playbook on the control node, with mode 0755 where its name ends in .sh; "PATH -> TARGET" a link, "PATH/" a folder
//	vars                  JSON of the variables that templates see
//
// and what must come of it. What is not written is expected to be empty or unchanged:
//
//	want/PATH             a file afterwards
//	want.meta             mode and owner afterwards, as in meta; a new file without a line is root's, 0644
//	want.removed          paths that are gone, a line each
//	want.state            JSON as in state: the states that differ afterwards, but for Status and Unit
//	want.steps            the summaries of the steps, a line each
//	want.diff             the diff of the steps
//	want.result           JSON of the result once the steps were made
//	want.facts, want.vars JSON of the facts and variables that the module gives
//	want.unmet, want.note the plan's
//	want.error            the error of decoding, planning or applying
//
// `go test -update` writes steps, diff, result, facts, unmet, note and error into the fixtures as they are now: read them before they are committed. Files, modes and
// states are never written: they are what the fixture is about.
//
// For each fixture it is checked that
//   - only the probes of the Spec are asked, and each of them has an answer
//   - planning changes nothing, and gives the same plan twice
//   - every step survives its JSON form
//   - the run leaves exactly what is wanted
//   - the diff in check mode is that of the run, byte for byte
//   - planning again afterwards gives no step
//   - the inverses, applied backwards, leave the host as it was
//   - after a failure at each step in turn every file is either as before or as wanted, and the next run ends as the first would have
package moduletest

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules"
)

var update = flag.Bool("update", false, "write what modules do now into their fixtures")

// mayLackInverse lists the modules whose fixtures may say no-inverse: they run programs, whose effects nobody can undo, or
// remove a folder whose content nobody keeps.
var mayLackInverse = []string{"command", "shell", "raw", "script", "user"}

// Run runs the fixtures that match a glob, each as a subtest named after its file. No fixture at all is a failure.
func Run(t *testing.T, spec modules.Spec, glob string) {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixture matches %s (%v)", glob, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			f := load(t, path, spec)
			r := runner{spec: spec, fixture: f}
			r.all(t)
		})
	}
}
