// Package command is the module command: it runs a program, without a shell.
//
// What a program does nobody can tell, so in check mode it is shown and not run, and its outcome is unknown. A program that is known to change nothing (see effectless) is
// run in check mode too, unless it reads what is planned to change.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Common are the arguments of command and shell.
type Common struct {
	Chdir           string  `arg:"chdir" doc:"Folder to run it in."`
	Creates         string  `arg:"creates" doc:"Path, or pattern of paths: the command is not run where there is one."`
	Removes         string  `arg:"removes" doc:"Path, or pattern of paths: the command is not run where there is none."`
	Stdin           *string `arg:"stdin" doc:"What the command reads."`
	StdinAddNewline bool    `arg:"stdin_add_newline" doc:"End stdin with a newline."`
	StripEmptyEnds  bool    `arg:"strip_empty_ends" doc:"Take empty lines off the ends of stdout and stderr in the result."`
	Free            string  `wire:"the command line that stood in place of arguments"`
}

// Task is one use of the module.
type Task struct {
	Cmd                string   `arg:"cmd" doc:"The command line, split into words as a shell would split it, with no variables, pipes or redirections. It may also stand in place of all arguments."`
	Argv               []string `arg:"argv" doc:"The words of the command as a list, in place of cmd."`
	ExpandArgumentVars bool     `arg:"expand_argument_vars" doc:"Replace $NAME and ~ in the words, from the environment on the host."`
	Executable         string   `arg:"executable" doc:"Of no effect, as in Ansible: there is no shell."`
	Common
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "command",
		Short: "run a program",
		Long: "Runs a program with its arguments, without a shell: pipes, redirections and && need the shell module. It is taken to change something each time, unless creates or " +
			"removes say otherwise; changed_when tells better.\n\nPrefer a module that knows what it changes: a command can be neither shown in advance nor undone.",
		New: func() modules.Task {
			return &Task{ExpandArgumentVars: true, Common: Common{StdinAddNewline: true, StripEmptyEnds: true}}
		},
		Probes: modules.ExpandProbes(),
	}
}

// inText are the arguments that a command line may hold among its words.
var inText = []string{"creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends"}

// FreeForm takes a command line in place of arguments, with arguments among its words: `make install chdir=/src`.
func (t *Task) FreeForm(s string) error {
	more, err := t.freeForm(s)
	return errors.Join(err, executable(more, &t.Executable))
}

// executable takes the one argument that may be among those that freeForm does not know.
func executable(more []modules.Pair, into *string) error {
	for _, p := range more {
		if p.Name != "executable" {
			return fmt.Errorf("argument %q is not supported by pfrun", p.Name)
		}
		*into = p.Value
	}
	return nil
}

// freeForm gives the arguments among the words that it does not know.
func (t *Common) freeForm(s string) (more []modules.Pair, err error) {
	text, pairs, err := modules.SplitFreeForm(s, inText...)
	if err != nil {
		return nil, err
	}
	t.Free = text
	for _, p := range pairs {
		switch p.Name {
		case "creates":
			t.Creates = p.Value
		case "removes":
			t.Removes = p.Value
		case "chdir":
			t.Chdir = p.Value
		case "stdin":
			t.Stdin = &p.Value
		case "stdin_add_newline":
			t.StdinAddNewline, err = modules.Bool(p.Value)
		case "strip_empty_ends":
			t.StripEmptyEnds, err = modules.Bool(p.Value)
		default:
			more = append(more, p)
		}
		if err != nil {
			return nil, fmt.Errorf("argument %q %w", p.Name, err)
		}
	}
	return more, nil
}

// Validate wants one command.
func (t *Task) Validate() error {
	if t.Free != "" && t.Cmd != "" {
		return two("only free-form text or cmd can be given, not both")
	}
	words, err := modules.SplitWords(t.text())
	switch {
	case err != nil:
		return err
	case len(words) == 0 && len(t.Argv) == 0:
		return none
	case len(words) > 0 && len(t.Argv) > 0:
		return two("only command or argv can be given, not both")
	}
	return nil
}

