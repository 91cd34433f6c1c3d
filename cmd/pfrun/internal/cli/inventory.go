package cli

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/cmd/pfrun/internal/render"
)

// inventoryFlags are those of ansible-inventory.
type inventoryFlags struct {
	options                         pfrun.Options
	vault                           vaultFlags
	playbookDir, host, output       string
	graph, list, yaml, vars, export bool
	toml                            bool
}

// inventoryCommand shows the inventory in the forms of ansible-inventory.
func (c *command) inventoryCommand() *cobra.Command {
	f := &inventoryFlags{}
	cmd := &cobra.Command{
		Use:   "inventory {--graph [GROUP] | --list | --host NAME} -i INVENTORY",
		Short: "Show hosts, groups and variables, as ansible-inventory does",
		Long: `inventory shows what the sources of an inventory say together. Variables stand as they are written: templates in them are not computed.

  pfrun inventory --graph -i hosts            the tree of groups and hosts
  pfrun inventory --graph mail --vars -i hosts
  pfrun inventory --list -i hosts             as an inventory script prints it; --yaml: as a YAML inventory
  pfrun inventory --host mx1 -i hosts         the variables of one host`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return c.inventory(f, args) },
	}
	fs, o := cmd.Flags(), &f.options
	fs.StringArrayVarP(&o.Inventory, "inventory", "i", nil, "inventory file, folder or script, or a list of hosts with a comma: h1,h2, (repeatable)")
	fs.StringVarP(&o.Limit, "limit", "l", "", "with --list: only hosts that match this pattern, or @FILE")
	fs.StringArrayVarP(&o.ExtraVars, "extra-vars", "e", nil, "variables: k=v, JSON or YAML, or @FILE (repeatable)")
	f.vault.register(fs)
	fs.StringVar(&f.playbookDir, "playbook-dir", "", "a folder whose group_vars and host_vars count as well")
	fs.BoolVar(&f.graph, "graph", false, "show the tree of groups and hosts, from a group on (all)")
	fs.BoolVar(&f.list, "list", false, "show everything, as an inventory script prints it")
	fs.StringVar(&f.host, "host", "", "show the variables of a host")
	fs.BoolVarP(&f.yaml, "yaml", "y", false, "with --list and --host: YAML in place of JSON")
	fs.BoolVar(&f.vars, "vars", false, "with --graph: show variables too")
	fs.BoolVar(&f.export, "export", false, "leave group variables at the groups, as they were given")
	fs.StringVar(&f.output, "output", "", "with --list: write into this file")
	fs.BoolVar(&f.toml, "toml", false, "not supported")
	_ = fs.MarkHidden("toml")
	ignoredVerbosity(fs)
	return cmd
}

// check holds that exactly one thing is asked for.
func (f *inventoryFlags) check(args []string) error {
	actions := 0
	for _, asked := range []bool{f.graph, f.list, f.host != ""} {
		if asked {
			actions++
		}
	}
	switch {
	case actions != 1:
		return fmt.Errorf("give one of --graph, --list and --host NAME")
	case f.toml:
		return fmt.Errorf("--toml is not supported: use --yaml, or JSON, which is what --list prints without it")
	case len(args) > 0 && !f.graph:
		return fmt.Errorf("a group (%s) goes with --graph", args[0])
	case f.vars && !f.graph:
		return fmt.Errorf("--vars goes with --graph")
	case f.yaml && f.graph:
		return fmt.Errorf("--yaml goes with --list and --host")
	case f.output != "" && !f.list:
		return fmt.Errorf("--output goes with --list")
	}
	return nil
}

func (c *command) inventory(f *inventoryFlags, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	err := c.configure()
	if err != nil {
		return err
	}
	set := c.flags.options.Settings
	f.options.Getenv, f.options.Settings = c.flags.options.Getenv, set
	f.playbookDir, f.export = cmp.Or(f.playbookDir, set.PlaybookDir), f.export || set.InventoryExport
	if f.options.VaultSecrets, err = c.vaultSecrets(&f.vault); err != nil {
		return err
	}
	if !f.list {
		f.options.Limit = "" // as ansible-inventory
	}
	inv, err := pfrun.LoadInventory(f.options, f.playbookDir)
	for _, w := range inv.Warnings() {
		fmt.Fprint(c.streams.Err, pfrun.RenderDiagnostic(w))
	}
	if err != nil {
		return err
	}
	text, err := f.text(inv, args)
	if err != nil {
		return err
	}
	if f.output != "" {
		return os.WriteFile(f.output, []byte(text), 0o644)
	}
	_, err = fmt.Fprint(c.streams.Out, text)
	return err
}

// text is what is asked for.
func (f *inventoryFlags) text(inv *pfrun.Inventory, args []string) (string, error) {
	switch {
	case f.graph:
		group := "all"
		if len(args) > 0 {
			group = args[0]
		}
		var show func(*pfrun.Node) string
		if f.vars {
			show = render.NodePython
		}
		lines, err := inv.Graph(group, show)
		return strings.Join(append(lines, ""), "\n"), err
	case f.host != "":
		vars, err := inv.HostVars(f.host, f.export)
		if err != nil || f.yaml {
			return render.NodeYAML(vars), err
		}
		return render.HostJSON(vars) + "\n", nil
	case f.yaml:
		return f.document(inv.Tree(f.export)), nil
	}
	return f.document(inv.List(f.export)), nil
}

func (f *inventoryFlags) document(n *pfrun.Node) string {
	if f.yaml {
		return render.NodeYAML(n)
	}
	return render.NodeJSON(n) + "\n"
}
