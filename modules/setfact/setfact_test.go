package setfact_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/setfact"
)

func TestModule(t *testing.T) { moduletest.Run(t, setfact.Spec(), "testdata/*.txtar") }
