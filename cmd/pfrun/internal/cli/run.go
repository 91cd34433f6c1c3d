package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/cmd/pfrun/internal/render"
)

// run runs playbooks, or lists what is in them.
func (c *command) run(cmd *cobra.Command, args []string) error {
	f := &c.flags
	if err := c.configure(); err != nil {
		return err
	}
	if err := f.complete(args); err != nil {
		return err
	}
	listing := f.syntaxCheck || f.listHosts || f.listTasks || f.listTags
	if err := c.secrets(listing); err != nil {
		return err
	}
	f.options.Confirm, f.options.Passphrase, f.options.Prompt = c.confirm(), c.passphrase(), c.prompter()
	if f.step && !listing {
		var err error
		if f.options.Step, err = c.stepper(); err != nil {
			return err
		}
	}
	stop := c.newStopping()
	f.options.Stop = stop.C
	out, _, done := c.logged(output{c.streams.Out, stop}, c.streams.Err)
	defer done()
	screen := &render.Human{Out: out, Colour: c.colour(), Diff: f.options.Diff || f.options.Settings.DiffAlways, Verbosity: f.options.Verbosity}
	f.options.Sink = c.retries(screen)
	project, err := c.load(screen)
	if err != nil {
		return err
	}
	if listing {
		return c.list(project, true)
	}
	return c.play(cmd.Context(), stop, project)
}

func (c *command) play(ctx context.Context, stop *stopping, project *pfrun.Project) error {
	ctx, done := stop.onSignals(ctx)
	defer done()
	report, err := project.Run(ctx)
	switch {
	case err != nil:
		return err
	case report.Interrupted || ctx.Err() != nil:
		return exitCode(exitInterrupted)
	case report.Failed():
		return exitCode(exitFailed)
	case report.Unreachable():
		return exitCode(exitUnreachable)
	case c.flags.exitCode && report.Changed:
		return exitCode(exitChanges)
	}
	return nil
}

// colour says whether the output is a terminal that wants colours.
func (c *command) colour() bool {
	set := c.flags.options.Settings
	if set.ForceColour {
		return true
	}
	if set.NoColour || os.Getenv("NO_COLOR") != "" {
		return false
	}
	f, ok := c.streams.Out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
