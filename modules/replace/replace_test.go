package replace_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/replace"
)

func TestModule(t *testing.T) { moduletest.Run(t, replace.Spec(), "testdata/*.txtar") }
