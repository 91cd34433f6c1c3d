package file_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/file"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, file.Spec(), "testdata/*.txtar") }
