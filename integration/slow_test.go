package integration_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
	"github.com/pfrun/pfrun/playbooks"
)

// running is a call of pfrun under way.
type running struct {
	h    *lab.Host
	cmd  *exec.Cmd
	out  lockedBuffer
	done chan struct{}
}

// startSlow runs the story with a pause of so many seconds between the edit and the restart.
func startSlow(t *testing.T, h *lab.Host, seconds string) *running {
	t.Helper()
	text, ok := playbooks.Open(story)
	const next = "    - name: Restart at once where it is owed"
	slowed := strings.Replace(text, next, "    - name: Wait\n      command: sleep "+seconds+"\n\n"+next, 1)
	if !ok || slowed == text {
		t.Fatal("the story is not as this test knows it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), slow)
	t.Cleanup(cancel)
	p := &running{h: h, done: make(chan struct{})}
	p.cmd = command(ctx, t, write(t, "slow.yml", slowed), "-i", lab.Inventory(t, "root", h))
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // the exit code tells
		close(p.done)
	}()
	return p
}

// waitFor waits until main.cf has a text.
func (p *running) waitFor(t *testing.T, text string) {
	t.Helper()
	for range 200 {
		if strings.Contains(p.h.ReadFile(t, "/etc/postfix/main.cf"), text) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("main.cf never said %q\n%s", text, p.out.String())
}

func (p *running) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// wait waits for the end and gives the exit code.
func (p *running) wait(t *testing.T) int {
	t.Helper()
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// lockedBuffer takes what a program writes while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
