package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// flags are those that the Makefile builds the helper with.
const flags = "-trimpath -tags purego -ldflags '-s -w -funcalign=1' -gcflags=all=-l"

// TestSize holds that the helper stays small enough to be sent to every host: 5 MB, 2 MB compressed.
func TestSize(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil || !strings.Contains(string(makefile), "go build "+flags) {
		t.Errorf("the Makefile does not build the helper with %s (%v)", flags, err)
	}
	path := filepath.Join(t.TempDir(), "helper")
	cmd := exec.Command("sh", "-c", "go build "+flags+" -o "+path+" .")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	zip := exec.Command("gzip", "-9n") // as the Makefile does; Go's own makes it larger by a fiftieth
	zip.Stdin, zip.Stdout = bytes.NewReader(program), &b
	if err := zip.Run(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d compressed", len(program), b.Len())
	if len(program) > 5_000_000 || b.Len() > 2_000_000 {
		t.Errorf("the helper has %d bytes, %d compressed: more than 5 MB, 2 MB", len(program), b.Len())
	}
}
