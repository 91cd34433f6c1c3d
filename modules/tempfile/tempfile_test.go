package tempfile_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/tempfile"
)

func TestModule(t *testing.T) { moduletest.Run(t, tempfile.Spec(), "testdata/*.txtar") }
