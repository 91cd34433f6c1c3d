package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun"
)

// recap ends a run: a line for each host, and what set_stats kept where that is asked for. As there, nothing where an error ended it: nobody is to read from it that nothing failed.
func (a *Ansible) recap(e pfrun.Recap) {
	if e.Broken {
		a.line("", "")
		return
	}
	a.banner("PLAY RECAP")
	for _, h := range e.Hosts {
		fmt.Fprintln(a.Out, a.recapLine(h))
	}
	if e.Interrupted {
		a.line(a.Settings.ColourError, "interrupted: what was begun was finished, nothing more was started")
	}
	a.line("", "")
	if len(e.Custom) > 0 && a.Settings.ShowCustomStats {
		a.custom(e.Custom)
	}
	if a.marker(a.Check) != "" {
		a.banner("DRY RUN")
	}
}

func (a *Ansible) recapLine(h pfrun.HostRecap) string {
	set := a.Settings
	colour, columns := set.ColourOK, 26
	switch {
	case h.Failed+h.Unreachable > 0:
		colour = set.ColourError
	case h.Changed > 0:
		colour = set.ColourChanged
	}
	if a.Colour {
		columns = 37 // the marks of the colour count
	}
	counts := []string{}
	for _, c := range []struct {
		word   string
		n      int
		colour string
	}{
		{"ok", h.OK, set.ColourOK}, {"changed", h.Changed, set.ColourChanged}, {"unreachable", h.Unreachable, set.ColourUnreachable}, {"failed", h.Failed, set.ColourError},
		{"skipped", h.Skipped, set.ColourSkip}, {"rescued", h.Rescued, set.ColourOK}, {"ignored", h.Ignored, set.ColourWarn},
		{"undecided", h.Undecided, set.ColourWarn}, {"deferred", h.Deferred, set.ColourWarn},
	} {
		s := fmt.Sprintf("%s=%-4d", c.word, c.n)
		switch {
		case c.n == 0 && (c.word == "undecided" || c.word == "deferred"):
			continue
		case c.n != 0:
			s = a.colour(c.colour, s)
		}
		counts = append(counts, s)
	}
	return fmt.Sprintf("%-*s : %s", columns, a.colour(colour, harmless(h.Host)), strings.Join(counts, " "))
}

// custom shows what set_stats kept: of hosts, then of the run.
func (a *Ansible) custom(custom map[string]map[string]any) {
	a.banner("CUSTOM STATS: ")
	for _, host := range slices.Sorted(maps.Keys(custom)) {
		if host != "_run" {
			a.line("", "\t"+host+": "+spaced(custom[host]))
		}
	}
	if run, ok := custom["_run"]; ok {
		a.line("", "")
		a.line("", "\tRUN: "+spaced(run))
	}
	a.line("", "")
}

// spaced is JSON that was indented by one blank, with its lines joined.
func spaced(v any) string {
	var b strings.Builder
	write(&b, v, " ", "\n")
	return strings.ReplaceAll(b.String(), "\n", "")
}
