package user

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// present plans that the user is there, and is what is asked for.
func (t *Task) present(ctx context.Context, r host.Reader, p *plan) error {
	t.warnOfPassword(p)
	if t.Append && t.Groups == nil {
		p.warnings = append(p.warnings, "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups.This will change to an error in Ansible 2.14.")
	}
	p.after = p.now
	if p.now.Exists {
		p.Result["append"], p.Result["move_home"] = t.Append, t.MoveHome
	} else {
		p.Result["system"], p.Result["create_home"] = t.System, t.CreateHome
		p.after = t.fresh(p)
	}
	for _, set := range []func(context.Context, host.Reader, *plan) error{t.setNumber, t.setGroup, t.setGroups, t.setTexts} {
		if err := set(ctx, r, p); err != nil {
			return err
		}
	}
	t.setPassword(p)
	t.setAging(p)
	if err := t.planHome(ctx, r, p); err != nil {
		return err
	}
	t.tell(p)
	if t.GenerateKey {
		return t.planKey(ctx, r, p)
	}
	return nil
}

// tell puts into the result what the user will be.
func (t *Task) tell(p *plan) {
	u := p.after
	p.Result["uid"], p.Result["group"], p.Result["comment"], p.Result["home"], p.Result["shell"] = int64(u.UID), int64(u.GID), u.Comment, u.Home, u.Shell
	if t.Groups != nil {
		p.Result["groups"] = strings.Join(t.Groups, ",")
	}
	if t.Password != nil {
		p.Result["password"] = "NOT_LOGGING_PASSWORD"
	}
}

// fresh gives a user as useradd makes one of a name alone, without the numbers.
func (t *Task) fresh(p *plan) change.UserState {
	p.step.System = t.System
	u := change.UserState{Exists: true, Local: true, Name: t.Name, Password: "!", Aging: &change.Aging{}}
	u.Home, u.Shell = path.Join(cmp.Or(p.presets["HOME"], "/home"), t.Name), cmp.Or(p.presets["SHELL"], "/bin/bash")
	if t.Local {
		u.Password = "!!"
	}
	if !t.System {
		u.Aging.Min, u.Aging.Max, u.Aging.Warn = number(p.defs["PASS_MIN_DAYS"]), number(p.defs["PASS_MAX_DAYS"]), number(p.defs["PASS_WARN_AGE"])
		u.Aging.Inactive = number(p.presets["INACTIVE"])
	}
	return u
}

// number reads a number of days; what is none, or below 0, sets no bound.
func number(s string) *int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil
	}
	return bound(&n)
}

func bound(n *int) *int {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}

// setNumber sets the user's number.
func (t *Task) setNumber(ctx context.Context, r host.Reader, p *plan) error {
	switch {
	case t.UID == nil && p.now.Exists:
		return nil
	case t.UID == nil:
		var err error
		p.after.UID, err = modules.Numbers{Kind: change.UserRef, System: t.System, Defs: p.defs, Min: t.UIDMin, Max: t.UIDMax}.Free(ctx, r)
		return err
	case *t.UID == p.now.UID && p.now.Exists:
		return nil
	}
	p.after.UID = *t.UID
	if t.NonUnique {
		return nil
	}
	switch other, err := modules.LookupUser(ctx, r, strconv.Itoa(*t.UID)); {
	case errors.Is(err, modules.ErrNoAccount):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("UID '%d' already exists: it is that of user '%s'", *t.UID, other.Name)
	}
}

// setGroup sets the first group: the one that is asked for, else a new user's own, or the one for all.
func (t *Task) setGroup(ctx context.Context, r host.Reader, p *plan) error {
	if t.Group != nil {
		g, err := group(ctx, r, *t.Group)
		p.after.GID = g.ID
		return err
	}
	if p.now.Exists {
		return nil
	}
	_, err := modules.LookupGroup(ctx, r, t.Name)
	switch {
	case err != nil && !errors.Is(err, modules.ErrNoAccount):
		return err
	case err != nil && (p.defs["USERGROUPS_ENAB"] == "yes" || t.Local):
		p.step.OwnGroup = true
		p.after.GID, err = modules.Numbers{Kind: change.GroupRef, System: t.System, Defs: p.defs, Prefer: p.after.UID}.Free(ctx, r)
		return err
	}
	g, err := group(ctx, r, cmp.Or(p.presets["GROUP"], "100"))
	p.after.GID = g.ID
	return err
}

