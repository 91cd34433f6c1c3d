package modules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func TestModeApplies(t *testing.T) {
	tests := []struct {
		mode    any
		current uint32
		dir     bool
		want    uint32
	}{
		{"0644", 0o600, false, 0o644},
		{"644", 0o600, false, 0o644},
		{"0o2755", 0, true, 0o2755},
		{int64(0o640), 0, false, 0o640},
		{int64(644), 0, false, 0o1204}, // decimal, as YAML reads 644 and as Ansible takes it
		{"u=rw,g=r,o=", 0o777, false, 0o640},
		{"u+x", 0o644, false, 0o744},
		{"+x", 0o600, false, 0o711},
		{"+w", 0o400, false, 0o600}, // the umask keeps group and others out
		{"a+w", 0o400, false, 0o622},
		{"go-rwx", 0o777, false, 0o700},
		{"u=rwX,g=rX", 0o600, false, 0o640},
		{"u=rwX,g=rX", 0o600, true, 0o750},
		{"u=rwX,g=rX", 0o610, false, 0o750},
		{"u+s,g+s,o+t", 0o755, false, 0o7755},
		{"u=rwx", 0o4644, false, 0o744}, // "=" takes setuid away
		{"g=u", 0o604, false, 0o664},
		{"o=g-w", 0o760, false, 0o764},
		{"u-x+r", 0o100, false, 0o400},
		{"=", 0o777, false, 0},
	}
	for _, tt := range tests {
		var m modules.Mode
		if err := m.Set(tt.mode); err != nil {
			t.Errorf("%v: %v", tt.mode, err)
			continue
		}
		if got := m.Apply(tt.current, tt.dir); got != tt.want {
			t.Errorf("%v on %04o: got %04o, want %04o", tt.mode, tt.current, got, tt.want)
		}
		text := m.WireText()
		var back modules.Mode
		if err := back.SetWireText(text); err != nil || back.Apply(tt.current, tt.dir) != tt.want {
			t.Errorf("%v became %s: %v", tt.mode, text, err)
		}
	}
}

func TestModeRefuses(t *testing.T) {
	for _, mode := range []any{"preserve", "rw", "u*x", "z+x", "u+q", "", "010000", int64(-1), int64(64444), true, "u=rw,", []any{}} {
		var m modules.Mode
		if err := m.Set(mode); err == nil {
			t.Errorf("%v was taken as %s", mode, m)
		}
	}
}

func FuzzMode(f *testing.F) {
	for _, s := range []string{"0644", "u=rw,g=r,o=", "a+X", "u+s-t", "=,+", "g=u-w"} {
		f.Add(s, uint32(0o644))
	}
	f.Fuzz(func(t *testing.T, s string, current uint32) {
		var m modules.Mode
		if m.Set(s) != nil {
			return
		}
		if got := m.Apply(current&0o7777, false); got&^0o7777 != 0 {
			t.Errorf("%q on %o gives %o", s, current&0o7777, got)
		}
	})
}

func attributes(t *testing.T, given ...modules.Given) (modules.FileAttributes, error) {
	t.Helper()
	m, _ := modules.NewRegistry(sample).Lookup("sample")
	task, err := m.Decode(diag.Pos{}, append(given, modules.Given{Name: "path", Value: "/x"}))
	return task.(*sampleTask).FileAttributes, err
}

