package integration_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/integration/lab"
)

// fileModules uses the modules that bring, make, edit and remove files, and asserts what their results say.
const fileModules = `
- hosts: mail
  gather_facts: false
  become: true
  vars: {name: mx1, nets: [10.0.0.0/8, "::1"]}
  tasks:
    - ping:
      register: pong
    - name: Folders above come into being
      file: {path: /srv/mods/a/b, state: directory, mode: "0750", owner: postfix, group: mail}
      register: dir
    - name: A file by its name
      copy: {src: plain, dest: /srv/mods/, mode: "0640"}
      register: plain
    - name: A large one
      copy: {src: large, dest: /srv/mods/large}
      register: large
    - name: A folder with a link in it
      copy: {src: tree, dest: /srv/mods/tree}
    - name: What is in it, links as links
      copy: {src: tree/, dest: /srv/mods/links, local_follow: false, mode: preserve}
    - name: A dict
      copy: {content: {b: 1, a: [x, 2]}, dest: /srv/mods/json}
    - name: A copy on the host, in place of a link
      file: {path: /srv/mods/was-link, src: /srv/mods/json, state: link}
    - stat: {path: /srv/mods/was-link}
      register: link
    - name: A template
      template: {src: main.cf.j2, dest: /srv/mods/main.cf, mode: "0600", backup: true, validate: grep -q myhostname %s}
      register: cf
    - name: A file that others edit
      copy: {content: "myhostname = x\none\n", dest: /srv/mods/edited, force: false}
    - name: A block
      blockinfile: {path: /srv/mods/edited, block: "smtp_bind_address = 192.0.2.1", insertafter: ^myhostname, backup: true}
      notify: Said
    - name: A replacement
      replace: {path: /srv/mods/edited, regexp: "^one$", replace: two}
    - name: Owner of all
      file: {path: /srv/mods/tree, state: directory, recurse: true, group: mail, mode: "u=rwX,g=rX,o="}
    - name: A link and another name
      file: {path: /srv/mods/l, src: plain, state: link}
    - file: {path: /srv/mods/h, src: /srv/mods/json, state: hard}
    - name: Times
      file: {path: /srv/mods/json, state: touch, modification_time: "202002292359.58", access_time: preserve}
    - name: A folder that goes, with a link to one that stays
      copy: {src: tree/, dest: "/srv/mods/gone/$x 'y'/", local_follow: false}
      when: make_gone is defined
    - file: {path: /srv/mods/gone, state: absent}
    - stat: {path: /srv/mods/large, checksum_algorithm: sha256}
      register: seen
    - slurp: {src: /srv/mods/edited}
      register: read
    - shell: printf '%s\n' a b | tail -n 1
      register: said
      changed_when: false
      check_mode: false
    - assert:
        that:
          - pong.ping == 'pong'
          - dir.mode == '0750' and dir.owner == 'postfix' and dir.state == 'directory'
          - plain.dest == '/srv/mods/plain' and plain.mode == '0640' and plain.size >= 12
          - large.checksum == lookup('file', 'sum')
          - seen.stat.size == 3000000 and seen.stat.isreg and seen.stat.mode == '0644'
          - link.stat.islnk and link.stat.lnk_source == '/srv/mods/json'
          - cf.mode == '0600' and cf.uid == 0
          - "'smtp_bind_address = 192.0.2.1' in read.content | b64decode"
          - said.stdout == 'b'
  handlers:
    - name: Said
      debug: {msg: "it was edited"}
`

// writeFileModules lays the playbook with its files and templates.
func writeFileModules(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	large := strings.Repeat("0123456789abcdef~!@#", 150_000)
	for name, text := range map[string]string{
		"site.yml": fileModules, "files/plain": "zero\none\nend\n", "files/large": large, "files/sum": "b35a46bed7f1cd65c5925fd9c763578d01dd53b6", "files/tree/f": "f\n", "files/tree/sub/deep/run.sh": "#!/bin/sh\n",
		"files/tree/it's $(x)": "odd\n", "templates/main.cf.j2": "# {{ ansible_managed }}\nmyhostname = {{ name }}\n{% for n in nets %}\n# net {{ n }}\n{% endfor %}\n{% include 'part.j2' %}\n",
		"templates/part.j2": "# part of {{ inventory_hostname }}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "files/tree/sub/deep/run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("f", filepath.Join(dir, "files/tree/link")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "site.yml")
}

// tree is all below the folder of the playbook: kinds, modes, owners, contents.
func tree(t *testing.T, h *lab.Host) string {
	t.Helper()
	return h.Sh(t, `cd /srv 2>/dev/null && find . | LC_ALL=C sort | while read -r f; do stat -c '%A %U:%G %N' "$f"; [ -f "$f" ] && [ ! -L "$f" ] && sha256sum < "$f"; done; :`)
}

// TestFileModules holds on real hosts, with the helper and without, that --check shows what the run does, that it changes nothing, that the second run has nothing to do, and what is
// there in the end.
func TestFileModules(t *testing.T) {
	for _, name := range []string{"debian12", "debian13-noinit"} {
		t.Run(name, func(t *testing.T) {
			h := lab.Start(t, variants[name])
			args := []string{writeFileModules(t), "-i", lab.Inventory(t, "admin", h), "--diff"}
			before := tree(t, h)
			check := pfrun(t, append(args, "--check")...).exits(0)
			if after := tree(t, h); after != before {
				t.Errorf("--check changed the host:\n%s\nbefore:\n%s", after, before)
			}
			run := pfrun(t, args...).exits(0)
			if got, want := run.diff(), check.diff(); got != want {
				t.Errorf("the diff of the run is not that of --check\nrun:\n%s\n--check:\n%s", got, want)
			}
			after := tree(t, h)
			for _, want := range []string{
				"drwxr-x--- postfix:mail './mods/a/b'", "-rw-r----- root:root './mods/plain'", "drwxr-x--- root:mail './mods/tree/tree/sub/deep'", "-rw-r----- root:mail './mods/tree/tree/link'",
				"lrwxrwxrwx root:root './mods/links/link' -> 'f'", "-rwxr-xr-x root:root './mods/links/sub/deep/run.sh'", "-rw------- root:root './mods/main.cf'", "lrwxrwxrwx root:root './mods/l' -> 'plain'",
			} {
				if !strings.Contains(after, want) {
					t.Errorf("%s is not there:\n%s", want, after)
				}
			}
			for _, more := range [][]string{nil, {"--no-helper"}} {
				again := pfrun(t, append(args, more...)...).exits(0)
				if again.count(inventoryName(t, h), "changed") != 0 || tree(t, h) != after {
					t.Errorf("the second run changes something\n%s", again.out)
				}
			}
			for _, more := range [][]string{{"-e", "make_gone=1"}, {"-e", "make_gone=1", "--no-helper"}} { // what is made goes again, in one step
				gone := pfrun(t, append(args, more...)...).exits(0)
				if gone.count(inventoryName(t, h), "changed") != 2 || tree(t, h) != after {
					t.Errorf("what was made did not go\n%s\n%s", gone.out, tree(t, h))
				}
			}
			if left := h.Sh(t, "find / -xdev -name '.pfrun-*' 2>/dev/null || :"); left != "" {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}
