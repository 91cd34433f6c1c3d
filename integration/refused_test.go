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
		"a listener on IPv6 in master.cf":    {"echo '[::1]:10025 inet n - y - - smtpd' >>/etc/postfix/master.cf", "[::1]:10025/inet"},
		"a client on IPv6 in master.cf":      {"postconf -P smtp/unix/inet_protocols=all", "smtp/unix"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"/etc/postfix/main.cf", "/etc/postfix/master.cf"} {
				defer h.WriteFile(t, file, h.ReadFile(t, file), 0o644)
			}
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

// TestRestartOfABrokenPostfix holds that a master that runs is not stopped where main.cf would not let it start again.
func TestRestartOfABrokenPostfix(t *testing.T) {
	for _, o := range []lab.Options{{Debian: 12, Init: true}, {Debian: 13}} {
		h := lab.Start(t, o)
		h.Sh(t, "postconf -e inet_interfaces=192.0.2.77")
		book := write(t, "restart.yml", "- hosts: all\n  gather_facts: false\n  become: true\n  tasks:\n    - service: {name: postfix, state: restarted}\n")
		pfrun(t, book, "-i", lab.Inventory(t, "root", h)).exits(2).says("was left as it is", "no local interface found for 192.0.2.77")
		listens(t, h, "0.0.0.0:25", "[::]:25")
	}
}
