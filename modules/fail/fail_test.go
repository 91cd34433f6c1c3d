package fail_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/fail"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, fail.Spec(), "testdata/*.txtar") }
