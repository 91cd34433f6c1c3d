package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func accountsHost() *mem.Host {
	return mem.New(
		mem.File("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\n"),
		mem.File("/etc/group", "root:x:0:\nadm:x:4:alice\nalice:x:1000:\n"),
		mem.FileAs("/etc/shadow", "root:*:19000:0:99999:7:::\nalice:!:19000:0:99999:7:::\n", mem.Root(0o640)),
		mem.FileAs("/home/alice/f", "f\n", change.Meta{Mode: 0o644, UID: 1000, GID: 1000}),
		mem.Answer(host.Output{Stdout: "ldap:*:5000:5000:L:/home/l:/bin/sh\n"}, "getent", "passwd", "ldap"),
		mem.Answer(host.Output{Stdout: "alice:x:1000:1000::/home/alice:/bin/sh\n"}, "getent", "passwd", "alice"),
	)
}

func user(t *testing.T, r host.Reader, name string) change.UserState {
	t.Helper()
	s, err := r.State(t.Context(), change.Ref{Kind: change.UserRef, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return s.(change.UserState)
}

// TestOverlayHasPlannedAccounts plans users, and wants every way of looking at them to see it.
func TestOverlayHasPlannedAccounts(t *testing.T) {
	o := host.NewOverlay(accountsHost())
	bob := change.UserState{Exists: true, Local: true, Name: "bob", UID: 1001, GID: 1001, Home: "/home/bob", Shell: "/bin/sh", Groups: []string{"adm"}, Password: "!", Aging: &change.Aging{}}
	home := change.Meta{Mode: 0o700, UID: 1001, GID: 1001}
	plan := func(c change.Change) {
		t.Helper()
		if _, err := o.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	plan(change.User{Name: "bob", After: bob, OwnGroup: true, Makes: &change.Mkdir{Path: "/home/bob", Meta: home}})
	if got := user(t, o, "bob"); !got.Same(bob) {
		t.Errorf("the planned user: %+v", got)
	}
	if got := user(t, o, "1001"); got.Name != "bob" {
		t.Errorf("by number: %+v", got)
	}
	if g, err := o.State(t.Context(), change.Ref{Kind: change.GroupRef, Name: "bob"}); err != nil || g.(change.GroupState).GID != 1001 {
		t.Errorf("the group of its own: %+v, %v", g, err)
	}
	if st, err := o.Stat(t.Context(), "/home/bob"); err != nil || st.Kind != host.Dir || !st.Meta.Same(home) {
		t.Errorf("its folder: %+v, %v", st, err)
	}
	if _, err := o.Probe(t.Context(), host.Probe{Argv: []string{"id", "bob"}, Reads: []change.Ref{{Kind: change.UserRef, Name: "bob"}}}); !errors.Is(err, host.ErrPlanned) {
		t.Errorf("a probe that reads the user: %v", err)
	}
	alice := user(t, o, "alice")
	plan(change.User{Name: "alice", Before: alice, OwnGroup: true})
	if got := user(t, o, "alice"); got.Exists {
		t.Errorf("getent still knows a user that is planned to go: %+v", got)
	}
	if got := user(t, o, "ldap"); !got.Exists || got.Local {
		t.Errorf("a user from elsewhere: %+v", got)
	}
	if f, err := o.ReadFile(t.Context(), "/etc/group", 1000); err != nil || textOf(f) != "root:x:0:\nadm:x:4:bob\nbob:x:1001:\n" {
		t.Errorf("/etc/group: %q, %v", textOf(f), err)
	}
	if _, err := o.Apply(t.Context(), change.User{Name: "bob", Before: alice, After: alice}); !errors.Is(err, host.ErrStale) {
		t.Errorf("a user who is not what is expected: %v", err)
	}
}

func textOf(f *change.File) string {
	if f == nil {
		return ""
	}
	data, _ := f.Content.Data()
	return string(data)
}

// TestFilesFollowTheirUser gives a user another number, and another folder.
func TestFilesFollowTheirUser(t *testing.T) {
	for name, moves := range map[string]bool{"/home/alice/f": false, "/srv/alice/f": true} {
		o := host.NewOverlay(accountsHost())
		if _, err := o.Apply(t.Context(), change.Mkdir{Path: "/srv", Meta: mem.Root(0o755)}); err != nil {
			t.Fatal(err)
		}
		before := user(t, o, "alice")
		after := before
		after.UID = 1500
		if moves {
			after.Home = "/srv/alice"
		}
		if _, err := o.Apply(t.Context(), change.User{Name: "alice", Before: before, After: after, MoveHome: moves}); err != nil {
			t.Fatal(err)
		}
		if st, err := o.Stat(t.Context(), name); err != nil || st.Kind != host.Regular || st.Meta.UID != 1500 || st.Meta.GID != 1000 {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
		if st, err := o.Stat(t.Context(), "/home/alice"); err != nil || (st.Kind == host.Absent) != moves {
			t.Errorf("the folder that was: %+v, %v", st, err)
		}
	}
}

// TestAccountsAreWrittenAsTheToolsWrite holds the lines against those of useradd, usermod and groupmod.
func TestAccountsAreWrittenAsTheToolsWrite(t *testing.T) {
	h := accountsHost()
	a, err := host.ReadAccounts(t.Context(), h, host.PasswdFile, host.GroupFile, host.ShadowFile)
	if err != nil {
		t.Fatal(err)
	}
	before := user(t, h, "alice")
	thirty := 30
	after := before
	after.Password, after.Comment, after.Groups = "$6$x", "Alice", nil
	after.Aging = &change.Aging{Max: &thirty, Expire: &thirty}
	got := a.With(change.User{Name: "alice", Before: before, After: after}, 20000)
	for name, want := range map[string]string{
		host.PasswdFile: "alice:x:1000:1000:Alice:/home/alice:/bin/sh\n", host.ShadowFile: "alice:$6$x:20000::30:::30:\n", host.GroupFile: "adm:x:4:\n",
	} {
		if !strings.Contains(textOf(got[name]), "\n"+want) {
			t.Errorf("%s lacks %q:\n%s", name, want, textOf(got[name]))
		}
	}
	same := before
	same.Password = "!!" // locked: the day of the last change stays
	if text := textOf(a.With(change.User{Name: "alice", Before: before, After: same}, 20000)[host.ShadowFile]); !strings.Contains(text, "alice:!!:19000:0:99999:7:::\n") {
		t.Error(text)
	}
}
