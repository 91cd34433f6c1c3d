package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// toOne has every host edit one file of another host, which has two names.
const toOne = `- hosts: fleet
  gather_facts: false
  vars:
    there: "{{ 'alpha' if inventory_hostname[-1] | int is even else 'beta' }}"
  tasks:
    - lineinfile: {path: /root/fleet, line: "{{ inventory_hostname }}", create: true, mode: "0600"}
      delegate_to: "{{ there }}"
    - lineinfile: {path: /root/fleet, regexp: "^{{ inventory_hostname }}$", line: "{{ inventory_hostname }} done"}
      delegate_to: "{{ there }}"
`

// TestDelegatedToOne has fifty hosts, at once, delegate to one target under two names: no edit is lost, each diff tells of its own line and of no other, and nobody waits for ever. The
// fifty are nowhere: nothing connects to them.
func TestDelegatedToOne(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	_, settings, _ := strings.Cut(h.InventoryLine("root")+known(lab.KnownHostsFile(t, h)), " ")
	inventory := "[fleet]\nh[00:49] ansible_host=192.0.2.1\n[target]\nalpha " + settings + "\nbeta " + settings + "\n"
	args := []string{write(t, "to-one.yml", toOne), "-i", write(t, "hosts", inventory), "-f", "50", "--diff"}
	for way, more := range bothWays() {
		t.Run(way, func(t *testing.T) {
			h.Sh(t, "rm -f /root/fleet")
			all := append(slices.Clone(args), more...)
			check := pfrun(t, append(slices.Clone(all), "--check")...).exits(0)
			h.Sh(t, "! test -e /root/fleet")
			run := pfrun(t, all...).exits(0)
			if took := max(check.took, run.took); took > time.Minute {
				t.Errorf("it took %s", took)
			}
			want := ""
			for i := range 50 {
				name := fmt.Sprintf("h%02d", i)
				want += name + " done\n"
				for _, r := range []*result{check, run} {
					added, removed, done := strings.Count(r.out, "\n+"+name+"\n"), strings.Count(r.out, "\n-"+name+"\n"), strings.Count(r.out, "\n+"+name+" done\n")
					if added != 1 || removed != 1 || done != 1 || r.count(name, "changed") != 2 {
						t.Errorf("%s: its line is added %d times, replaced %d times by %d others, changed=%d", name, added, removed, done, r.count(name, "changed"))
					}
				}
			}
			if n := strings.Count(run.out, "--- before"); n != 100 {
				t.Errorf("there are %d diffs, want 100", n)
			}
			if got := h.Sh(t, "sort /root/fleet"); got != want {
				t.Errorf("the file holds\n%s", got)
			}
		})
	}
}
