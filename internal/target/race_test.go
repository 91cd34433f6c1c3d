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

// Who owns the folder may swap a file between the look at it and the change of its mode: another file keeps its mode and owner.
func TestSwappedBeforeMeta(t *testing.T) {
	const swap = `mv DIR/file DIR/stolen 2>/dev/null; ln -s DIR/victim DIR/file 2>/dev/null
`
	for name, stat := range map[string]string{
		"while it is looked at": "#!/bin/sh\n/usr/bin/stat \"$@\"; s=$?\n" + swap + "exit $s\n",
		"before the last look":  "#!/bin/sh\ncase $* in *'%a %u %g'*) " + swap + ";; esac\nexec /usr/bin/stat \"$@\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailHost(t, map[string]string{"stat": stat})
			for _, file := range []string{"victim", "file"} {
				if err := os.WriteFile(filepath.Join(m.dir, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			now := change.Meta{Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()}
			wanted := now
			wanted.Mode = 0o666
			_, err := m.Apply(t.Context(), change.SetMeta{Path: filepath.Join(m.dir, "file"), Before: now, Meta: wanted})
			if st, statErr := os.Stat(filepath.Join(m.dir, "victim")); statErr != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("the other file has mode %v (%v; the change gave %v)", st.Mode(), statErr, err)
			}
		})
	}
}
