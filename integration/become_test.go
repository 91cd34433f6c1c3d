package integration_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

// becoming is a way to be somebody on the host of TestBecome, as which user it must end or with what error.
type becoming struct {
	method, login, user string
	password            string   // root, other, own (the login's), wrong; empty: none is given
	more                string   // more variables
	wants               []string // what the error says; nil: it works
}

// becomings are the lines of the table. The logins: admin may all without a password, oper all with one; term and termfree are the same, but sudo demands a terminal of them;
// nopty has what oper has, but sshd gives it no terminal; root needs none.
var becomings = []becoming{
	{method: "sudo", login: "admin", user: "root"},
	{method: "sudo", login: "admin", user: "other"},
	{method: "sudo", login: "admin", user: "postfix"},
	{method: "sudo", login: "admin", user: "root", password: "own"}, // not asked for
	{method: "sudo", login: "oper", user: "root", password: "own"},
	{method: "sudo", login: "oper", user: "other", password: "own"},
	{method: "sudo", login: "admin", user: "other", more: `ansible_become_flags="-H -S -n" ansible_become_exe=/usr/bin/sudo`},
	{method: "sudo", login: "oper", user: "other", password: "own", more: "ansible_sudo_flags=-i"},
	{method: "sudo", login: "oper", user: "root", wants: []string{"a password is needed"}},
	{method: "sudo", login: "oper", user: "root", password: "wrong", wants: []string{"wrong password"}},
	{method: "sudo", login: "other", user: "root", password: "own", wants: []string{"may not do this", "sudoers"}},
	{method: "sudo", login: "admin", user: "nobodyhere", wants: []string{"no such user"}},
	{method: "sudo", login: "termfree", user: "root"},
	{method: "sudo", login: "termfree", user: "other"},
	{method: "sudo", login: "term", user: "root", password: "own"},
	{method: "sudo", login: "term", user: "other", password: "own"},
	{method: "sudo", login: "term", user: "root", wants: []string{"a password is needed"}},
	{method: "sudo", login: "term", user: "root", password: "wrong", wants: []string{"wrong password"}},

	{method: "su", login: "admin", user: "root"},
	{method: "su", login: "admin", user: "other"},
	{method: "su", login: "oper", user: "root", password: "root"},
	{method: "su", login: "oper", user: "other", password: "other"},
	{method: "su", login: "oper", user: "other", password: "other", more: "ansible_su_flags=-"},
	{method: "su", login: "nopty", user: "root", password: "root"},
	{method: "su", login: "oper", user: "root", wants: []string{"a password is needed"}},
	{method: "su", login: "oper", user: "root", password: "wrong", wants: []string{"wrong password"}},
	{method: "su", login: "admin", user: "nobodyhere", wants: []string{"no such user"}},
	{method: "su", login: "root", user: "postfix", wants: []string{"login shell", "-s /bin/sh"}},
	{method: "su", login: "root", user: "postfix", more: `ansible_become_flags="-s /bin/sh"`},

	{method: "doas", login: "admin", user: "root"},
	{method: "doas", login: "admin", user: "other"},
	{method: "doas", login: "admin", user: "other", password: "own"}, // not asked for, so on no terminal
	{method: "doas", login: "oper", user: "root", password: "own"},
	{method: "doas", login: "oper", user: "other", password: "own"},
	{method: "doas", login: "oper", user: "root", wants: []string{"a password is needed"}},
	{method: "doas", login: "oper", user: "root", password: "wrong", wants: []string{"wrong password"}},
	{method: "doas", login: "other", user: "root", password: "own", wants: []string{"may not do this", "doas.conf"}},
	{method: "doas", login: "nopty", user: "root", password: "own", wants: []string{"terminal", "PermitTTY"}},
	{method: "doas", login: "admin", user: "nobodyhere", wants: []string{"no such user"}},
}

func (b becoming) name() string {
	words := strings.NewReplacer("ansible_", "", "become_", "", "/", "", " ", "", `"`, "", "=", "")
	name := strings.Join([]string{b.method, b.login, b.user, "with", "no"}, "-")
	if b.password != "" {
		name = strings.TrimSuffix(name, "no") + b.password
	}
	if b.more != "" {
		name += "-" + words.Replace(b.more)
	}
	return name
}

// people makes the logins that becomings are about.
const people = `
for u in other term termfree nopty; do
useradd --create-home --shell /bin/bash $u
install -d -m 700 -o $u -g $u /home/$u/.ssh
install -m 600 -o $u -g $u /home/oper/.ssh/authorized_keys /home/$u/.ssh/
echo "$u:$2" | chpasswd
done
echo "root:$1" | chpasswd
echo "other:$3" | chpasswd
sed -i 's/^ssh/no-pty ssh/' /home/nopty/.ssh/authorized_keys
cat >/etc/sudoers.d/become <<END
Defaults:term,termfree requiretty
term ALL=(ALL:ALL) ALL
termfree ALL=(ALL:ALL) NOPASSWD: ALL
END
printf '%s\n' 'permit nopass admin' 'permit oper' 'permit nopty' >/etc/doas.conf
groupadd nopass
usermod -aG nopass admin
sed -i '1i auth sufficient pam_wheel.so trust group=nopass' /etc/pam.d/su
install -d -m 1777 /srv/drop
`

