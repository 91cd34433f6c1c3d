package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the table of exit codes in docs/ansible-playbook.md anew")

const (
	exitCodes    = "testdata/exitcodes.txtar"
	exitCodesDoc = "../../../../docs/ansible-playbook.md"
	tableBegin   = "<!-- from exitcodes.txtar: go test ./cmd/pfrun/internal/cli -run TestExitCodes -update -->\n\n"
	tableEnd     = "\n<!-- end of exit codes -->"
)

// exitCase is a line of the archive's head: WHAT | ARGUMENTS | the exit code of ansible-core 2.19 | why pfrun's is another, which then stands before it.
type exitCase struct{ what, args, theirs, other, why string }

func exitCases(t *testing.T, head []byte) []exitCase {
	t.Helper()
	var cases []exitCase
	for line := range strings.Lines(string(head)) {
		fields := strings.Split(strings.TrimSpace(line), " | ")
		if strings.HasPrefix(line, "#") || len(fields) < 3 {
			continue
		}
		c := exitCase{what: fields[0], args: strings.TrimPrefix(fields[1], "-"), theirs: fields[2], other: fields[2]}
		if fields[1] != "-" {
			c.args = fields[1]
		}
		if len(fields) > 3 {
			c.other, c.why, _ = strings.Cut(fields[3], ": ")
		}
		cases = append(cases, c)
	}
	return cases
}

// TestExitCodes holds what ansible-playbook ends with, and the table of it in the documentation. Beside each code is that of ansible-core 2.19, as it was measured.
func TestExitCodes(t *testing.T) {
	archive, err := txtar.ParseFile(exitCodes)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(exitCodesDoc)
	if err != nil {
		t.Fatal(err)
	}
	docPath, err := filepath.Abs(exitCodesDoc)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	table := strings.Builder{}
	table.WriteString("| what | ansible-core 2.19 | pfrun | |\n|---|---|---|---|\n")
	cases := exitCases(t, archive.Comment)
	if len(cases) < 30 {
		t.Errorf("there are %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.what, " ", "-"), func(t *testing.T) {
			var out, errs bytes.Buffer
			code := Ansible(strings.Fields(c.args), Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
			if got := fmt.Sprint(code); got != c.other {
				t.Errorf("ansible-playbook %s ends with %s, want %s\n%s%s", c.args, got, c.other, &out, &errs)
			}
			if (c.other != c.theirs) != (c.why != "") {
				t.Errorf("ansible-core ends with %s, and pfrun with %s: why is %q", c.theirs, c.other, c.why)
			}
		})
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", c.what, c.theirs, c.other, c.why)
	}
	before, rest, ok := strings.Cut(string(doc), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", exitCodesDoc)
	}
	want := before + tableBegin + table.String() + tableEnd + after
	if *update {
		if err := os.WriteFile(docPath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(string(doc), want); diff != "" {
		t.Errorf("the table is another (-doc, +want):\n%s", diff)
	}
}
