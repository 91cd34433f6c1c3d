package word

import (
	"errors"

	"github.com/pfrun/pfrun/modules"
)

// SetStats is the word set_stats.
type SetStats struct {
	engine
	Data      any  `arg:"data" doc:"Mapping of the numbers and words to keep."`
	PerHost   bool `arg:"per_host" doc:"Keep them for each host, and not for the run as a whole."`
	Aggregate bool `arg:"aggregate" doc:"Add to what is there: numbers are summed, lists joined, mappings merged. False: replace it."`
}

func setStats() modules.Spec {
	return modules.Spec{
		Name:  "set_stats",
		Short: "keep numbers and words for the end of the run",
		Long:  "Keeps values for the end of the run, where they are told with the recap if the setting show_custom_stats asks for it.",
		New:   func() modules.Task { return &SetStats{Aggregate: true} },
	}
}

// Validate wants a mapping.
func (t *SetStats) Validate() error {
	if !isMapping(t.Data) {
		return errors.New("the 'data' option needs to be a dictionary/hash")
	}
	return nil
}
