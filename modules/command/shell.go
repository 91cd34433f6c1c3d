package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// ShellTask is one use of the module shell.
type ShellTask struct {
	Cmd        string `arg:"cmd" doc:"The command line, as a shell takes it. It may also stand in place of all arguments."`
	Executable string `arg:"executable" doc:"Path of the shell. Without it, /bin/sh."`
	Common
}

// ShellSpec describes the module shell.
func ShellSpec() modules.Spec {
	return modules.Spec{
		Name:  "shell",
		Short: "run a command line in a shell",
		Long: "Runs a command line in a shell of the host, with pipes, redirections and variables. It is taken to change something each time, unless creates or removes say " +
			"otherwise; changed_when tells better.\n\nWhat comes from variables should be quoted (the filter quote). Prefer command, or a module that knows what it changes.",
		New: func() modules.Task {
			return &ShellTask{Common: Common{StdinAddNewline: true, StripEmptyEnds: true}}
		},
		Probes: modules.ExpandProbes(),
	}
}

// FreeForm takes a command line in place of arguments, with arguments among its words: `make install chdir=/src`.
func (t *ShellTask) FreeForm(s string) error {
	more, err := t.freeForm(s)
	return errors.Join(err, executable(more, &t.Executable))
}

// Validate wants one command.
func (t *ShellTask) Validate() error {
	switch {
	case t.Free != "" && t.Cmd != "":
		return two("only free-form text or cmd can be given, not both")
	case strings.TrimSpace(t.Free+t.Cmd) == "":
		return none
	case t.Executable != "" && !path.IsAbs(t.Executable):
		return fmt.Errorf("executable must be an absolute path, not %s", t.Executable)
	}
	return nil
}

// Plan looks whether the command is to be run, and gives it.
func (t *ShellTask) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	text := t.Cmd + t.Free
	return t.plan(ctx, r, text, func(string) (change.Exec, error) {
		return change.Exec{Argv: []string{cmp.Or(t.Executable, "/bin/sh"), "-c", text}}, nil
	})
}
