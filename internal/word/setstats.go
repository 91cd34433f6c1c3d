package word

import (
	"maps"
	"slices"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
)

// SetStats is the word set_stats.
type SetStats struct {
	engine
	Data      any   `arg:"data" doc:"Mapping of the numbers and words to keep."`
	PerHost   Loose `arg:"per_host" doc:"Keep them for each host, and not for the run as a whole."`
	Aggregate Loose `arg:"aggregate" doc:"Add to what is there: numbers are summed, lists joined, mappings merged. False: replace it."`
}

func setStats() modules.Spec {
	return modules.Spec{
		Name:  "set_stats",
		Short: "keep numbers and words for the end of the run",
		Long:  "Keeps values for the end of the run, where they are told with the recap if the setting show_custom_stats asks for it.",
		New:   func() modules.Task { return &SetStats{Aggregate: true} },
	}
}

// Loose is a boolean of which every value but those that mean yes means no.
type Loose bool

// Set takes any value.
func (l *Loose) Set(value any) error {
	yes, err := modules.Bool(value)
	*l = Loose(err == nil && yes)
	return nil
}

// Validate wants a mapping of names that variables can have.
func (t *SetStats) Validate() error {
	if !isMapping(t.Data) {
		return &modules.ArgumentError{Message: "the 'data' option needs to be a dictionary/hash", Words: "The 'data' option needs to be a dictionary/hash"}
	}
	for _, name := range namesOf(t.Data) {
		if err := modules.CheckVariableName(name); err != nil {
			return err
		}
	}
	return nil
}

// namesOf gives the keys of a mapping that are texts.
func namesOf(data any) (names []string) {
	switch d := data.(type) {
	case map[string]any:
		names = slices.Sorted(maps.Keys(d))
	case *jinja.Dict:
		for k := range d.Items {
			if name, ok := k.(string); ok {
				names = append(names, name)
			}
		}
	}
	return names
}
