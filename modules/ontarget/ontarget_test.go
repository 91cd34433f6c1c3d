package ontarget_test

import (
	"path"
	"reflect"
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/ontarget"
)

// TestTasksTravel runs the fixtures of every module as they are run where the host has a helper.
func TestTasksTravel(t *testing.T) {
	for _, s := range ontarget.Specs() {
		folder := path.Base(reflect.TypeOf(s.New()).Elem().PkgPath())
		glob := "../" + folder + "/testdata/*.txtar"
		if s.Name == "shell" || s.Name == "raw" { // they share their package with command
			glob = "../" + folder + "/testdata/" + s.Name + "/*.txtar"
		}
		t.Run(s.Name, func(t *testing.T) { moduletest.Travel(t, s, glob) })
	}
}
