package generated

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// pfrunHere builds pfrun, to run cases in a folder of the test's own.
func pfrunHere(t *testing.T) *pfrun {
	t.Helper()
	binary, err := buildPfrun(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &pfrun{binary, t.TempDir()}
}

// TestRecorded holds pfrun to what ansible-core said of the sample. An archive begins with the arguments, its last file is the trace.
func TestRecorded(t *testing.T) {
	p := pfrunHere(t)
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d recorded cases: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range a.Files {
				files[f.Name] = string(f.Data)
			}
			want := files["want"]
			delete(files, "want")
			got, err := p.play(t.Context(), strings.Fields(string(a.Comment)), files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.trace(), "\n")); diff != "" {
				t.Errorf("ansible-core -, pfrun +:\n%s\n%s", diff, got.Err)
			}
		})
	}
}

// TestRecord runs cases from SEED on by ansible-core, COUNT of them, and keeps those that pfrun does alike.
func TestRecord(t *testing.T) {
	if os.Getenv("PFRUN_PARITY") != "record" {
		t.Skip("make parity-generated-record runs it")
	}
	theirs, err := startAnsible(t.Context(), "inline")
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.close()
	both := &peers{quick: theirs, ours: pfrunHere(t)}
	for seed, left := number("SEED", 1), number("COUNT", 40); left > 0; seed++ {
		c := Generate(uint64(seed))
		v, err := both.run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		trace := v.theirs.trace()
		if v.invalid() || v.differs() || strings.Count(trace, "\n") < 15 {
			t.Logf("seed %d is left out", seed)
			continue
		}
		left--
		text := c.String() + "-- want --\n" + trace
		if err := os.WriteFile(fmt.Sprintf("testdata/%04d.txtar", seed), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGenerated runs the cases of SEED and of those that follow, COUNT in all, by both programs. GENERATED_KEEP is a folder for what differs; JOBS is how many run at once.
func TestGenerated(t *testing.T) {
	if os.Getenv("PFRUN_PARITY") != "compare" {
		t.Skip("make parity-generated runs it")
	}
	seeds := make(chan uint64)
	go func() {
		defer close(seeds)
		for i := range number("COUNT", 100) {
			seeds <- uint64(number("SEED", 1) + i)
		}
	}()
	var mu sync.Mutex
	count := map[string]int{}
	var wg sync.WaitGroup
	for range number("JOBS", 2) {
		both, err := startPeers(t.Context(), pfrunHere(t))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer both.close()
			for seed := range seeds {
				how, report, err := both.judge(t.Context(), seed, number("SHRINK", 60))
				mu.Lock()
				if count[how]++; (count[alike]+count[differs]+count[refused])%20 == 0 {
					t.Log(count)
				}
				switch {
				case err != nil:
					t.Error(err)
				case how == differs:
					t.Error(report)
					keep(t, seed, report)
				case how == refused:
					t.Log(report)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%v", count)
}

func keep(t *testing.T, seed uint64, report string) {
	t.Helper()
	folder := os.Getenv("GENERATED_KEEP")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.txt", seed)), []byte(report), 0o644); err != nil {
		t.Error(err)
	}
}

// TestGenerate holds that a seed always gives the same case, and others other ones.
func TestGenerate(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(50) {
		c := Generate(seed)
		if c.String() != Generate(seed).String() {
			t.Errorf("seed %d gives two cases", seed)
		}
		seen[c.String()] = true
	}
	if len(seen) != 50 {
		t.Errorf("50 seeds give %d cases", len(seen))
	}
}

// TestShrink holds that what does not matter is left out, and that what matters stays.
func TestShrink(t *testing.T) {
	c := &Case{Args: []string{"--tags", "a", "--check"}, Files: map[string]any{
		"hosts": "h1\n", "x.yml": List{Map{{"debug", Map{}}}},
		"site.yml": List{Map{{"hosts", "all"}, {"tasks", List{Map{{"block", List{Map{{"fail", Map{{"msg", "m1"}}}, {"when", true}}, Map{{"debug", Map{}}}}}}}}}},
	}}
	got := shrink(c, 100, func(c *Case) bool {
		return strings.Contains(c.String(), "fail") && strings.Contains(c.String(), "hosts: all")
	})
	want := "-i hosts site.yml\n-- hosts --\nh1\n-- site.yml --\n- hosts: all\n  tasks:\n    - fail: {}\n"
	if got.String() != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestTrace(t *testing.T) {
	o := output{Exit: 2, Out: `
PLAY [p1] ******************************************************************************

TASK [t1] ******************************************************************************
ok: [h2] => {
    "msg": "m1"
}
[ERROR]: Task failed: words
Origin: /x/site.yml:3:7

1 - hosts: all

fatal: [h1]: FAILED! => {"changed": false, "cmd": ["x"], "msg": "words", "rc": 1}
...ignoring
included: /x/inc.yml for h1, h2

PLAY [p2 free] *************************************************************************

TASK [a] *******************************************************************************
changed: [h2 -> h1]

TASK [b] *******************************************************************************
ok: [h1]
FAILED - RETRYING: [h2]: c (1 retries left).
included: /x/inc.yml for h1, h2

PLAY RECAP *****************************************************************************
h1                         : ok=1    changed=0    unreachable=0
`}
	want := []string{
		"PLAY [p1]", "TASK [t1]", `  fatal: [h1]: FAILED! => {"changed":false,"rc":1}`, `  ok: [h2] => {"msg":"m1"}`, "  included: inc.yml for h1, h2",
		"PLAY [p2 free]", "TASK [b]", "  ok: [h1]", "  included: inc.yml for h1",
		"TASK [a]", "  changed: [h2 -> h1]", "  FAILED - RETRYING: [h2]: c (1 retries left).", "  included: inc.yml for h2",
		"PLAY RECAP", "  h1 : ok=1 changed=0 unreachable=0", "exit 2", "",
	}
	if got := strings.Split(o.trace(), "\n"); !slices.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}
