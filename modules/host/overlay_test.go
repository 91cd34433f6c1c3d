package host_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func content(s string) change.Content { return change.Bytes([]byte(s)) }

func fileOf(s string, mode uint32) *change.File {
	return &change.File{Content: content(s), Meta: mem.Root(mode)}
}

// create is a change that makes a file.
func create(name, text string) change.WriteFile {
	return change.WriteFile{Path: name, Content: content(text), Meta: mem.Root(0o644)}
}

// edit is a change of a file with mode 0644.
func edit(name, before, after string) change.WriteFile {
	c := create(name, after)
	c.Before = fileOf(before, 0o644)
	return c
}

func plan(t *testing.T, o *host.Overlay, changes ...change.Change) {
	t.Helper()
	for _, c := range changes {
		if out, err := o.Apply(t.Context(), c); err != nil || !out.Known {
			t.Fatalf("%s: %+v, %v", c.Summary(), out, err)
		}
	}
}

func text(t *testing.T, r host.Reader, name string) string {
	t.Helper()
	f, err := r.ReadFile(t.Context(), name, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := f.Content.Data()
	return string(data)
}

func TestOverlayShowsWhatIsPlannedAndChangesNothing(t *testing.T) {
	h := mem.New(mem.File("/etc/a", "1\n"), mem.File("/etc/gone", "x\n"), mem.File("/etc/meta", "m\n"))
	before := h.Snapshot()
	o := host.NewOverlay(h)
	plan(t, o,
		edit("/etc/a", "1\n", "2\n"), edit("/etc/a", "2\n", "3\n"),
		create("/etc/new", "n\n"),
		change.Remove{Path: "/etc/gone", Before: fileOf("x\n", 0o644)},
		change.SetMeta{Path: "/etc/meta", Meta: mem.Root(0o600), Before: mem.Root(0o644)},
		change.SetMeta{Path: "/etc/new", Meta: mem.Root(0o640), Before: mem.Root(0o644)},
	)
	if got := text(t, o, "/etc/a"); got != "3\n" {
		t.Errorf("edited twice: %q", got)
	}
	if _, err := o.ReadFile(t.Context(), "/etc/gone", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
	if _, err := o.ReadFile(t.Context(), "/etc/a", 1); !errors.Is(err, host.ErrTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
	for name, want := range map[string]host.Stat{
		"/etc/a": {Kind: host.Regular, Meta: mem.Root(0o644), Size: 2}, "/etc/new": {Kind: host.Regular, Meta: mem.Root(0o640), Size: 2},
		"/etc/gone": {Kind: host.Absent}, "/etc/meta": {Kind: host.Regular, Meta: mem.Root(0o600), Size: 2},
	} {
		st, err := o.Stat(t.Context(), name)
		old, _ := h.Stat(t.Context(), name)
		if err != nil || st.Path != name || st.Kind != want.Kind || !st.Meta.Same(want.Meta) || st.Size != want.Size {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
		if st.Kind == host.Regular && name != "/etc/meta" && !st.ModTime.After(old.ModTime) {
			t.Errorf("%s was planned and has the old time %v", name, st.ModTime)
		}
	}
	plan(t, o, create("/etc/gone", "back\n"))
	if got := text(t, o, "/etc/gone"); got != "back\n" {
		t.Errorf("made again: %q", got)
	}
	if diff := cmp.Diff(before, h.Snapshot()); diff != "" {
		t.Errorf("the host changed:\n%s", diff)
	}
	if o.Blurred() {
		t.Error("typed changes blurred the host")
	}
}

func TestOverlayRefusesWhatAHostWouldRefuse(t *testing.T) {
	h := mem.New(mem.File("/etc/a", "1\n"), mem.Link("/etc/link", "a"), mem.Dir("/etc/d", mem.Root(0o755)))
	tests := map[string]struct {
		first change.Change
		c     change.Change
		want  error
	}{
		"other_content":         {nil, edit("/etc/a", "0\n", "2\n"), host.ErrStale},
		"other_size":            {nil, edit("/etc/a", "", "2\n"), host.ErrStale},
		"other_mode":            {nil, change.WriteFile{Path: "/etc/a", Content: content("2\n"), Before: fileOf("1\n", 0o600)}, host.ErrStale},
		"exists":                {nil, create("/etc/a", "2\n"), host.ErrStale},
		"missing":               {nil, edit("/etc/b", "1\n", "2\n"), host.ErrStale},
		"a_folder":              {nil, create("/etc/d", "2\n"), host.ErrStale},
		"a_link":                {nil, edit("/etc/link", "1\n", "2\n"), host.ErrStale},
		"no_folder":             {nil, create("/srv/b", "2\n"), fs.ErrNotExist},
		"planned_meanwhile":     {edit("/etc/a", "1\n", "2\n"), edit("/etc/a", "1\n", "3\n"), host.ErrStale},
		"planned_mode":          {change.SetMeta{Path: "/etc/a", Meta: mem.Root(0o600), Before: mem.Root(0o644)}, edit("/etc/a", "1\n", "3\n"), host.ErrStale},
		"planned_to_go":         {change.Remove{Path: "/etc/a", Before: fileOf("1\n", 0o644)}, edit("/etc/a", "1\n", "3\n"), host.ErrStale},
		"remove_missing":        {nil, change.Remove{Path: "/etc/b", Before: fileOf("", 0o644)}, host.ErrStale},
		"meta_other_mode":       {nil, change.SetMeta{Path: "/etc/a", Before: mem.Root(0o600)}, host.ErrStale},
		"meta_missing":          {nil, change.SetMeta{Path: "/etc/b"}, host.ErrStale},
		"meta_of_a_link":        {nil, change.SetMeta{Path: "/etc/link", Before: mem.Root(0o777)}, host.ErrStale},
		"right_after_a_removal": {change.Remove{Path: "/etc/a", Before: fileOf("1\n", 0o644)}, create("/etc/a", "2\n"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := host.NewOverlay(h)
			if tt.first != nil {
				plan(t, o, tt.first)
			}
			if _, err := o.Apply(t.Context(), tt.c); !errors.Is(err, tt.want) {
				t.Errorf("overlay: %v, want %v", err, tt.want)
			}
			real := mem.New(mem.File("/etc/a", "1\n"), mem.Link("/etc/link", "a"), mem.Dir("/etc/d", mem.Root(0o755)))
			if tt.first != nil {
				if _, err := real.Apply(t.Context(), tt.first); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := real.Apply(t.Context(), tt.c); !errors.Is(err, tt.want) {
				t.Errorf("the host itself: %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOverlayKnowsAFileByAllItsNames(t *testing.T) {
	h := mem.New(
		mem.File("/srv/conf/main.cf", "1\n"), mem.Link("/etc/postfix", "../srv/conf"), mem.Link("/etc/main.cf", "postfix/main.cf"),
		mem.Answer(host.Output{}, "postconf"),
	)
	for _, planned := range []string{"/srv/conf/main.cf", "/etc/postfix/main.cf"} {
		o := host.NewOverlay(h)
		plan(t, o, edit(planned, "1\n", "22\n"))
		for _, name := range []string{"/srv/conf/main.cf", "/etc/postfix/main.cf", "/etc/main.cf"} {
			if got := text(t, o, name); got != "22\n" {
				t.Errorf("%s is planned, and %s reads %q", planned, name, got)
			}
			_, err := o.Probe(t.Context(), host.Probe{Argv: []string{"postconf"}, Reads: []change.Ref{change.Path(name)}})
			if !errors.Is(err, host.ErrPlanned) {
				t.Errorf("%s is planned, and a probe that reads %s gives %v", planned, name, err)
			}
		}
		if st, err := o.Stat(t.Context(), "/etc/postfix/main.cf"); err != nil || st.Size != 3 || st.Path != "/etc/postfix/main.cf" {
			t.Errorf("stat: %+v, %v", st, err)
		}
		if st, err := o.Stat(t.Context(), "/etc/main.cf"); err != nil || st.Kind != host.Link {
			t.Errorf("stat of a link: %+v, %v", st, err)
		}
	}
}

func TestOverlayAsSharesThePlan(t *testing.T) {
	root := host.NewOverlay(mem.New(mem.File("/etc/a", "1\n")))
	user := root.As(mem.New(mem.File("/etc/a", "1\n")))
	plan(t, root, edit("/etc/a", "1\n", "2\n"))
	if got := text(t, user, "/etc/a"); got != "2\n" {
		t.Errorf("the other user sees %q", got)
	}
}

func TestOverlayWalksInOrder(t *testing.T) {
	h := mem.New(mem.File("/d/b", ""), mem.File("/d/sub/x", ""), mem.File("/d/z", ""), mem.Link("/l", "d"), mem.File("/dd", ""))
	o := host.NewOverlay(h)
	plan(t, o, create("/d/a", "new"), create("/d/sub/a", ""), create("/d/c", ""), change.Remove{Path: "/d/z", Before: fileOf("", 0o644)})
	for dir, want := range map[string][]string{
		"/d":  {"/d/a", "/d/b", "/d/c", "/d/sub", "/d/sub/a", "/d/sub/x"},
		"/d/": {"/d/a", "/d/b", "/d/c", "/d/sub", "/d/sub/a", "/d/sub/x"},
		"/l":  {"/l/a", "/l/b", "/l/c", "/l/sub", "/l/sub/a", "/l/sub/x"},
		"/":   {"/d", "/d/a", "/d/b", "/d/c", "/d/sub", "/d/sub/a", "/d/sub/x", "/dd", "/l"},
	} {
		var got []string
		for st, err := range o.Walk(t.Context(), dir) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, st.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", dir, diff)
		}
	}
	for st, err := range o.Walk(t.Context(), "/d") {
		if err != nil || st.Size != 3 {
			t.Errorf("the first is the planned one: %+v, %v", st, err)
		}
		break
	}
	for _, err := range o.Walk(t.Context(), "/nowhere") {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a folder that is not there: %v", err)
		}
	}
}

func TestOverlayDefersWhatReadsThePlan(t *testing.T) {
	state := change.ServiceState{Manager: change.Systemd, Exists: true, Running: true}
	h := mem.New(
		mem.File("/etc/a", "1\n"), mem.File("/etc/b", ""), mem.Service("postfix", state), mem.Answer(host.Output{Stdout: "out"}, "look"),
		mem.Dialer(func(context.Context, string, string) (net.Conn, error) { a, _ := net.Pipe(); return a, nil }),
	)
	service := change.Ref{Kind: change.ServiceRef, Name: "postfix"}
	anyService, anyPath := change.Ref{Kind: change.ServiceRef, Name: "*"}, change.Ref{Kind: change.PathRef, Name: "*"}
	o := host.NewOverlay(h)
	look := func(reads ...change.Ref) error {
		out, err := o.Probe(t.Context(), host.Probe{Argv: []string{"look"}, Reads: reads})
		if err == nil && out.Stdout != "out" {
			t.Errorf("output: %+v", out)
		}
		return err
	}
	if err := errors.Join(look(anyService, anyPath), look(service, change.Path("/etc/a"))); err != nil {
		t.Errorf("nothing is planned: %v", err)
	}
	plan(t, o, change.SetMeta{Path: "/etc/a", Meta: mem.Root(0o600), Before: mem.Root(0o644)})
	for name, tt := range map[string]struct {
		ref     change.Ref
		planned bool
	}{"the_path": {change.Path("/etc/a"), true}, "any_path": {anyPath, true}, "other_path": {change.Path("/etc/b"), false}, "any_service": {anyService, false}} {
		if err := look(tt.ref); errors.Is(err, host.ErrPlanned) != tt.planned {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.Dial(t.Context(), "tcp", "127.0.0.1:25"); err != nil {
		t.Errorf("no service is planned to change: %v", err)
	}
	plan(t, o, change.Service{Name: "postfix", Action: change.Stop, Before: state})
	if err := look(service); !errors.Is(err, host.ErrPlanned) || err.Error() != "service postfix: "+host.ErrPlanned.Error() {
		t.Errorf("the service: %v", err)
	}
	if _, err := o.Dial(t.Context(), "tcp", "127.0.0.1:25"); !errors.Is(err, host.ErrPlanned) {
		t.Errorf("dial: %v", err)
	}
	got, err := o.State(t.Context(), service)
	if err != nil || got.(change.ServiceState).Running {
		t.Errorf("state: %+v, %v", got, err)
	}
}

func TestOverlayRunsOnlyWhatIsEffectless(t *testing.T) {
	h := mem.New(mem.Answer(host.Output{Status: 3, Stdout: "out", Stderr: "err"}, "look"), mem.Answer(host.Output{Stdout: "in /d with A=b"}, "sh", "-c", "*", "sh", "/d", "env", "A=b", "look"))
	o := host.NewOverlay(h)
	out, err := o.Apply(t.Context(), change.Exec{Argv: []string{"look"}, Effectless: true})
	if err != nil || !out.Known || out.Status != 3 || string(out.Stdout) != "out" || string(out.Stderr) != "err" {
		t.Errorf("effectless: %+v, %v", out, err)
	}
	out, err = o.Apply(t.Context(), change.Exec{Argv: []string{"look"}, Effectless: true, Dir: "/d", Env: []string{"A=b"}})
	if err != nil || string(out.Stdout) != "in /d with A=b" {
		t.Errorf("with folder and environment: %+v, %v", out, err)
	}
	if o.Blurred() {
		t.Error("it blurred the host")
	}
	out, err = o.Apply(t.Context(), change.Exec{Argv: []string{"look"}})
	if err != nil || out.Known || !o.Blurred() {
		t.Errorf("with effects: %+v, %v, blurred %t", out, err, o.Blurred())
	}
	if len(h.Applied()) != 0 || len(h.Unanswered()) != 0 {
		t.Errorf("the host was asked to apply %v, or asked %v", h.Applied(), h.Unanswered())
	}
}

func TestOverlayReplaysWhatAnotherPlanned(t *testing.T) {
	h := mem.New(mem.File("/etc/a", "1\n"))
	o := host.NewOverlay(h)
	plan(t, o, edit("/etc/a", "1\n", "2\n"), change.SetMeta{Path: "/etc/a", Meta: mem.Root(0o600), Before: mem.Root(0o644)}, create("/etc/b", "b\n"))
	if _, err := o.Apply(t.Context(), change.Exec{Argv: []string{"touch", "/x"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Apply(t.Context(), edit("/etc/a", "stale\n", "x\n")); !errors.Is(err, host.ErrStale) {
		t.Fatal(err)
	}
	if got := len(o.Planned(0)); got != 4 {
		t.Errorf("%d changes are planned", got)
	}
	h.Put(mem.File("/etc/a", "changed meanwhile\n"))
	twin := host.NewOverlay(h)
	if err := twin.Replay(t.Context(), o.Planned(0)); err != nil {
		t.Fatal(err)
	}
	if got := text(t, twin, "/etc/a") + text(t, twin, "/etc/b"); got != "2\nb\n" || !twin.Blurred() {
		t.Errorf("the twin has %q, blurred %t", got, twin.Blurred())
	}
	if st, err := twin.Stat(t.Context(), "/etc/a"); err != nil || st.Meta.Mode != 0o600 {
		t.Errorf("%+v, %v", st, err)
	}
	if o.As(h).Identity() != o.Identity() || twin.Identity() == o.Identity() || o.Base() != host.Reader(h) {
		t.Error("plans are not told apart")
	}
	if _, err := twin.Apply(t.Context(), edit("/etc/b", "stale\n", "x\n")); !errors.Is(err, host.ErrStale) {
		t.Errorf("after the replay it trusts everything: %v", err)
	}
}
