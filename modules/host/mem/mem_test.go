package mem_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/hosttest"
	"github.com/pfrun/pfrun/modules/host/mem"
)

var _ host.Host = (*mem.Host)(nil)

func read(t *testing.T, h *mem.Host, path string) string {
	t.Helper()
	f, err := h.ReadFile(t.Context(), path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := f.Content.Data()
	return string(data)
}

func TestLinksAreFollowedWhenReadAndNotWhenLookedAt(t *testing.T) {
	h := mem.New(mem.File("/srv/conf/main.cf", "x\n"), mem.Link("/etc/postfix", "../srv/conf"), mem.Link("/etc/main.cf", "postfix/main.cf"))
	if got := read(t, h, "/etc/main.cf"); got != "x\n" {
		t.Errorf("read through two links: %q", got)
	}
	st, err := h.Stat(t.Context(), "/etc/main.cf")
	if err != nil || st.Kind != host.Link || st.Target != "postfix/main.cf" {
		t.Errorf("stat of the link: %+v, %v", st, err)
	}
	end, err := host.Follow(t.Context(), h, "/etc/main.cf")
	if err != nil || end.Kind != host.Regular || end.Path != "/etc/postfix/main.cf" {
		t.Errorf("follow: %+v, %v", end, err)
	}
}

func TestLinkThatGoesInCirclesIsAnError(t *testing.T) {
	h := mem.New(mem.Link("/a", "b"), mem.Link("/b", "a"))
	if _, err := h.ReadFile(t.Context(), "/a", 10); err == nil {
		t.Error("no error")
	}
	if _, err := host.Follow(t.Context(), h, "/a"); err == nil {
		t.Error("Follow: no error")
	}
}

func TestFileChangesExpectWhatTheySaw(t *testing.T) {
	file := func(s string) *change.File {
		return &change.File{Content: change.Bytes([]byte(s)), Meta: mem.Root(0o644)}
	}
	write := change.WriteFile{Path: "/etc/x", Content: change.Bytes([]byte("new")), Meta: mem.Root(0o644)}
	edit := write
	edit.Before = file("old")
	tests := map[string]struct {
		host *mem.Host
		c    change.Change
		want error
	}{
		"create":               {mem.New(mem.Dir("/etc", mem.Root(0o755))), write, nil},
		"create_no_folder":     {mem.New(), write, fs.ErrNotExist},
		"create_over_a_file":   {mem.New(mem.File("/etc/x", "")), write, host.ErrStale},
		"edit":                 {mem.New(mem.File("/etc/x", "old")), edit, nil},
		"edit_other_content":   {mem.New(mem.File("/etc/x", "older")), edit, host.ErrStale},
		"edit_other_mode":      {mem.New(mem.FileAs("/etc/x", "old", mem.Root(0o600))), edit, host.ErrStale},
		"edit_nothing":         {mem.New(mem.Dir("/etc", mem.Root(0o755))), edit, host.ErrStale},
		"edit_link":            {mem.New(mem.File("/etc/y", "old"), mem.Link("/etc/x", "y")), edit, host.ErrStale},
		"remove":               {mem.New(mem.File("/etc/x", "old")), change.Remove{Path: "/etc/x", Before: file("old")}, nil},
		"remove_other":         {mem.New(mem.File("/etc/x", "older")), change.Remove{Path: "/etc/x", Before: file("old")}, host.ErrStale},
		"set_meta":             {mem.New(mem.File("/etc/x", "")), change.SetMeta{Path: "/etc/x", Meta: mem.Root(0o600), Before: mem.Root(0o644)}, nil},
		"set_meta_other_mode":  {mem.New(mem.File("/etc/x", "")), change.SetMeta{Path: "/etc/x", Meta: mem.Root(0o600), Before: mem.Root(0o640)}, host.ErrStale},
		"set_meta_of_nothing":  {mem.New(), change.SetMeta{Path: "/etc/x"}, host.ErrStale},
		"content_is_not_there": {mem.New(), change.WriteFile{Path: "/x", Content: change.Reference(3, "aa", nil)}, change.ErrNotHeld},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := tt.host.Snapshot()
			out, err := tt.host.Apply(t.Context(), tt.c)
			if !errors.Is(err, tt.want) || (tt.want == nil) != (err == nil) || out.Known != (err == nil) {
				t.Fatalf("got %+v, %v; want %v", out, err, tt.want)
			}
			changed := cmp.Diff(before, tt.host.Snapshot()) != ""
			if changed != (err == nil) {
				t.Errorf("changed: %t with error %v", changed, err)
			}
		})
	}
}

