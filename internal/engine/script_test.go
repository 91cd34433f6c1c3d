package engine_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules/host/mem"
)

var update = flag.Bool("update", false, "write the logs of testdata/*.txtar anew")

// TestScripts runs the playbooks of testdata. An archive begins with words for the run (see settings), its files are playbooks (*.yml), files of the control node in folders (roles/r/tasks/main.yml), files of hosts (h1:/etc/x), the log
// (want), and files as they are afterwards (after h1:/etc/x). Each is run twice, the second time with a helper on the hosts: it gives the same.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			script(t, name, false)
			if !*update {
				t.Run("helper", func(t *testing.T) { script(t, name, true) })
			}
		})
	}
}

func script(t *testing.T, name string, helper bool) {
	t.Helper()
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	w, o := settings(t, string(archive.Comment))
	w.helper = helper
	var books []string
	for _, f := range archive.Files {
		if dir, name, ok := strings.Cut(f.Name, "/"); ok && !strings.Contains(dir, ":") && name != "" {
			if w.files == nil {
				w.files = map[string]string{}
			}
			w.files[f.Name] = string(f.Data)
		} else if strings.HasSuffix(f.Name, ".yml") {
			books = append(books, string(f.Data))
		} else if h, path, ok := strings.Cut(f.Name, ":"); ok && !strings.HasPrefix(h, "after ") {
			w.hosts[h].Put(mem.File(path, string(f.Data)))
		}
	}
	if _, err := w.try(t.Context(), t, o, books...); err != nil {
		w.ended = err.Error()
	}
	for i, f := range archive.Files {
		got := string(f.Data)
		if h, path, ok := strings.Cut(strings.TrimPrefix(f.Name, "after "), ":"); ok && strings.HasPrefix(f.Name, "after ") {
			got = w.hosts[h].Snapshot().Nodes[path].Content
		} else if f.Name == "want" {
			got = w.log()
		}
		if *update {
			archive.Files[i].Data = []byte(got)
		} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// settings reads the lines before the first file: "hosts h1 h2", "check", "tags a b", "skip a", "dead h1"; "late" (faults of included files), "pinned" (a strategy), "force" (handlers),
// "inventory" (one that can be changed); others are what the script shows.
func settings(t *testing.T, text string) (*world, engine.Options) {
	t.Helper()
	w, o := newWorld("h1"), engine.Options{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "hosts":
			w = newWorld(words[1:]...)
		case "check":
			o.PlanOnly = true
		case "tags":
			o.Tags = words[1:]
		case "pinned":
			o.Strategy = "host_pinned"
		case "inventory":
			o.Inventory = &inventory{w: w, members: map[string]bool{}}
		case "force":
			o.ForceHandlers = true
		case "late":
			w.late = true
		case "skip":
			o.SkipTags = words[1:]
		case "dead":
			for _, n := range words[1:] {
				w.dead[n] = true
			}
		}
	}
	return w, o
}

// inventory is one to which hosts and groups are added.
type inventory struct {
	w       *world
	members map[string]bool // "HOST in GROUP"
}

func (i *inventory) AddHost(name string, groups []string, _ *jinja.Dict) (changed bool, err error) {
	if changed = !i.Known(name); changed {
		i.w.names, i.w.hosts[name] = append(i.w.names, name), mem.New()
	}
	for _, g := range groups {
		c, _ := i.AddToGroup(name, g, nil)
		changed = changed || c
	}
	return changed, nil
}

func (i *inventory) AddToGroup(host, group string, _ []string) (changed bool, err error) {
	key := host + " in " + group
	changed = !i.members[key]
	i.members[key] = true
	return changed, nil
}

func (i *inventory) Refresh() error { return nil }

func (i *inventory) Known(name string) bool { return slices.Contains(i.w.names, name) }
