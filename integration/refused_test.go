package integration_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// TestRefusedBeforeTheEdit holds that the story touches nothing where Postfix would not start again, or where one line could not replace the setting.
func TestRefusedBeforeTheEdit(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	inv := lab.Inventory(t, "root", h)
	h.Sh(t, "echo nameserver 127.0.0.1 >/etc/resolv.conf") // Postfix asks for the name ::1, and gets its answer at once
	for name, c := range map[string]struct{ edit, says string }{
		"an IPv6 address in inet_interfaces": {"postconf -e 'inet_interfaces = 127.0.0.1, ::1'", "inet_interfaces"},
		"a setting over several lines":       {"sed -i 's/^inet_protocols.*/inet_protocols = ipv4,\\n  ipv6/' /etc/postfix/main.cf", "over several lines"},
	} {
		t.Run(name, func(t *testing.T) {
			original := h.ReadFile(t, "/etc/postfix/main.cf")
			defer h.WriteFile(t, "/etc/postfix/main.cf", original, 0o644)
			h.Sh(t, c.edit)
			before := fingerprint(t, h)
			for _, args := range [][]string{{"--check"}, nil} {
				r := pfrun(t, append([]string{story, "-i", inv}, args...)...).exits(2).says(c.says)
				if strings.Contains(r.out, "RUNNING HANDLER") {
					t.Errorf("Postfix was restarted:\n%s", r.out)
				}
			}
			if after := fingerprint(t, h); after != before {
				t.Errorf("the host was changed:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}
