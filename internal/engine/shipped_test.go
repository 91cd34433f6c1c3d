package engine_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// dualStack is a relay that listens on both families until it is restarted.
func dualStack() *world {
	w := newWorld("h1")
	h := w.hosts["h1"]
	h.Put(
		mem.File("/etc/postfix/main.cf", "# relay\ninet_protocols = all\nmynetworks = 127.0.0.0/8\n"),
		// What postconf makes of the scratch copy it is shown, which a host in memory does not lay: that is looked at only once the copy says ipv4.
		mem.Answer(host.Output{Stdout: "config_directory = /etc/postfix\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\n"}, "postconf", "..."),
		mem.AnswerFunc(func(*mem.Host, change.Exec) (change.Outcome, error) {
			out := `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("master",pid=1,fd=13))` + "\n"
			restarted := slices.ContainsFunc(h.Applied(), func(c change.Change) bool { s, ok := c.(change.Service); return ok && s.Action == change.Restart })
			if !restarted {
				out += `LISTEN 0 100 [::]:25 [::]:* users:(("master",pid=1,fd=14))` + "\n"
			}
			return change.Outcome{Known: true, Stdout: []byte(out)}, nil
		}, "ss", "..."),
		mem.Answer(host.Output{}, "postmap", "..."),
	)
	return w
}

// TestShippedPlaybook carries ipv4-only.yml through check mode, a run, and a second run.
func TestShippedPlaybook(t *testing.T) {
	text, err := os.ReadFile("../../playbooks/ipv4-only.yml")
	if err != nil {
		t.Fatal(err)
	}
	book := strings.Replace(string(text), `"{{ target | default('mail') }}"`, "all", 1)
	w := dualStack()
	run := func(o engine.Options) string {
		before := len(w.hosts["h1"].Applied())
		w.events = nil
		s := w.run(t, o, book)
		r := s.Hosts[0]
		var made []string
		for _, c := range w.hosts["h1"].Applied()[before:] {
			made = append(made, c.Summary())
		}
		if t.Failed() || r.Failed > 0 {
			t.Log(w.log(), w.hosts["h1"].Unanswered())
		}
		return fmt.Sprintf("changed=%d failed=%d deferred=%d undecided=%d %q", r.Changed, r.Failed, r.Deferred, r.Undecided, made)
	}
	got := []string{run(engine.Options{PlanOnly: true}), run(engine.Options{}), run(engine.Options{}), run(engine.Options{PlanOnly: true})}
	want := []string{
		`changed=3 failed=0 deferred=1 undecided=0 []`,
		`changed=3 failed=0 deferred=0 undecided=0 ["edit /etc/postfix/main.cf" "restart postfix"]`,
		`changed=0 failed=0 deferred=0 undecided=0 []`,
		`changed=0 failed=0 deferred=0 undecided=0 []`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
