package lab

import (
	"io"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go/exec"
)

// Exec runs a command on the host as root, through the engine, and returns what it
// wrote (standard output, then standard error) and its exit status.
func (h *Host) Exec(t testing.TB, argv ...string) (output string, exit int) {
	t.Helper()
	exit, r, err := h.c.Exec(t.Context(), argv, exec.Multiplexed())
	if err != nil {
		t.Fatalf("%s: %s: %v", h.Name, strings.Join(argv, " "), err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %s: %v", h.Name, strings.Join(argv, " "), err)
	}
	return string(b), exit
}

// Run is Exec for a command that must exit 0.
func (h *Host) Run(t testing.TB, argv ...string) string {
	t.Helper()
	out, exit := h.Exec(t, argv...)
	if exit != 0 {
		t.Fatalf("%s: %s: exit %d\n%s", h.Name, strings.Join(argv, " "), exit, out)
	}
	return out
}

// Sh is Run for a line of shell.
func (h *Host) Sh(t testing.TB, script string) string {
	t.Helper()
	return h.Run(t, "sh", "-c", script)
}

// ReadFile returns the content of a file on the host.
func (h *Host) ReadFile(t testing.TB, path string) string {
	t.Helper()
	return h.Run(t, "cat", path)
}

// WriteFile writes a file on the host, owned by root. It cannot write below /run
// of a host with systemd, which the engine does not see.
func (h *Host) WriteFile(t testing.TB, path, content string, mode int64) {
	t.Helper()
	if err := h.c.CopyToContainer(t.Context(), []byte(content), path, mode); err != nil {
		t.Fatalf("%s: writing %s: %v", h.Name, path, err)
	}
}
