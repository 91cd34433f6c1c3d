package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestRecord(t *testing.T) {
	real, log := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\necho said \"$@\"\necho wrong >&2\nexit 3\n"
	if err := os.WriteFile(filepath.Join(real, "ansible-playbook"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if exit, err := run([]string{"/bin/ansible-playbook", "a b", "-v"}, real, log); exit != 3 || err != nil {
		t.Fatalf("exit %d, %v", exit, err)
	}
	if exit, err := run([]string{"/bin/ansible"}, real, log); exit != notThere || err == nil {
		t.Errorf("a program that is not there: exit %d, %v", exit, err)
	}
	for name, want := range map[string]string{"0001.out": "said a b -v\n", "0001.err": "wrong\n"} {
		if b, err := os.ReadFile(filepath.Join(log, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	for name, want := range map[string]int{"0001.json": 3, "0002.json": notThere} {
		var c call
		b, err := os.ReadFile(filepath.Join(log, name))
		if err == nil {
			err = json.Unmarshal(b, &c)
		}
		if err != nil || c.Exit != want {
			t.Errorf("%s: %s, %v", name, b, err)
		}
	}
}
