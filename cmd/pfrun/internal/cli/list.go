package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun"
)

// list prints what --list-hosts, --list-tasks, --list-tags and --syntax-check ask for, in ansible-playbook's form. saves: tasks of rescue
// and always are listed too.
func (c *command) list(project *pfrun.Project, saves bool) error {
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
				if t.Saves && !saves {
					continue
				}
				fmt.Fprintf(out, "      %s\tTAGS: [%s]\n", t.Name, strings.Join(t.Tags, ", "))
			}
		}
		if f.listTags {
			fmt.Fprintf(out, "      TASK TAGS: [%s]\n", strings.Join(tagsOf(p, saves), ", "))
		}
	}
	return nil
}

// tagsOf gives the tags of a play and of those of its tasks that are listed, sorted.
func tagsOf(p pfrun.PlayInfo, saves bool) []string {
	tags := slices.Clone(p.Tags)
	for _, t := range p.Tasks {
		if saves || !t.Saves {
			tags = append(tags, t.Tags...)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// patterns writes the patterns of a play as Python writes a list of them.
func patterns(pattern string) string {
	words := commas([]string{pattern})
	for i, w := range words {
		words[i] = "'" + w + "'"
	}
	return strings.Join(words, ", ")
}
