package change_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pfrun/pfrun/modules/change"
)

func meta(mode uint32) change.Meta { return change.Meta{Mode: mode, Owner: "root", Group: "root"} }

func file(text string) *change.File {
	return &change.File{Content: change.Bytes([]byte(text)), Meta: meta(0o644)}
}

var running = change.ServiceState{Manager: change.Systemd, Unit: "postfix.service", Exists: true, Running: true, Status: map[string]string{"ActiveState": "active"}}

var (
	ten   = 10
	alice = change.UserState{
		Exists: true, Name: "alice", UID: 1000, GID: 1000, Comment: "A", Home: "/home/alice", Shell: "/bin/sh", Groups: []string{"adm"}, Password: "$6$old", Local: true,
		Aging: &change.Aging{Changed: &ten, Min: &ten, Max: &ten, Warn: &ten, Inactive: &ten, Expire: &ten},
	}
)

var noon = time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC)

func link(target string) *change.Node {
	return &change.Node{Kind: change.LinkNode, Meta: meta(0o777), Target: target}
}

// below is a folder with one of everything.
var below = change.NewBelow([]change.Entry{
	{Name: "a", Node: change.NodeOf(file("a\n"))}, {Name: "d", Node: change.Node{Kind: change.DirNode, Meta: meta(0o755)}}, {Name: "d/l", Node: *link("../a")},
}, true)

// samples holds one of each kind, filled in fully.
var samples = []change.Change{
	change.WriteFile{Path: "/etc/x", Content: change.Bytes([]byte("new\n")), Meta: meta(0o600), Before: file("old\n"), Replaces: link("y"), Validate: []string{"check", "%s"}},
	change.Remove{Path: "/etc/x", Before: file("old\n"), Node: &change.Node{Kind: change.DirNode, Meta: meta(0o755), Below: below}},
	change.Mkdir{Path: "/etc/x", Meta: meta(0o755), Below: below},
	change.Symlink{Path: "/etc/x", Target: "y", Meta: meta(0o777), Before: link("z")},
	change.Hardlink{Path: "/etc/x", Source: "/etc/y", Node: change.NodeOf(file("old\n")), Before: link("z")},
	change.SetMeta{
		Path: "/etc/x", Meta: meta(0o600), Before: meta(0o644), Link: true,
		Times: &change.Times{Access: change.Moment{Now: true}, Modify: change.Moment{At: noon}, BeforeAccess: noon.Add(time.Second), BeforeModify: noon.Add(time.Hour)},
	},
	change.Service{Name: "postfix", Action: change.Restart, Before: running, Arguments: []string{"-v"}, Sleep: 3, Runlevel: "boot"},
	change.User{
		Name: "alice", Before: alice, After: change.UserState{Exists: true, Name: "alice", UID: 2000, Home: "/home/al"}, System: true, NonUnique: true, Force: true, Local: true,
		OwnGroup: true, Makes: &change.Mkdir{Path: "/home/al", Meta: meta(0o700), Below: below}, Skeleton: "/etc/skel", Defs: []string{"UMASK=077"}, MoveHome: true,
		Removes: []change.Remove{{Path: "/var/mail/alice", Before: file("old\n")}},
	},
	change.Group{
		Name: "adm", Before: change.GroupState{Exists: true, Name: "adm", GID: 4, Members: []string{"alice"}, Local: true}, After: change.GroupState{Exists: true, Name: "adm", GID: 5},
		System: true, NonUnique: true, Force: true, Local: true,
	},
	change.Exec{
		Argv: []string{"postmap", "a b"}, Stdin: "in", Dir: "/etc", Env: []string{"A=b"}, Effectless: true,
		Reads: []change.Ref{change.Path("/etc/x"), {Kind: change.ServiceRef, Name: "*"}}, Label: "index a b",
	},
}

// kinds reads from the source which types are changes: those with a method sealed.
func kinds(t *testing.T) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "sealed" && fn.Recv != nil {
				found[fn.Recv.List[0].Type.(*ast.Ident).Name] = true
			}
		}
	}
	return found
}

func TestEveryKindHasASample(t *testing.T) {
	all := kinds(t)
	if len(all) < 5 {
		t.Fatalf("only %d kinds were found in the source", len(all))
	}
	for _, c := range samples {
		v := reflect.ValueOf(c)
		delete(all, v.Type().Name())
		for i := range v.NumField() {
			if v.Field(i).IsZero() && v.Type().Field(i).Name != "Backup" {
				t.Errorf("the sample of %T leaves %s empty: nothing would notice if it were lost", c, v.Type().Field(i).Name)
			}
		}
	}
	if len(all) > 0 {
		t.Errorf("kinds without a sample: %v", all)
	}
}

var compare = cmp.Options{cmp.AllowUnexported(change.Content{}), cmpopts.EquateEmpty()}

