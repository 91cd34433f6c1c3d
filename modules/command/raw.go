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

// RawTask is one use of the module raw.
type RawTask struct {
	Executable string `arg:"executable" doc:"Path of the shell. Without it, /bin/sh."`
	Free       string `wire:"the command line that stood in place of arguments"`
}

// RawSpec describes the module raw.
func RawSpec() modules.Spec {
	return modules.Spec{
		Name:  "raw",
		Short: "run a command line in a shell, as it is",
		Long: "Runs a command line in a shell of the host, in the user's home. With Ansible it is for hosts without Python, which pfrun never needs: shell does the same, and knows " +
			"more arguments. It is taken to change something each time; changed_when tells better.",
		New: func() modules.Task { return &RawTask{} },
	}
}

// FreeForm takes the command line, which may hold executable=PATH among its words.
func (t *RawTask) FreeForm(s string) error {
	text, pairs, err := modules.SplitFreeForm(s, "executable")
	t.Free = text
	return errors.Join(err, executable(pairs, &t.Executable))
}

// Validate wants a command.
func (t *RawTask) Validate() error {
	switch {
	case strings.TrimSpace(t.Free) == "":
		return errors.New("no command given")
	case t.Executable != "" && !path.IsAbs(t.Executable):
		return fmt.Errorf("executable must be an absolute path, not %s", t.Executable)
	}
	return nil
}

// Plan gives the command.
func (t *RawTask) Plan(context.Context, host.Reader) (*modules.Plan, error) {
	step := change.Exec{Argv: []string{cmp.Or(t.Executable, "/bin/sh"), "-c", strings.TrimSpace(t.Free)}}
	return &modules.Plan{Result: map[string]any{}, Steps: []change.Change{step}}, nil
}

// Report puts into the result what the command gave, with its empty ends.
func (t *RawTask) Report(p *modules.Plan, outcomes []change.Outcome) {
	(&Common{}).Report(p, outcomes)
	p.Note = ""
	for _, key := range []string{"start", "end", "delta"} {
		delete(p.Result, key)
	}
}
