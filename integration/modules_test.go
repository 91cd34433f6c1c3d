package integration_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// everyModule uses each module in a way that changes something where it can.
const everyModule = `
- hosts: mail
  gather_facts: false
  become: true
  handlers:
    - name: Reload Postfix
      service: {name: postfix, state: reloaded}
  tasks:
    - name: A line
      lineinfile: {path: /etc/postfix/main.cf, regexp: '^smtpd_banner', line: 'smtpd_banner = $myhostname ESMTP pfrun', backup: true}
      notify: Reload Postfix
    - name: The same file again, as the first task leaves it
      lineinfile: {path: /etc/postfix/main.cf, insertafter: '^smtpd_banner = .* pfrun', line: '# set by pfrun'}
    - name: A new file of root
      lineinfile: {path: /etc/postfix/secret, line: "relay user:password", create: true, mode: "0600"}
    - name: Parameters
      postconf: {parameters: {smtp_tls_security_level: may, maximal_queue_lifetime: 2d, mynetworks_style: host}}
      notify: Reload Postfix
    - name: A parameter that goes away
      postconf: {parameters: [readme_directory], state: absent}
    - name: What is effective
      postconf: {parameters: {smtp_tls_security_level: may}, state: assert}
    - name: Who listens
      ss: {port: 25}
      register: listeners
    - name: A command that only looks
      command: postconf -h maximal_queue_lifetime
      register: lifetime
      changed_when: false
    - name: A command that is done once
      command: {cmd: touch /etc/postfix/touched, creates: /etc/postfix/touched}
    - name: A group
      group: {name: mailadm, system: true}
    - name: A user, whose number useradd would choose
      user: {name: archive, comment: "Keeps mail", groups: mailadm, append: true, shell: /usr/sbin/nologin, password_expire_max: 90, password: "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"}
    - name: The user again, as the first task leaves it
      user: {name: archive, home: /srv/keeper, move_home: true, append: true, groups: mail, uid: 4711}
    - name: A folder of the user, who is only planned in check mode
      file: {path: /srv/archive, state: directory, owner: archive, group: mailadm, mode: "2750"}
    - name: Text in the user's folder
      copy: {content: "kept\n", dest: "~archive/text", owner: archive, group: archive}
    - name: Somebody who was there
      user: {name: oper, state: absent, remove: true}
    - name: A fact
      set_fact: {families: "{{ listeners.families }}"}
    - name: What was found
      assert: {that: ["'ipv4' in families"]}
    - name: Said
      debug: {msg: "{{ families | join(' ') }}"}
    - name: Reload now
      meta: flush_handlers
    - name: Nobody fails
      fail: {msg: "no listener"}
      when: families == []
`

// accountsThere is what everyModule makes of users and groups.
const accountsThere = `archive:x:4711:1002:Keeps mail:/srv/keeper:/usr/sbin/nologin
archive mail mailadm
/srv/archive 2750 archive:mailadm
/srv/keeper/.profile 644 archive:archive
/srv/keeper/text 644 archive:archive
1
`

// TestEveryModule holds, for every module on real hosts, that the diff of --check is the diff of the run, that --check changes nothing, and that the second run does not either.
func TestEveryModule(t *testing.T) {
	for _, name := range []string{"debian12", "debian13-noinit"} {
		t.Run(name, func(t *testing.T) {
			h := lab.Start(t, variants[name])
			args := []string{write(t, "modules.yml", everyModule), "-i", lab.Inventory(t, "admin", h), "--diff"}
			before := fingerprint(t, h)
			check := pfrun(t, append(args, "--check")...).exits(0)
			if after := fingerprint(t, h); after != before {
				t.Errorf("--check changed the host:\n%s\nbefore:\n%s", after, before)
			}
			run := pfrun(t, args...).exits(0)
			if got, want := run.diff(), check.diff(); got != want || strings.Count(got, "--- before") < 4 {
				t.Errorf("the diff of the run is not that of --check\nrun:\n%s\n--check:\n%s", got, want)
			}
			after := fingerprint(t, h)
			again := pfrun(t, args...).exits(0)
			if again.count(inventoryName(t, h), "changed") != 0 || fingerprint(t, h) != after {
				t.Errorf("the second run changes something\n%s", again.out)
			}
			if got := h.Sh(t, `getent passwd archive; id -Gn archive; stat -c '%n %a %U:%G' /srv/archive /srv/keeper/.profile /srv/keeper/text; chage -l archive | grep -c 90; getent passwd oper; getent group oper; ls -d /home/oper /home/archive 2>/dev/null; true`); got != accountsThere {
				t.Errorf("users and groups:\n%s", got)
			}
			if got := h.Run(t, "stat", "-c", "%a %U", "/etc/postfix/secret"); got != "600 root\n" {
				t.Errorf("mode and owner of a new file of root: %s", got)
			}
		})
	}
}

// fingerprint is what must not change behind a user's back: content, mode and owner of every file of Postfix, its process, and what lies in the temporary folders and homes, but for
// the mark that sudo itself leaves, and pfrun's own program in its cache.
func fingerprint(t *testing.T, h *lab.Host) string {
	t.Helper()
	return h.Sh(t, `cd /etc/postfix && find . -type f | sort | xargs stat -c '%n %a %U:%G %i' && find . -type f | sort | xargs sha256sum; cat /var/spool/postfix/pid/master.pid; find /tmp /var/tmp /dev/shm /root /home -newer /etc/hostname -type f 2>/dev/null | grep -v -e inhost -e sudo_as_admin_successful -e /.cache/pfrun/helper- | sort`)
}
