package integration_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// whoAmI looks and writes as the user that it is told to become.
const whoAmI = `- hosts: all
  gather_facts: false
  tasks:
    - command: id -un
      register: who
    - debug: {var: who.stdout}
    - command: cat /proc/self/status
      register: self
    - lineinfile: {path: "/tmp/{{ file }}", line: one, create: true, mode: "0640"}
    - command: rm /tmp/{{ file }}
`

// onShm puts the login's cache where nothing can be executed and little fits.
const (
	onShm  = "install -d -o admin /dev/shm/cache && ln -s /dev/shm/cache /home/admin/.cache"
	offShm = "rm -rf /dev/shm/cache /dev/shm/full /home/admin/.cache"
)

// TestHelperOnHardHosts holds that whatever a host is like, the result is the same, with the helper or without it, and nothing is left of a helper that could not be put there.
func TestHelperOnHardHosts(t *testing.T) {
	if os.Getenv("PFRUN_HELPER") == "off" {
		return // it is about the helper
	}
	h := lab.Start(t, lab.Options{Debian: 13})
	inv := lab.Inventory(t, "admin", h)
	book := write(t, "who.yml", whoAmI)
	for _, tt := range []struct {
		name, prepare, restore string
		become                 string
		helper                 bool // it can be used
	}{
		{name: "as it is", helper: true},
		{name: "root", become: "root", helper: true},
		{name: "another user", become: "postfix", helper: true},
		{name: "home 0700", prepare: "chmod 0700 /home/admin", become: "postfix", helper: true},
		{name: "umask 077", prepare: "echo 'umask 077' > /home/admin/.profile; cp /home/admin/.profile /home/admin/.bashrc", restore: "rm /home/admin/.profile /home/admin/.bashrc", become: "postfix", helper: true},
		{name: "a shell that talks", prepare: "(echo 'echo Welcome; echo pfrun-helper is here >&2') > /home/admin/.bashrc", restore: "rm /home/admin/.bashrc", helper: true},
		{name: "no home to write to", prepare: "chown root /home/admin; chmod 0755 /home/admin", restore: "chown admin /home/admin"},
		{name: "a folder of others", prepare: "mkdir -m 0777 /var/tmp/pfrun-$(id -u admin)", restore: "rm -rf /var/tmp/pfrun-*", become: "postfix"},
		{name: "noexec", prepare: onShm, restore: offShm}, // as container engines mount it
		{name: "full disk", prepare: onShm + "; dd if=/dev/zero of=/dev/shm/full bs=1M 2>/dev/null || :", restore: offShm},
		{name: "no gzip", prepare: "mv /usr/bin/gunzip /usr/bin/gunzip.away", restore: "mv /usr/bin/gunzip.away /usr/bin/gunzip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.Sh(t, "rm -rf /home/admin/.cache /var/tmp/pfrun-*; "+tt.prepare)
			if tt.restore != "" {
				defer h.Sh(t, tt.restore)
			}
			args := []string{book, "-i", inv, "-e", "file=hard-" + strings.ReplaceAll(tt.name, " ", "-"), "-vvv"}
			who := "admin"
			if tt.become != "" {
				args, who = append(args, "-b", "--become-user", tt.become), tt.become
			}
			for range 2 {
				r := pfrun(t, args...).exits(0).says(fmt.Sprintf(`"who.stdout": "%s"`, who))
				if r.count(inventoryName(t, h), "changed") != 4 {
					t.Errorf("not all was done:\n%s", r.out)
				}
				if tt.helper {
					r.neverSays("the helper cannot be used")
				} else {
					r.says("the helper cannot be used")
				}
			}
			if left := h.Sh(t, "find / -xdev -name '.new-*' -o -xdev -name '.pfrun-*' 2>/dev/null; find /home/admin/.cache -name '.new-*' 2>/dev/null || :"); left != "" {
				t.Errorf("left behind: %s", left)
			}
			if left := h.Sh(t, "for i in 1 2 3 4 5 6 7 8 9 10; do pgrep -f '[h]elper-' >/dev/null || exit 0; sleep 0.5; done; pgrep -af '[h]elper-' || :"); left != "" {
				t.Errorf("still running: %s", left)
			}
		})
	}
}
