package stat_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/stat"
)

func TestModule(t *testing.T) { moduletest.Run(t, stat.Spec(), "testdata/*.txtar") }

// TestPlannedPaths looks at what was only planned.
func TestPlannedPaths(t *testing.T) {
	o := host.NewOverlay(mem.New(mem.File("/gone", "x"), mem.File("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"), mem.File("/etc/group", "root:x:0:\n")))
	gone := change.NodeOf(&change.File{Content: change.Bytes([]byte("x")), Meta: mem.Root(0o644)})
	for _, c := range []change.Change{
		change.WriteFile{Path: "/f", Content: change.Bytes([]byte("abc")), Meta: mem.Root(0o4750)}, change.Mkdir{Path: "/d", Meta: mem.Root(0o755)},
		change.Symlink{Path: "/l", Target: "f", Meta: mem.Root(0o777)}, change.Remove{Path: "/gone", Node: &gone},
	} {
		if _, err := o.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]map[string]any{
		"/f":    {"exists": true, "isreg": true, "isdir": false, "isuid": true, "mode": "4750", "size": int64(3), "checksum": "a9993e364706816aba3e25717850c26c9cd0d89d", "inode": change.Unknown{}, "pw_name": "root"},
		"/d":    {"exists": true, "isdir": true, "mode": "0755", "size": change.Unknown{}},
		"/l":    {"exists": true, "islnk": true, "lnk_target": "f", "lnk_source": "/f"},
		"/gone": {"exists": false, "mode": nil},
		"/d/x":  {"exists": false},
	} {
		task := stat.Spec().New().(*stat.Task)
		task.Path = name
		p, err := task.Plan(t.Context(), host.Listed(o, stat.Spec().Probes))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found := p.Result["stat"].(map[string]any)
		for key, w := range want {
			if found[key] != w {
				t.Errorf("%s: %s is %v, not %v", name, key, found[key], w)
			}
		}
	}
}
