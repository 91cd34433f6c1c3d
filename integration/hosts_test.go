package integration_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// oddity is a host on which something is not as it mostly is.
type oddity struct {
	name  string
	login string   // one of those that oddPeople makes
	drop  string   // where files are written; /srv/drop when empty
	wants []string // what the error says; nil: it works
}

// oddPeople makes the logins, each with the oddity of its name, and all of them with sudo.
const oddPeople = `
for u in plain noforward noisy masked noexec nohome full; do
useradd --create-home --shell /bin/bash $u
echo "$u ALL=(ALL:ALL) NOPASSWD: ALL" >>/etc/sudoers.d/odd
done
mount -t tmpfs -o noexec,mode=700 tmpfs /home/noexec
chown noexec:noexec /home/noexec
install -d -m 755 /etc/ssh/keys
for u in plain noforward noisy masked noexec nohome full; do
install -m 644 /home/oper/.ssh/authorized_keys /etc/ssh/keys/$u
done
chmod 700 /home/plain
rm -r /home/nohome
cat >/home/noisy/.bashrc <<'END'
echo "Welcome to this host. Password: ask an admin"
printf 'no line end'
printf '\001\002 binary \377\n' >&2
END
sed -i '1i umask 077' /home/masked/.bashrc
cat >>/etc/ssh/sshd_config <<'END'
AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u
Match User noforward
AllowTcpForwarding no
AllowStreamLocalForwarding no
END
systemctl reload ssh
install -d -m 1777 /srv/drop /srv/full
mount -t tmpfs -o size=64k,mode=1777 tmpfs /srv/full
dd if=/dev/zero of=/srv/full/filler bs=1k count=64 status=none || :
`

var oddities = []oddity{
	{name: "home-0700", login: "plain"},
	{name: "AllowTcpForwarding-no", login: "noforward"},
	{name: "noisy-login-shell", login: "noisy"},
	{name: "umask-077", login: "masked"},
	{name: "noexec-home", login: "noexec"},
	{name: "home-that-is-not-there", login: "nohome"},
	{name: "full-disk", login: "full", drop: "/srv/full", wants: []string{"no space", "/srv/full"}},
}

// TestOddHosts runs the same tasks on hosts that are odd, as their login and as root. Each gives the right result or a clear error, and nothing is left behind.
func TestOddHosts(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13, Init: true})
	h.Run(t, "sh", "-euc", oddPeople)
	for way, args := range ways("debian12") {
		t.Run(way, func(t *testing.T) { tryOddities(t, h, oddities, args...) })
	}
	t.Run("no-sftp-subsystem", func(t *testing.T) {
		h.Sh(t, "sed -i 's/^Subsystem/#&/' /etc/ssh/sshd_config; systemctl reload ssh")
		tryOddities(t, h, oddities[:3], "--no-helper")
	})
	t.Run("no-sftp-server", func(t *testing.T) {
		h.Sh(t, "mv /usr/lib/openssh/sftp-server /usr/lib/openssh/sftp-server.off")
		tryOddities(t, h, oddities, "--no-helper")
	})
	t.Run("no-sha256sum-nor-gzip", func(t *testing.T) {
		h.Sh(t, "mv /usr/lib/openssh/sftp-server.off /usr/lib/openssh/sftp-server; rm /usr/bin/sha256sum /usr/bin/gzip")
		tryOddities(t, h, []oddity{{name: "bare", login: "plain", wants: []string{"sha256sum"}}})
	})
}

// tryOddities runs act on all of them at once, each as its login and as root.
func tryOddities(t *testing.T, h *lab.Host, odd []oddity, args ...string) {
	t.Helper()
	h.Sh(t, "rm -f /srv/drop/*")
	before := residue(t, h)
	r := pfrun(t, append([]string{write(t, "act.yml", act), "-i", write(t, "hosts", oddHosts(t, h, odd)), "-f", "8"}, args...)...)
	if r.took > time.Minute {
		t.Errorf("it took %s", r.took)
	}
	for _, o := range odd {
		for _, user := range []string{o.login, "root"} {
			t.Run(o.name+"-"+user, func(t *testing.T) { o.check(t, h, r, user) })
		}
	}
	if after := residue(t, h); after != before {
		t.Errorf("something is left behind:\nbefore:\n%s\nafter:\n%s", before, after)
	}
}

func oddHosts(t *testing.T, h *lab.Host, odd []oddity) string {
	var hosts strings.Builder
	for i, o := range odd {
		for j, user := range []string{o.login, "root"} {
			fmt.Fprintf(&hosts, "%s-%s %s ansible_user=%s ansible_become=%v", o.name, user, apart(2*i+j), o.login, user == "root")
			if o.drop != "" {
				fmt.Fprintf(&hosts, " drop=%s", o.drop)
			}
			hosts.WriteString("\n")
		}
	}
	return hosts.String() + allApart(t, h)
}

func (o oddity) check(t *testing.T, h *lab.Host, r *result, user string) {
	name := o.name + "-" + user
	told := strings.Join(regexp.MustCompile(`(?m)^.*\[`+regexp.QuoteMeta(name)+`\].*$`).FindAllString(r.out+r.errOut, -1), "\n")
	if o.wants != nil {
		for _, want := range o.wants {
			if !strings.Contains(strings.ToLower(told), strings.ToLower(want)) {
				t.Errorf("it does not say %q:\n%s", want, told)
			}
		}
		return
	}
	if n := r.count(name, "ok"); n != 4 {
		t.Fatalf("ok=%d, want 4:\n%s\n%s", n, told, r.errOut)
	}
	file := "/srv/drop/" + name
	if got, want := h.Run(t, "cat", file), "as "+user+"\nagain – ünï\n"; got != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
	if got, want := strings.TrimSpace(h.Run(t, "stat", "-c", "%U %G %a", file)), fmt.Sprintf("%s %[1]s 640", user); got != want {
		t.Errorf("the file is %s, want %s", got, want)
	}
}
