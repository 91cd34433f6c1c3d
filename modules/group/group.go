// Package group makes, changes and removes groups of the host.
//
// It is Ansible's `group` as it is on Linux. What the entry is to be is planned as data, the number of a new group too: see modules.Numbers.
package group

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// State is whether the group shall be there.
type State string

// The states that Ansible knows.
const (
	Absent  State = "absent"
	Present State = "present"
)

// Enum gives the states.
func (State) Enum() []string { return []string{string(Absent), string(Present)} }

// Task is one use of the module.
type Task struct {
	Name      string `arg:"name,required" doc:"Name of the group."`
	GID       *int   `arg:"gid" doc:"Number of the group. Without it a new group gets the one that groupadd would choose."`
	State     State  `arg:"state" doc:"Whether the group shall be there."`
	Force     bool   `arg:"force" doc:"Remove the group though it is the first group of a user."`
	System    bool   `arg:"system" doc:"Give a new group a number of the system's range."`
	Local     bool   `arg:"local" doc:"Look into the host's own files alone, and change them with the programs of libuser, which the host must have."`
	NonUnique bool   `arg:"non_unique" doc:"Take the number though another group has it. It needs gid."`
	GIDMin    *int   `arg:"gid_min" doc:"The lowest number that a new group may get, in place of GID_MIN of /etc/login.defs."`
	GIDMax    *int   `arg:"gid_max" doc:"The highest number that a new group may get, in place of GID_MAX of /etc/login.defs."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "group",
		Short: "Make, change and remove groups",
		Long: "Manages the groups of a host with groupadd, groupmod and groupdel. The number of a new group is chosen when the task is planned, as groupadd chooses it, so check mode tells it too.\n\n" +
			"Returns name, state and, of a group that is there, gid and system.",
		New: func() modules.Task { return &Task{State: Present} },
	}
}

// Validate checks what Ansible checks before it looks.
func (t *Task) Validate() error {
	switch {
	case t.Name == "" || strings.ContainsAny(t.Name, ":,/\n") || strings.HasPrefix(t.Name, "-"):
		return fmt.Errorf("argument \"name\": %q cannot be the name of a group", t.Name)
	case t.NonUnique && t.GID == nil:
		return errors.New("non_unique is True but all of the following are missing: gid")
	case t.Force && t.Local:
		return errors.New("force is not a valid option for local, force=True and local=True are mutually exclusive")
	case t.Local && t.GIDMin != nil:
		return errors.New("'gid_min' can not be used with 'local'")
	case t.Local && t.GIDMax != nil:
		return errors.New("'gid_max' can not be used with 'local'")
	}
	return nil
}

// Plan compares the group with what is asked for.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	got, err := r.State(ctx, change.Ref{Kind: change.GroupRef, Name: t.Name})
	if err != nil {
		return nil, fmt.Errorf("group %s: %w", t.Name, err)
	}
	now, _ := got.(change.GroupState)
	if now.Name != t.Name || t.Local && !now.Local {
		now = change.GroupState{}
	}
	p := &modules.Plan{Result: map[string]any{"name": t.Name, "state": string(t.State)}}
	after, err := t.after(ctx, r, now)
	if err != nil {
		return nil, err
	}
	if after.Exists {
		p.Result["gid"], p.Result["system"] = int64(after.GID), t.System
	}
	if !after.Same(now) {
		if now.Exists && !now.Local {
			return nil, fmt.Errorf("group %s is not in /etc/group: it can only be changed where it is kept", t.Name)
		}
		p.Steps = []change.Change{change.Group{Name: t.Name, Before: now, After: after, System: t.System, NonUnique: t.NonUnique, Force: t.Force, Local: t.Local}}
	}
	return p, nil
}

// after gives the group as it shall be.
func (t *Task) after(ctx context.Context, r host.Reader, now change.GroupState) (change.GroupState, error) {
	after := now
	switch {
	case t.State == Absent && now.Exists:
		return change.GroupState{}, t.removable(ctx, r, now)
	case t.State == Absent:
		return now, nil
	case !now.Exists:
		after = change.GroupState{Exists: true, Local: true, Name: t.Name}
	}
	switch {
	case t.GID != nil && (*t.GID != now.GID || !now.Exists):
		after.GID = *t.GID
		return after, t.unused(ctx, r)
	case t.GID == nil && !now.Exists:
		defs, err := modules.Settings(ctx, r, "/etc/login.defs")
		if err != nil {
			return after, err
		}
		after.GID, err = modules.Numbers{Kind: change.GroupRef, System: t.System, Defs: defs, Min: t.GIDMin, Max: t.GIDMax}.Free(ctx, r)
		return after, err
	}
	return after, nil
}

// unused wants no other group to have the number, unless it may.
func (t *Task) unused(ctx context.Context, r host.Reader) error {
	if t.NonUnique {
		return nil
	}
	switch other, err := modules.LookupGroup(ctx, r, strconv.Itoa(*t.GID)); {
	case errors.Is(err, modules.ErrNoAccount):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("GID '%d' already exists with group '%s'", *t.GID, other.Name)
	}
}

// removable refuses beforehand what groupdel would refuse.
func (t *Task) removable(ctx context.Context, r host.Reader, now change.GroupState) error {
	if t.Force {
		return nil
	}
	user, err := modules.UserOfGroup(ctx, r, now.GID)
	if err == nil && user != "" {
		err = fmt.Errorf("cannot remove the primary group of user '%s' (force: true removes it all the same)", user)
	}
	return err
}
