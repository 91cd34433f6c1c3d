package binary

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestLoad holds what is embedded to its hash, where the helper was built before pfrun.
func TestLoad(t *testing.T) {
	b, ok := Load()
	if !ok {
		t.Log("this build carries no helper")
		return
	}
	r, err := gzip.NewReader(bytes.NewReader(b.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(program); hex.EncodeToString(sum[:]) != b.Hash {
		t.Errorf("the hash of the helper is not %s", b.Hash)
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return
	}
	path := filepath.Join(t.TempDir(), "helper")
	if err := os.WriteFile(path, program, 0o700); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(path, b.Hash).Output() // its stdin ends at once
	if want := "pfrun-helper hello " + b.Hash + " " + b.Form + "\n"; err != nil || string(said) != want {
		t.Errorf("it says %q, not %q (%v): it was built from other sources, run make helper", said, want, err)
	}
}

func TestLoadWantsBothFiles(t *testing.T) {
	files := map[string]string{"dist/pfrun-helper-linux-amd64.gz": "gz", "dist/pfrun-helper-linux-amd64.sha256": strings.Repeat("a", 64) + "  -\n"}
	read := func(without string) func(string) ([]byte, error) {
		return func(name string) ([]byte, error) {
			if text, ok := files[name]; ok && name != without {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}
	}
	if b, ok := load(read("")); !ok || b.Hash != strings.Repeat("a", 64) || string(b.Gzip) != "gz" {
		t.Errorf("%+v, %t", b, ok)
	}
	for name := range files {
		if _, ok := load(read(name)); ok {
			t.Errorf("there is a helper without %s", name)
		}
	}
}
