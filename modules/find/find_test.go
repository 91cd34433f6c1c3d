package find_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/find"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, find.Spec(), "testdata/*.txtar") }

// TestPlannedPaths holds that what is planned is found.
func TestPlannedPaths(t *testing.T) {
	o := host.NewOverlay(mem.New(mem.File("/d/there", "x")))
	if _, err := o.Apply(t.Context(), change.WriteFile{Path: "/d/new", Content: change.Bytes([]byte("abc")), Meta: mem.Root(0o600)}); err != nil {
		t.Fatal(err)
	}
	task := find.Spec().New().(*find.Task)
	task.Paths = []string{"/d"}
	p, err := task.Plan(t.Context(), host.Listed(o, find.Spec().Probes))
	if err != nil {
		t.Fatal(err)
	}
	files := p.Result["files"].([]any)
	if len(files) != 2 || files[0].(map[string]any)["path"] != "/d/new" || files[0].(map[string]any)["inode"] != (change.Unknown{}) {
		t.Errorf("%v", files)
	}
}
