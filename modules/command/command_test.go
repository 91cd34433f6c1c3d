package command_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/command"
	"github.com/pfrun/pfrun/modules/moduletest"
)

func TestModule(t *testing.T) { moduletest.Run(t, command.Spec(), "testdata/*.txtar") }

func TestShell(t *testing.T) { moduletest.Run(t, command.ShellSpec(), "testdata/shell/*.txtar") }

func TestRaw(t *testing.T) { moduletest.Run(t, command.RawSpec(), "testdata/raw/*.txtar") }
