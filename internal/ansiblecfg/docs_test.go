package ansiblecfg

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/ansible-playbook.md anew")

const (
	docs       = "../../docs/ansible-playbook.md"
	tableBegin = "<!-- from settings.txt: go test ./internal/ansiblecfg -run TestDocs -update -->\n"
	tableEnd   = "<!-- end -->\n"
)

// TestDocs holds the documentation's table of settings to settings.txt.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(b), tableBegin)
	table, after, ok := strings.Cut(rest, tableEnd)
	if !ok {
		t.Fatalf("%s has no place for the table", docs)
	}
	want := markdown()
	if *update {
		if err := os.WriteFile(docs, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Error(diff)
	}
}

// markdown gives the settings as three tables: what is honoured, what is not, what means nothing here.
func markdown() string {
	var b strings.Builder
	for _, part := range []struct {
		title string
		uses  []Use
	}{
		{"### Honoured", []Use{Honoured}},
		{"### Not supported: a warning", []Use{Refused, RefusedIfThere}},
		{"### Without meaning here", []Use{Moot}},
	} {
		b.WriteString("\n" + part.title + "\n\n| ansible.cfg | environment | default | |\n|---|---|---|---|\n")
		for _, s := range Table() {
			for _, u := range part.uses {
				if s.Use == u {
					b.WriteString(s.row())
				}
			}
		}
	}
	return b.String() + "\n"
}

func (s *Setting) row() string {
	words := s.Words
	if s.Only != nil {
		words += "; honoured only: " + code(s.Only)
	}
	if s.Use == RefusedIfThere {
		words += " (where such a folder holds something)"
	}
	keys := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		section, key, _ := strings.Cut(k, ".")
		keys[i] = "[" + section + "] " + key
	}
	value := ""
	if s.Default != "" {
		value = code([]string{strings.ReplaceAll(s.Default, "{{HOME}}", "~/.ansible")})
	}
	return "| " + strings.Join([]string{code(keys), code(s.Env), value, words}, " | ") + " |\n"
}

func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}
