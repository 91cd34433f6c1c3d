package change_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules/change"
)

// TestPasswordsAreNotShown changes a password in every way, and wants the diff to tell that it changes without showing a hash.
func TestPasswordsAreNotShown(t *testing.T) {
	for name, tt := range map[string]struct{ before, after, want string }{
		"set":      {"!", "$6$new", "-password: disabled\n+password: set\n"},
		"another":  {"$6$old", "$6$new", "-password: set\n+password: another, set\n"},
		"locked":   {"$6$old", "!$6$old", "-password: set\n+password: locked\n"},
		"disabled": {"$6$old", "*", "-password: set\n+password: disabled\n"},
		"removed":  {"$6$old", "", "-password: set\n+password: none\n"},
	} {
		before, after := alice, alice
		before.Password, after.Password = tt.before, tt.after
		got := change.Diff(change.User{Name: "alice", Before: before, After: after})
		if !strings.Contains(got, tt.want) || strings.Contains(got, "$6$") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestStatesOfAccountsAreCompared(t *testing.T) {
	hidden := alice
	hidden.Password, hidden.Aging, hidden.Hidden = "", nil, true
	other := alice
	other.Groups = []string{"adm", "sudo"}
	turned := other
	turned.Groups = []string{"sudo", "adm"}
	password := alice
	password.Password = "$6$new"
	for name, tt := range map[string]struct {
		a, b change.UserState
		want bool
	}{
		"itself": {alice, alice, true}, "not all of it seen": {alice, hidden, true}, "groups": {alice, other, false}, "order of groups": {other, turned, true}, "password": {alice, password, false},
	} {
		if got := tt.a.Same(tt.b); got != tt.want || tt.b.Same(tt.a) != got {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestInverseOfUsers(t *testing.T) {
	home := &change.Mkdir{Path: "/home/alice", Meta: meta(0o700)}
	inverse, ok := change.Invert(change.User{Name: "alice", After: alice, OwnGroup: true, Makes: home})
	u := inverse.(change.User)
	if !ok || u.After.Exists || !u.OwnGroup || len(u.Removes) != 1 || u.Removes[0].Path != "/home/alice" {
		t.Errorf("of a new user: %+v, %v", inverse, ok)
	}
	if _, ok := change.Invert(u); ok {
		t.Error("a folder that is gone cannot be had back")
	}
}
