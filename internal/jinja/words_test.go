package jinja_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const wordsDocument = "../../docs/broken-templates.md"

const wordsHead = `# Broken templates, and what is said of them

What pfrun says of a broken template, beside the words of ansible-core 2.19. pfrun names the file, line and column, what is wrong, and in brackets what may be meant; a person sees the
lines around it as well. What it finds when a file is loaded, before anything is connected to, ansible-core finds when the task is reached. This page is written by
` + "`PFRUN_UPDATE=1 go test ./internal/jinja -run TestWords`" + ` and held by that test.

`

// TestWords holds docs/broken-templates.md to what is said today; PFRUN_UPDATE=1 writes it anew. testdata/ansible_words.json has what ansible-core says.
func TestWords(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "ansible_words.json"))
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	if err := json.Unmarshal(data, &words); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(wordsHead)
	rows := 0
	for _, src := range broken {
		theirs, ok := words[src]
		if !ok {
			continue
		}
		_, err := render(t, src)
		if err == nil {
			t.Errorf("%q is not broken", src)
			continue
		}
		rows++
		b.WriteString("```jinja\n" + src + "\n```\n\n- pfrun: `" + err.Error() + "`\n- ansible-core: `" + theirs + "`\n\n")
	}
	if rows < 25 {
		t.Errorf("there are only %d", rows)
	}
	if os.Getenv("PFRUN_UPDATE") != "" {
		if err := os.WriteFile(wordsDocument, []byte(strings.TrimSuffix(b.String(), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(wordsDocument)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != strings.TrimSuffix(b.String(), "\n") {
		t.Errorf("%s is not what is said today; PFRUN_UPDATE=1 writes it anew", wordsDocument)
	}
}
