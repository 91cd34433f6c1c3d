package hosttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

var fileTests = []test{
	{name: "Facts", test: testFacts},
	{name: "WriteContents", test: testContents},
	{name: "WriteNames", test: testNames},
	{name: "WriteReplaces", test: testReplace},
	{name: "WriteStale", test: testStale},
	{name: "WriteNewOverExisting", test: testNewOverExisting},
	{name: "WriteToLink", test: testWriteToLink},
	{name: "WriteNoFolder", test: testNoFolder},
	{name: "WriteModes", test: testModes},
	{name: "WriteOwner", test: testOwner},
	{name: "WriteWrongContent", test: testWrongContent, makes: true},
	{name: "WriteByReference", test: testReference},
	{name: "WriteCancelled", test: testWriteCancelled, makes: true},
	{name: "Remove", test: testRemove},
	{name: "SetMeta", test: testSetMeta},
	{name: "SetMetaOfLink", test: testSetMetaOfLink},
	{name: "SetTimes", test: testSetTimes},
	{name: "Mkdir", test: testMkdir},
	{name: "MkdirTree", test: testMkdirTree},
	{name: "Symlink", test: testSymlink},
	{name: "SymlinkReplaces", test: testSymlinkReplaces},
	{name: "WriteReplacesLink", test: testWriteReplacesLink},
	{name: "Hardlink", test: testHardlink},
	{name: "RemoveLink", test: testRemoveLink},
	{name: "RemoveFolder", test: testRemoveFolder},
	{name: "RemoveUnread", test: testRemoveUnread},
	{name: "StatKinds", test: testStatKinds},
	{name: "ReadFile", test: testReadFile},
	{name: "Walk", test: testWalk},
	{name: "Relative", test: testRelative},
	{name: "StateUnknownService", test: testUnknownService, makes: true},
	{name: "StateUnknownAccount", test: testUnknownAccount, makes: true},
	{name: "Concurrency", test: testConcurrency},
}

func testFacts(s *suite) {
	f, err := s.host.Facts(s.Context())
	s.must(err)
	if f.User == "" || f.Kernel == "" || f.Arch == "" || f.Node == "" || !strings.HasPrefix(f.Home, "/") || f.Folder != "" && !strings.HasPrefix(f.Folder, "/") || f.OSRelease["ID"] == "" || f.UID != s.own.UID {
		s.Errorf("%+v", f)
	}
}

func testContents(s *suite) {
	var want []string
	for name, text := range contents() {
		s.holds(s.path(name), s.write(name, text))
		if got := s.text(s.path(name)); got != text {
			s.Errorf("%s: read %s, wrote %s", name, sum(got), sum(text))
		}
		if st := s.stat(s.path(name)); st.Size != int64(len(text)) {
			s.Errorf("%s: size %d, want %d", name, st.Size, len(text))
		}
		want = append(want, name)
	}
	slices.Sort(want)
	s.only(want...)
}

func testNames(s *suite) {
	all := names()
	for _, name := range all {
		first := s.write(name, "1 "+name)
		s.holds(s.path(name), first)
		second := &change.File{Content: change.Bytes([]byte("2 " + name)), Meta: s.own}
		s.apply(change.WriteFile{Path: s.path(name), Content: second.Content, Meta: second.Meta, Before: first})
		s.holds(s.path(name), second)
	}
	slices.Sort(all)
	s.only(all...)
	for _, name := range all {
		s.apply(change.SetMeta{Path: s.path(name), Meta: s.meta(0o600), Before: s.own})
		s.apply(change.Remove{Path: s.path(name), Before: &change.File{Content: change.Bytes([]byte("2 " + name)), Meta: s.meta(0o600)}})
	}
	s.only()
}

func testReplace(s *suite) {
	before := s.write("f", "old\n")
	c := change.WriteFile{Path: s.path("f"), Content: change.Bytes([]byte("new\n")), Meta: s.meta(0o640), Before: before}
	s.apply(c)
	s.holds(s.path("f"), &change.File{Content: c.Content, Meta: c.Meta})
	undo, _ := change.Invert(c)
	s.apply(undo)
	s.holds(s.path("f"), before)
	s.only("f")
}

// stale checks that a change is refused because the host is not what it expects.
func (s *suite) stale(c change.Change) {
	s.Helper()
	if _, err := s.host.Apply(s.Context(), c); !errors.Is(err, host.ErrStale) {
		s.Errorf("%s: got error %v, want one that wraps ErrStale", c.Summary(), err)
	}
}