func TestEveryKindIsKnownEverywhere(t *testing.T) {
	for _, c := range samples {
		t.Run(reflect.TypeOf(c).Name(), func(t *testing.T) {
			if c.Summary() == "" {
				t.Error("no summary")
			}
			if d := change.Diff(c); !strings.HasSuffix(d, "\n") {
				t.Errorf("the diff does not end a line: %q", d)
			}
			change.Invert(c) // panics on a kind that it does not know
			data, err := change.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			back, err := change.Unmarshal(data)
			if err != nil {
				t.Fatalf("%s: %v", data, err)
			}
			if diff := cmp.Diff(c, back, compare); diff != "" {
				t.Errorf("lost on the way through JSON:\n%s", diff)
			}
		})
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	good, err := change.Marshal(samples[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"no_json":        "x",
		"unknown_kind":   `{"kind":"format_disk","change":{}}`,
		"unknown_field":  `{"kind":"set_meta","change":{"Path":"/x","Recursive":true}}`,
		"forged_content": strings.Replace(string(good), "bmV3Cg==", "Zm9vCg==", 1),
		"no_content":     `{"kind":"write_file","change":{"Path":"/x"}}`,
		"no_hash":        `{"kind":"remove","change":{"Path":"/x","Before":{"Content":{"size":5,"sha256":"aa"}}}}`,
		"forged_size":    strings.Replace(string(good), `"size":4`, `"size":5`, 1),
	} {
		if data == string(good) {
			t.Fatalf("%s is the same as the good one", name)
		}
		if c, err := change.Unmarshal([]byte(data)); err == nil {
			t.Errorf("%s was taken as %+v", name, c)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, c := range samples {
		data, err := change.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := change.Unmarshal(data)
		if err != nil {
			return
		}
		if c.Summary() == "" {
			t.Errorf("%q has no summary", data)
		}
		change.Diff(c)
		if again, err := change.Marshal(c); err != nil {
			t.Errorf("%q was read and cannot be written: %v", data, err)
		} else if _, err := change.Unmarshal(again); err != nil {
			t.Errorf("%q was written and cannot be read: %v", again, err)
		}
	})
}

func TestContent(t *testing.T) {
	held := change.Bytes([]byte("abc"))
	if b, ok := held.Data(); !ok || string(b) != "abc" {
		t.Errorf("held: %q, %t", b, ok)
	}
	empty := change.Bytes(nil)
	if b, ok := empty.Data(); !ok || len(b) != 0 {
		t.Errorf("empty: %q, %t", b, ok)
	}
	opened := change.Reference(3, held.SHA256, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte("abc"))), nil })
	if _, ok := opened.Data(); ok {
		t.Error("content by reference says that it is held")
	}
	r, err := opened.Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(r); string(b) != "abc" {
		t.Errorf("opened: %q", b)
	}
	data, err := json.Marshal(opened)
	if err != nil {
		t.Fatal(err)
	}
	var back change.Content
	if err := json.Unmarshal(data, &back); err != nil || back.SHA256 != held.SHA256 || back.Size != 3 {
		t.Errorf("%s: %+v, %v", data, back, err)
	}
	if _, err := back.Open(); !errors.Is(err, change.ErrNotHeld) {
		t.Errorf("only the hash travelled, and opening gives %v", err)
	}
}

func TestSame(t *testing.T) {
	a, b := file("x"), file("x")
	b.Meta.Owner = "" // names are for people
	if !a.Same(b) || !(*change.File)(nil).Same(nil) {
		t.Error("the same is not the same")
	}
	other := file("x")
	other.Meta.UID = 1
	if a.Same(other) || a.Same(file("y")) || a.Same(nil) || (*change.File)(nil).Same(a) {
		t.Error("what differs is the same")
	}
}

