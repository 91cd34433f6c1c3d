package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
)

// The files in which a host keeps its own users and groups.
const (
	PasswdFile  = "/etc/passwd"
	GroupFile   = "/etc/group"
	ShadowFile  = "/etc/shadow"
	GshadowFile = "/etc/gshadow"
)

// Accounts are the files in which a host keeps its own users and groups, by their paths. One that is not there or cannot be read is not among them.
type Accounts map[string]*change.File

const maxAccounts = 16 << 20 // bytes of one of the files

// ReadAccounts reads the files that are named.
func ReadAccounts(ctx context.Context, r FileReader, names ...string) (Accounts, error) {
	a := Accounts{}
	for _, name := range names {
		f, err := r.ReadFile(ctx, name, maxAccounts)
		switch {
		case err == nil:
			a[name] = f
		case errors.Is(err, fs.ErrPermission) && (name == ShadowFile || name == GshadowFile):
			a[name] = nil
		case !isNotExist(err):
			return nil, err
		}
	}
	return a, nil
}

// FileReader is the part of a Reader that reads files.
type FileReader interface {
	ReadFile(ctx context.Context, path string, limit int64) (*change.File, error)
}

// AccountState looks for a user or group in the host's own files, and asks getent (run) for one that is in none of them: LDAP and the like know further ones.
func AccountState(ctx context.Context, r FileReader, ref change.Ref, run func(argv ...string) (string, error)) (change.State, error) {
	names := []string{GroupFile}
	if ref.Kind == change.UserRef {
		names = []string{PasswdFile, GroupFile, ShadowFile}
	}
	a, err := ReadAccounts(ctx, r, names...)
	if err != nil {
		return nil, err
	}
	if s := a.Account(ref); existsIn(s) {
		return s, nil
	}
	if ref.Kind == change.GroupRef {
		text, err := run("getent", "group", ref.Name)
		g := GroupEntry(text, ref.Name)
		g.Local = false
		return g, err
	}
	text, err := run("getent", "passwd", ref.Name)
	u := UserEntry(text, ref.Name)
	if u.Exists {
		a.complete(&u)
	}
	u.Local = false
	return u, err
}

// Account gives the state of a user or group as the files have it; one that is in none of them does not exist.
func (a Accounts) Account(ref change.Ref) change.State {
	if ref.Kind == change.GroupRef {
		return GroupEntry(a.text(GroupFile), ref.Name)
	}
	u := UserEntry(a.text(PasswdFile), ref.Name)
	if u.Exists {
		a.complete(&u)
	}
	return u
}

// complete adds to a user what other files than /etc/passwd tell.
func (a Accounts) complete(u *change.UserState) {
	for line := range strings.Lines(a.text(GroupFile)) {
		if w := fields(line); len(w) == 4 && slices.Contains(list(w[3]), u.Name) {
			u.Groups = append(u.Groups, w[0])
		}
	}
	slices.Sort(u.Groups)
	if f, there := a[ShadowFile]; there && f == nil {
		u.Password, u.Hidden = "", true
		return
	}
	for line := range strings.Lines(a.text(ShadowFile)) {
		if w := fields(line); len(w) >= 8 && w[0] == u.Name {
			u.Password = w[1]
			u.Aging = &change.Aging{Changed: days(w[2]), Min: days(w[3]), Max: days(w[4]), Warn: days(w[5]), Inactive: days(w[6]), Expire: days(w[7])}
		}
	}
}

func (a Accounts) text(name string) string {
	f := a[name]
	if f == nil {
		return ""
	}
	data, _ := f.Content.Data()
	return string(data)
}

// UserEntry finds a user, by name or else by number, in lines as /etc/passwd has them.
func UserEntry(text, name string) change.UserState {
	w := entry(text, name, 7)
	if w == nil {
		return change.UserState{}
	}
	u := change.UserState{Exists: true, Local: true, Name: w[0], Comment: w[4], Home: w[5], Shell: w[6]}
	u.UID, _ = strconv.Atoi(w[2])
	u.GID, _ = strconv.Atoi(w[3])
	if w[1] != "x" {
		u.Password = w[1]
	}
	return u
}

// GroupEntry finds a group as UserEntry finds a user.
func GroupEntry(text, name string) change.GroupState {
	w := entry(text, name, 4)
	if w == nil {
		return change.GroupState{}
	}
	g := change.GroupState{Exists: true, Local: true, Name: w[0], Members: list(w[3])}
	g.GID, _ = strconv.Atoi(w[2])
	return g
}

func entry(text, name string, size int) []string {
	var found []string
	for line := range strings.Lines(text) {
		w := fields(line)
		if len(w) < size || !isNumber(w[2]) {
			continue
		}
		if w[0] == name {
			return w
		}
		if w[2] == name && found == nil {
			found = w
		}
	}
	return found
}

func fields(line string) []string { return strings.Split(strings.TrimRight(line, "\n"), ":") }

func list(names string) []string {
	return slices.DeleteFunc(strings.Split(names, ","), func(n string) bool { return n == "" })
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0
}

