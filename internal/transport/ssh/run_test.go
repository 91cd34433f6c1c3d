package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

func sh(script string) host.Command { return host.Command{Argv: []string{"sh", "-c", script}} }

func TestRunStatusAndStreams(t *testing.T) {
	c, _ := connect(t, nil)
	tests := []struct {
		name           string
		cmd            host.Command
		status         int
		stdout, stderr string
	}{
		{"ok", sh("echo out; echo err >&2"), 0, "out\n", "err\n"},
		{"status", sh("exit 7"), 7, "", ""},
		{"signal", sh("kill -TERM $$"), 143, "", ""},
		{"no-such-program", host.Command{Argv: []string{"/no/such/program"}}, 127, "", "*"},
		{"words", host.Command{Argv: []string{"printf", "%s|", "a b", "", "it's", "$HOME", "new\nline", "*"}}, 0, "a b||it's|$HOME|new\nline|*|", ""},
		{"builtin", host.Command{Argv: []string{"echo", "-n", "x"}}, 0, "x", ""},
		{"env", host.Command{Argv: []string{"sh", "-c", "echo \"$A-$B\""}, Env: []string{"A=1 2", "B='x'"}}, 0, "1 2-'x'\n", ""},
		{"dir", host.Command{Argv: []string{"pwd"}, Dir: "/usr/lib"}, 0, "/usr/lib\n", ""},
		{"stdin", host.Command{Argv: []string{"cat"}, Stdin: strings.NewReader("hello")}, 0, "hello", ""},
		{"stdin-empty", host.Command{Argv: []string{"cat"}}, 0, "", ""},
		{"stdin-not-read", host.Command{Argv: []string{"true"}, Stdin: strings.NewReader(strings.Repeat("x", 1<<22))}, 0, "", ""},
		{"output-closed-early", sh("exec >&- 2>&-; sleep 0.2; exit 3"), 3, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			tt.cmd.Stdout, tt.cmd.Stderr = &stdout, &stderr
			status, err := c.Run(t.Context(), tt.cmd)
			if err != nil {
				t.Fatal(err)
			}
			if status != tt.status || stdout.String() != tt.stdout || tt.stderr != "*" && stderr.String() != tt.stderr {
				t.Errorf("status %d, stdout %q, stderr %q; want %d, %q, %q", status, &stdout, &stderr, tt.status, tt.stdout, tt.stderr)
			}
		})
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

func TestRunMuchData(t *testing.T) {
	c, _ := connect(t, nil)
	in := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
	var out bytes.Buffer
	if status, err := c.Run(t.Context(), host.Command{Argv: []string{"cat"}, Stdin: bytes.NewReader(in), Stdout: &out}); err != nil || status != 0 {
		t.Fatal(status, err)
	}
	if !bytes.Equal(in, out.Bytes()) {
		t.Errorf("%d bytes came back, not the %d that were sent", out.Len(), len(in))
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
			if peak := s.peak.Load(); peak > maxSessions || peak < 2 {
				t.Errorf("%d sessions at once, want 2 to %d", peak, maxSessions)
			}
		})
	}
}

func TestRunEndsWithContext(t *testing.T) {
	c, _ := connect(t, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	started := make(chan struct{})
	go func() {
		<-started
		cancel(why)
	}()
	var out notifying
	out.first = sync.OnceFunc(func() { close(started) })
	begin := time.Now()
	_, err := c.Run(ctx, host.Command{Argv: []string{"sh", "-c", "echo started; sleep 60"}, Stdout: &out})
	if !errors.Is(err, why) || errors.Is(err, host.ErrUnreachable) {
		t.Errorf("error %v, want one that wraps %v", err, why)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %s", d)
	}
	if status, err := c.Run(t.Context(), sh("exit 4")); status != 4 || err != nil {
		t.Errorf("the next run gave %d, %v", status, err)
	}
}

type notifying struct{ first func() }

func (n *notifying) Write(b []byte) (int, error) {
	n.first()
	return len(b), nil
}

func TestRunAfterContextEndedWithStuckWriter(t *testing.T) {
	c, _ := connect(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	pr, pw := io.Pipe() // nobody reads
	defer pr.Close()
	begin := time.Now()
	if _, err := c.Run(ctx, host.Command{Argv: []string{"sh", "-c", "echo x; sleep 60"}, Stdout: pw}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %s", d)
	}
}

func TestRunReportsBrokenStreams(t *testing.T) {
	c, _ := connect(t, nil)
	broken := errors.New("disk full")
	_, err := c.Run(t.Context(), host.Command{Argv: []string{"yes"}, Stdout: failingWriter{broken}})
	if !errors.Is(err, broken) {
		t.Errorf("writer: error %v", err)
	}
	_, err = c.Run(t.Context(), host.Command{Argv: []string{"sleep", "60"}, Stdin: io.MultiReader(strings.NewReader("x"), failingReader{broken})})
	if !errors.Is(err, broken) {
		t.Errorf("reader: error %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestRunDoesNotWaitForDaemons(t *testing.T) {
	c, _ := connect(t, nil)
	var out bytes.Buffer
	begin := time.Now()
	status, err := c.Run(t.Context(), host.Command{Argv: []string{"sh", "-c", "sleep 30 & echo started; exit 5"}, Stdout: &out})
	if status != 5 || err != nil || out.String() != "started\n" {
		t.Errorf("status %d, %q, %v", status, &out, err)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("it took %s", d)
	}
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
	u.cfg.KeepAlive, u.cfg.KeepAliveCount = 50*time.Millisecond, 3
	if status, err := u.dial(t).Run(t.Context(), sh("sleep 1; exit 6")); status != 6 || err != nil {
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
