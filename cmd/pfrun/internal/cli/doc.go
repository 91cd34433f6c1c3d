package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
)

// docCommand shows the documentation of a module, from its own declaration.
func (c *command) docCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doc [MODULE…]",
		Short: "Show what modules there are, and what their arguments mean",
		RunE: func(_ *cobra.Command, names []string) error {
			if len(names) == 0 {
				for _, m := range pfrun.Modules() {
					fmt.Fprintf(c.streams.Out, "%-14s %s\n", m.Name, m.Short)
				}
				return nil
			}
			for _, name := range names {
				m, err := pfrun.ModuleDoc(name)
				if err != nil {
					return err
				}
				c.moduleDoc(m)
			}
			return nil
		},
	}
}

func (c *command) moduleDoc(m pfrun.ModuleInfo) {
	out := c.streams.Out
	fmt.Fprintf(out, "%s: %s\n", m.Name, m.Short)
	if m.Long != "" {
		fmt.Fprintf(out, "\n%s\n", m.Long)
	}
	if len(m.Args) > 0 {
		fmt.Fprintln(out, "\nArguments:")
	}
	for _, a := range m.Args {
		var facts []string
		if a.Required {
			facts = append(facts, "required")
		}
		if len(a.Aliases) > 0 {
			facts = append(facts, "also "+strings.Join(a.Aliases, ", "))
		}
		if len(a.Choices) > 0 {
			facts = append(facts, "one of "+strings.Join(a.Choices, ", "))
		}
		if a.Default != "" {
			facts = append(facts, "default "+a.Default)
		}
		head := "  " + a.Name
		if len(facts) > 0 {
			head += " (" + strings.Join(facts, "; ") + ")"
		}
		fmt.Fprintf(out, "%s\n      %s\n", head, a.Doc)
	}
}

func (c *command) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of pfrun",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(c.streams.Out, "pfrun %s\n", buildVersion())
			if h, ok := pfrun.Helper(); ok {
				fmt.Fprintf(c.streams.Out, "helper for %s %s, sha256 %s\n", h.Kernel, h.Arch, h.Hash)
			} else {
				fmt.Fprintln(c.streams.Out, "no helper: it was built without one (make build)")
			}
			return nil
		},
	}
}

func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(built from source)"
}
