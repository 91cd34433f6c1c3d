package copy_test

import (
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/copy"
	"github.com/pfrun/pfrun/modules/moduletest"
)

// TestContentJSON holds that a dict is written as Python's json.dumps writes it.
func TestContentJSON(t *testing.T) {
	m, _ := modules.NewRegistry(copy.Spec()).Lookup("copy")
	task, err := m.Decode(diag.Pos{}, []modules.Given{{Name: "content", Value: map[string]any{"a": []any{int64(1), "x, y:\"", true, nil, 1.5}}}, {Name: "dest", Value: "/f"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := task.(*copy.Task).Content.String(), `{"a": [1, "x, y:\"", true, null, 1.5]}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestModule(t *testing.T) { moduletest.Run(t, copy.Spec(), "testdata/*.txtar") }