func TestFileAttributesAreAppliedByLooking(t *testing.T) {
	h := mem.New(
		mem.File("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\npostfix:x:105:113::/var/spool/postfix:/usr/sbin/nologin\n"),
		mem.File("/etc/group", "root:x:0:\nadm:x:4:syslog\n"),
		mem.Answer(host.Output{Stdout: "ldapuser:*:5000:5001:L:/home/l:/bin/sh\n"}, "getent", "passwd", "ldapuser"),
		mem.Answer(host.Output{Status: 2}, "getent", "passwd", "nobodyknows"),
		mem.Answer(host.Output{Status: 2}, "getent", "group", "*"),
	)
	now := change.Meta{Mode: 0o644, Owner: "root", Group: "root"}
	tests := map[string]struct {
		given []modules.Given
		want  change.Meta
		err   string
	}{
		"nothing":       {nil, now, ""},
		"mode":          {[]modules.Given{{Name: "mode", Value: "g+w"}}, change.Meta{Mode: 0o664, Owner: "root", Group: "root"}, ""},
		"names":         {[]modules.Given{{Name: "owner", Value: "postfix"}, {Name: "group", Value: "adm"}}, change.Meta{Mode: 0o644, UID: 105, GID: 4, Owner: "postfix", Group: "adm"}, ""},
		"numbers":       {[]modules.Given{{Name: "owner", Value: int64(7)}, {Name: "group", Value: "8"}}, change.Meta{Mode: 0o644, UID: 7, GID: 8}, ""},
		"directory":     {[]modules.Given{{Name: "owner", Value: "ldapuser"}}, change.Meta{Mode: 0o644, UID: 5000, Owner: "ldapuser", Group: "root"}, ""},
		"unknown_user":  {[]modules.Given{{Name: "owner", Value: "nobodyknows"}}, now, "chown failed: failed to look up user nobodyknows"},
		"unknown_group": {[]modules.Given{{Name: "group", Value: "nobodyknows"}}, now, "chgrp failed: failed to look up group nobodyknows"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := attributes(t, tt.given...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Apply(t.Context(), host.Listed(h, nil), now, false)
			if tt.err != "" {
				if !errors.Is(err, modules.ErrNoAccount) || !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("error: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnsupportedFileArgumentsAreRefusedByName(t *testing.T) {
	for _, name := range []string{"attributes", "attr", "selevel", "serole", "setype", "seuser", "unsafe_writes"} {
		_, err := attributes(t, modules.Given{Name: name, Value: true})
		if err == nil || !strings.Contains(err.Error(), `argument "`+name+`" is not supported by pfrun`) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := attributes(t, modules.Given{Name: name, Value: nil}); err != nil {
			t.Errorf("%s without a value: %v", name, err)
		}
	}
	if _, err := attributes(t, modules.Given{Name: "unsafe_writes", Value: "no"}); err != nil {
		t.Errorf("unsafe_writes: no is what pfrun does: %v", err)
	}
}

func TestNewFilesBelongToTheUserOfTheTask(t *testing.T) {
	passwd := mem.File("/etc/passwd", "mail:x:8:12::/var/mail:/bin/sh\n")
	got, err := modules.NewFileMeta(t.Context(), mem.New(passwd, mem.Facts(host.Facts{Umask: 0o022, User: "mail", UID: 8, Home: "/var/mail"})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(change.Meta{Mode: 0o644, UID: 8, GID: 12, Owner: "mail"}, got); diff != "" {
		t.Error(diff)
	}
	if got, err := modules.NewFileMeta(t.Context(), mem.New()); err != nil || !got.Same(mem.Root(0o644)) {
		t.Errorf("root: %v, %v", got, err)
	}
}

func TestPathIsExpandedOnTheHost(t *testing.T) {
	h := mem.New(
		mem.File("/etc/passwd", "mail:x:8:12::/var/mail/:/bin/sh\n"),
		mem.Answer(host.Output{Stdout: "HOME=/root\x00ETC=/etc\x00EMPTY=\x00"}, "env", "-0"),
		mem.Answer(host.Output{Status: 2}, "getent", "passwd", "*"),
	)
	for in, want := range map[string]string{
		"/etc/x":               "/etc/x",
		"/etc//x/":             "/etc/x",
		"~/x":                  "/root/x",
		"~":                    "/root",
		"~mail/x":              "/var/mail/x",
		"~who/x":               "/root/~who/x",
		"x":                    "/root/x",
		"$ETC/x":               "/etc/x",
		"${ETC}/${UNKNOWN}/$":  "/etc/${UNKNOWN}/$",
		"/$EMPTY$ETC2/${ETC/x": "/$ETC2/${ETC/x",
	} {
		got, err := modules.Path(t.Context(), host.Listed(h, modules.ExpandProbes()), in)
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", in, got, err, want)
		}
	}
}