func testStale(s *suite) {
	now := s.write("f", "now\n")
	other := &change.File{Content: change.Bytes([]byte("other\n")), Meta: now.Meta}
	mode := &change.File{Content: now.Content, Meta: s.meta(0o600)}
	for _, before := range []*change.File{other, mode} {
		s.stale(change.WriteFile{Path: s.path("f"), Content: change.Bytes([]byte("new\n")), Meta: s.own, Before: before})
		s.stale(change.WriteFile{Path: s.path("missing"), Content: change.Bytes([]byte("new\n")), Meta: s.own, Before: before})
	}
	s.mkdir(s.path("folder"))
	s.stale(change.WriteFile{Path: s.path("folder"), Content: change.Bytes(nil), Meta: s.own, Before: now})
	s.stale(change.WriteFile{Path: s.path("folder"), Content: change.Bytes(nil), Meta: s.own})
	s.holds(s.path("f"), now)
	s.only("f", "folder")
}

func testNewOverExisting(s *suite) {
	now := s.write("f", "now\n")
	s.stale(change.WriteFile{Path: s.path("f"), Content: change.Bytes([]byte("new\n")), Meta: s.own})
	s.holds(s.path("f"), now)
	s.only("f")
}

// A link at the end of a path is never what a file change expects, wherever it leads.
func testWriteToLink(s *suite) {
	now := s.write("f", "now\n")
	s.link(s.path("link"), "f")
	s.link(s.path("nowhere"), "missing")
	s.stale(change.WriteFile{Path: s.path("link"), Content: change.Bytes([]byte("new\n")), Meta: s.own, Before: now})
	s.stale(change.WriteFile{Path: s.path("link"), Content: change.Bytes([]byte("new\n")), Meta: s.own})
	s.stale(change.WriteFile{Path: s.path("nowhere"), Content: change.Bytes([]byte("new\n")), Meta: s.own})
	s.stale(change.Remove{Path: s.path("link"), Before: now})
	s.stale(change.SetMeta{Path: s.path("link"), Meta: s.meta(0o600), Before: now.Meta})
	s.holds(s.path("f"), now)
	s.only("f", "link", "nowhere")
	s.mkdir(s.path("sub"))
	s.link(s.path("there"), "sub")
	s.apply(change.WriteFile{Path: s.path("there/new"), Content: now.Content, Meta: now.Meta}) // links further up are followed
	s.holds(s.path("sub/new"), now)
}

func testNoFolder(s *suite) {
	_, err := s.host.Apply(s.Context(), change.WriteFile{Path: s.path("no/f"), Content: change.Bytes([]byte("x")), Meta: s.own})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no/f") {
		s.Errorf("got %v", err)
	}
	s.only()
}

func testModes(s *suite) {
	for _, mode := range []uint32{0o600, 0o644, 0o400, 0o000, 0o755, 0o4755, 0o2750, 0o1777, 0o7777} {
		name := fmt.Sprintf("%04o", mode)
		s.apply(change.WriteFile{Path: s.path(name), Content: change.Bytes([]byte("x")), Meta: s.meta(mode)})
		if st := s.stat(s.path(name)); st.Kind != host.Regular || !st.Meta.Same(s.meta(mode)) {
			s.Errorf("mode %s: %+v", name, st)
		}
	}
}

// testOwner gives a file away: root can, and for everybody else it is an error that leaves nothing behind.
func testOwner(s *suite) {
	given := change.Meta{Mode: 0o4640, UID: 1, GID: 2}
	_, err := s.host.Apply(s.Context(), change.WriteFile{Path: s.path("f"), Content: change.Bytes([]byte("x")), Meta: given})
	if s.own.UID != 0 {
		if err == nil {
			s.Error("a file was given away by a user who is not root")
		}
		s.only()
		return
	}
	s.must(err)
	if st := s.stat(s.path("f")); !st.Meta.Same(given) {
		s.Errorf("%+v", st)
	}
	s.apply(change.SetMeta{Path: s.path("f"), Meta: s.meta(0o600), Before: given})
	if st := s.stat(s.path("f")); !st.Meta.Same(s.meta(0o600)) || s.o.Programs && st.Meta.Owner != "root" {
		s.Errorf("%+v", st)
	}
}

func testWrongContent(s *suite) {
	before := s.write("f", "now\n")
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("forged")), nil }
	broken := func() (io.ReadCloser, error) { return nil, errors.New("it is gone") }
	expected := change.Bytes([]byte("honest"))
	for name, content := range map[string]change.Content{
		"forged":  change.Reference(expected.Size, expected.SHA256, open),
		"gone":    change.Reference(expected.Size, expected.SHA256, broken),
		"notheld": change.Reference(expected.Size, expected.SHA256, nil),
	} {
		for _, c := range []change.WriteFile{{Path: s.path("f"), Content: content, Meta: s.own, Before: before}, {Path: s.path("new"), Content: content, Meta: s.own}} {
			if _, err := s.host.Apply(s.Context(), c); err == nil {
				s.Errorf("%s content was written to %s", name, c.Path)
			}
		}
	}
	s.holds(s.path("f"), before)
	s.only("f")
}

