package ss_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/sockets"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
	"github.com/pfrun/pfrun/modules/moduletest"
	"github.com/pfrun/pfrun/modules/ss"
)

func TestFixtures(t *testing.T) { moduletest.Run(t, ss.Spec(), "testdata/*.txtar") }

const (
	header = "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
	v4     = header + `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("smtpd",pid=40,fd=6),("master",pid=7,fd=13)) ino:1 sk:1 <->` + "\n"
	v6     = header + `LISTEN 0 100 [::]:25 [::]:* users:(("master",pid=7,fd=14)) ino:2 sk:2 v6only:1 <->` + "\n"
	dual   = header + `LISTEN 0 100 *:25 *:* users:(("dovecot",pid=9,fd=14)) ino:2 sk:2 v6only:0 <->` + "\n"
	blind  = header + "LISTEN 0 100 0.0.0.0:25 0.0.0.0:* ino:1 sk:1 <->\n"
)

func answers(v4, v6 string) mem.Option {
	return func(h *mem.Host) {
		mem.Answer(host.Output{Stdout: v4}, sockets.Command(sockets.IPv4)...)(h)
		mem.Answer(host.Output{Stdout: v6}, sockets.Command(sockets.IPv6)...)(h)
	}
}

func task(t *testing.T, args map[string]any) modules.Task {
	t.Helper()
	task, err := decode(args)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func decode(args map[string]any) (modules.Task, error) {
	m, _ := modules.NewRegistry(ss.Spec()).Lookup("ss")
	var given []modules.Given
	for name, value := range args {
		given = append(given, modules.Given{Name: name, Value: value})
	}
	return m.Decode(diag.Pos{}, given)
}

func plan(t *testing.T, r host.Reader, args map[string]any) (*modules.Plan, error) {
	t.Helper()
	return task(t, args).Plan(t.Context(), host.Listed(r, ss.Spec().Probes))
}

func TestExpectations(t *testing.T) {
	ipv4, both := []any{"ipv4"}, []any{"ipv6", "ipv4"}
	for _, tt := range []struct {
		name        string
		v4, v6      string
		args        map[string]any
		unmet, note string
	}{
		{"met", v4, header, map[string]any{"port": int64(25), "families": ipv4, "process": "master"}, "", ""},
		{"by service name", v4, header, map[string]any{"port": "smtp", "families": ipv4}, "", ""},
		{"both, written in another order", v4, v6, map[string]any{"port": int64(25), "families": both}, "", ""},
		{"dual stack counts as both", header, dual, map[string]any{"port": int64(25), "families": both}, "", ""},
		{"one too many", v4, v6, map[string]any{"port": int64(25), "families": ipv4},
			"port 25 listens on ipv4 (0.0.0.0:25 master) and ipv6 ([::]:25 master), expected exactly ipv4", ""},
		{"dual stack is one too many", header, dual, map[string]any{"port": int64(25), "families": "ipv6"},
			"port 25 listens on ipv4 ([::]:25 dovecot, which takes both) and ipv6 ([::]:25 dovecot, which takes both), expected exactly ipv6", ""},
		{"nothing there", header, header, map[string]any{"port": int64(25), "families": both}, "nothing listens on port 25, expected exactly ipv4 and ipv6", ""},
		{"nothing wanted", header, header, map[string]any{"port": int64(25), "families": []any{}, "process": "master"}, "", ""},
		{"nothing wanted and something there", v4, header, map[string]any{"port": int64(25), "families": []any{}},
			"port 25 listens on ipv4 (0.0.0.0:25 master), expected nothing to listen", ""},
		{"another process", v4, header, map[string]any{"port": int64(25), "families": ipv4, "process": "exim4"},
			"port 25 listens on ipv4 (0.0.0.0:25 master), expected the process exim4", ""},
		{"a process that shares the socket", v4, header, map[string]any{"port": int64(25), "process": "smtpd"}, "", ""},
		{"process and nothing there", header, header, map[string]any{"port": int64(25), "process": "master"},
			"nothing listens on port 25, expected the process master", ""},
		{"process unseen", blind, header, map[string]any{"port": int64(25), "families": ipv4, "process": "master"},
			"", "the process that holds port 25 cannot be seen (ss tells it to root, in a container to root with CAP_SYS_PTRACE): that it is master is not verified"},
		{"several ports", v4, header, map[string]any{"port": []any{int64(25), "submission"}, "families": ipv4},
			"nothing listens on port 587, expected exactly ipv4", ""},
		{"no expectation", v4, v6, map[string]any{"port": int64(25)}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan(t, mem.New(answers(tt.v4, tt.v6)), tt.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.unmet, tt.note}, []string{p.Unmet, p.Note}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(p.Steps) != 0 {
				t.Errorf("steps: %v", p.Steps)
			}
		})
	}
}

