package group_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/group"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestFixtures(t *testing.T) { moduletest.Run(t, group.Spec(), "testdata/*.txtar") }
