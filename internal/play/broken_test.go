package play_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

var update = flag.Bool("update", false, "write the answers of testdata/broken.txtar anew")

const brokenFile = "testdata/broken.txtar"

func load(t testing.TB, text string) (*play.Playbook, diag.List) {
	t.Helper()
	return play.Load(&diag.Source{Name: "site.yml", Text: text}, jinja.New(), modules.NewRegistry(all.Specs()...))
}

// told gives diagnostics as lines, errors first.
func told(ds diag.List) string {
	var b strings.Builder
	for _, d := range ds.Errors() {
		b.WriteString(d.Error() + "\n")
	}
	for _, d := range ds.Warnings() {
		b.WriteString("warning: " + d.Error() + "\n")
	}
	return b.String()
}

// TestBroken holds what is said of each playbook that is not right: every fault, with its place and hint.
func TestBroken(t *testing.T) {
	archive, err := txtar.ParseFile(brokenFile)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".yml")
		if !ok {
			continue
		}
		answer := &archive.Files[i+1]
		t.Run(name, func(t *testing.T) {
			if answer.Name != name+".want" {
				t.Fatalf("after %s stands %s", f.Name, answer.Name)
			}
			_, ds := load(t, string(f.Data))
			got := told(ds)
			if *update {
				answer.Data = []byte(got)
			}
			if got == "" {
				t.Error("nothing is said")
			}
			if diff := cmp.Diff(string(answer.Data), got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
	if *update {
		if err := os.WriteFile(brokenFile, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
