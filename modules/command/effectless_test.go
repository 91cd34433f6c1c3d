package command

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func TestEffectless(t *testing.T) {
	tests := map[string]bool{
		"postconf -n":                                true,
		"/usr/sbin/postconf -h inet_protocols":       true,
		"postconf -c /etc/postfix-out mydestination": true,
		"postconf -o inet_protocols=ipv4 -x":         true,
		"postconf inet_protocols=ipv4":               false,
		"postconf -e inet_protocols=ipv4":            false,
		"postconf -# inet_protocols":                 false,
		"postconf -X inet_protocols":                 false,
		"postconf -M smtp/inet":                      true,
		"postconf -MX smtp/inet":                     false,
		"postconf -P smtp/inet/inet_protocols=ipv4":  false,
		"/opt/postfix/sbin/postconf -n":              false,
		"./cat x":                                    false,
		"cat /etc/motd":                              true,
		"cat /dev/random":                            false,
		"ls -l /etc":                                 true,
		"ss -Htlnp":                                  true,
		"ss -K dst 10.0.0.1":                         false,
		"ss --kill":                                  false,
		"ss --ki":                                    false,
		"ss -tlD /tmp/dump":                          false,
		"hostname":                                   true,
		"hostname -f":                                true,
		"hostname mx1":                               false,
		"hostname -F /etc/hostname":                  false,
		"date":                                       true,
		"date +%s":                                   true,
		"date -s now":                                false,
		"date 010100002025":                          false,
		"systemctl is-active postfix":                true,
		"systemctl restart postfix":                  false,
		"systemctl":                                  false,
		"postqueue -p":                               true,
		"postqueue -f":                               false,
		"mailq":                                      true,
		"mailq -q":                                   false,
		"dpkg -l postfix":                            true,
		"dpkg -i x.deb":                              false,
		"sysctl -n net.ipv6.conf.all.disable_ipv6":   true,
		"sysctl -n net.ipv6.conf.all.disable_ipv6=1": false,
		"sysctl -w net.ipv6.conf.all.disable_ipv6=1": false,
		"sysctl -p":                                  false,
		"rm -rf /":                                   false,
		"true":                                       true,
		"env PATH=/x rm":                             false,
	}
	for line, want := range tests {
		argv, err := modules.SplitWords(line)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := effectless(argv, "/root"); got != want {
			t.Errorf("%s: got %t", line, got)
		}
	}
}

func TestReadsNameWhatTheAnswerDependsOn(t *testing.T) {
	for line, want := range map[string][]change.Ref{
		"cat motd /etc/../srv/x -n": {change.Path("/home/motd"), change.Path("/srv/x")},
		"postconf -c /p -n":         {change.Path("/p/main.cf"), change.Path("/p/master.cf"), change.Path("/p/dynamicmaps.cf")},
		"ls":                        allPaths,
		"systemctl status x":        allServices,
		"uname -a":                  nil,
	} {
		argv, _ := modules.SplitWords(line)
		got, _ := effectless(argv, "/home")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// TestCheckMode runs commands on a host on which an edit of a file and the restart of a service are planned.
func TestCheckMode(t *testing.T) {
	h := mem.New(
		mem.File("/etc/postfix/main.cf", "x = y\n"), mem.Dir("/srv", mem.Root(0o755)),
		mem.Answer(host.Output{Stdout: "y\n"}, "postconf", "-h", "x"),
		mem.Answer(host.Output{Stdout: "Linux\n"}, "uname"),
		mem.Answer(host.Output{Stdout: "file\n"}, "sh", "-c", `cd "$1" && shift && exec "$@"`, "sh", "/srv", "ls"),
	)
	run := func(o *host.Overlay, task *Task) map[string]any {
		t.Helper()
		p, err := task.Plan(t.Context(), host.Listed(o, Spec().Probes))
		if err != nil {
			t.Fatal(err)
		}
		out, err := o.Apply(t.Context(), p.Steps[0])
		if err != nil {
			t.Fatal(err)
		}
		task.Report(p, []change.Outcome{out})
		return p.Result
	}
	o := host.NewOverlay(h)
	if got := run(o, &Task{Cmd: "postconf -h x"}); got["stdout"] != "y\n" {
		t.Errorf("nothing is planned, and postconf gave %v", got)
	}
	f, err := o.ReadFile(t.Context(), "/etc/postfix/main.cf", 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Apply(t.Context(), change.WriteFile{Path: "/etc/postfix/main.cf", Content: change.Bytes([]byte("x = z\n")), Meta: f.Meta, Before: f}); err != nil {
		t.Fatal(err)
	}
	if got := run(o, &Task{Cmd: "postconf -h x"}); got["stdout"] != (change.Unknown{}) || got["rc"] != (change.Unknown{}) {
		t.Errorf("main.cf is planned to change, and postconf gave %v", got)
	}
	if got := run(o, &Task{Cmd: "uname"}); got["stdout"] != "Linux\n" {
		t.Errorf("uname depends on nothing, and gave %v", got)
	}
	if o.Blurred() {
		t.Error("programs without effects blurred the host")
	}
	if got := run(o, &Task{Cmd: "touch /x"}); got["rc"] != (change.Unknown{}) {
		t.Errorf("touch was run: %v", got)
	}
	if !o.Blurred() {
		t.Error("a program of unknown effect did not blur the host")
	}
	if got := run(host.NewOverlay(h), &Task{Cmd: "ls", Common: Common{Chdir: "/srv"}}); got["stdout"] != "file\n" {
		t.Errorf("ls in another folder: %v", got)
	}
}

func TestTimesAreShownAsAnsibleShowsThem(t *testing.T) {
	start := time.Date(2024, 2, 29, 23, 59, 59, 5000, time.UTC)
	p := &modules.Plan{Result: map[string]any{}, Steps: []change.Change{change.Exec{Argv: []string{"x"}}}}
	(&Task{}).Report(p, []change.Outcome{{Known: true, Start: start, End: start.Add(25*time.Hour + 61*time.Second + 7*time.Millisecond)}})
	want := map[string]any{"start": "2024-02-29 23:59:59.000005", "end": "2024-03-02 01:01:00.007005", "delta": "1 day, 1:01:01.007000"}
	for key, w := range want {
		if p.Result[key] != w {
			t.Errorf("%s: %v, want %v", key, p.Result[key], w)
		}
	}
	if got := duration(3 * time.Second); got != "0:00:03" {
		t.Errorf("3 seconds: %s", got)
	}
}

func TestSplitLines(t *testing.T) {
	for in, want := range map[string][]string{
		"":                          nil,
		"a":                         {"a"},
		"a\n":                       {"a"},
		"a\r\nb\rc\n\nd":            {"a", "b", "c", "", "d"},
		"a\u2028b\u0085ä\vb\x1cc":   {"a", "b", "ä", "b", "c"},
		"\n":                        {""},
		"broken \xe2\x80 stays\xff": {"broken \xe2\x80 stays\xff"},
	} {
		if diff := cmp.Diff(want, splitLines(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"/etc/*", "/etc/a", true},
		{"/etc/*", "/etc/a/b", false},
		{"/etc/*", "/etc/.a", false},
		{"/etc/.*", "/etc/.a", true},
		{"/*/a", "/etc/a", true},
		{"/etc/[!a]", "/etc/b", true},
		{"/etc/[!a]", "/etc/a", false},
		{"/etc/[", "/etc/[", true},
		{`/etc/\*`, `/etc/\x`, true},
		{"/etc/?", "/etc/ä", true},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%s and %s: %t", tt.pattern, tt.name, got)
		}
	}
}
