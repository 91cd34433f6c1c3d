package target

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// accountState looks at a user or group: in the host's own files, else where getent looks.
func (h *Host) accountState(ctx context.Context, ref change.Ref) (change.State, error) {
	return host.AccountState(ctx, h, ref, func(argv ...string) (string, error) {
		out, err := h.Probe(ctx, host.Probe{Argv: argv})
		return out.Stdout, err
	})
}

// changeAccount makes, alters or removes a user or group with the host's own programs (useradd and its kind, or those of libuser). What they choose by themselves is told them.
// What was begun is finished. Between the look at what is expected and the programs, which lock the files, there is a moment in which somebody else may come.
func (h *Host) changeAccount(ctx context.Context, c change.Change) error {
	ref, _ := host.AccountRef(c)
	now, err := h.accountState(ctx, ref)
	if err != nil {
		return err
	}
	if err := host.ExpectAccount(c, now); err != nil {
		return h.at("", err)
	}
	ctx, cancel := bounded(context.WithoutCancel(ctx), h.service)
	defer cancel()
	defer h.forget(ctx)
	if c, ok := c.(change.User); ok {
		return h.changeUser(ctx, c)
	}
	return h.runAll(ctx, c, groupPrograms(c.(change.Group)))
}

func (h *Host) changeUser(ctx context.Context, c change.User) error {
	switch {
	case !c.After.Exists:
		return h.runAll(ctx, c, []program{removal(c)})
	case c.Before.Exists:
		return h.runAll(ctx, c, alterations(c, c.Before))
	}
	err := h.runAll(ctx, c, addition(c))
	if err == nil {
		// What useradd cannot be told, or must not be told where everybody can read it, comes second.
		var now change.State
		now, err = h.accountState(ctx, change.Ref{Kind: change.UserRef, Name: c.Name})
		if u, ok := now.(change.UserState); err == nil && ok && u.Exists {
			err = h.runAll(ctx, c, alterations(c, u))
		}
		if err != nil {
			c.Removes = nil
			if c.Makes != nil {
				c.Removes = []change.Remove{{Path: c.Makes.Path}}
			}
			_, _ = h.run(ctx, removal(c))
		}
		return err
	}
	if c.OwnGroup && !withOwnGroup(c) {
		_, _ = h.run(ctx, program{argv: []string{tool(c.Local, "groupdel"), c.Name}})
	}
	return err
}

// runAll runs programs one after the other, up to the first that fails.
func (h *Host) runAll(ctx context.Context, c change.Change, all []program) error {
	for _, p := range all {
		r, err := h.run(ctx, p)
		switch {
		case err == nil && r.status == host.NotFound:
			err = fmt.Errorf("%s is not on this host: install the package that has it (Debian: passwd, with local libuser; Alpine: shadow)", p.argv[0])
		case err == nil && r.status != 0:
			err = failure(string(r.stdout)+string(r.stderr), r.status)
		}
		if err != nil {
			return h.at("", fmt.Errorf("%s: %w", c.Summary(), err))
		}
	}
	return nil
}

// tool names one of the programs, or its counterpart in libuser.
func tool(local bool, name string) string {
	if local {
		return "l" + name
	}
	return name
}

// withOwnGroup reports whether useradd can make the user's group itself: it gives it the user's number.
func withOwnGroup(c change.User) bool { return c.OwnGroup && !c.Local && c.After.GID == c.After.UID }

func addition(c change.User) []program {
	var all []program
	u := c.After
	argv := []string{tool(c.Local, "useradd"), "-u", strconv.Itoa(u.UID)}
	if c.NonUnique {
		argv = append(argv, "-o")
	}
	switch {
	case withOwnGroup(c):
		argv = append(argv, "-U")
	default:
		if c.OwnGroup {
			all = groupPrograms(change.Group{Name: c.Name, After: change.GroupState{Exists: true, GID: u.GID}, System: c.System, Local: c.Local, NonUnique: c.NonUnique})
		}
		argv = append(argv, map[bool]string{true: "-n", false: "-N"}[c.Local], "-g", strconv.Itoa(u.GID))
	}
	argv = append(argv, "-c", u.Comment, "-d", u.Home, "-s", u.Shell)
	switch {
	case c.Makes == nil:
		argv = append(argv, "-M")
	case !c.Local: // luseradd makes it anyway
		argv = append(argv, "-m")
	}
	if c.Makes != nil && c.Skeleton != "" {
		argv = append(argv, "-k", c.Skeleton)
	}
	if c.System {
		argv = append(argv, "-r")
	}
	for _, d := range c.Defs {
		argv = append(argv, "-K", d)
	}
	return append(all, program{argv: append(argv, c.Name)})
}

func removal(c change.User) program {
	argv := []string{tool(c.Local, "userdel")}
	if c.Force && !c.Local {
		argv = append(argv, "-f")
	}
	if len(c.Removes) > 0 {
		argv = append(argv, "-r")
	}
	if c.Local && !c.OwnGroup {
		argv = append(argv, "-G")
	}
	return program{argv: append(argv, c.Name)}
}

