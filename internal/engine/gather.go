package engine

import (
	"slices"

	"github.com/pfrun/pfrun/internal/play"
)

// gather gathers facts before the first task, where the play wants them and the run has come to the play.
func (pr *playRun) gather() {
	t := pr.p.Gather
	hosts := pr.active()
	if t == nil || len(hosts) == 0 || !pr.reached() || !Wanted(t.Tags, pr.Tags, pr.SkipTags) || !pr.agreed(t, hosts) {
		return
	}
	pr.start(t, hosts, false)
	pr.onAll(hosts, pr.soft, t)
}

// reached reports whether some task of the play will run: a run that starts within it has its facts.
func (pr *playRun) reached() bool {
	return pr.StartAt == nil || pr.started || slices.ContainsFunc(pr.p.Tasks(), func(t *play.Task) bool { return pr.StartAt(t) })
}
