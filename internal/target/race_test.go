package target_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pfrun/pfrun/modules/change"
)

// Who owns the folder of a file may swap the temporary file for a link to any other file: that one keeps its mode and owner.
func TestSwappedTemporaryFile(t *testing.T) {
	const swap = `for f in DIR/.pfrun-*.tmp; do mv "$f" DIR/stolen; ln -s DIR/victim "$f"; done
`
	for name, sha256sum := range map[string]string{
		"before it is looked at": "#!/bin/sh\nexec /usr/bin/sha256sum\n", // validate swaps
		"after it":               "#!/bin/sh\n/usr/bin/sha256sum; " + swap,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailHost(t, map[string]string{"sha256sum": sha256sum, "swap": "#!/bin/sh\n" + swap})
			victim := filepath.Join(m.dir, "victim")
			if err := os.WriteFile(victim, []byte("new\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			w := change.WriteFile{Path: filepath.Join(m.dir, "file"), Content: change.Bytes([]byte("new\n")), Meta: change.Meta{Mode: 0o644, UID: os.Getuid(), GID: os.Getgid()}}
			if name == "before it is looked at" {
				w.Validate = []string{"swap", "%s"}
			}
			_, err := m.Apply(t.Context(), w)
			st, statErr := os.Stat(victim)
			if statErr != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("the other file has mode %v, want 0600 (%v; the write gave %v)", st.Mode(), statErr, err)
			}
		})
	}
}
