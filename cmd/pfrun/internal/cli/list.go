package cli

import (
	"fmt"
	"strings"

	"github.com/pfrun/pfrun"
)

// list prints what --list-hosts, --list-tasks, --list-tags and --syntax-check ask for, in ansible-playbook's form.
func (c *command) list(project *pfrun.Project) error {
	f, out := &c.flags, c.streams.Out
	last, n := "", 0
	for _, p := range project.Plays() {
		if p.Playbook != last {
			fmt.Fprintf(out, "\nplaybook: %s\n", p.Playbook)
			last, n = p.Playbook, 0
		}
		n++
		if !f.listHosts && !f.listTasks && !f.listTags {
			continue
		}
		fmt.Fprintf(out, "\n  play #%d (%s): %s\tTAGS: [%s]\n", n, p.Pattern, p.Name, strings.Join(p.Tags, ","))
		if f.listHosts {
			fmt.Fprintf(out, "    pattern: [%s]\n    hosts (%d):\n", patterns(p.Pattern), len(p.Hosts))
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

// patterns writes the patterns of a play as Python writes a list of them.
func patterns(pattern string) string {
	words := commas([]string{pattern})
	for i, w := range words {
		words[i] = "'" + w + "'"
	}
	return strings.Join(words, ", ")
}