// alterations gives the programs that lead from what a user is to what the change wants.
func alterations(c change.User, now change.UserState) []program {
	want, mod, all := c.After, []string{}, []program(nil)
	set := func(differs bool, words ...string) {
		if differs {
			mod = append(mod, words...)
		}
	}
	set(now.UID != want.UID, "-u", strconv.Itoa(want.UID))
	set(now.UID != want.UID && c.NonUnique, "-o")
	set(now.GID != want.GID, "-g", strconv.Itoa(want.GID))
	set(now.Comment != want.Comment, "-c", want.Comment)
	set(now.Home != want.Home, "-d", want.Home)
	set(now.Home != want.Home && c.MoveHome, "-m")
	set(now.Shell != want.Shell, "-s", want.Shell)
	groups := !slices.Equal(now.Groups, want.Groups)
	set(groups && !c.Local, "-G", strings.Join(want.Groups, ","))
	locks, unlocks := want.Password == "!"+now.Password, now.Password == "!"+want.Password && want.Password != ""
	set(locks, "-L")
	set(unlocks, "-U")
	age, more := aging(c, now)
	set(len(more) > 0 && !c.Local, more...)
	if len(mod) > 0 {
		all = append(all, program{argv: append(append([]string{tool(c.Local, "usermod")}, mod...), c.Name)})
	}
	if c.Local && groups {
		all = append(all, localGroups(c.Name, now.Groups, want.Groups)...)
	}
	if now.Password != want.Password && !locks && !unlocks {
		all = append(all, program{argv: []string{"chpasswd", "-e"}, stdin: strings.NewReader(c.Name + ":" + want.Password + "\n")})
	}
	if len(age) > 0 {
		all = append(all, program{argv: append(append([]string{tool(c.Local, "chage")}, age...), c.Name)})
	}
	return all
}

// aging gives the words for chage, and those for usermod, which alone makes an entry in /etc/shadow where there is none.
func aging(c change.User, now change.UserState) (age, mod []string) {
	if c.After.Aging == nil {
		return nil, nil
	}
	was, want := now.Aging, *c.After.Aging
	none := was == nil
	if none {
		was = &change.Aging{}
	}
	days := func(n *int) string {
		if n == nil {
			return "-1"
		}
		return strconv.Itoa(*n)
	}
	set := func(words *[]string, option string, was, want *int, value string) {
		if days(was) != days(want) {
			*words = append(*words, option, value)
		}
	}
	if want.Changed != nil { // an entry as it once was
		set(&age, "-d", was.Changed, want.Changed, days(want.Changed))
	}
	set(&age, "-m", was.Min, want.Min, days(want.Min))
	set(&age, "-M", was.Max, want.Max, days(want.Max))
	set(&age, "-W", was.Warn, want.Warn, days(want.Warn))
	if c.Local {
		set(&age, "-I", was.Inactive, want.Inactive, days(want.Inactive))
		set(&age, "-E", was.Expire, want.Expire, days(want.Expire))
		return age, nil
	}
	set(&mod, "-f", was.Inactive, want.Inactive, days(want.Inactive))
	date := ""
	if want.Expire != nil {
		date = time.Unix(int64(*want.Expire)*86400, 0).UTC().Format(time.DateOnly)
	}
	if none || days(was.Expire) != days(want.Expire) {
		mod = append(mod, "-e", date)
	}
	return age, mod
}

// localGroups puts a user into groups and takes it out of others, with libuser.
func localGroups(name string, was, want []string) []program {
	var all []program
	for _, g := range want {
		if !slices.Contains(was, g) {
			all = append(all, program{argv: []string{"lgroupmod", "-M", name, g}})
		}
	}
	for _, g := range was {
		if !slices.Contains(want, g) {
			all = append(all, program{argv: []string{"lgroupmod", "-m", name, g}})
		}
	}
	return all
}

func groupPrograms(c change.Group) []program {
	number := []string{"-g", strconv.Itoa(c.After.GID)}
	if c.NonUnique {
		number = append(number, "-o")
	}
	var argv []string
	switch {
	case !c.After.Exists:
		argv = []string{tool(c.Local, "groupdel")}
		if c.Force {
			argv = append(argv, "-f")
		}
	case c.Before.Exists:
		argv = append([]string{tool(c.Local, "groupmod")}, number...)
	default:
		argv = append([]string{tool(c.Local, "groupadd")}, number...)
		if c.System {
			argv = append(argv, "-r")
		}
	}
	all := []program{{argv: append(argv, c.Name)}}
	if !c.Before.Exists && len(c.After.Members) > 0 {
		all = append(all, program{argv: []string{"gpasswd", "-M", strings.Join(c.After.Members, ","), c.Name}})
	}
	return all
}
