package play_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/play"
)

// TestTree holds what playbooks are loaded as. An archive holds the files around site.yml, then what is loaded (want) with what is told.
func TestTree(t *testing.T) {
	paths, err := filepath.Glob("testdata/tree/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { tree(t, path) })
	}
}

func tree(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if at < 0 {
		t.Fatal("the archive has no file want")
	}
	files := map[string]string{}
	for _, f := range archive.Files[:at] {
		files[f.Name] = string(f.Data)
	}
	dir := lay(t, files)
	o := options()
	o.RolesPath, o.CollectionsPath = []string{filepath.Join(dir, "more-roles")}, []string{filepath.Join(dir, "installed")}
	p := &printer{loader: play.NewLoader(o), dir: dir}
	book, ds := p.loader.Playbook(filepath.Join(dir, "site.yml"))
	got := told(ds, dir) + p.book(book) + told(p.faults, dir)
	if *update {
		archive.Files[at].Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(archive.Files[at].Data), got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
