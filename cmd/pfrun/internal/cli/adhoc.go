package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/cmd/pfrun/internal/render"
)

// needArgs are the modules that do nothing without arguments.
var needArgs = []string{"command", "shell", "raw", "script"}

// adHocCommand runs one module on hosts, without a playbook.
func (c *command) adHocCommand() *cobra.Command {
	task := &pfrun.AdHoc{}
	list := false
	cmd := &cobra.Command{
		Use:   "run PATTERN -m MODULE -a ARGS -i INVENTORY",
		Short: "Run one module on hosts, without a playbook",
		Long: `run does one task on hosts, as Ansible's command ansible does, with the same output.

  pfrun run mail -i hosts -b -m service -a 'name=postfix state=restarted'
  pfrun run mail -i hosts -a 'postqueue -p'              the module is command where none is given
  pfrun run mail -i hosts -m lineinfile -a '{"path": "/etc/motd", "line": "hello"}' --check --diff`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("give one pattern of hosts, got %d; several groups are one pattern: web:mail", len(args))
			}
			task.Pattern = args[0]
			return c.adHoc(cmd, task, list)
		},
	}
	fs := cmd.Flags()
	c.flags.registerHosts(fs)
	c.flags.registerLogin(fs)
	fs.StringVarP(&task.Module, "module-name", "m", "command", "the module")
	fs.StringVarP(&task.Args, "args", "a", "", "its arguments: k=v pairs, the line of a command, or a JSON object")
	fs.BoolVar(&list, "list-hosts", false, "list the hosts that match, and connect to nothing")
	return cmd
}

func (c *command) adHoc(cmd *cobra.Command, task *pfrun.AdHoc, list bool) error {
	f := &c.flags
	if err := c.configure(); err != nil {
		return err
	}
	if err := f.checkLogin(); err != nil {
		return err
	}
	for _, m := range needArgs {
		if strings.TrimPrefix(task.Module, "ansible.builtin.") == m && task.Args == "" && !list {
			return fmt.Errorf("the module %s needs arguments: -a 'COMMAND'", m)
		}
	}
	if err := c.secrets(list); err != nil {
		return err
	}
	f.options.AdHoc = task
	if list && task.Args == "" {
		f.options.AdHoc = &pfrun.AdHoc{Pattern: task.Pattern, Module: "meta", Args: "noop"}
	}
	f.options.Confirm, f.options.Passphrase = c.confirm(), c.passphrase()
	stop := c.newStopping()
	f.options.Stop = stop.C
	screen := &render.AdHoc{Human: render.Human{Out: output{c.streams.Out, stop}, Colour: c.colour(), Diff: f.options.Diff || f.options.Settings.DiffAlways, Verbosity: f.options.Verbosity}}
	f.options.Sink = screen
	project, err := c.load(&screen.Human)
	if err != nil {
		return err
	}
	if list {
		c.matched(project.Plays())
		return nil
	}
	return c.play(cmd.Context(), stop, project)
}

// matched lists the hosts of a pattern as ansible --list-hosts does.
func (c *command) matched(plays []pfrun.PlayInfo) {
	for _, p := range plays {
		fmt.Fprintf(c.streams.Out, "  hosts (%d):\n", len(p.Hosts))
		for _, h := range p.Hosts {
			fmt.Fprintf(c.streams.Out, "    %s\n", h)
		}
	}
}

// load reads what the options name, and tells what is odd in it.
func (c *command) load(screen *render.Human) (*pfrun.Project, error) {
	project, err := pfrun.Load(c.flags.options)
	if project != nil {
		for _, w := range project.Warnings() {
			fmt.Fprint(c.streams.Err, pfrun.RenderDiagnostic(w))
		}
		screen.Mask = project.Mask
	}
	return project, err
}
