package blockinfile_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/blockinfile"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, blockinfile.Spec(), "testdata/*.txtar") }
