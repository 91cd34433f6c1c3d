package play_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

func TestLoadIsFast(t *testing.T) {
	text := bigBook(10_000)
	env, registry := jinja.New(), registry()
	start := time.Now()
	if _, ds := play.Load(&diag.Source{Name: "big.yml", Text: text}, env, registry); len(ds) > 0 {
		t.Fatal(ds)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("10,000 tasks took %s: loading is not linear any more", took)
	}
}

func bigBook(n int) string {
	var b strings.Builder
	b.WriteString("- hosts: all\n  gather_facts: false\n  tasks:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - name: Task %d\n      lineinfile: {path: \"{{ dir }}/file%d\", line: \"a = {{ value }}\"}\n      when: x == %d\n", i, i, i)
	}
	return b.String()
}

func BenchmarkLoad10000Tasks(b *testing.B) {
	src := &diag.Source{Name: "big.yml", Text: bigBook(10_000)}
	registry := registry()
	for b.Loop() {
		play.Load(src, jinja.New(), registry)
	}
}

// FuzzLoad holds that no text makes the loader panic, and that every fault has a place in it.
func FuzzLoad(f *testing.F) {
	archive, err := txtar.ParseFile(brokenFile)
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range brokens(f, archive) {
		f.Add(b.files["site.yml"])
	}
	if shipped, err := os.ReadFile("../../playbooks/ipv4-only.yml"); err == nil {
		f.Add(string(shipped))
	}
	env, registry := jinja.New(), registry()
	f.Fuzz(func(t *testing.T, text string) {
		book, ds := play.Load(&diag.Source{Name: "fuzz.yml", Text: text}, env, registry)
		for _, d := range ds {
			if !d.Pos.IsValid() || d.Message == "" {
				t.Errorf("a fault without place or words: %+v", d)
			}
		}
		if len(ds.Errors()) > 0 {
			return
		}
		for _, p := range book.Plays {
			tasks := p.Tasks()
			for _, group := range p.Handlers {
				tasks = append(tasks, group...)
			}
			for _, task := range tasks {
				if task.Module == nil && task.Meta == "" && task.Unsupported == nil && task.Include == nil && task.Dynamic == nil {
					t.Errorf("%s: a task without a module was not refused", task.Pos)
				}
			}
		}
	})
}
