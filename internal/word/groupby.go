package word

import "github.com/pfrun/pfrun/modules"

// GroupBy is the word group_by.
type GroupBy struct {
	engine
	Key     string   `arg:"key,required" doc:"Name of the group, most often a template with a fact of the host. Spaces become dashes."`
	Parents []string `arg:"parents" doc:"Groups that the group is put into."`
}

func groupBy() modules.Spec {
	return modules.Spec{
		Name:  "group_by",
		Short: "put each host into a group that is named by its variables",
		Long:  "Makes groups of the inventory in memory, for the plays that follow: each host of the play joins the group that key names for it.",
		New:   func() modules.Task { return &GroupBy{Parents: []string{"all"}} },
	}
}
