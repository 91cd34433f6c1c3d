package ping_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/ping"
)

func TestModule(t *testing.T) { moduletest.Run(t, ping.Spec(), "testdata/*.txtar") }
