package change

import (
	"slices"
)

// GroupState is a group of the host.
type GroupState struct {
	Exists  bool     `json:"exists"`
	Name    string   `json:"name,omitempty"`
	GID     int      `json:"gid,omitempty"`
	Members []string `json:"members,omitempty"` // as the entry lists them: users whose first group it is are mostly not among them
	// Local says that the entry is in the host's own files: groupmod and groupdel can change it.
	Local bool `json:"local,omitempty"`
}

// UserState is a user of the host.
type UserState struct {
	Exists  bool     `json:"exists"`
	Name    string   `json:"name,omitempty"`
	UID     int      `json:"uid,omitempty"`
	GID     int      `json:"gid,omitempty"` // of the first group
	Comment string   `json:"comment,omitempty"`
	Home    string   `json:"home,omitempty"`
	Shell   string   `json:"shell,omitempty"`
	Groups  []string `json:"groups,omitempty"` // the groups that list the user as a member, sorted
	// Password is the hash, or what stands in its place. It is shown nowhere.
	Password string `json:"password,omitempty"`
	Aging    *Aging `json:"aging,omitempty"` // nil: there is no entry in /etc/shadow
	// Hidden says that password and aging may not be read by who looks: Password is empty and Aging nil then.
	Hidden bool `json:"hidden,omitempty"`
	// Local says that the entry is in the host's own files: usermod and userdel can change it.
	Local bool `json:"local,omitempty"`
}

// Aging is when a password has to be changed and an account ends: days, as /etc/shadow has them. nil stands for an empty field, which sets no bound.
type Aging struct {
	// Changed is when the password was set. After a change nil stands for the day on which it was made. Two entries are the same whatever it is.
	Changed  *int `json:"changed,omitempty"`
	Min      *int `json:"min,omitempty"`      // between two changes
	Max      *int `json:"max,omitempty"`      // until a change is due
	Warn     *int `json:"warn,omitempty"`     // of warning before that
	Inactive *int `json:"inactive,omitempty"` // from then until the account is disabled
	Expire   *int `json:"expire,omitempty"`   // since 1970-01-01: when the account ends
}

func (GroupState) state() {}
func (UserState) state()  {}

// Group makes, alters or removes a group: After is what it is then.
type Group struct {
	Name          string
	Before, After GroupState
	System        bool `json:",omitempty"` // a new one is one of the system's
	NonUnique     bool `json:",omitempty"` // another group may have the number
	Force         bool `json:",omitempty"` // it is removed though it is some user's first group
	Local         bool `json:",omitempty"` // by the programs of libuser
}

// User makes, alters or removes a user: After is what it is then. Its folder is made with the user and removed with it where Makes and Removes say so, and its files follow where
// uid or gid change.
type User struct {
	Name          string
	Before, After UserState
	System        bool `json:",omitempty"` // a new one is one of the system's
	NonUnique     bool `json:",omitempty"` // another user may have the number
	Force         bool `json:",omitempty"` // it is removed though it is logged in
	Local         bool `json:",omitempty"` // by the programs of libuser
	// OwnGroup says that a group of the user's name, which lists nobody, is made with the user or removed with it.
	OwnGroup bool `json:",omitempty"`
	// Makes is the folder that useradd makes with the user, with what lies in it from the beginning; Skeleton is where that comes from, and Defs are words NAME=value in place
	// of those in login.defs.
	Makes    *Mkdir   `json:",omitempty"`
	Skeleton string   `json:",omitempty"`
	Defs     []string `json:",omitempty"`
	// MoveHome has the folder follow where its path changes.
	MoveHome bool `json:",omitempty"`
	// Removes is what userdel takes away with the user: its folder and its mail.
	Removes []Remove `json:",omitempty"`
}

func (Group) sealed() {}
func (User) sealed()  {}

// Summary of a group that is made, altered or removed.
func (c Group) Summary() string { return verb(c.Before.Exists, c.After.Exists) + " group " + c.Name }

// Summary of a user that is made, altered or removed.
func (c User) Summary() string { return verb(c.Before.Exists, c.After.Exists) + " user " + c.Name }

func verb(before, after bool) string {
	switch {
	case !before:
		return "add"
	case !after:
		return "remove"
	}
	return "change"
}

// Same reports whether two groups are the same. The order of members does not count.
func (s GroupState) Same(o GroupState) bool {
	return s.Exists == o.Exists && s.Name == o.Name && s.GID == o.GID && s.Local == o.Local && sameNames(s.Members, o.Members)
}

// Same reports whether two users are the same, as far as both were seen. The order of groups does not count.
func (s UserState) Same(o UserState) bool {
	same := s.Exists == o.Exists && s.Name == o.Name && s.UID == o.UID && s.GID == o.GID && s.Comment == o.Comment && s.Home == o.Home && s.Shell == o.Shell && s.Local == o.Local
	return same && sameNames(s.Groups, o.Groups) && (s.Hidden || o.Hidden || s.Password == o.Password && s.Aging.Same(o.Aging))
}

// Same reports whether two entries set the same bounds; nil is none.
func (a *Aging) Same(o *Aging) bool {
	if a == nil || o == nil {
		return a == o
	}
	return slices.EqualFunc(a.days(), o.days(), func(x, y *int) bool { return x == y || x != nil && y != nil && *x == *y })
}

func (a *Aging) days() []*int { return []*int{a.Min, a.Max, a.Warn, a.Inactive, a.Expire} }

func sameNames(a, b []string) bool { return slices.Equal(sortedSet(a), sortedSet(b)) }

func sortedSet(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// invertUser undoes a change of a user. What was removed with it, and a folder that moved where another stands now, cannot be had back.
func invertUser(c User) (Change, bool) {
	inverse := User{
		Name: c.Name, Before: c.After, After: c.Before, NonUnique: c.NonUnique, System: c.System, Local: c.Local, OwnGroup: c.OwnGroup, MoveHome: c.MoveHome, Force: c.Force,
	}
	if c.Makes != nil {
		inverse.Removes = []Remove{{Path: c.Makes.Path, Node: &Node{Kind: DirNode, Meta: c.Makes.Meta, Below: c.Makes.Below}}}
	}
	return inverse, len(c.Removes) == 0
}

// Follow gives mode and owner of a file in the user's folder once the user has other numbers.
func (c User) Follow(m Meta) Meta {
	if m.UID == c.Before.UID {
		m.UID = c.After.UID
	}
	if m.GID == c.Before.GID && c.Before.GID != c.After.GID {
		m.GID, m.Group = c.After.GID, ""
	}
	return m
}
