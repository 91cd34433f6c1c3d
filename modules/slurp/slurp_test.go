package slurp_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/slurp"
)

func TestModule(t *testing.T) { moduletest.Run(t, slurp.Spec(), "testdata/*.txtar") }
