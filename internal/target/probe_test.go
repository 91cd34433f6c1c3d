package target_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/host"
)

// A signal that comes when a probe is over does not keep its scratch files on the host.
func TestScratchOutlivesNoSignal(t *testing.T) {
	m := newMailHost(t, map[string]string{"rm": "#!/bin/sh\nkill -TERM $$; exec /bin/rm \"$@\""})
	out, err := m.Probe(t.Context(), host.Probe{Argv: []string{"sh", "-c", `echo "$1"`, "sh", host.ScratchDir}, Scratch: map[string]string{"main.cf": "x"}})
	if err != nil || out.Status != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	dir := strings.TrimSpace(out.Stdout)
	if _, err := os.Stat(dir); !strings.Contains(dir, "pfrun-") || !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
		os.RemoveAll(dir)
	}
}

// A look that says too much is ended, not waited for.
func TestEndlessProbe(t *testing.T) {
	h := open(t, local.Conn{}, target.Options{Name: "h1"})
	begin := time.Now()
	_, err := h.Probe(t.Context(), host.Probe{Argv: []string{"yes", "endless"}})
	if err == nil || !strings.Contains(err.Error(), "said more than") || time.Since(begin) > 30*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
}
