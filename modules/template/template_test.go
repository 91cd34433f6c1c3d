package template_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/template"
)

func TestModule(t *testing.T) { moduletest.Run(t, template.Spec(), "testdata/*.txtar") }
