package target_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules/change"
)

// fakeTool writes down how it was called, and what it was told where nobody can read it.
const fakeTool = `#!/bin/sh
n=${0##*/}
for a do n="$n [$a]"; done
if [ "${0##*/}" = chpasswd ]; then n="$n <$(cat)>"; fi
echo "$n" >> DIR/log
[ ! -e DIR/fails-${0##*/} ] || { echo "${0##*/}: no luck" >&2; exit 9; }`

func accountTools(t *testing.T) *mailHost {
	t.Helper()
	tools := map[string]string{}
	for _, name := range strings.Fields("useradd usermod userdel groupadd groupmod groupdel gpasswd chpasswd chage luseradd lusermod luserdel lgroupadd lgroupmod lgroupdel lchage") {
		tools[name] = fakeTool
	}
	return newMailHost(t, tools)
}

// log gives the calls since the last time, a line each.
func (m *mailHost) log() string {
	m.t.Helper()
	log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
	os.Remove(filepath.Join(m.dir, "log"))
	return string(log)
}

func TestGroupsAreChangedByTheirTools(t *testing.T) {
	m := accountTools(t)
	state, err := m.State(t.Context(), change.Ref{Kind: change.GroupRef, Name: "root"})
	root := state.(change.GroupState)
	if err != nil || !root.Exists || !root.Local || root.GID != 0 {
		t.Fatalf("%+v, %v", root, err)
	}
	other := root
	other.GID = 7
	is := change.GroupState{Exists: true, Local: true, Name: "pfrun-g", GID: 4000, Members: []string{"root", "daemon"}}
	for want, c := range map[string]change.Group{
		"groupadd [-g] [4000] [-o] [-r] [pfrun-g]\ngpasswd [-M] [root,daemon] [pfrun-g]\n": {Name: "pfrun-g", After: is, System: true, NonUnique: true},
		"groupmod [-g] [7] [root]\n":        {Name: "root", Before: root, After: other},
		"groupdel [-f] [root]\n":            {Name: "root", Before: root, Force: true},
		"lgroupadd [-g] [4000] [pfrun-g]\n": {Name: "pfrun-g", After: change.GroupState{Exists: true, GID: 4000}, Local: true},
		"lgroupdel [root]\n":                {Name: "root", Before: root, Local: true},
	} {
		if _, err := m.Apply(t.Context(), c); err != nil || m.log() != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	m.touch("fails-groupdel")
	if _, err := m.Apply(t.Context(), change.Group{Name: "root", Before: root}); err == nil || !strings.Contains(err.Error(), "remove group root: groupdel: no luck (status 9)") {
		t.Errorf("a tool that fails: %v", err)
	}
}

func TestUsersAreChangedByTheirTools(t *testing.T) {
	m := accountTools(t)
	state, err := m.State(t.Context(), change.Ref{Kind: change.UserRef, Name: "root"})
	root := state.(change.UserState)
	if err != nil || !root.Exists || root.UID != 0 || root.Home != "/root" {
		t.Fatalf("%+v, %v", root, err)
	}
	fresh := change.UserState{Exists: true, Local: true, Name: "pfrun-u", UID: 4000, GID: 4000, Home: "/home/u", Shell: "/bin/sh", Comment: "U"}
	apart := fresh
	apart.GID = 100
	home := &change.Mkdir{Path: "/home/u"}
	secret, locked := root, root
	secret.Password, locked.Password = "$6$new", "!"+root.Password
	thirty := 30
	altered := root
	altered.Home, altered.Shell, altered.Comment, altered.Groups = "/new", "/bin/x", "C", append([]string{"adm"}, root.Groups...)
	altered.Aging = &change.Aging{}
	if root.Aging != nil {
		*altered.Aging = *root.Aging
	}
	altered.Aging.Max, altered.Aging.Expire, altered.Aging.Inactive = &thirty, &thirty, &thirty
	for want, c := range map[string]change.User{
		"useradd [-u] [4000] [-U] [-c] [U] [-d] [/home/u] [-s] [/bin/sh] [-m] [-k] [/skel] [-K] [UMASK=077] [pfrun-u]\n": {
			Name: "pfrun-u", After: fresh, OwnGroup: true, Makes: home, Skeleton: "/skel", Defs: []string{"UMASK=077"},
		},
		"groupadd [-g] [100] [pfrun-u]\nuseradd [-u] [4000] [-N] [-g] [100] [-c] [U] [-d] [/home/u] [-s] [/bin/sh] [-M] [pfrun-u]\n": {Name: "pfrun-u", After: apart, OwnGroup: true},
		"useradd [-u] [4000] [-o] [-N] [-g] [100] [-c] [U] [-d] [/home/u] [-s] [/bin/sh] [-M] [-r] [pfrun-u]\n":                      {Name: "pfrun-u", After: apart, NonUnique: true, System: true},
		"luseradd [-u] [4000] [-n] [-g] [100] [-c] [U] [-d] [/home/u] [-s] [/bin/sh] [pfrun-u]\n":                                    {Name: "pfrun-u", After: apart, Local: true, Makes: home},
		"chpasswd [-e] <root:$6$new>\n": {Name: "root", Before: root, After: secret},
		"usermod [-L] [root]\n":         {Name: "root", Before: root, After: locked},
		"userdel [-f] [-r] [root]\n":    {Name: "root", Before: root, Force: true, Removes: []change.Remove{{Path: "/root"}}},
		"luserdel [-G] [root]\n":        {Name: "root", Before: root, Local: true},
	} {
		if _, err := m.Apply(t.Context(), c); err != nil || m.log() != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := m.Apply(t.Context(), change.User{Name: "root", Before: root, After: altered, MoveHome: true}); err != nil {
		t.Fatal(err)
	}
	got := m.log()
	for _, want := range []string{"usermod [-c] [C] [-d] [/new] [-m] [-s] [/bin/x] [-G] [adm", "[-f] [30] [-e] [1970-01-31] [root]\n", "chage [-M] [30] [root]\n"} {
		if root.Hidden == false && !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if _, err := m.Apply(t.Context(), change.User{Name: "root", Before: root, After: root}); err != nil || m.log() != "" {
		t.Errorf("nothing to do: %v", err)
	}
}

// TestAddedUsersAreTakenBack lets useradd fail after its group was made.
func TestAddedUsersAreTakenBack(t *testing.T) {
	m := accountTools(t)
	m.touch("fails-useradd")
	_, err := m.Apply(t.Context(), change.User{Name: "pfrun-u", OwnGroup: true, After: change.UserState{Exists: true, UID: 4000, GID: 4001}})
	if got := m.log(); err == nil || !strings.HasSuffix(got, "\ngroupdel [pfrun-u]\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestMissingToolsAreNamed asks a host without useradd.
func TestMissingToolsAreNamed(t *testing.T) {
	m := newMailHost(t, map[string]string{"lgroupdel": "#!/bin/sh\nexit 127\n"})
	root, err := m.State(t.Context(), change.Ref{Kind: change.GroupRef, Name: "root"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Apply(t.Context(), change.Group{Name: "root", Before: root.(change.GroupState), Local: true})
	if err == nil || !strings.Contains(err.Error(), "lgroupdel is not on this host") {
		t.Error(err)
	}
}
