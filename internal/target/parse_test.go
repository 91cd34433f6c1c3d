package target

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

const surveyed = `root
0
/root
Linux
x86_64
mail1
0027
/home/admin
systemd

PART
ID=debian
VERSION_ID="12"
PRETTY_NAME="Debian \"GNU\"/Linux"
ANSI_COLOR='1;31'
# ID=other

PART
root:x:0:0:root:/root:/bin/bash
toor:x:0:0::/root:/bin/sh
postfix:x:106:113::/var/spool/postfix:/usr/sbin/nologin
+::::::
broken

PART
root:x:0:
postdrop:x:114:
`

func TestParseSurvey(t *testing.T) {
	s, err := parseSurvey(surveyed, "PART")
	if err != nil {
		t.Fatal(err)
	}
	want := host.Facts{
		User: "root", Home: "/root", Folder: "/home/admin", Kernel: "Linux", Arch: "x86_64", Node: "mail1", ServiceManager: change.Systemd, Umask: 0o027,
		OSRelease: map[string]string{"ID": "debian", "VERSION_ID": "12", "PRETTY_NAME": `Debian "GNU"/Linux`, "ANSI_COLOR": "1;31"},
	}
	if diff := cmp.Diff(want, s.facts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[int]string{0: "root", 106: "postfix"}, s.users); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[int]string{0: "root", 114: "postdrop"}, s.groups); diff != "" {
		t.Error(diff)
	}
	for _, broken := range []string{"", "root\n0\n", strings.Replace(surveyed, "\n0\n", "\nx\n", 1), strings.Replace(surveyed, "0027", "u=rwx", 1)} {
		if _, err := parseSurvey(broken, "PART"); err == nil {
			t.Errorf("%.20q was taken", broken)
		}
	}
}

func TestUnitState(t *testing.T) {
	tests := map[string]struct {
		shown string
		want  change.ServiceState
	}{
		"running":   {"Id=cron.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled", change.ServiceState{Manager: change.Systemd, Unit: "cron.service", Exists: true, Running: true, Enabled: true}},
		"starting":  {"LoadState=loaded\nActiveState=activating\nUnitFileState=disabled", change.ServiceState{Manager: change.Systemd, Unit: "x.service", Exists: true, Running: true}},
		"failed":    {"LoadState=loaded\nActiveState=failed\nUnitFileState=static", change.ServiceState{Manager: change.Systemd, Unit: "x.service", Exists: true, Enabled: true}},
		"alias":     {"Id=ssh.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=alias", change.ServiceState{Manager: change.Systemd, Unit: "ssh.service", Exists: true, Enabled: true}},
		"masked":    {"LoadState=masked\nActiveState=inactive\nUnitFileState=masked", change.ServiceState{Manager: change.Systemd, Unit: "x.service", Exists: true}},
		"not-found": {"LoadState=not-found\nActiveState=inactive", change.ServiceState{}},
		"nothing":   {"", change.ServiceState{}},
	}
	for name, tt := range tests {
		got := unitState("x.service", parseShow(tt.shown))
		got.Status = nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMasterRuns(t *testing.T) {
	tests := map[string]struct {
		unit bool
		text string
		want bool
	}{
		"asked, runs":              {true, "LoadState=not-found\nMaster=0\n", true},
		"asked, wrapper is lying":  {true, "LoadState=loaded\nActiveState=inactive\nMaster=1\n", false},
		"asked, started by hand":   {false, "LoadState=loaded\nActiveState=inactive\nMaster=0\n", true},
		"denied, Debian 12 down":   {true, "LoadState=loaded\nActiveState=failed\nMaster=denied\n", false},
		"denied, Debian 12 up":     {true, "LoadState=loaded\nActiveState=active\nMaster=denied\n", true},
		"denied, one unit":         {true, "LoadState=not-found\nActiveState=inactive\nMaster=denied\n", true},
		"no program, unit stopped": {false, "LoadState=not-found\nActiveState=inactive\n", false},
	}
	for name, tt := range tests {
		if got := masterRuns(tt.unit, tt.text); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestUnitName(t *testing.T) {
	for name, want := range map[string]string{"postfix": "postfix.service", "a.socket": "a.socket", "postfix@-": "postfix@-.service", "php8.2-fpm": "php8.2-fpm.service", "x.service": "x.service"} {
		if got := unitName(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func FuzzParseSurvey(f *testing.F) {
	f.Add(surveyed)
	f.Add("a\n1\n\nPART\n\"\n\nPART\n::\n\nPART\n")
	f.Add("ID=\"\\\n\nPART\n='\n\nPART\nx:y:-1\n\nPART\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSurvey(text, "PART")
		if (s == nil) == (err == nil) {
			t.Errorf("%v, %v", s, err)
		}
	})
}

func FuzzParseShow(f *testing.F) {
	f.Add("Id=a\nExecStart={ path=/x ;\nmore }\nMaster=0\n")
	f.Add("=\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		p := parseShow(text)
		masterRuns(true, text)
		for name := range p {
			if name == "" || strings.ContainsAny(name, " \t\n=") {
				t.Errorf("name %q", name)
			}
		}
	})
}

func FuzzUnquote(f *testing.F) {
	for _, s := range []string{`"a"`, `'a'`, `"`, `"\"`, `"a\\b"`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := unquote(s); len(got) > len(s) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