func testReference(s *suite) {
	text := strings.Repeat(everyByte(), 1000)
	want := change.Bytes([]byte(text))
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	s.apply(change.WriteFile{Path: s.path("f"), Content: change.Reference(want.Size, want.SHA256, open), Meta: s.own})
	s.holds(s.path("f"), &change.File{Content: want, Meta: s.own})
}

// testWriteCancelled ends the context while the content is being read: the file is as it was and nothing is left beside it.
func testWriteCancelled(s *suite) {
	before := s.write("f", "now\n")
	ctx, cancel := context.WithCancel(s.Context())
	text := strings.Repeat("x", 1<<20)
	want := change.Bytes([]byte(text))
	open := func() (io.ReadCloser, error) {
		cancel()
		return io.NopCloser(strings.NewReader(text)), nil
	}
	_, err := s.host.Apply(ctx, change.WriteFile{Path: s.path("f"), Content: change.Reference(want.Size, want.SHA256, open), Meta: s.own, Before: before})
	switch {
	case err == nil: // it was begun and finished
		s.holds(s.path("f"), &change.File{Content: want, Meta: s.own})
	case !errors.Is(err, context.Canceled):
		s.Errorf("got %v", err)
	default:
		s.holds(s.path("f"), before)
	}
	s.only("f")
	if _, err := s.host.Apply(ctx, change.Remove{Path: s.path("f"), Before: before}); !errors.Is(err, context.Canceled) {
		s.Errorf("remove after the end: %v", err)
	}
	s.only("f")
}

func testRemove(s *suite) {
	f := s.write("f", "x\n")
	s.stale(change.Remove{Path: s.path("f"), Before: &change.File{Content: change.Bytes([]byte("y\n")), Meta: f.Meta}})
	s.stale(change.Remove{Path: s.path("f"), Before: &change.File{Content: f.Content, Meta: s.meta(0o600)}})
	s.stale(change.Remove{Path: s.path("missing"), Before: f})
	s.only("f")
	c := change.Remove{Path: s.path("f"), Before: f}
	s.apply(c)
	s.only()
	undo, _ := change.Invert(c)
	s.apply(undo)
	s.holds(s.path("f"), f)
}

func testSetMeta(s *suite) {
	f := s.write("f", "x\n")
	c := change.SetMeta{Path: s.path("f"), Meta: s.meta(0o2755), Before: f.Meta}
	s.apply(c)
	s.holds(s.path("f"), &change.File{Content: f.Content, Meta: s.meta(0o2755)})
	s.stale(c)
	undo, _ := change.Invert(c)
	s.apply(undo)
	s.holds(s.path("f"), f)
	s.stale(change.SetMeta{Path: s.path("missing"), Meta: f.Meta, Before: f.Meta})
	s.mkdir(s.path("d"))
	dir := s.stat(s.path("d")).Meta
	s.apply(change.SetMeta{Path: s.path("d"), Meta: s.meta(0o2700), Before: dir})
	s.apply(change.SetMeta{Path: s.path("d"), Meta: s.meta(0o700), Before: s.meta(0o2700)})
	if st := s.stat(s.path("d")); st.Kind != host.Dir || !st.Meta.Same(s.meta(0o700)) {
		s.Errorf("%+v", st)
	}
}

func testStatKinds(s *suite) {
	s.write("f", "12345")
	s.mkdir(s.path("d"))
	s.link(s.path("l"), "where/ever 'x'")
	s.link(s.path("ld"), "d")
	for name, want := range map[string]host.Stat{
		"f": {Kind: host.Regular, Size: 5}, "d": {Kind: host.Dir}, "l": {Kind: host.Link, Target: "where/ever 'x'"}, "ld": {Kind: host.Link, Target: "d"},
		"missing": {Kind: host.Absent}, "d/missing": {Kind: host.Absent}, "missing/missing": {Kind: host.Absent},
	} {
		got := s.stat(s.path(name))
		if got.Kind != want.Kind || got.Target != want.Target || got.Path != s.path(name) || want.Size > 0 && got.Size != want.Size {
			s.Errorf("%s: %+v", name, got)
		}
	}
	first := s.stat(s.path("f"))
	if first.ModTime.IsZero() || s.o.Programs && time.Since(first.ModTime).Abs() > time.Hour {
		s.Errorf("modification time %v", first.ModTime)
	}
}

