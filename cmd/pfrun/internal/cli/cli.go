// Package cli is the command line of pfrun: flags, prompts, signals and exit codes. Main is the whole program, so that tests can run it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
)

// Streams are the program's standard streams.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// The exit codes.
const (
	exitOK          = 0
	exitUsage       = 1 // usage, or an error of pfrun itself
	exitFailed      = 2
	exitUnreachable = 3
	exitInvalid     = 4 // playbook, inventory or variables; nothing was connected to
	exitChanges     = 5 // with --check --exit-code
	exitInterrupted = 130
)

// Program runs the program that the first argument names: pfrun, or through a link of that name ansible-playbook, ansible, ansible-inventory or ansible-vault.
func Program(argv []string, s Streams) int {
	if len(argv) == 0 {
		return Main(nil, s)
	}
	switch name, args := filepath.Base(argv[0]), argv[1:]; name {
	case ansiblePlaybook:
		return Ansible(args, s)
	case ansibleAdHoc:
		return AnsibleAdHoc(args, s)
	case ansibleInventory:
		return ansibleTool(name, "inventory", args, s)
	case ansibleVault:
		return ansibleTool(name, "vault", args, s)
	default:
		return Main(args, s)
	}
}

// Main runs pfrun with arguments (without the program's name) and gives its exit code.
func Main(args []string, s Streams) int {
	return execute(context.Background(), args, s)
}

func execute(ctx context.Context, args []string, s Streams) int {
	c := &command{streams: s}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	return c.report(err)
}

// exitCode ends the program with a code when everything has been said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// report tells an error and gives its exit code.
func (c *command) report(err error) int {
	var invalid *pfrun.InvalidError
	if errors.As(err, &invalid) {
		for _, d := range invalid.Diagnostics {
			fmt.Fprint(c.streams.Err, pfrun.RenderDiagnostic(d))
		}
		return exitInvalid
	}
	fmt.Fprintf(c.streams.Err, "pfrun: %s\n", err)
	return exitUsage
}

// command is one call of the program.
type command struct {
	streams Streams
	flags   flags
}

func (c *command) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pfrun PLAYBOOK… [flags]",
		Short: "Run Ansible-style playbooks over SSH, without Python, with an understanding of Postfix",
		Long: `pfrun runs playbooks over SSH: ordered, idempotent tasks in Ansible's syntax.

  pfrun playbooks/ipv4-only.yml -i hosts --check --diff   show what would change
  pfrun playbooks/ipv4-only.yml -i hosts                  do it, and verify it

Exit codes: 0 all well; 1 usage; 2 a task failed; 3 a host was unreachable; 4 playbook, inventory or
variables are invalid; 5 with --check --exit-code: there are changes to make; 130 interrupted.`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          c.run,
	}
	c.flags.register(cmd.Flags())
	cmd.AddCommand(c.docCommand(), c.versionCommand(), c.inventoryCommand(), c.adHocCommand(), c.doctorCommand(), c.vaultCommand(), c.evalCommand())
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w; see pfrun --help", err) })
	return cmd
}
