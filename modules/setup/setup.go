// Package setup gathers the facts of a host: what Ansible's module setup gives, and what a play gathers before its first task.
//
// One program is run on the host, whatever is asked for; package facts makes facts of what it prints.
package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/pfrun/pfrun/internal/facts"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

const defaultTimeout = 10

// Task is one use of the module.
type Task struct {
	GatherSubset  []string `arg:"gather_subset" doc:"Which facts to gather: all, min, hardware, network, virtual, or another subset or fact by its name; with a ! before it, which not to gather. The minimal ones are gathered unless !min is said."`
	GatherTimeout int      `arg:"gather_timeout" doc:"Seconds that one look at the host may take, such as that at a mount. 0: 10 seconds."`
	Filter        []string `arg:"filter" doc:"Return only the facts whose names match one of these patterns; the prefix ansible_ may be left out."`
	FactPath      string   `arg:"fact_path" doc:"Folder of the host's own facts: of each file NAME.fact, JSON or INI, ansible_local.NAME is made. Files that are executable are run, in check mode too, and what they print is read."`

	collectors []string
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "setup",
		Short: "Gather facts about a host",
		Long: "Gives Ansible's facts of the host, as ansible_NAME and in ansible_facts. A play does the same before its first task unless it says gather_facts: false.\n\n" +
			"Facts of facter and ohai are not gathered, and of a host without Python there is no ansible_python.",
		Names: []string{"gather_facts"},
		New: func() modules.Task {
			return &Task{GatherSubset: []string{"all"}, GatherTimeout: defaultTimeout, FactPath: facts.LocalFolder}
		},
		Probes: append(modules.ExpandProbes(), host.Probe{Argv: []string{"sh", "-c", facts.Script, "sh", "..."}}),
	}
}

// Validate wants subsets that there are, and a time.
func (t *Task) Validate() error {
	// Ansible's lists may be given as one text with commas, and a template may give such a text as an item.
	subsets := split(t.GatherSubset)
	collectors, err := facts.Collectors(subsets)
	if err != nil {
		return err
	}
	if t.GatherTimeout < 0 || t.GatherTimeout > 3600 {
		return fmt.Errorf(`argument "gather_timeout" must be from 0 to 3600 seconds, got: %d`, t.GatherTimeout)
	}
	t.collectors = collectors
	return nil
}

func split(items []string) []string {
	var out []string
	for _, item := range items {
		for word := range strings.SplitSeq(item, ",") {
			out = append(out, strings.TrimSpace(word))
		}
	}
	return out
}

// MinVerbosity says that the result is not shown whatever -v asks for, as with Ansible: it would hide everything else. To see facts, use debug or pfrun run -m setup.
func (t *Task) MinVerbosity() int { return math.MaxInt }

// Plan gathers, and never has anything to do.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	folder, err := modules.Path(ctx, r, t.FactPath)
	if err != nil {
		return nil, err
	}
	raw, planned, err := t.look(ctx, r, folder)
	if err != nil {
		return nil, err
	}
	var unknown []string
	if planned {
		if unknown, err = putRight(ctx, r, raw, folder); err != nil {
			return nil, err
		}
	}
	tree := raw.Facts(t.collectors)
	if local, ok := tree["ansible_local"].(facts.Tree); ok {
		for _, name := range unknown {
			local[name] = change.Unknown{}
		}
	}
	tree["gather_subset"], tree["module_setup"] = list(t.GatherSubset), true
	return &modules.Plan{Facts: facts.Filter(tree, split(t.Filter)), Note: strings.Join(raw.Warnings, "\n")}, nil
}

func list(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}

// look runs the program, and tells whether a path is planned to change. What is planned alters few facts: rather than to give none of them, those few are put right afterwards.
func (t *Task) look(ctx context.Context, r host.Reader, folder string) (raw *facts.Raw, planned bool, err error) {
	probe := host.Probe{Argv: facts.Command(folder, cmp.Or(t.GatherTimeout, defaultTimeout), t.collectors), Reads: []change.Ref{{Kind: change.PathRef, Name: "*"}}}
	out, err := r.Probe(ctx, probe)
	if errors.Is(err, host.ErrPlanned) {
		planned, probe.Reads = true, nil
		out, err = r.Probe(ctx, probe)
	}
	if err != nil {
		return nil, false, fmt.Errorf("gather facts: %w", err)
	}
	raw, err = facts.Read(out.Stdout)
	if err != nil {
		return nil, false, fmt.Errorf("%w: it ended with status %d: %s", err, out.Status, strings.TrimSpace(out.Stderr))
	}
	return raw, planned, nil
}
