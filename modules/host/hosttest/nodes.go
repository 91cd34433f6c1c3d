package hosttest

import (
	"errors"
	"io/fs"
	"time"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// node gives what is at a path, with all contents.
func (s *suite) node(name string) *change.Node {
	s.Helper()
	n, err := host.NodeAt(s.Context(), s.host, s.stat(s.path(name)), host.Keep{File: limit, Paths: 100, Bytes: limit})
	s.must(err)
	return n
}

func (s *suite) linkNode(target string) *change.Node {
	return &change.Node{Kind: change.LinkNode, Meta: s.meta(0o777), Target: target}
}

// undone makes the inverse of a change that was made, and checks that what is at the path is as it was before.
func (s *suite) undone(c change.Change, name string, before *change.Node) {
	s.Helper()
	undo, ok := change.Invert(c)
	if !ok {
		s.Fatalf("%s has no inverse", c.Summary())
	}
	s.apply(undo)
	if now := s.node(name); !before.Same(now) {
		s.Errorf("%s undone: %+v is there, not %+v", c.Summary(), now, before)
	}
}

func testMkdir(s *suite) {
	for _, mode := range []uint32{0o755, 0o700, 0o2775, 0o1777, 0o000} {
		c := change.Mkdir{Path: s.path("d"), Meta: s.meta(mode)}
		s.apply(c)
		if st := s.stat(s.path("d")); st.Kind != host.Dir || !st.Meta.Same(c.Meta) {
			s.Errorf("mode %04o: %+v", mode, st)
		}
		s.stale(c)
		s.undone(c, "d", nil)
	}
	for _, name := range names() {
		s.apply(change.Mkdir{Path: s.path(name), Meta: s.meta(0o755)})
		s.apply(change.Remove{Path: s.path(name), Node: &change.Node{Kind: change.DirNode, Meta: s.meta(0o755)}})
	}
	s.write("f", "x")
	s.link(s.path("l"), "nowhere")
	s.stale(change.Mkdir{Path: s.path("f"), Meta: s.meta(0o755)})
	s.stale(change.Mkdir{Path: s.path("l"), Meta: s.meta(0o755)})
	if _, err := s.host.Apply(s.Context(), change.Mkdir{Path: s.path("no/d"), Meta: s.meta(0o755)}); !errors.Is(err, fs.ErrNotExist) {
		s.Errorf("without the folder above: %v", err)
	}
	s.only("f", "l")
}

// tree is a folder with files of odd names, links and a folder in it.
func (s *suite) tree() *change.Below {
	entry := func(name string, n change.Node) change.Entry { return change.Entry{Name: name, Node: n} }
	file := func(text string, mode uint32) change.Node {
		return change.NodeOf(&change.File{Content: change.Bytes([]byte(text)), Meta: s.meta(mode)})
	}
	return change.NewBelow([]change.Entry{
		entry("-n", file("dash", 0o644)), entry("a b'\"$x", file(everyByte(), 0o600)), entry("d", change.Node{Kind: change.DirNode, Meta: s.meta(0o2750)}),
		entry("d/empty", file("", 0o4755)), entry("d/inner", change.Node{Kind: change.DirNode, Meta: s.meta(0o755)}), entry("l", *s.linkNode("../no where")),
		entry("new\nline", file("x", 0o444)),
	}, true)
}

func testMkdirTree(s *suite) {
	c := change.Mkdir{Path: s.path("t"), Meta: s.meta(0o750), Below: s.tree()}
	s.apply(c)
	s.only("t", "t/-n", "t/a b'\"$x", "t/d", "t/d/empty", "t/d/inner", "t/l", "t/new\nline")
	want := &change.Node{Kind: change.DirNode, Meta: c.Meta, Below: c.Below}
	if now := s.node("t"); !want.Same(now) || now.Below.Contents != want.Below.Contents {
		s.Errorf("%+v", now)
	}
	s.stale(c)
	s.undone(c, "t", nil)
	s.only()
	unheld := change.NewBelow(c.Below.Entries, false)
	if _, err := s.host.Apply(s.Context(), change.Mkdir{Path: s.path("t"), Meta: c.Meta, Below: unheld}); !errors.Is(err, change.ErrNotHeld) {
		s.Errorf("without its contents: %v", err)
	}
	s.only()
}

func testSymlink(s *suite) {
	for _, target := range append(names(), "/absolute", "../up", "d/") {
		c := change.Symlink{Path: s.path("l"), Target: target, Meta: s.meta(0o777)}
		s.apply(c)
		if st := s.stat(s.path("l")); st.Kind != host.Link || st.Target != target || st.Meta.UID != s.own.UID {
			s.Errorf("%q: %+v", target, st)
		}
		s.stale(c)
		s.undone(c, "l", nil)
	}
	s.mkdir(s.path("d"))
	s.link(s.path("to d"), "d")
	next := change.Symlink{Path: s.path("to d"), Target: "nowhere", Meta: s.meta(0o777), Before: s.linkNode("d")} // and not a link in the folder that it leads to
	s.apply(next)
	s.only("d", "to d")
	s.undone(next, "to d", s.linkNode("d"))
	if _, err := s.host.Apply(s.Context(), change.Symlink{Path: s.path("no/l"), Target: "x", Meta: s.meta(0o777)}); !errors.Is(err, fs.ErrNotExist) {
		s.Errorf("without the folder above: %v", err)
	}
	s.only("d", "to d")
}

func testSymlinkReplaces(s *suite) {
	now := s.write("f", "text\n")
	file := change.NodeOf(now)
	other := change.NodeOf(&change.File{Content: change.Bytes([]byte("other")), Meta: now.Meta})
	c := change.Symlink{Path: s.path("f"), Target: "x", Meta: s.meta(0o777), Before: &file}
	for _, before := range []*change.Node{nil, &other, s.linkNode("x"), {Kind: change.DirNode, Meta: now.Meta}} {
		s.stale(change.Symlink{Path: s.path("f"), Target: "x", Meta: c.Meta, Before: before})
	}
	s.holds(s.path("f"), now)
	s.apply(c)
	s.stale(c)
	s.stale(change.Symlink{Path: s.path("f"), Target: "y", Meta: c.Meta, Before: s.linkNode("z")})
	s.undone(c, "f", &file)
	s.only("f")
}

func testWriteReplacesLink(s *suite) {
	far := s.write("far", "far\n")
	s.link(s.path("l"), "far")
	c := change.WriteFile{Path: s.path("l"), Content: change.Bytes([]byte("new\n")), Meta: s.meta(0o600), Replaces: s.linkNode("far")}
	other := c
	other.Replaces = s.linkNode("elsewhere")
	s.stale(other)
	s.apply(c)
	s.holds(s.path("l"), &change.File{Content: c.Content, Meta: c.Meta})
	s.holds(s.path("far"), far)
	s.undone(c, "l", s.linkNode("far"))
	s.only("far", "l")
}

func testHardlink(s *suite) {
	f := s.write("f", "text\n")
	file := change.NodeOf(f)
	c := change.Hardlink{Path: s.path("h"), Source: s.path("f"), Node: file}
	s.apply(c)
	s.holds(s.path("h"), f)
	if s.o.Programs {
		if got := s.do("stat", "-c", "%h", s.path("f")); got != "2\n" {
			s.Errorf("the file has %s names", got)
		}
	}
	s.stale(c)
	s.undone(c, "h", nil)
	s.holds(s.path("f"), f)
	s.link(s.path("l"), "f")
	s.stale(change.Hardlink{Path: s.path("h"), Source: s.path("l"), Node: file})
	over := change.Hardlink{Path: s.path("l"), Source: s.path("f"), Node: change.Node{Kind: change.RegularNode, Meta: f.Meta, Size: f.Content.Size}, Before: s.linkNode("f")}
	s.apply(over)
	s.holds(s.path("l"), f)
	s.undone(over, "l", s.linkNode("f"))
	s.only("f", "l")
}

func testRemoveLink(s *suite) {
	s.mkdir(s.path("d"))
	s.write("d/f", "x")
	s.link(s.path("l"), "d")
	c := change.Remove{Path: s.path("l"), Node: s.linkNode("d")}
	s.stale(change.Remove{Path: s.path("l"), Node: s.linkNode("other")})
	s.stale(change.Remove{Path: s.path("l"), Node: s.node("d")})
	s.apply(c)
	s.only("d", "d/f")
	s.undone(c, "l", c.Node)
	s.stale(change.Remove{Path: s.path("d"), Node: s.linkNode("d")})
	s.only("d", "d/f", "l")
}

func testRemoveFolder(s *suite) {
	s.apply(change.Mkdir{Path: s.path("t"), Meta: s.meta(0o750), Below: s.tree()})
	s.write("outside", "x")
	s.link(s.path("t/out"), "../outside")
	before := s.node("t")
	empty := &change.Node{Kind: change.DirNode, Meta: before.Meta}
	s.stale(change.Remove{Path: s.path("t"), Node: empty})
	s.stale(change.Remove{Path: s.path("outside"), Node: empty})
	c := change.Remove{Path: s.path("t"), Node: before}
	changed := s.write("t/d/more", "")
	s.stale(c)
	s.apply(change.Remove{Path: s.path("t/d/more"), Before: changed})
	s.apply(c)
	s.only("outside")
	s.undone(c, "t", before)
	s.apply(change.Remove{Path: s.path("t"), Node: &change.Node{Kind: change.DirNode, Meta: before.Meta, Below: change.NewBelow(before.Below.Entries, false)}})
	s.only("outside")
}

// testRemoveUnread removes a file of which only the size is known.
func testRemoveUnread(s *suite) {
	f := s.write("f", "12345")
	unread := func(size int64) *change.Node {
		return &change.Node{Kind: change.RegularNode, Meta: f.Meta, Size: size}
	}
	s.stale(change.Remove{Path: s.path("f"), Node: unread(4)})
	s.apply(change.Remove{Path: s.path("f"), Node: unread(5)})
	s.only()
	if _, err := s.host.Apply(s.Context(), change.Remove{Path: s.path("f")}); err == nil {
		s.Error("a removal that does not say of what was taken")
	}
}

func testSetMetaOfLink(s *suite) {
	f := s.write("f", "x")
	s.link(s.path("l"), "f")
	c := change.SetMeta{Path: s.path("l"), Meta: s.meta(0o777), Before: s.meta(0o777), Link: true}
	if s.own.UID == 0 {
		c.Meta.UID, c.Meta.GID = 1, 2
	}
	s.apply(c)
	if st := s.stat(s.path("l")); st.Kind != host.Link || st.Meta.UID != c.Meta.UID || st.Meta.GID != c.Meta.GID {
		s.Errorf("%+v", st)
	}
	s.holds(s.path("f"), f)
	if s.own.UID == 0 {
		s.stale(c)
	}
	s.undone(c, "l", s.linkNode("f"))
	s.stale(change.SetMeta{Path: s.path("f"), Meta: f.Meta, Before: f.Meta, Link: true})
	s.stale(change.SetMeta{Path: s.path("l"), Meta: s.meta(0o777), Before: s.meta(0o777)})
}

func testSetTimes(s *suite) {
	f := s.write("f", "x")
	was := s.stat(s.path("f")).ModTime
	at := time.Date(2020, 2, 29, 23, 59, 58, 0, time.UTC)
	c := change.SetMeta{Path: s.path("f"), Meta: f.Meta, Before: f.Meta, Times: &change.Times{Modify: change.Moment{At: at}, BeforeModify: was}}
	s.apply(c)
	if got := s.stat(s.path("f")).ModTime; !got.Equal(at) {
		s.Errorf("modified at %v", got)
	}
	s.undone(c, "f", s.node("f"))
	if got := s.stat(s.path("f")).ModTime; !got.Truncate(time.Second).Equal(was.Truncate(time.Second)) {
		s.Errorf("undone: modified at %v, not %v", got, was)
	}
	s.apply(c)
	for _, now := range []change.Times{{Modify: change.Moment{Now: true}}, {Access: change.Moment{Now: true}, Modify: change.Moment{Now: true}}} {
		s.apply(change.SetMeta{Path: s.path("f"), Meta: s.meta(0o600), Before: s.stat(s.path("f")).Meta, Times: &now})
		if got := s.stat(s.path("f")); !got.ModTime.After(at) || !got.Meta.Same(s.meta(0o600)) {
			s.Errorf("%+v", got)
		}
	}
	s.link(s.path("l"), "f")
	s.apply(change.SetMeta{Path: s.path("l"), Meta: s.meta(0o777), Before: s.meta(0o777), Link: true, Times: &change.Times{Access: change.Moment{At: at}, Modify: change.Moment{At: at}}})
	if got := s.stat(s.path("l")).ModTime; !got.Equal(at) || s.stat(s.path("f")).ModTime.Equal(at) {
		s.Errorf("the link was modified at %v", got)
	}
}