// two says that a command is given in two ways.
func two(message string) error {
	return &modules.ArgumentError{Message: message, Words: "parameters are mutually exclusive: _raw_params|cmd|argv"}
}

var none = &modules.ArgumentError{Message: "no command given", Words: "one of the following is required: _raw_params, cmd, argv"}

func (t *Task) text() string { return t.Cmd + t.Free }

// Plan looks whether the command is to be run, and gives it.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	argv, err := modules.SplitWords(t.text())
	if err != nil {
		return nil, err
	}
	if len(argv) == 0 {
		argv = append(argv, t.Argv...)
	}
	p, err := t.plan(ctx, r, list(argv), func(dir string) (step change.Exec, err error) {
		if t.ExpandArgumentVars {
			for i, w := range argv {
				if argv[i], err = modules.Expand(ctx, r, w); err != nil {
					return step, err
				}
			}
		}
		step.Argv = argv
		step.Reads, step.Effectless = effectless(argv, dir)
		return step, nil
	})
	if err == nil && t.Executable != "" {
		p.Warn(fmt.Sprintf("As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. Not using '%s'.", t.Executable))
	}
	return p, err
}

// plan gives the step of make, where the command is to be run; cmd is what the result calls it.
func (t *Common) plan(ctx context.Context, r host.Reader, cmd any, make func(dir string) (change.Exec, error)) (*modules.Plan, error) {
	p := &modules.Plan{Result: map[string]any{"cmd": cmd, "msg": ""}}
	dir, err := t.folder(ctx, r)
	if err != nil {
		return nil, err
	}
	why, err := t.notNeeded(ctx, r, dir)
	if err != nil {
		return nil, err
	}
	if why != nil {
		p.Result = skipped(cmd, *why)
		return p, nil
	}
	step, err := make(dir)
	if err != nil {
		return nil, err
	}
	if t.Chdir != "" {
		step.Dir = dir
	}
	if t.Stdin != nil {
		step.Stdin = *t.Stdin
		if t.StdinAddNewline {
			step.Stdin += "\n"
		}
	}
	p.Steps = []change.Change{step}
	return p, nil
}

// folder gives where the command is run: chdir, which has to be there, or where the programs of the user start.
func (t *Common) folder(ctx context.Context, r host.Reader) (string, error) {
	if t.Chdir == "" {
		facts, err := r.Facts(ctx)
		if err != nil {
			return "", err
		}
		return cmp.Or(facts.Folder, facts.Home), nil
	}
	dir, err := modules.Path(ctx, r, t.Chdir)
	if err != nil {
		return "", err
	}
	st, err := host.Follow(ctx, r, dir)
	switch {
	case err != nil:
		return "", err
	case st.Kind == host.Absent:
		return "", fmt.Errorf("Unable to change directory before execution: no such file or directory: %s", dir) //nolint:staticcheck // Ansible's words
	case st.Kind != host.Dir:
		return "", fmt.Errorf("Unable to change directory before execution: not a directory: %s", dir) //nolint:staticcheck // Ansible's words
	}
	return dir, nil
}

// reason says why a command is not run: a path that exists, or does not.
type reason struct{ path, fact string }

// notNeeded gives the reason not to run the command, or nil.
func (t *Common) notNeeded(ctx context.Context, r host.Reader, dir string) (*reason, error) {
	conditions := []struct {
		pattern string
		skips   bool // what the path's being there must be for the command not to be run
		fact    string
	}{{t.Creates, true, "exists"}, {t.Removes, false, "does not exist"}}
	for _, c := range conditions {
		if c.pattern == "" {
			continue
		}
		name, err := modules.Expand(ctx, r, c.pattern)
		if err != nil {
			return nil, err
		}
		full := name
		if !path.IsAbs(full) {
			full = path.Join(dir, full)
		}
		found, err := exists(ctx, r, path.Clean(full))
		if err != nil {
			return nil, err
		}
		if found == c.skips {
			return &reason{name, c.fact}, nil
		}
	}
	return nil, nil
}