func TestResultIsWholeWhereUnmet(t *testing.T) {
	p, err := plan(t, mem.New(answers(v4, v6)), map[string]any{"port": int64(25), "families": []any{"ipv4"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"listeners": []any{
			map[string]any{"family": "ipv4", "families": []any{"ipv4"}, "address": "0.0.0.0", "port": int64(25), "process": "master", "pid": int64(7)},
			map[string]any{"family": "ipv6", "families": []any{"ipv6"}, "address": "::", "port": int64(25), "process": "master", "pid": int64(7)},
		},
		"families": []any{"ipv4", "ipv6"},
		"msg":      "port 25 listens on ipv4 (0.0.0.0:25 master) and ipv6 ([::]:25 master), expected exactly ipv4",
	}
	if diff := cmp.Diff(want, p.Result); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

const (
	procHeader = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	proc4      = procHeader + "   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0\n"
	proc6      = procHeader + "   0: 00000000000000000000000000000000:0019 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0\n"
)

func TestWithoutSS(t *testing.T) {
	for _, tt := range []struct {
		name        string
		host        *mem.Host
		args        map[string]any
		unmet, note string
		err         string
	}{
		{name: "both families", host: mem.New(mem.File("/proc/net/tcp", proc4), mem.File("/proc/net/tcp6", proc6)),
			args:  map[string]any{"port": int64(25), "families": "ipv4", "process": "master"},
			unmet: "port 25 listens on ipv4 (0.0.0.0:25) and ipv6 ([::]:25), expected exactly ipv4",
			note:  "the process that holds port 25 cannot be seen (ss tells it to root, in a container to root with CAP_SYS_PTRACE): that it is master is not verified"},
		{name: "a kernel without IPv6", host: mem.New(mem.File("/proc/net/tcp", proc4)), args: map[string]any{"port": int64(25), "families": "ipv4"}},
		{name: "cannot be told", host: mem.New(mem.File("/proc/net/tcp", procHeader), mem.File("/proc/net/tcp6", proc6)),
			args:  map[string]any{"port": int64(25), "families": "ipv6"},
			unmet: "port 25 listens on ipv6 ([::]:25), expected exactly ipv6, and without ss nobody can tell whether [::] takes ipv4 too (install iproute2)"},
		{name: "no proc", host: mem.New(), args: map[string]any{"port": int64(25)}, err: "the host has no ss (install iproute2), and /proc cannot be read instead"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan(t, tt.host, tt.args)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error is %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.unmet, tt.note}, []string{p.Unmet, p.Note}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPlannedRestartDefers(t *testing.T) {
	for name, h := range map[string]*mem.Host{"with ss": mem.New(answers(v4, v6)), "without ss": mem.New(mem.File("/proc/net/tcp", proc4))} {
		t.Run(name, func(t *testing.T) {
			o := host.NewOverlay(h)
			restart := change.Service{Name: "postfix", Action: change.Restart, Before: change.ServiceState{Exists: true, Running: true}}
			if _, err := o.Apply(t.Context(), restart); err != nil {
				t.Fatal(err)
			}
			if _, err := plan(t, o, map[string]any{"port": int64(25), "timeout": int64(10)}); !errors.Is(err, host.ErrPlanned) {
				t.Errorf("error is %v, want ErrPlanned", err)
			}
		})
	}
}

func TestBrokenSS(t *testing.T) {
	h := mem.New(mem.Answer(host.Output{Status: 255, Stderr: "Cannot open netlink socket: Permission denied\n"}, "ss", "..."))
	_, err := plan(t, h, map[string]any{"port": int64(25)})
	if err == nil || !strings.Contains(err.Error(), "ended with status 255: Cannot open netlink socket: Permission denied") {
		t.Errorf("error is %v", err)
	}
}

func TestTimeout(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout any
		fixedAt time.Duration // when the IPv6 listener goes away
		took    time.Duration
		met     bool
	}{
		{"no timeout looks once", nil, time.Second, 0, false},
		{"becomes true", int64(10), time.Second, 1200 * time.Millisecond, true},
		{"time is up", 1.0, time.Hour, time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				h := mem.New(answers(v4, v6), mem.AnswerFunc(func(*mem.Host, change.Exec) (change.Outcome, error) {
					if time.Since(start) < tt.fixedAt {
						return change.Outcome{Known: true, Stdout: []byte(v6)}, nil
					}
					return change.Outcome{Known: true, Stdout: []byte(header)}, nil
				}, sockets.Command(sockets.IPv6)...))
				p, err := plan(t, h, map[string]any{"port": int64(25), "families": "ipv4", "timeout": tt.timeout})
				if err != nil {
					t.Fatal(err)
				}
				if met := p.Unmet == ""; met != tt.met || time.Since(start) != tt.took {
					t.Errorf("met %v after %v, want %v after %v", met, time.Since(start), tt.met, tt.took)
				}
			})
		})
	}
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stopped by the user")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(stop) })
		_, err := task(t, map[string]any{"port": int64(25), "families": "ipv4", "timeout": int64(600)}).Plan(ctx, mem.New(answers(header, header)))
		if !errors.Is(err, stop) {
			t.Errorf("error is %v, want %v", err, stop)
		}
	})
}

func TestRefusedArguments(t *testing.T) {
	for _, tt := range []struct {
		name string
		args map[string]any
		want string
	}{
		{"no port", map[string]any{}, "missing required argument: port"},
		{"empty port", map[string]any{"port": []any{}}, `argument "port" is empty`},
		{"port out of range", map[string]any{"port": int64(65536)}, "must be a port from 1 to 65535"},
		{"unknown service", map[string]any{"port": "smpt"}, "must be a port from 1 to 65535 or a service name such as smtp or submission, got: smpt"},
		{"unknown family", map[string]any{"port": int64(25), "families": []any{"ipv5"}}, "item 1: must be ipv4 or ipv6, got: ipv5"},
		{"negative timeout", map[string]any{"port": int64(25), "timeout": int64(-1)}, "must be from 0 to 86400 seconds, got: -1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := decode(tt.args); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
}
