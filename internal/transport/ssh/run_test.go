package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/transport/transporttest"
	"github.com/pfrun/pfrun/modules/host"
)

func sh(script string) host.Command { return host.Command{Argv: []string{"sh", "-c", script}} }

func TestRun(t *testing.T) {
	c, _ := connect(t, nil)
	transporttest.Run(t, c)
	for _, tt := range []struct {
		name   string
		cmd    host.Command
		status int
	}{
		{"no-such-program", host.Command{Argv: []string{"/no/such/program"}}, 127},
		{"reserved-word", host.Command{Argv: []string{"if", "true"}}, 127},
	} {
		if status, err := c.Run(t.Context(), tt.cmd); status != tt.status || err != nil {
			t.Errorf("%s: status %d, %v; want %d", tt.name, status, err, tt.status)
		}
	}
}

func TestRunRefusesWhatAShellWouldMisread(t *testing.T) {
	for _, cmd := range []host.Command{
		{},
		{Argv: []string{""}},
		{Argv: []string{"-x"}},
		{Argv: []string{"A=b"}, Env: []string{"C=d"}},
		{Argv: []string{"echo", "a\x00b"}},
	} {
		if line, err := commandLine(cmd); err == nil {
			t.Errorf("%q gave %q, want an error", cmd.Argv, line)
		}
	}
}

func TestRunManyAtOnce(t *testing.T) {
	for _, allowed := range []int32{0, 3} {
		t.Run(fmt.Sprintf("MaxSessions=%d", allowed), func(t *testing.T) {
			c, s := connect(t, func(s *testServer) { s.maxSessions = allowed })
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					var out bytes.Buffer
					status, err := c.Run(t.Context(), host.Command{Argv: []string{"sh", "-c", fmt.Sprintf("sleep 0.05; echo %d; exit %d", i, i)}, Stdout: &out})
					if err != nil || status != i || out.String() != fmt.Sprintln(i) {
						t.Errorf("run %d: status %d, %q, %v", i, status, &out, err)
					}
				})
			}
			wg.Wait()
			if peak := s.peak.Load(); peak > 10 || peak < 2 { // the server counts one that has ended for a little longer
				t.Errorf("%d sessions at once, want 2 to 10", peak)
			}
		})
	}
}

func TestRunTellsTheProgramToEnd(t *testing.T) {
	c, _ := connect(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var pid int
	out := &firstLine{then: func(line string) { pid, _ = strconv.Atoi(line); cancel() }}
	if _, err := c.Run(ctx, host.Command{Argv: []string{"sh", "-c", "echo $$; exec sleep 60"}, Stdout: out}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	wantEnded(t, pid)
}

func TestRunOnALostConnection(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		c, s := connect(t, nil)
		time.AfterFunc(200*time.Millisecond, s.cut)
		wantLost(t, c)
	})
	t.Run("silent", func(t *testing.T) {
		s := startServer(t, nil, func(s *testServer) { s.config.AddHostKey(newSigner(t, "ed25519")) })
		u := newSetup(t, s)
		u.cfg.KeepAlive, u.cfg.KeepAliveCount = 100*time.Millisecond, 3
		c := u.dial(t)
		time.AfterFunc(200*time.Millisecond, func() { s.frozen.Store(true) })
		err := wantLost(t, c)
		if !strings.Contains(err.Error(), "silent for 300ms") {
			t.Errorf("error %v does not say why", err)
		}
	})
}

func wantLost(t *testing.T, c *Conn) error {
	t.Helper()
	begin := time.Now()
	_, err := c.Run(t.Context(), sh("sleep 60"))
	if !errors.Is(err, host.ErrUnreachable) || time.Since(begin) > 10*time.Second {
		t.Errorf("after %s: error %v, want one that wraps %v", time.Since(begin), err, host.ErrUnreachable)
	}
	for what, call := range map[string]func() error{
		"run":  func() error { _, err := c.Run(t.Context(), sh("true")); return err },
		"get":  func() error { _, err := c.Get(t.Context(), "/etc/passwd"); return err },
		"dial": func() error { _, err := c.Dial(t.Context(), "tcp", "127.0.0.1:1"); return err },
	} {
		if err := call(); !errors.Is(err, host.ErrUnreachable) {
			t.Errorf("%s afterwards: error %v", what, err)
		}
	}
	return err
}

func TestKeepAliveLeavesAQuietConnectionAlone(t *testing.T) {
	s := startServer(t, nil, func(s *testServer) { s.config.AddHostKey(newSigner(t, "ed25519")) })
	u := newSetup(t, s)
	u.cfg.KeepAlive, u.cfg.KeepAliveCount = 100*time.Millisecond, 5
	if status, err := u.dial(t).Run(t.Context(), sh("sleep 2; exit 6")); status != 6 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
}

func TestNoGoroutineStaysBehind(t *testing.T) {
	before := stacks()
	c, s := connect(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c.Run(ctx, sh("sleep 60"))
	c.Run(t.Context(), host.Command{Argv: []string{"cat"}, Stdin: strings.NewReader("x"), Stdout: io.Discard})
	if r, err := c.Get(t.Context(), "/etc/passwd"); err == nil {
		r.Close()
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	s.stop()
	var after []string
	for range 100 {
		if after = added(before, stacks()); len(after) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d goroutines stay:\n%s", len(after), strings.Join(after, "\n\n"))
}

func stacks() map[string]string {
	buf := make([]byte, 1<<20)
	all := map[string]string{}
	for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		id, _, _ := strings.Cut(g, "[")
		all[id] = g
	}
	return all
}

func added(before, after map[string]string) []string {
	var out []string
	for id, g := range after {
		if _, ok := before[id]; !ok {
			out = append(out, g)
		}
	}
	return out
}

// The server of these tests gives no terminals, as one with PermitTTY no.
func TestRunWithoutATerminal(t *testing.T) {
	c, _ := connect(t, nil)
	_, err := c.Run(t.Context(), host.Command{Argv: []string{"true"}, Terminal: true})
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "PermitTTY") {
		t.Errorf("error %v", err)
	}
}
