package user_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/user"
)

func TestFixtures(t *testing.T) { moduletest.Run(t, user.Spec(), "testdata/*.txtar") }
