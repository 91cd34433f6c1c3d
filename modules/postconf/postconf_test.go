package postconf_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/postconf"
)

func TestFixtures(t *testing.T) { moduletest.Run(t, postconf.Spec(), "testdata/*.txtar") }
