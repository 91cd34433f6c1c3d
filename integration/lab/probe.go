package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go/exec"
)

// inhostPath is where the program that works inside of hosts is put.
const inhostPath = "/usr/local/bin/inhost"

// buildInhost builds the program once a test process, static: it needs nothing of
// the host it runs on.
var buildInhost = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "inhost")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "inhost")
	cmd := osexec.Command("go", "build", "-trimpath", "-o", out, "github.com/pfrun/pfrun/integration/lab/inhost")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, msg)
	}
	return os.ReadFile(out)
})

func inhost(t testing.TB) []byte {
	t.Helper()
	b, err := buildInhost()
	if err != nil {
		t.Fatalf("building inhost: %v", err)
	}
	return b
}

// Banners is what a Probe saw of an SMTP server.
type Banners struct {
	Tries   int           // connections tried
	Refused int           // of these, refused or without a route
	Banners int           // of these, greeted with 220
	Longest time.Duration // the longest time without a greeting, up to the end of the probe
}

// Probe is a client inside of a host that connects to Postfix again and again.
type Probe struct {
	h    *Host
	stop string
	done chan result
}

type result struct {
	out  string
	exit int
	err  error
}

// probes numbers the stop files.
var probes atomic.Int64

// Knock starts a client that connects to addr (V4, V6) inside of the host at every
// interval and hangs up as soon as it is connected, without waiting for the
// greeting, as a scanner does.
func (h *Host) Knock(t testing.TB, addr string, every time.Duration) *Probe {
	t.Helper()
	return h.probe(t, "knock", "-every="+every.String(), addr)
}

// WatchBanner starts a client that connects to addr inside of the host at every
// interval, waits for the greeting and leaves with QUIT.
func (h *Host) WatchBanner(t testing.TB, addr string, every time.Duration) *Probe {
	t.Helper()
	return h.probe(t, "watch", "-every="+every.String(), addr)
}

// probe runs the program until it is stopped, in the background.
func (h *Host) probe(t testing.TB, verb string, args ...string) *Probe {
	t.Helper()
	p := &Probe{
		h:    h,
		stop: fmt.Sprintf("/var/tmp/stop-%d", probes.Add(1)),
		done: make(chan result, 1),
	}
	argv := append([]string{inhostPath, verb, "-stop=" + p.stop}, args...)
	ctx := t.Context()
	go func() {
		exit, r, err := h.c.Exec(ctx, argv, exec.Multiplexed())
		res := result{exit: exit, err: err}
		if err == nil {
			var b []byte
			b, res.err = io.ReadAll(r)
			res.out = string(b)
		}
		p.done <- res
	}()
	return p
}

// end stops the program and returns what it printed.
func (p *Probe) end(t testing.TB) string {
	t.Helper()
	p.h.Run(t, "touch", p.stop)
	select {
	case r := <-p.done:
		if r.err != nil || r.exit != 0 {
			t.Fatalf("%s: probe: exit %d, %v\n%s", p.h.Name, r.exit, r.err, r.out)
		}
		return r.out
	case <-time.After(30 * time.Second):
		t.Fatalf("%s: the probe does not stop", p.h.Name)
		return ""
	}
}

// Stop ends the probe and returns what it saw.
func (p *Probe) Stop(t testing.TB) Banners {
	t.Helper()
	var b Banners
	out := p.end(t)
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&b); err != nil {
		t.Fatalf("%s: probe: %v: %q", p.h.Name, err, out)
	}
	return b
}
