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
const flags = "-trimpath -tags purego,helper -ldflags '-s -w -funcalign=1' -gcflags=all=-l"

// notLinked are functions that make the helper large and that it has no need for, and what to do instead.
var notLinked = map[string]string{
	"encoding/json.(*decodeState)":           "read the little JSON there is as package facts does",
	"encoding/json.Marshal":                  "what is written as JSON is written on the control node: give the file the tag !helper",
	"regexp.(*Regexp)":                       "use pyre.Must",
	"github.com/aymanbagabas/go-udiff":       "diffs are made on the control node",
	"time.Parse":                             "it comes with methods such as MarshalText of an interface that is asked for",
	"github.com/pfrun/pfrun/modules.convert": "arguments are decoded on the control node",
	"reflect.Value.MethodByName":             "it keeps every exported method of every type",
	"net.(*Dialer)":                          "dial as dial.go does",
}

// TestSize holds that the helper stays small enough to be sent to every host: 5 MB, 2 MB compressed.
func TestSize(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil || !strings.Contains(string(makefile), "go build "+flags) {
		t.Errorf("the Makefile does not build the helper with %s (%v)", flags, err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "helper")
	bare := exec.Command("go", "run", "./internal/helper/bare", dir)
	bare.Dir = "../.."
	if out, err := bare.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command("sh", "-c", "go build "+flags+" -overlay "+dir+"/overlay.json -o "+path+" .")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(program, []byte(`arg:"path`)) {
		t.Error("the helper has the tags of arguments: the overlay takes none away")
	}
	for name, instead := range notLinked {
		if bytes.Contains(program, []byte(name+".")) || bytes.Contains(program, []byte(name+"\x00")) {
			t.Errorf("the helper links %s: %s", name, instead)
		}
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
