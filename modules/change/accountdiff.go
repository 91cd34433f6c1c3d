//go:build !helper

package change

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// groupDiff shows a group as lines of its properties.
func groupDiff(c Group) string {
	text := func(s GroupState) string {
		if !s.Exists {
			return ""
		}
		return fmt.Sprintf("gid: %d\n", s.GID) + property("members", strings.Join(sortedSet(s.Members), ","))
	}
	return udiff.Unified("before: group "+c.Name, "after: group "+c.Name, text(c.Before), text(c.After))
}

// userDiff shows a user as lines of its properties, and what becomes of its folder. Of a password it only tells whether there is one.
func userDiff(c User) string {
	before, after := c.Before.text(), c.After.text()
	if c.After.Exists && c.Before.Exists && c.Before.Password != c.After.Password && kindOfPassword(c.Before) == kindOfPassword(c.After) {
		after = strings.Replace(after, "\npassword: ", "\npassword: another, ", 1)
	}
	var b strings.Builder
	b.WriteString(udiff.Unified("before: user "+c.Name, "after: user "+c.Name, before, after))
	if c.MoveHome {
		fmt.Fprintf(&b, "~ %s moves to %s\n", c.Before.Home, c.After.Home)
	}
	if c.Makes != nil {
		b.WriteString(Diff(*c.Makes))
	}
	for _, r := range c.Removes {
		b.WriteString(Diff(r))
	}
	return b.String()
}

func (s UserState) text() string {
	if !s.Exists {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "uid: %d\ngid: %d\n", s.UID, s.GID)
	b.WriteString(property("groups", strings.Join(sortedSet(s.Groups), ",")) + property("comment", s.Comment) + property("home", s.Home) + property("shell", s.Shell))
	b.WriteString(property("password", kindOfPassword(s)))
	if a := s.Aging; a != nil {
		names := []string{"password_expire_min", "password_expire_max", "password_expire_warn", "password_expire_account_disable", "expires (days)"}
		for i, n := range a.days() {
			if n != nil {
				fmt.Fprintf(&b, "%s: %d\n", names[i], *n)
			}
		}
	}
	return b.String()
}

// property gives a line of a diff, none where there is no value.
func property(name, value string) string {
	if value == "" {
		return ""
	}
	return name + ": " + value + "\n"
}

// kindOfPassword tells of a password what may be shown.
func kindOfPassword(s UserState) string {
	switch {
	case s.Hidden:
		return "not seen"
	case s.Password == "":
		return "none"
	case strings.Trim(s.Password, "!*") == "":
		return "disabled"
	case strings.HasPrefix(s.Password, "!"):
		return "locked"
	}
	return "set"
}
