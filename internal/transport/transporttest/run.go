package transporttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

// Run checks Conn.Run.
func Run(t *testing.T, c host.Conn) {
	t.Run("status-and-streams", func(t *testing.T) { checkStatus(t, c) })
	t.Run("much-data", func(t *testing.T) { checkMuchData(t, c) })
	t.Run("many-at-once", func(t *testing.T) { checkMany(t, c) })
	t.Run("context", func(t *testing.T) { checkContext(t, c) })
	t.Run("stuck-writer", func(t *testing.T) { checkStuckWriter(t, c) })
	t.Run("broken-streams", func(t *testing.T) { checkBrokenStreams(t, c) })
	t.Run("daemon", func(t *testing.T) { checkDaemon(t, c) })
}

func sh(script string) []string { return []string{"sh", "-c", script} }

func checkStatus(t *testing.T, c host.Conn) {
	tests := []struct {
		name           string
		cmd            host.Command
		status         int
		stdout, stderr string
	}{
		{"ok", host.Command{Argv: sh("echo out; echo err >&2")}, 0, "out\n", "err\n"},
		{"status", host.Command{Argv: sh("exit 7")}, 7, "", ""},
		{"signal", host.Command{Argv: sh("kill -TERM $$")}, 143, "", ""},
		{"kill", host.Command{Argv: sh("kill -KILL $$")}, 137, "", ""},
		{"words", host.Command{Argv: []string{"printf", "%s|", "a b", "", "it's", "$HOME", "new\nline", "*", `\`, "ä"}}, 0, "a b||it's|$HOME|new\nline|*|\\|ä|", ""},
		{"env", host.Command{Argv: sh(`echo "$A-$B"`), Env: []string{"A=1 2", "B='x'"}}, 0, "1 2-'x'\n", ""},
		{"dir", host.Command{Argv: []string{"pwd"}, Dir: "/usr/lib"}, 0, "/usr/lib\n", ""},
		{"stdin", host.Command{Argv: []string{"cat"}, Stdin: strings.NewReader("hello")}, 0, "hello", ""},
		{"stdin-empty", host.Command{Argv: []string{"cat"}}, 0, "", ""},
		{"stdin-not-read", host.Command{Argv: []string{"true"}, Stdin: strings.NewReader(strings.Repeat("x", 1<<22))}, 0, "", ""},
		{"stdin-that-never-ends", host.Command{Argv: sh("read x; exit 3"), Stdin: endless(t, "x\n")}, 3, "", ""},
		{"output-closed-early", host.Command{Argv: sh("exec >&- 2>&-; sleep 0.2; exit 3")}, 3, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			tt.cmd.Stdout, tt.cmd.Stderr = &stdout, &stderr
			status, err := c.Run(t.Context(), tt.cmd)
			if err != nil {
				t.Fatal(err)
			}
			if status != tt.status || stdout.String() != tt.stdout || stderr.String() != tt.stderr {
				t.Errorf("status %d, stdout %q, stderr %q; want %d, %q, %q", status, &stdout, &stderr, tt.status, tt.stdout, tt.stderr)
			}
		})
	}
}

// endless gives a reader that says text and then nothing more until the test is over.
func endless(t *testing.T, text string) io.Reader {
	pr, pw := io.Pipe()
	t.Cleanup(func() { pw.Close() })
	return io.MultiReader(strings.NewReader(text), pr)
}

func checkMuchData(t *testing.T, c host.Conn) {
	in := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
	var out bytes.Buffer
	if status, err := c.Run(t.Context(), host.Command{Argv: []string{"cat"}, Stdin: bytes.NewReader(in), Stdout: &out}); err != nil || status != 0 {
		t.Fatal(status, err)
	}
	if !bytes.Equal(in, out.Bytes()) {
		t.Errorf("%d bytes came back, not the %d that were sent", out.Len(), len(in))
	}
}

func checkMany(t *testing.T, c host.Conn) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			var out bytes.Buffer
			status, err := c.Run(t.Context(), host.Command{Argv: append(sh("sleep 0.05; echo $1; exit $1"), "sh", strconv.Itoa(i)), Stdout: &out})
			if err != nil || status != i || out.String() != strconv.Itoa(i)+"\n" {
				t.Errorf("run %d: status %d, %q, %v", i, status, &out, err)
			}
		})
	}
	wg.Wait()
}

func checkContext(t *testing.T, c host.Conn) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	var pid int
	out := &firstLine{then: func(line string) { pid, _ = strconv.Atoi(line); cancel(why) }}
	begin := time.Now()
	_, err := c.Run(ctx, host.Command{Argv: sh("echo $$; exec sleep 60"), Stdout: out})
	if !errors.Is(err, why) || errors.Is(err, host.ErrUnreachable) {
		t.Errorf("error %v, want one that wraps %v", err, why)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %s", d)
	}
	if pid > 1 {
		syscall.Kill(pid, syscall.SIGKILL) // it may go on running
	}
	if _, err := c.Run(ctx, host.Command{Argv: []string{"true"}}); !errors.Is(err, why) {
		t.Errorf("a run after the end gives %v", err)
	}
	if status, err := c.Run(t.Context(), host.Command{Argv: sh("exit 4")}); status != 4 || err != nil {
		t.Errorf("the next run gives %d, %v", status, err)
	}
}

// firstLine calls then with the first line that is written.
type firstLine struct {
	text []byte
	then func(string)
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.text = append(f.text, b...)
	if line, _, ok := strings.Cut(string(f.text), "\n"); ok && f.then != nil {
		f.then(line)
		f.then = nil
	}
	return len(b), nil
}

func checkStuckWriter(t *testing.T, c host.Conn) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	pr, pw := io.Pipe() // nobody reads
	defer pr.Close()
	begin := time.Now()
	if _, err := c.Run(ctx, host.Command{Argv: sh("echo x; exec sleep 60"), Stdout: pw}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("it took %s", d)
	}
}

func checkBrokenStreams(t *testing.T, c host.Conn) {
	broken := errors.New("disk full")
	if _, err := c.Run(t.Context(), host.Command{Argv: []string{"yes"}, Stdout: failing{broken}}); !errors.Is(err, broken) {
		t.Errorf("writer: error %v", err)
	}
	if _, err := c.Run(t.Context(), host.Command{Argv: []string{"sleep", "20"}, Stdin: io.MultiReader(strings.NewReader("x"), failing{broken})}); !errors.Is(err, broken) {
		t.Errorf("reader: error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }

func checkDaemon(t *testing.T, c host.Conn) {
	var out bytes.Buffer
	begin := time.Now()
	status, err := c.Run(t.Context(), host.Command{Argv: sh("sleep 20 & echo started; exit 5"), Stdout: &out})
	if status != 5 || err != nil || out.String() != "started\n" {
		t.Errorf("status %d, %q, %v", status, &out, err)
	}
	if d := time.Since(begin); d > 15*time.Second {
		t.Errorf("it took %s", d)
	}
}

// Terminal checks Conn.Run with a terminal: it is all that a program may ask a password on, echoes nothing, carries every byte once it is raw, and is hung up in the end.
func Terminal(t *testing.T, c host.Conn) {
	var stdout, stderr bytes.Buffer
	lines := host.Command{Argv: sh(`[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && IFS= read -r x </dev/tty && echo "got $x" >&2; exit 4`), Stdin: strings.NewReader("hello\n")}
	lines.Terminal, lines.Stdout, lines.Stderr = true, &stdout, &stderr
	if status, err := c.Run(t.Context(), lines); status != 4 || err != nil || stdout.String() != "got hello\n" || stderr.Len() > 0 {
		t.Errorf("status %d, %v, stdout %q, stderr %q", status, err, &stdout, &stderr)
	}

	in := make([]byte, 1<<20)
	for i := range in {
		in[i] = byte(i + i>>8)
	}
	pr, pw := io.Pipe()
	raw := &firstLine{then: func(string) { go pw.Write(in) }}
	script := sh("stty raw -echo; echo ready; head -c " + strconv.Itoa(len(in)))
	if status, err := c.Run(t.Context(), host.Command{Argv: script, Terminal: true, Stdin: pr, Stdout: raw}); status != 0 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	pw.Close()
	if got := bytes.TrimPrefix(raw.text, []byte("ready\n")); !bytes.Equal(got, in) {
		t.Errorf("%d bytes came back, not the %d that were sent", len(got), len(in))
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	gone := filepath.Join(t.TempDir(), "gone")
	hang := append(sh(`trap 'echo > "$1"; exit' HUP TERM; echo ready; while :; do sleep 0.05; done`), "sh", gone)
	ready := &firstLine{then: func(string) { cancel() }}
	if _, err := c.Run(ctx, host.Command{Argv: hang, Terminal: true, Stdout: ready}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	for range 100 {
		if _, err := os.Lstat(gone); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the program was not told that its terminal is gone")
}

// PutGet checks Conn.Put and Conn.Get.
func PutGet(t *testing.T, c host.Conn) {
	ctx, dir := t.Context(), t.TempDir()
	name := filepath.Join(dir, "f")
	if err := c.Put(ctx, name, strings.NewReader("hello"), 0o640); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Lstat(name); info.Mode() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	r, err := c.Get(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); string(text) != "hello" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	r.Close()
	if err := c.Put(ctx, name, strings.NewReader("other"), 0o640); !errors.Is(err, fs.ErrExist) {
		t.Errorf("putting over it gives %v", err)
	}
	if text, _ := os.ReadFile(name); string(text) != "hello" {
		t.Errorf("it is %q now", text)
	}
	if _, err := c.Get(ctx, name+"2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("getting nothing gives %v", err)
	}
	broken := errors.New("source failed")
	half := filepath.Join(dir, "half")
	if err := c.Put(ctx, half, io.MultiReader(strings.NewReader("x"), failing{broken}), 0o600); !errors.Is(err, broken) {
		t.Errorf("a failing source gives %v", err)
	}
	if _, err := os.Lstat(half); err == nil {
		t.Error("half a file stays")
	}
}
