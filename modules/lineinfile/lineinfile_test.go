package lineinfile_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/lineinfile"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, lineinfile.Spec(), "testdata/*.txtar") }
