package assert_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/assert"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, assert.Spec(), "testdata/*.txtar") }
