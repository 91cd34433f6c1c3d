package parity

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// cases gives the names of the cases, or those that ONLY names, with commas between them, or those that have changed since they were recorded (ONLY=stale).
func cases(t *testing.T) []string {
	t.Helper()
	only := os.Getenv("ONLY")
	if only != "" && only != "stale" {
		return strings.Split(only, ",")
	}
	found, err := filepath.Glob("testdata/*/play.yml")
	if err != nil || len(found) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for i, path := range found {
		found[i] = filepath.Base(filepath.Dir(path))
	}
	if only == "stale" {
		return slices.DeleteFunc(found, func(name string) bool { return fresh(t, name) })
	}
	return found
}

// fresh says whether a recording was made of the case as it is.
func fresh(t *testing.T, name string) bool {
	t.Helper()
	if _, err := os.Stat(filepath.Join("testdata", name+".json")); err != nil {
		return false
	}
	sum, err := inputs(filepath.Join("testdata", name), shared)
	if err != nil {
		t.Fatal(err)
	}
	return readRecord(t, name).Inputs == sum
}

// pending reads the cases that are known to differ, with the reasons.
func pending(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("testdata/pending.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, _ := strings.Cut(line, " ")
		if reason == "" {
			t.Errorf("pending.txt: %s stands there without a reason", name)
		}
		list[name] = reason
	}
	return list
}

func readRecord(t *testing.T, name string) *Record {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatalf("no recording (make parity-record ONLY=%s): %v", name, err)
	}
	rec := &Record{}
	if err := json.Unmarshal(b, rec); err != nil {
		t.Fatalf("%s.json: %v", name, err)
	}
	return rec
}

func writeRecord(t *testing.T, name string, rec *Record) {
	t.Helper()
	b, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", name+".json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// keep writes what a peer printed and left behind to the folder PARITY_KEEP, for the one who looks for the cause of a difference.
func keep(t *testing.T, p *peer, name, output string, rec *Record) {
	t.Helper()
	folder := os.Getenv("PARITY_KEEP")
	if folder == "" {
		return
	}
	b, _ := json.MarshalIndent(rec, "", " ")
	for suffix, content := range map[string][]byte{".out": []byte(output), ".json": b} {
		if err := os.WriteFile(filepath.Join(folder, name+"."+p.name+suffix), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRecorded holds pfrun to what ansible-core was recorded to do.
func TestRecorded(t *testing.T) {
	if os.Getenv("PFRUN_PARITY") != "" {
		t.Skip("the other tests run ansible-core itself")
	}
	known := pending(t)
	p := pfrun(t)
	t.Run("sabotage", func(t *testing.T) { sabotage(t, p) })
	t.Run("cases", func(t *testing.T) {
		for _, name := range cases(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				want := readRecord(t, name)
				got, output, _ := p.play(t, name)
				keep(t, p, name, output, got)
				if got.Inputs != want.Inputs {
					t.Errorf("the recording is older than the case: make parity-record ONLY=%s", name)
				}
				judge(t, compare(want, got), known[name], output)
			})
		}
	})
}

// sabotage holds what is collected from real machines to what was done there: every deed must be told, and nothing else.
func sabotage(t *testing.T, p *peer) {
	const lay = `umask 022; mkdir -p /srv/parity/sabotage/d /etc/parity/sabotage; cd /srv/parity/sabotage
		echo one | tee a b c >/dev/null; ln -s f l; echo "{\"start\": 1$(date +%N), \"k\": 1}" >r.json; echo x >/etc/parity/sabotage/e`
	const deeds = `cd /srv/parity/sabotage; chmod 600 a; chown admin b; printf one >c; chgrp admin d; ln -sfn d l; echo '{"k": 2}' >r.json; rm /etc/parity/sabotage/e; touch 'new one'`
	var made [2]*Record
	for i, then := range []string{"true", deeds} {
		p.everywhere(func(_ int, n *lab.Node) { n.Run(t, "sh", "-ec", lay) })
		p.fleet.Hosts[1].Run(t, "sh", "-ec", then)
		made[i] = &Record{Tree: p.collect(t, "sabotage")}
	}
	if want := 9 * (hosts + 1); len(made[0].Tree) != want {
		t.Errorf("%d entries, want %d", len(made[0].Tree), want)
	}
	want := `h2:/etc/parity/sabotage/e: missing
h2:/srv/parity/sabotage/a: mode "0600", want "0644"
h2:/srv/parity/sabotage/b: owner "admin:root", want "root:root"
h2:/srv/parity/sabotage/c: -${SPACE}
h2:/srv/parity/sabotage/d: owner "root:admin", want "root:root"
h2:/srv/parity/sabotage/l: link "d", want "f"
h2:/srv/parity/sabotage/r.json: -  "k": 1
h2:/srv/parity/sabotage/r.json: +  "k": 2
h2:/srv/parity/sabotage/new one: a file that should not be there`
	want = strings.ReplaceAll(want, "${SPACE}", " ")
	if v := compare(made[0], made[1]); v.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", v, want)
	}
}

// judge fails the test where a case differs that should not, or does not differ that is known to.
func judge(t *testing.T, v Verdict, reason, output string) {
	t.Helper()
	switch {
	case reason == "" && !v.same():
		t.Errorf("it differs from ansible-core:\n%s\npfrun printed (PARITY_KEEP=FOLDER keeps all of it):\n%s", v, short(output))
	case reason != "" && v.same():
		t.Errorf("it is the same now: take it out of pending.txt (%s)", reason)
	case reason != "":
		t.Logf("known to differ: %s\n%s", reason, v)
	}
}

// short cuts what a failed test shows.
func short(output string) string {
	const most = 3000
	if len(output) <= most {
		return output
	}
	return output[:most] + "…"
}

// row is a line of the table.
type row struct {
	name           string
	verdict        Verdict
	reason         string
	ansible, pfrun time.Duration
}

// TestParity runs both and prints the table.
func TestParity(t *testing.T) {
	if os.Getenv("PFRUN_PARITY") != "compare" {
		t.Skip("make parity runs it")
	}
	known := pending(t)
	theirs, ours := ansible(t, "ansible"), pfrun(t)
	var mu sync.Mutex
	var rows []row
	t.Run("cases", func(t *testing.T) {
		for _, name := range cases(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				want, said, slowly := theirs.play(t, name)
				keep(t, theirs, name, said, want)
				if v := compare(readRecord(t, name), want); !v.same() {
					t.Errorf("the recording is stale (make parity-record ONLY=%s):\n%s", name, v)
				}
				got, output, fast := ours.play(t, name)
				keep(t, ours, name, output, got)
				v := compare(want, got)
				mu.Lock()
				rows = append(rows, row{name, v, known[name], slowly, fast})
				mu.Unlock()
				judge(t, v, known[name], output)
			})
		}
	})
	table(t, rows)
}