func group(ctx context.Context, r host.Reader, name string) (modules.Account, error) {
	g, err := modules.LookupGroup(ctx, r, name)
	if errors.Is(err, modules.ErrNoAccount) {
		err = fmt.Errorf("Group %s does not exist (%w)", name, modules.ErrNoAccount) //nolint:staticcheck // Ansible's words, which people grep for
	}
	return g, err
}

// setGroups sets the further groups.
func (t *Task) setGroups(ctx context.Context, r host.Reader, p *plan) error {
	if t.Groups == nil {
		return nil
	}
	var names []string
	if t.Append {
		names = slices.Clone(p.now.Groups)
	}
	for _, item := range t.Groups {
		for name := range strings.SplitSeq(item, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			g, err := group(ctx, r, name)
			if err != nil {
				return err
			}
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	p.after.Groups = slices.Compact(names)
	return nil
}

// setTexts sets comment, folder and shell.
func (t *Task) setTexts(ctx context.Context, r host.Reader, p *plan) error {
	if t.Comment != nil {
		p.after.Comment = *t.Comment
	}
	var err error
	if t.Shell != nil {
		p.after.Shell, err = modules.Expand(ctx, r, *t.Shell)
	}
	if t.Home != nil && err == nil {
		p.after.Home, err = modules.Expand(ctx, r, *t.Home)
	}
	return err
}

// setPassword sets and locks the password. A lock is a "!" before it; without a password there is nothing to unlock.
func (t *Task) setPassword(p *plan) {
	was := p.now.Password
	if t.Password != nil && (!p.now.Exists || t.Update == Always && strings.TrimLeft(was, "!") != strings.TrimLeft(*t.Password, "!")) {
		p.after.Password = *t.Password
		if t.Lock != nil && *t.Lock {
			p.after.Password = "!" + *t.Password
		}
		return
	}
	switch locked := strings.HasPrefix(was, "!"); {
	case !p.now.Exists || t.Lock == nil || *t.Lock == locked:
	case *t.Lock:
		p.after.Password = "!" + was
	case strings.Trim(was, "!") == "":
		p.warnings = append(p.warnings, "the user has no password that could be unlocked")
	default:
		p.after.Password = was[1:]
	}
}

// setAging sets the bounds of password and account. Where there is no entry in /etc/shadow only an end of the account makes one, as in Ansible.
func (t *Task) setAging(p *plan) {
	var a change.Aging
	switch {
	case p.after.Aging != nil:
		a = *p.after.Aging
	case t.Expires == nil && t.Inactive == nil:
		return
	}
	set := func(field **int, given *int) {
		if given != nil {
			*field = bound(given)
		}
	}
	if p.after.Aging != nil {
		set(&a.Min, t.ExpireMin)
		set(&a.Max, t.ExpireMax)
		set(&a.Warn, t.ExpireWarn)
	}
	if p.after.Password != p.now.Password && strings.Trim(p.after.Password, "!") != strings.Trim(p.now.Password, "!") {
		a.Changed = nil
	}
	set(&a.Inactive, t.Inactive)
	if t.Expires != nil {
		day := int(math.Floor(*t.Expires / 86400))
		set(&a.Expire, &day)
	}
	p.after.Aging = &a
}

// hashed is how long the last part of a hash is, by its method.
var hashed = map[string]int{"1": 22, "5": 43, "6": 86, "y": 43}

// warnOfPassword warns of what does not look like a hash, as Ansible does.
func (t *Task) warnOfPassword(p *plan) {
	if t.Password == nil || *t.Password == "" || slices.Contains([]string{"*", "!", "*************"}, *t.Password) {
		return
	}
	const base64 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./="
	parts := strings.Split(*t.Password, "$")
	last := parts[len(parts)-1]
	if len(parts) >= 3 && !strings.ContainsAny(*t.Password, ":*!") && strings.Trim(last, base64) == "" {
		if want, known := hashed[parts[1]]; !known || len(last) == want {
			return
		}
	}
	p.warnings = append(p.warnings, "The input password appears not to have been hashed. The 'password' argument must be encrypted for this module to work properly.")
}
