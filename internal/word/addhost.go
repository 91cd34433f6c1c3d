package word

import (
	"errors"

	"github.com/pfrun/pfrun/modules"
)

// AddHost is the word add_host.
type AddHost struct {
	engine
	Name   string   `arg:"name,required,alias=host,alias=hostname" doc:"Name of the host, with or without :PORT."`
	Groups []string `arg:"groups,alias=group,alias=groupname" doc:"Groups that it joins; those that are not there are made."`
	vars   map[string]any
	names  []string
}

func addHost() modules.Spec {
	return modules.Spec{
		Name:  "add_host",
		Short: "add a host to the inventory of this run",
		Long: "Adds a host to the inventory in memory, for the plays that follow. Every argument but name and groups becomes a variable of the host. It is done once, not once " +
			"for each host of the play.",
		New: func() modules.Task { return &AddHost{vars: map[string]any{}} },
	}
}

// SetArgument takes a variable of the host.
func (t *AddHost) SetArgument(name string, value any) error {
	if _, twice := t.vars[name]; twice {
		return errors.New("the variable " + name + " is given twice")
	}
	t.vars[name] = value
	t.names = append(t.names, name)
	return nil
}

// Vars gives the variables of the host in the order in which they were given.
func (t *AddHost) Vars(yield func(name string, value any) bool) {
	for _, n := range t.names {
		if !yield(n, t.vars[n]) {
			return
		}
	}
}