func testReadFile(s *suite) {
	s.write("f", "12345")
	s.mkdir(s.path("d"))
	s.link(s.path("l"), "l2")
	s.link(s.path("l2"), s.path("f"))
	s.link(s.path("loop"), "loop")
	if got := s.text(s.path("l")); got != "12345" {
		s.Errorf("through links: %q", got)
	}
	if f, err := s.host.ReadFile(s.Context(), s.path("f"), 5); err != nil || f.Content.Size != 5 {
		s.Errorf("at the limit: %v", err)
	}
	if _, err := s.host.ReadFile(s.Context(), s.path("f"), 4); !errors.Is(err, host.ErrTooLarge) {
		s.Errorf("beyond the limit: %v", err)
	}
	if _, err := s.host.ReadFile(s.Context(), s.path("missing"), limit); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), s.path("missing")) {
		s.Errorf("missing: %v", err)
	}
	for _, name := range []string{"d", "loop"} {
		if _, err := s.host.ReadFile(s.Context(), s.path(name), limit); err == nil || errors.Is(err, fs.ErrNotExist) {
			s.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if _, err := s.host.ReadFile(ctx, s.path("f"), limit); !errors.Is(err, context.Canceled) {
		s.Errorf("cancelled: %v", err)
	}
}

func testWalk(s *suite) {
	s.mkdir(s.path("b"))
	s.mkdir(s.path("b/inner"))
	s.write("b/inner/x", "")
	s.write("b/a", "")
	s.write("a", "")
	s.write(".hidden", "")
	s.write("z\n'", "")
	s.link(s.path("l"), "b") // is not followed
	s.only(".hidden", "a", "b", "b/a", "b/inner", "b/inner/x", "l", "z\n'")
	for st, err := range s.host.Walk(s.Context(), s.path("b")) {
		if err != nil || st.Path != s.path("b/a") || st.Kind != host.Regular || !st.Meta.Same(s.own) {
			s.Errorf("first below b: %+v, %v", st, err)
		}
		break // the rest is not wanted
	}
	for _, name := range []string{"missing", "a"} {
		var errs []error
		for _, err := range s.host.Walk(s.Context(), s.path(name)) {
			errs = append(errs, err)
		}
		if len(errs) != 1 || errs[0] == nil || name == "missing" && !errors.Is(errs[0], fs.ErrNotExist) {
			s.Errorf("walk of %s: %v", name, errs)
		}
	}
}

func testRelative(s *suite) {
	if _, err := s.host.Stat(s.Context(), "relative"); err == nil {
		s.Error("stat took a relative path")
	}
	if _, err := s.host.ReadFile(s.Context(), "relative", limit); err == nil {
		s.Error("read took a relative path")
	}
	if _, err := s.host.Apply(s.Context(), change.WriteFile{Path: "relative", Content: change.Bytes(nil), Meta: s.own}); err == nil {
		s.Error("write took a relative path")
	}
}

func testUnknownService(s *suite) {
	got, err := s.host.State(s.Context(), change.Ref{Kind: change.ServiceRef, Name: "pfrun-no-such"})
	s.must(err)
	if st, ok := got.(change.ServiceState); !ok || st.Exists || st.Running || st.Enabled || st.Manager != change.NoManager {
		s.Errorf("%+v", got)
	}
	if _, err := s.host.Apply(s.Context(), change.Service{Name: "pfrun-no-such", Action: change.Restart}); err == nil {
		s.Error("a service that is not there was restarted")
	}
}

func testUnknownAccount(s *suite) {
	for kind, made := range map[change.RefKind]change.Change{
		change.UserRef:  change.User{Name: "pfrun-no-such", Before: change.UserState{Exists: true, UID: 1}},
		change.GroupRef: change.Group{Name: "pfrun-no-such", Before: change.GroupState{Exists: true, GID: 1}},
	} {
		got, err := s.host.State(s.Context(), change.Ref{Kind: kind, Name: "pfrun-no-such"})
		s.must(err)
		if err := host.ExpectAccount(change.User{}, got); kind == change.UserRef && err != nil {
			s.Errorf("a user that is not there: %+v", got)
		}
		if err := host.ExpectAccount(change.Group{}, got); kind == change.GroupRef && err != nil {
			s.Errorf("a group that is not there: %+v", got)
		}
		if _, err := s.host.Apply(s.Context(), made); !errors.Is(err, host.ErrStale) {
			s.Errorf("a %s that is not there was removed: %v", kind, err)
		}
	}
}