// days reads a field of /etc/shadow; what is empty or below 0 sets no bound.
func days(field string) *int {
	n, err := strconv.Atoi(field)
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

func dayField(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// With gives the files as they are once a change of a user or group was made, as useradd and its kind write them: those that differ. today is counted in days since 1970-01-01.
func (a Accounts) With(c change.Change, today int) Accounts {
	texts := map[string]string{}
	for name, f := range a {
		if f != nil {
			texts[name] = a.text(name)
		}
	}
	switch c := c.(type) {
	case change.User:
		_, shadow := a[ShadowFile]
		editUser(texts, c, today, shadow)
	case change.Group:
		editGroup(texts, c)
	}
	out := Accounts{}
	for name, text := range texts {
		if text != a.text(name) {
			out[name] = &change.File{Content: change.Bytes([]byte(text)), Meta: a[name].Meta}
		}
	}
	return out
}

// editUser edits the files that could be read; shadow says that there is an /etc/shadow all the same.
func editUser(texts map[string]string, c change.User, today int, shadow bool) {
	before, after := c.Before, c.After
	_, shadowed := texts[ShadowFile]
	shadowed = shadowed && (after.Aging != nil || !after.Exists)
	editEntry(texts, PasswdFile, before.Exists, after.Exists, c.Name, func(w []string) []string {
		password := after.Password
		switch {
		case shadowed || w == nil && shadow:
			password = "x"
		case before.Hidden:
			password = w[1]
		}
		return []string{c.Name, password, strconv.Itoa(after.UID), strconv.Itoa(after.GID), after.Comment, after.Home, after.Shell}
	})
	if shadowed {
		editEntry(texts, ShadowFile, before.Aging != nil, after.Exists, c.Name, func(w []string) []string {
			return shadowEntry(c, w, strconv.Itoa(today))
		})
	}
	if c.OwnGroup {
		g := change.Group{Name: c.Name, Before: change.GroupState{Exists: before.Exists}, After: change.GroupState{Exists: after.Exists, GID: after.GID}}
		editGroup(texts, g)
	}
	for _, name := range []string{GroupFile, GshadowFile} {
		editMembers(texts, name, func(group string, members []string) []string {
			return member(members, c.Name, slices.Contains(after.Groups, group))
		})
	}
}

func shadowEntry(c change.User, w []string, today string) []string {
	a := c.After.Aging
	if a.Changed != nil {
		today = dayField(a.Changed)
	}
	out := []string{c.Name, c.After.Password, today, dayField(a.Min), dayField(a.Max), dayField(a.Warn), dayField(a.Inactive), dayField(a.Expire), ""}
	if len(w) >= 9 {
		out[8] = w[8]
	}
	return out
}

func editGroup(texts map[string]string, c change.Group) {
	was, will := strconv.Itoa(c.Before.GID), strconv.Itoa(c.After.GID)
	members := strings.Join(c.After.Members, ",")
	editEntry(texts, GroupFile, c.Before.Exists, c.After.Exists, c.Name, func(w []string) []string {
		if w != nil {
			return []string{w[0], w[1], will, w[3]}
		}
		return []string{c.Name, "x", will, members}
	})
	editEntry(texts, GshadowFile, c.Before.Exists, c.After.Exists, c.Name, func(w []string) []string {
		if w != nil {
			return w
		}
		return []string{c.Name, "!", "", members}
	})
	if c.Before.Exists && c.After.Exists && was != will {
		editLines(texts, PasswdFile, func(w []string) []string {
			if len(w) > 3 && w[3] == was {
				w[3] = will
			}
			return w
		})
	}
}

// editEntry adds, alters or removes the line of a name. make gives its fields, of what it has so far.
func editEntry(texts map[string]string, file string, before, after bool, name string, make func([]string) []string) {
	text, there := texts[file]
	switch {
	case !there:
	case !before && after:
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		texts[file] = text + strings.Join(make(nil), ":") + "\n"
	default:
		editLines(texts, file, func(w []string) []string {
			switch {
			case w[0] != name:
				return w
			case !after:
				return nil
			}
			return make(w)
		})
	}
}

// editLines alters the lines of a file; nil removes one.
func editLines(texts map[string]string, file string, edit func([]string) []string) {
	text, there := texts[file]
	if !there {
		return
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if w := edit(fields(line)); w != nil {
			b.WriteString(strings.Join(w, ":") + "\n")
		}
	}
	texts[file] = b.String()
}

// editMembers alters who is listed as a member of each group.
func editMembers(texts map[string]string, file string, edit func(group string, members []string) []string) {
	editLines(texts, file, func(w []string) []string {
		if len(w) == 4 {
			w[3] = strings.Join(edit(w[0], list(w[3])), ",")
		}
		return w
	})
}

func member(members []string, name string, in bool) []string {
	switch at := slices.Index(members, name); {
	case in && at < 0:
		return append(members, name)
	case !in && at >= 0:
		return slices.Delete(members, at, at+1)
	}
	return members
}

// ExpectAccount wraps ErrStale where a user or group is not what a change of it expects.
func ExpectAccount(c change.Change, now change.State) error {
	same, name := true, ""
	switch c := c.(type) {
	case change.User:
		s, _ := now.(change.UserState)
		if c.Local && !s.Local { // who is known elsewhere only is not there for the programs of libuser
			s = change.UserState{}
		}
		same, name = c.Before.Same(s), "user "+c.Name
	case change.Group:
		s, _ := now.(change.GroupState)
		if c.Local && !s.Local {
			s = change.GroupState{}
		}
		same, name = c.Before.Same(s), "group "+c.Name
	}
	if !same {
		return fmt.Errorf("%s: %w", name, ErrStale)
	}
	return nil
}

// AccountRef gives what a change of a user or group is about; ok is false for every other change.
func AccountRef(c change.Change) (ref change.Ref, ok bool) {
	switch c := c.(type) {
	case change.User:
		return change.Ref{Kind: change.UserRef, Name: c.Name}, true
	case change.Group:
		return change.Ref{Kind: change.GroupRef, Name: c.Name}, true
	}
	return change.Ref{}, false
}
