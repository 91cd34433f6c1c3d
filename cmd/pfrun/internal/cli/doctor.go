package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
)

// doctorCommand goes the way to a host step by step.
func (c *command) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor HOST… -i INVENTORY",
		Short: "Say at which step the way to a host breaks, and what to do",
		Long: `doctor goes the way to a host as a run would: inventory, name, port, host key, login, programs, sudo, helper, clock, Postfix.
It ends with the step that breaks and says what to do. It changes nothing on the host.

  pfrun doctor mx1 -i hosts
  pfrun doctor mx1 -i hosts -b -K      with the rights that a play with become has

Exit codes: 0 nothing is broken; 3 the host cannot be reached or worked on; 4 the host or its variables are wrong in the inventory.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, hosts []string) error { return c.doctor(cmd, hosts) },
	}
	fs := cmd.Flags()
	o := &c.flags.options
	fs.StringArrayVarP(&o.Inventory, "inventory", "i", nil, "inventory file, folder or script, or a list of hosts with a comma: h1,h2, (repeatable)")
	fs.StringArrayVarP(&o.ExtraVars, "extra-vars", "e", nil, "variables: k=v, JSON or YAML, or @FILE (repeatable)")
	c.flags.registerLogin(fs)
	return cmd
}

func (c *command) doctor(cmd *cobra.Command, hosts []string) error {
	f := &c.flags
	f.options.Forks = 1
	if err := c.configure(); err != nil {
		return err
	}
	if err := f.checkLogin(); err != nil {
		return err
	}
	if len(hosts) == 0 {
		return fmt.Errorf("name a host of the inventory; see pfrun doctor --help")
	}
	if err := c.secrets(false); err != nil {
		return err
	}
	f.options.Confirm, f.options.Passphrase = c.confirm(), c.passphrase()
	ctx, cancel := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	project, err := pfrun.Load(f.options)
	for _, w := range project.Warnings() {
		fmt.Fprint(c.streams.Err, pfrun.RenderDiagnostic(w))
	}
	if err != nil {
		return err
	}
	return c.examine(ctx, project, hosts)
}

// examine goes the way to each host. The exit code is that of the worst.
func (c *command) examine(ctx context.Context, project *pfrun.Project, hosts []string) error {
	code := exitOK
	for _, name := range hosts {
		if len(hosts) > 1 {
			fmt.Fprintf(c.streams.Out, "%s:\n", name)
		}
		last := pfrun.Check{}
		if !project.Doctor(ctx, name, func(check pfrun.Check) { c.check(check); last = check }) {
			code = max(code, exitUnreachable)
			if last.Step == "inventory" {
				code = exitInvalid
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return exitCode(exitInterrupted)
	case code != exitOK:
		return exitCode(code)
	}
	return nil
}

// check prints one step: a mark, its name, what was found, and what to do below it.
func (c *command) check(check pfrun.Check) {
	mark, colour := "✓", "32"
	switch check.Verdict {
	case pfrun.Odd:
		mark, colour = "!", "33"
	case pfrun.Broken:
		mark, colour = "✗", "31"
	case pfrun.Good:
	}
	if c.colour() {
		mark = "\x1b[0;" + colour + "m" + mark + "\x1b[0m"
	}
	fmt.Fprintln(c.streams.Out, strings.TrimRight(fmt.Sprintf("%s %-14s %s", mark, check.Step, check.Detail), " "))
	if check.Hint != "" {
		fmt.Fprintf(c.streams.Out, "  %-14s what to do: %s\n", "", check.Hint)
	}
}
