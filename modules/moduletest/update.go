package moduletest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// rewrite puts the results of a trace into the fixture, in the order of wanted, and leaves out what is empty.
func (r runner) rewrite(t *testing.T, got trace) {
	t.Helper()
	now := results(t, got)
	kept := slices.DeleteFunc(slices.Clone(r.archive.Files), func(f txtar.File) bool { _, ours := now[f.Name]; return ours })
	for _, name := range wanted {
		text, ours := now[name]
		if !ours || strings.TrimSpace(text) == "" {
			continue
		}
		r.want[name] = text
		kept = append(kept, txtar.File{Name: name, Data: []byte(strings.TrimRight(text, "\n") + "\n")})
	}
	for name := range now {
		if strings.TrimSpace(now[name]) == "" {
			delete(r.want, name)
		}
	}
	r.archive.Files = kept
	if err := os.WriteFile(r.path, txtar.Format(r.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
