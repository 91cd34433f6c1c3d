package cli

import (
	"fmt"
	"strings"

	"github.com/pfrun/pfrun"
)

// list prints what --list-hosts, --list-tasks, --list-tags and --syntax-check ask for, in ansible-playbook's form.
func (c *command) list(project *pfrun.Project) error {
	f, out := &c.flags, c.streams.Out
	last := ""
	for i, p := range project.Plays() {
		if p.Playbook != last {
			fmt.Fprintf(out, "\nplaybook: %s\n", p.Playbook)
			last = p.Playbook
		}
		if !f.listHosts && !f.listTasks && !f.listTags {
			continue
		}
		fmt.Fprintf(out, "\n  play #%d (%s): %s\tTAGS: [%s]\n", i+1, p.Pattern, p.Name, strings.Join(p.Tags, ","))
		if f.listHosts {
			fmt.Fprintf(out, "    pattern: [%q]\n    hosts (%d):\n", p.Pattern, len(p.Hosts))
			for _, h := range p.Hosts {
				fmt.Fprintf(out, "      %s\n", h)
			}
		}
		if f.listTasks {
			fmt.Fprintln(out, "    tasks:")
			for _, t := range p.Tasks {
				fmt.Fprintf(out, "      %s\tTAGS: [%s]\n", t.Name, strings.Join(t.Tags, ", "))
			}
		}
		if f.listTags {
			fmt.Fprintf(out, "      TASK TAGS: [%s]\n", strings.Join(p.TaskTags, ", "))
		}
	}
	return nil
}
