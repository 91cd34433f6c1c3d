package target_test

import (
	"os"
	"strings"
	"testing"

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