// TestInverseOfInverse holds that what undoes a change is undone by the change, for each kind that can be undone.
func TestInverseOfInverse(t *testing.T) {
	small, large := change.NodeOf(file("x\n")), change.Node{Kind: change.RegularNode, Meta: meta(0o644), Size: 1 << 40}
	all := []change.Change{
		change.WriteFile{Path: "/x", Content: change.Bytes([]byte("a")), Meta: meta(0o600), Replaces: link("y")},
		change.Remove{Path: "/x", Node: link("y")}, change.Remove{Path: "/x", Before: file("a")}, change.Remove{Path: "/x", Node: &small},
		change.Mkdir{Path: "/x", Meta: meta(0o700)}, change.Mkdir{Path: "/x", Meta: meta(0o700), Below: below},
		change.Symlink{Path: "/x", Target: "y", Meta: meta(0o777)}, change.Symlink{Path: "/x", Target: "y", Meta: meta(0o777), Before: link("z")},
		change.Symlink{Path: "/x", Target: "y", Meta: meta(0o777), Before: &small},
		change.SetMeta{Path: "/x", Meta: meta(0o600), Before: meta(0o644), Times: &change.Times{Modify: change.Moment{At: noon}, BeforeModify: noon.Add(time.Hour)}},
	}
	for _, c := range all {
		back, ok := change.Invert(c)
		if !ok {
			t.Errorf("%s has no inverse", c.Summary())
			continue
		}
		again, ok := change.Invert(back)
		if !ok || again.Summary() != c.Summary() || change.Diff(again) != change.Diff(c) {
			t.Errorf("%s became %s:\n%s", change.Diff(c), back.Summary(), change.Diff(again))
		}
	}
	unread := change.NewBelow([]change.Entry{{Name: "large", Node: large}}, false)
	for _, c := range []change.Change{
		change.Remove{Path: "/x", Node: &large}, change.Remove{Path: "/x", Node: &change.Node{Kind: change.OtherNode}},
		change.Remove{Path: "/x", Node: &change.Node{Kind: change.DirNode, Below: unread}}, change.Symlink{Path: "/x", Before: &large}, change.Remove{Path: "/x"},
	} {
		if back, ok := change.Invert(c); ok {
			t.Errorf("%s cannot be undone, and %s is to do it", change.Diff(c), back.Summary())
		}
	}
}

func TestNodesAreComparedAsFarAsTheyAreKnown(t *testing.T) {
	read, unread := change.NodeOf(file("abc")), change.Node{Kind: change.RegularNode, Meta: meta(0o644), Size: 3}
	other := change.NodeOf(file("abd"))
	foreign := *link("y")
	foreign.Meta.UID = 7
	folder := func(b *change.Below) *change.Node {
		return &change.Node{Kind: change.DirNode, Meta: meta(0o755), Below: b}
	}
	entry := func(text string, hold bool) *change.Below {
		return change.NewBelow([]change.Entry{{Name: "a", Node: change.NodeOf(file(text))}}, hold)
	}
	for _, tt := range []struct {
		a, b *change.Node
		want bool
	}{
		{nil, nil, true}, {nil, &read, false}, {&read, &unread, true}, {&unread, &other, true}, {&read, &other, false}, {link("y"), link("y"), true}, {link("y"), link("z"), false},
		{link("y"), &foreign, false}, {link("y"), &read, false}, {folder(nil), folder(nil), true}, {folder(nil), folder(entry("a", true)), false},
		{folder(entry("a", true)), folder(entry("a", false)), true}, {folder(entry("a", true)), folder(entry("b", true)), false}, {folder(entry("a", false)), folder(entry("aa", true)), false},
	} {
		if got := tt.a.Same(tt.b); got != tt.want {
			t.Errorf("%+v and %+v: %t", tt.a, tt.b, got)
		}
	}
}

func TestRefCovers(t *testing.T) {
	all := change.Ref{Kind: change.PathRef, Name: "*"}
	if !all.Covers(change.Path("/x")) || !change.Path("/x").Covers(change.Path("/x")) {
		t.Error("does not cover what it names")
	}
	if change.Path("/x").Covers(change.Path("/y")) || change.Path("/x").Covers(all) || all.Covers(change.Ref{Kind: change.ServiceRef, Name: "x"}) {
		t.Error("covers what it does not name")
	}
}

func TestValidateArgv(t *testing.T) {
	c := change.WriteFile{Validate: []string{"check", "--at=%s", "100%%"}}
	if diff := cmp.Diff([]string{"check", "--at=/tmp/x", "100%"}, c.ValidateArgv("/tmp/x")); diff != "" {
		t.Error(diff)
	}
}

func TestRunlevels(t *testing.T) {
	s := change.ServiceState{Manager: change.OpenRC, Exists: true, Status: map[string]string{change.Runlevels: "default"}, Enabled: true}
	for _, tt := range []struct {
		action  change.Action
		level   string
		enabled bool
		levels  string
	}{
		{change.Enable, "boot", true, "boot default"},
		{change.Disable, "", false, "boot"},
		{change.Disable, "boot", false, ""},
		{change.Enable, "", true, "default"},
		{change.Enable, "default", true, "default"},
	} {
		before := s.Status[change.Runlevels]
		c := change.Service{Name: "p", Action: tt.action, Before: s, Runlevel: tt.level}
		s = c.After()
		if s.Enabled != tt.enabled || s.Status[change.Runlevels] != tt.levels {
			t.Errorf("%s: enabled %t in %q, want %t in %q", c.Summary(), s.Enabled, s.Status[change.Runlevels], tt.enabled, tt.levels)
		}
		if c.Before.Status[change.Runlevels] != before {
			t.Errorf("%s alters what was before", c.Summary())
		}
	}
}
