package play_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

var update = flag.Bool("update", false, "write the answers in testdata anew")

const brokenFile = "testdata/broken.txtar"

func registry() *modules.Registry {
	return modules.NewRegistry(append(all.Specs(), word.Specs()...)...)
}

func options() play.Options {
	return play.Options{Env: jinja.New(lookup.New(lookup.Options{})...), Registry: registry()}
}

func load(t testing.TB, text string) (*play.Playbook, diag.List) {
	t.Helper()
	return play.NewLoader(options()).Parse(&diag.Source{Name: "site.yml", Text: text})
}

// told gives diagnostics as lines, errors first. Paths below dir are shown without it.
func told(ds diag.List, dir string) string {
	var b strings.Builder
	for _, d := range ds.Errors() {
		b.WriteString(d.Error() + "\n")
	}
	for _, d := range ds.Warnings() {
		b.WriteString("warning: " + d.Error() + "\n")
	}
	if dir == "" {
		return b.String()
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), dir+"/", ""), dir, ".")
}

// broken is a playbook that is not right, with the files around it.
type broken struct {
	name   string
	files  map[string]string // the playbook is site.yml
	answer *txtar.File
}

// brokens reads the playbooks: NAME.yml, then NAME/… for the files around it, then NAME.want.
func brokens(t testing.TB, archive *txtar.Archive) []broken {
	t.Helper()
	var all []broken
	for i := range archive.Files {
		f := &archive.Files[i]
		if name, ok := strings.CutSuffix(f.Name, ".yml"); ok && !strings.Contains(name, "/") {
			all = append(all, broken{name: name, files: map[string]string{"site.yml": string(f.Data)}})
			continue
		}
		b := &all[len(all)-1]
		switch path, ok := strings.CutPrefix(f.Name, b.name+"/"); {
		case ok:
			b.files[path] = string(f.Data)
		case f.Name == b.name+".want":
			b.answer = f
		default:
			t.Fatalf("%s does not belong to %s", f.Name, b.name)
		}
	}
	for _, b := range all {
		if b.answer == nil {
			t.Fatalf("%s has no answer", b.name)
		}
	}
	return all
}

// lay writes files below a folder of their own.
func lay(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestBroken holds what is said of each playbook that is not right: every fault, with its place and hint.
func TestBroken(t *testing.T) {
	archive, err := txtar.ParseFile(brokenFile)
	if err != nil {
		t.Fatal(err)
	}
	all := brokens(t, archive)
	if len(all) < 110 {
		t.Errorf("there are %d broken playbooks", len(all))
	}
	for _, b := range all {
		t.Run(b.name, func(t *testing.T) {
			dir := lay(t, b.files)
			_, ds := play.NewLoader(options()).Playbook(filepath.Join(dir, "site.yml"))
			got := told(ds, dir)
			if *update {
				b.answer.Data = []byte(got)
			}
			if got == "" {
				t.Error("nothing is said")
			}
			if diff := cmp.Diff(string(b.answer.Data), got); diff != "" {
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