// act does on every host what tells whose programs and files are run and made: streams, much input, a new file, a file again.
const act = `- hosts: all
  gather_facts: false
  become: true
  tasks:
    - command: id -un
      register: who
    - command: sh -c 'cat | md5sum; echo to stderr >&2; tty; exit 3'
      args: {stdin: "{{ 'much text\n' * 20000 }}", stdin_add_newline: false}
      register: streams
      failed_when: streams.rc != 3 or streams.stdout_lines[0] != '62eb41df641d6828d80dfe1eb7af7698  -' or streams.stdout_lines[1] != 'not a tty' or streams.stderr != 'to stderr'
      changed_when: false
    - lineinfile: {path: "{{ drop | default('/srv/drop') }}/{{ inventory_hostname }}", line: "as {{ who.stdout }}", create: true, mode: "0640"}
    - lineinfile: {path: "{{ drop | default('/srv/drop') }}/{{ inventory_hostname }}", line: "again – ünï"}
`

// TestBecome runs the whole table at once, each line as a host of its own.
func TestBecome(t *testing.T) {
	h := lab.Start(t, lab.Options{Debian: 13})
	secrets := map[string]string{"root": "the-root-password", "own": h.Password, "other": "other's pass word", "wrong": "not-this-password"}
	h.Run(t, "sh", "-euc", people, "sh", secrets["root"], secrets["own"], secrets["other"])
	before := residue(t, h)
	for way, args := range ways("debian12") {
		h.Sh(t, "rm -f /srv/drop/*")
		r := pfrun(t, append([]string{write(t, "act.yml", act), "-i", write(t, "hosts", becomeHosts(t, h, secrets)), "-f", "8"}, args...)...).exits(2)
		if t.Logf("%s: %s", way, r.took); r.took > 2*time.Minute {
			t.Errorf("%s took %s", way, r.took)
		}
		r.neverSays(secrets["root"], secrets["own"], secrets["other"], secrets["wrong"])
		for _, b := range becomings {
			t.Run(way+"/"+b.name(), func(t *testing.T) { b.check(t, h, r) })
		}
		// sudo has logged what it started, but not the words of the play's commands, which may be secret.
		if log := h.ReadFile(t, "/var/log/auth.log"); !strings.Contains(log, "COMMAND=") || strings.Contains(log, "to stderr") {
			t.Errorf("%s: sudo's log holds a command's words, or nothing:\n%.2000s", way, log)
		}
		if after := residue(t, h); after != before {
			t.Errorf("something is left behind:\nbefore:\n%s\nafter:\n%s", before, after)
		}
	}
}

// becomeHosts writes the inventory: a line of the table is a host.
func becomeHosts(t *testing.T, h *lab.Host, secrets map[string]string) string {
	var hosts strings.Builder
	for i, b := range becomings {
		fmt.Fprintf(&hosts, "%s %s ansible_user=%s ansible_become_method=%s ansible_become_user=%s %s", b.name(), apart(i), b.login, b.method, b.user, b.more)
		if b.password != "" {
			password := secrets[b.password]
			if b.password == "own" && b.login == "other" {
				password = secrets["other"]
			}
			fmt.Fprintf(&hosts, " ansible_become_password=%q", password)
		}
		hosts.WriteString("\n")
	}
	return hosts.String() + allApart(t, h)
}

// apart gives one of many addresses by which the same host is reached, so that pfrun takes it for many, and works on them at once.
func apart(i int) string { return fmt.Sprintf("ansible_host=127.0.1.%d", i+1) }

// allApart gives what hosts that are apart have in common.
func allApart(t *testing.T, h *lab.Host) string {
	_, port := h.Address()
	known := write(t, "known_hosts", strings.ReplaceAll(h.KnownHosts(), "[127.0.0.1]", "[127.0.1.*]"))
	return fmt.Sprintf("[all:vars]\nansible_port=%d\nansible_ssh_private_key_file=%s\nansible_ssh_common_args='-o UserKnownHostsFile=%s'\n", port, h.KeyFile, known)
}

func (b becoming) check(t *testing.T, h *lab.Host, r *result) {
	told := strings.Join(regexp.MustCompile(`(?m)^.*\[`+regexp.QuoteMeta(b.name())+`\].*$`).FindAllString(r.out+r.errOut, -1), "\n")
	file := "/srv/drop/" + b.name()
	if b.wants != nil {
		for _, want := range append(b.wants, b.method+": become "+b.user) {
			if !strings.Contains(told, want) {
				t.Errorf("it does not say %q:\n%s", want, told)
			}
		}
		if _, exit := h.Exec(t, "test", "-e", file); exit == 0 {
			t.Error("it wrote its file all the same")
		}
		return
	}
	if n := r.count(b.name(), "ok"); n != 4 {
		t.Errorf("ok=%d, want 4:\n%s", n, told)
	}
	if got, want := h.Run(t, "cat", file), "as "+b.user+"\nagain – ünï\n"; got != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
	if got, want := strings.TrimSpace(h.Run(t, "stat", "-c", "%U %G %a", file)), fmt.Sprintf("%s %[1]s 640", b.user); got != want {
		t.Errorf("the file is %s, want %s", got, want)
	}
}

// residue lists what is where pfrun could leave something behind, but for the cache that it says it keeps.
func residue(t *testing.T, h *lab.Host) string {
	t.Helper()
	return h.Sh(t, `find /tmp /dev/shm /var/tmp /home /root /srv -path /srv/drop -prune -o -path '*/.cache/pfrun*' -prune -o -name .cache -prune -o -name .sudo_as_admin_successful -o -path '/var/tmp/pfrun-*' -prune -o \
		-printf '%p %u %m\n' | grep -v systemd-private | LC_ALL=C sort; find /run -name '.pfrun*'; ls -A /srv/drop | grep '^\.' || :`)
}
