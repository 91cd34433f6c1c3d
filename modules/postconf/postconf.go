// Package postconf holds parameters of Postfix's main.cf or, with -o, of one service of its master.cf, or asserts what they effectively are.
//
// Both files are edited as text: comments, continuation lines, mode and owner stay, and a value that is there already leaves the file untouched. What Postfix would refuse is
// refused before it is written: by the tables of internal/postfix, and by Postfix itself, asked about a scratch copy of main.cf as it, or the service, would see it. An assertion asks Postfix
// about such a copy too, so that it is as true of a file that is only planned.
package postconf

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/postfix"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// State is what shall be true of the parameters.
type State string

// The states of parameters.
const (
	Present State = "present" // main.cf sets them to these values
	Absent  State = "absent"  // main.cf does not set them, so that the defaults hold
	Assert  State = "assert"  // Postfix would run with these values, wherever they come from; nothing is changed
)

// Enum gives the states.
func (State) Enum() []string { return []string{string(Absent), string(Assert), string(Present)} }

// Service is NAME/TYPE of a service in master.cf.
type Service string

// Set takes NAME/TYPE.
func (s *Service) Set(value any) error {
	text, ok := value.(string)
	name, kind, _ := strings.Cut(text, "/")
	if !ok || name == "" || !slices.Contains(postfix.ServiceTypes, kind) {
		return fmt.Errorf("must be NAME/TYPE as in master.cf, such as smtp/unix, with a type of %s, got: %v", strings.Join(postfix.ServiceTypes, ", "), value)
	}
	*s = Service(text)
	return nil
}

// Task is one use of the module.
type Task struct {
	Parameters Parameters `arg:"parameters,required" doc:"The parameters: a dict of name and value; true and false become yes and no. With state absent a list of names will do; with state assert too, and a name without value is looked at and returned, not asserted."`
	State      State      `arg:"state" doc:"present: main.cf, or the service in master.cf, sets the parameters to these values. absent: it does not set them. assert: change nothing, and fail unless the effective values, defaults and $name expansion included, are these."`
	Service    Service    `arg:"service" doc:"Hold the parameters for this service alone, as -o name=value in master.cf: NAME/TYPE, such as smtp/unix for outbound mail or submission/inet. assert looks at what a process of the service would run with."`
	Services   bool       `arg:"services" doc:"Return the services of master.cf too."`
	ConfigDir  string     `arg:"config_dir,alias=config_directory" doc:"The folder of main.cf and master.cf, of another instance of Postfix for example."`
	Backup     bool       `arg:"backup" doc:"Keep a copy of main.cf as it was beside it, under a name made of its content: main.cf.HASH~ or master.cf.HASH~."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "postconf",
		Short: "Hold parameters of Postfix's main.cf or master.cf, or assert what they are",
		Long: "Edits main.cf so that it sets the parameters, all of a task in one change; with service, the -o settings of that service in master.cf. A value that Postfix would refuse is refused before it is written, and an unknown parameter is an error.\n\n" +
			"Returns values (name and value: the effective one for assert), parameters (for each name: value, and set, whether main.cf sets it; of an assert also lines, over how many " +
			"lines of main.cf it is written, and for mynetworks ipv6_networks, the IPv6 networks in the effective value), changed_parameters, needs (restart, reload or nothing: what Postfix needs to run with the change), needs_reason, path, service and, where there is one, backup_file; " +
			"services, where they are asked for, is a list of service (NAME/TYPE), name, type, command and overrides (the -o settings).",
		New:    func() modules.Task { return &Task{State: Present, ConfigDir: "/etc/postfix"} },
		Probes: probes,
	}
}

// Validate wants parameters, and values where they are needed.
func (t *Task) Validate() error {
	switch {
	case len(t.Parameters) == 0:
		return errors.New(`argument "parameters" is empty`)
	case !path.IsAbs(t.ConfigDir):
		return fmt.Errorf(`argument "config_dir" must be an absolute path, got: %s`, t.ConfigDir)
	case t.State != Present:
		return nil
	}
	for _, name := range t.Parameters.names() {
		if t.Parameters[name] == nil {
			return fmt.Errorf("parameter %s has no value; an empty one is written \"\", and state: absent removes the setting", name)
		}
	}
	return nil
}

// Plan reads main.cf and compares.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	c, err := load(ctx, r, path.Clean(t.ConfigDir), string(t.Service))
	if err != nil {
		return nil, err
	}
	if t.State == Assert {
		return t.assert(ctx, r, c)
	}
	return t.hold(ctx, r, c)
}