func table(t *testing.T, rows []row) {
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	yes := func(differences []string) string {
		if len(differences) == 0 {
			return "yes"
		}
		return "NO"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "case\ttree\trecap\texit\tansible\tpfrun\tquotient\t")
	var same int
	var theirs, ours time.Duration
	for _, r := range rows {
		if r.verdict.same() {
			same++
		}
		theirs, ours = theirs+r.ansible, ours+r.pfrun
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.2f s\t%.2f s\t%.1f\t%s\n", r.name, yes(r.verdict.Tree), yes(r.verdict.Recap), yes(r.verdict.Exit),
			r.ansible.Seconds(), r.pfrun.Seconds(), r.ansible.Seconds()/r.pfrun.Seconds(), r.reason)
	}
	fmt.Fprintf(w, "%d of %d the same\t\t\t\t%.0f s\t%.0f s\t%.1f\t\n", same, len(rows), theirs.Seconds(), ours.Seconds(), theirs.Seconds()/ours.Seconds())
	w.Flush()
	t.Log("\n" + b.String())
	if path := os.Getenv("PARITY_TABLE"); path != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// TestRecord runs ansible-core and records what came out.
func TestRecord(t *testing.T) {
	if os.Getenv("PFRUN_PARITY") != "record" {
		t.Skip("make parity-record runs it")
	}
	p := ansible(t, "ansible")
	t.Run("cases", func(t *testing.T) {
		for _, name := range cases(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				rec, output, _ := p.play(t, name)
				keep(t, p, name, output, rec)
				if !telling(rec) {
					t.Fatalf("nothing that could differ: no recap, or no file\n%s", output)
				}
				writeRecord(t, name, rec)
			})
		}
	})
}

// telling says whether a record shows that something was done: a case that ends before it begins would be the same for every peer.
func telling(r *Record) bool {
	return slices.ContainsFunc(r.Runs, func(r Run) bool { return len(r.Recap) > 0 }) &&
		slices.ContainsFunc(r.Tree, func(e Entry) bool { return e.Kind == "file" })
}
