package debug_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/debug"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, debug.Spec(), "testdata/*.txtar") }
