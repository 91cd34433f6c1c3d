package integration_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
	"github.com/pfrun/pfrun/internal/postfix"
)

// masterText has every form of -o that postconf reads, and what it does not. No attached value has an o in it: postconf, unlike the daemons, takes that for another -o.
const masterText = `smtp unix - - n - - smtp
  -o { inet_protocols = ipv4 }
  -v -osmtp_bind_address=127.0.0.1 -vo smtp_helo_name=b -o {syslog_name=g}
  # comment
  -o smtp_tls_loglevel=1 -o smtp_sasl_security_options={ a b }c -o
  smtp_mx_address_limit=5 -- -o smtp_connect_timeout=3
relay unix - - n - - smtp -o smtp_helo_name=1 -o smtp_helo_name=2
pipe1 unix - n n - - pipe -o syslog_name=1 flags=R user=nobody argv=/bin/true -o syslog_name=2
pipe2 unix - n n - - pipe
  flags=R user=nobody argv=/bin/true
`

// TestOverrides holds internal/postfix to what Postfix's own postconf -P reads, sets and removes.
func TestOverrides(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	h.Sh(t, "mkdir /root/p && echo compatibility_level=3.6 >/root/p/main.cf")
	asked := func(text string) string {
		h.WriteFile(t, "/root/p/master.cf", text, 0o644)
		return h.Sh(t, "postconf -c /root/p -P 2>/dev/null | sort -u; postconf -c /root/p -M 2>/dev/null")
	}
	m := postfix.ParseMaster(masterText)
	var want []string
	for _, s := range m.Services() {
		for _, p := range s.Overrides {
			value, _ := s.Lookup(p.Name)
			want = append(want, s.ID()+"/"+p.Name+" = "+value+"\n")
		}
	}
	slices.Sort(want)
	got := asked(masterText)
	if list := strings.Join(slices.Compact(want), ""); !strings.HasPrefix(got, list+"smtp ") {
		t.Errorf("postconf -P reads\n%swe read\n%s", got, list)
	}
	for _, tt := range []struct{ id, name, value string }{
		{"smtp/unix", "inet_protocols", "all"}, {"smtp/unix", "smtp_helo_name", "new"}, {"smtp/unix", "smtp_bind_address", "::1"}, {"smtp/unix", "smtp_mx_address_limit", "6"},
		{"smtp/unix", "smtp_connect_timeout", "4"}, {"smtp/unix", "smtp_sasl_security_options", ""}, {"pipe1/unix", "syslog_name", "x"}, {"pipe2/unix", "syslog_name", "x"},
	} {
		ours := postfix.ParseMaster(masterText)
		if _, err := ours.Set(tt.id, tt.name, tt.value); err != nil {
			t.Fatal(err)
		}
		h.WriteFile(t, "/root/p/master.cf", masterText, 0o644)
		h.Run(t, "postconf", "-c", "/root/p", "-P", tt.id+"/"+tt.name+"="+tt.value)
		if want, got := asked(h.ReadFile(t, "/root/p/master.cf")), asked(ours.String()); got != want {
			t.Errorf("%s %s=%s gives\n%s, postconf -P\n%s", tt.id, tt.name, tt.value, got, want)
		}
		if _, err := ours.Remove(tt.id, tt.name); err != nil {
			t.Fatal(err)
		}
		h.Run(t, "postconf", "-c", "/root/p", "-PX", tt.id+"/"+tt.name)
		if want, got := asked(h.ReadFile(t, "/root/p/master.cf")), asked(ours.String()); got != want {
			t.Errorf("without %s %s:\n%s, postconf -PX\n%s", tt.id, tt.name, got, want)
		}
	}
}