func TestValidateDecidesWhetherAFileIsWritten(t *testing.T) {
	c := change.WriteFile{Path: "/x", Content: change.Bytes([]byte("x")), Meta: mem.Root(0o644), Validate: []string{"check", "-f", "%s"}}
	h := mem.New(mem.Answer(host.Output{Status: 1, Stderr: "bad line"}, "check", "-f", "*"))
	_, err := h.Apply(t.Context(), c)
	if err == nil || err.Error() != "failed to validate: rc:1 error:bad line" {
		t.Errorf("error: %v", err)
	}
	if _, ok := h.Snapshot().Nodes["/x"]; ok {
		t.Error("the file was written")
	}
	h.Put(mem.Answer(host.Output{}, "check", "-f", "*"))
	if _, err := h.Apply(t.Context(), c); err != nil {
		t.Error(err)
	}
}

func TestProgramsGiveTheLastAnswerThatMatches(t *testing.T) {
	h := mem.New(mem.Answer(host.Output{Stdout: "any"}, "postconf", "..."), mem.Answer(host.Output{Stdout: "ipv4"}, "postconf", "-h", "inet_protocols"))
	for argv, want := range map[string]string{"-h": "any", "inet_protocols": "ipv4"} {
		words := []string{"postconf", "-h", "inet_protocols"}
		if argv == "-h" {
			words = words[:2]
		}
		out, err := h.Probe(t.Context(), host.Probe{Argv: words})
		if err != nil || out.Stdout != want {
			t.Errorf("%q: %+v, %v", words, out, err)
		}
	}
	out, err := h.Probe(t.Context(), host.Probe{Argv: []string{"ss", "-l"}})
	if err != nil || out.Status != host.NotFound {
		t.Errorf("a program that is not there: %+v, %v", out, err)
	}
	if diff := cmp.Diff([]string{"ss -l"}, h.Unanswered()); diff != "" {
		t.Error(diff)
	}
}

func TestServices(t *testing.T) {
	ref := change.Ref{Kind: change.ServiceRef, Name: "postfix"}
	running := change.ServiceState{Manager: change.Systemd, Exists: true, Running: true}
	h := mem.New(mem.Service("postfix", running))
	if _, err := h.Apply(t.Context(), change.Service{Name: "postfix", Action: change.Stop, Before: running}); err != nil {
		t.Fatal(err)
	}
	s, err := h.State(t.Context(), ref)
	if err != nil || s.(change.ServiceState).Running {
		t.Errorf("after stop: %+v, %v", s, err)
	}
	if _, err := h.Apply(t.Context(), change.Service{Name: "exim", Action: change.Start}); err == nil {
		t.Error("a service that is not there was started")
	}
}

func TestFailAtChangesNothingInThatStep(t *testing.T) {
	h := mem.New()
	broken := errors.New("broken")
	h.FailAt(2, broken)
	for i, want := range []error{nil, broken, nil} {
		c := change.WriteFile{Path: []string{"/a", "/b", "/c"}[i], Content: change.Bytes(nil), Meta: mem.Root(0o644)}
		if _, err := h.Apply(t.Context(), c); !errors.Is(err, want) {
			t.Errorf("step %d: %v", i+1, err)
		}
	}
	nodes := h.Snapshot().Nodes
	if _, ok := nodes["/b"]; ok || len(nodes) != 3 {
		t.Errorf("nodes: %v", nodes)
	}
	if n := len(h.Applied()); n != 2 {
		t.Errorf("%d changes were recorded", n)
	}
}

func TestWalkGivesParentsFirstAndNamesInOrder(t *testing.T) {
	h := mem.New(mem.File("/d/a-b", ""), mem.File("/d/a/z", ""), mem.File("/d/a/b/c", ""), mem.File("/e", ""), mem.Link("/l", "d"))
	for dir, want := range map[string][]string{
		"/d": {"/d/a", "/d/a/b", "/d/a/b/c", "/d/a/z", "/d/a-b"},
		"/l": {"/l/a", "/l/a/b", "/l/a/b/c", "/l/a/z", "/l/a-b"},
	} {
		var got []string
		for st, err := range h.Walk(t.Context(), dir) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, st.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, err := range h.Walk(t.Context(), "/missing") {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a folder that is not there: %v", err)
		}
	}
}

func TestSuiteOfAllHosts(t *testing.T) {
	hosttest.Run(t, func(*testing.T) host.Host { return mem.New(mem.Dir("/scratch", mem.Root(0o755))) }, hosttest.Options{Dir: "/scratch"})
}

// TestOverlayIsAHost holds that what is planned is seen as it would be if it had been made.
func TestOverlayIsAHost(t *testing.T) {
	hosttest.Run(t, func(*testing.T) host.Host {
		return host.NewOverlay(mem.New(mem.Dir("/scratch", mem.Root(0o755))))
	}, hosttest.Options{Dir: "/scratch", Planned: true})
}
