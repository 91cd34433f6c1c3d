package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/cmd/pfrun/internal/cli"
)

// ownAnswers are the calls that pfrun answers otherwise, on purpose. Where ansible-inventory warns of a source that it cannot read, and goes on without it, pfrun ends.
var ownAnswers = map[string]string{
	"faults: --list -i circle":                        "a group in itself is an error",
	"faults: --list -i undefined-child":               "a group that is not there is an error",
	"faults: --list -i bad-range":                     "a range of no hosts is an error",
	"faults: --list -i broken.yml":                    "what is no YAML is an error",
	"faults: --list -i list.yml":                      "what is no mapping of groups is an error",
	"faults: --list -i keys.yml":                      "a key that is no word of a group is an error",
	"faults: --list -i not-there":                     "a source that is not there is an error",
	"faults: --list -i blanks":                        "a line that is no host is an error",
	"limit: --list -i hosts --limit nobody":           "a limit that leaves no host is an error",
	"list-of-hosts: --graph -i mx[1:3].example.org,":  "ranges are ranges in a list of hosts, too",
	"vaulted: --list --yaml -i hosts.yml":             "a text that must not become a template says so",
	"yaml-plain: --list --yaml -i hosts.yml":          "what several hosts share is written out, without anchors",
	"yaml-plain: --list --yaml --export -i hosts.yml": "a line separator is written by its name",
	"ini-plain: --list --yaml -i hosts":               "what several hosts share is written out, without anchors",
}

// TestInventoryAsAnsible holds pfrun inventory to what ansible-inventory of 2.19 printed for the same calls (recorded by integration/scripts/ansibleinventory): the same text where
// that one had an answer, an error where it had one.
func TestInventoryAsAnsible(t *testing.T) {
	files, err := filepath.Glob("testdata/inventories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no inventories", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f, ".txtar")
		t.Run(filepath.Base(name), func(t *testing.T) { compareInventory(t, name) })
	}
}

func compareInventory(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var answers []struct {
		Call string
		Code int
		Out  string
	}
	if err := json.Unmarshal(data, &answers); err != nil {
		t.Fatal(err)
	}
	if calls := strings.Count("\n"+string(archive.Comment), "\ncall: "); calls != len(answers) || calls == 0 {
		t.Fatalf("%d calls, %d answers: record them anew", calls, len(answers))
	}
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		mode := os.FileMode(0o644)
		if bytes.HasPrefix(f.Data, []byte("#!")) {
			mode = 0o755
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(f.Name), 0o755), os.WriteFile(f.Name, f.Data, mode)); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range answers {
		code, out, problems := callInventory(a.Call)
		_, own := ownAnswers[filepath.Base(name)+": "+a.Call]
		if same := (code == 0) == (a.Code == 0) && (a.Code != 0 || a.Out == out); own {
			if same {
				t.Errorf("%s: the answer is ansible-inventory's, and is listed as another", a.Call)
			}
			if code == 0 && strings.Contains(a.Call, "--yaml") {
				sameInventory(t, a.Call, a.Out, strings.ReplaceAll(out, " !unsafe", ""))
			}
			continue
		}
		if (code == 0) != (a.Code == 0) {
			t.Errorf("%s: exit code %d, ansible-inventory's %d\n%s", a.Call, code, a.Code, problems)
			continue
		}
		if d := cmp.Diff(a.Out, out); a.Code == 0 && d != "" {
			t.Errorf("%s: ansible-inventory (-), pfrun (+)\n%s\n%s", a.Call, d, problems)
		}
	}
}

func callInventory(call string) (code int, out, problems string) {
	var stdout, stderr bytes.Buffer
	code = cli.Main(append([]string{"inventory"}, strings.Fields(call)...), cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// sameInventory holds that two texts of an inventory are written in different ways alone.
func sameInventory(t *testing.T, call, theirs, ours string) {
	var read [2]string
	for i, text := range []string{theirs, ours} {
		if err := os.WriteFile("again.yml", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, problems := callInventory("--list -i again.yml")
		if code != 0 {
			t.Errorf("%s: what it prints is no inventory: %s", call, problems)
		}
		read[i] = out
	}
	if d := cmp.Diff(read[0], read[1]); d != "" {
		t.Errorf("%s: ansible-inventory (-), pfrun (+), read again\n%s", call, d)
	}
}
