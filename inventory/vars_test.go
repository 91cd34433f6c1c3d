package inventory

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func layerText(layers []Layer, dir string) string {
	var b strings.Builder
	for _, l := range layers {
		fmt.Fprintf(&b, "%d %s: %s\n", l.Level, strings.TrimPrefix(l.Origin, dir+"/"), vars(l.Vars))
	}
	return b.String()
}

func TestVarsFor(t *testing.T) {
	dir := write(t, map[string]string{
		"inv/hosts":                     "[mail]\nmx1 v=host\n[eu:children]\nmail\n[zz]\nmx1\n[aa]\nmx1\n[all:vars]\nv=all\n[mail:vars]\nv=mail\n[aa:vars]\nv=aa\nansible_group_priority=5\n[zz:vars]\nv=zz\n",
		"inv/group_vars/all/10.yml":     "v: all10\n",
		"inv/group_vars/all/2":          "v: all2\n",
		"inv/group_vars/all/sub/x.json": `{"v": "allsub"}`,
		"inv/group_vars/all/.x.yml":     "{",
		"inv/group_vars/all/x.txt":      "{",
		"inv/group_vars/all/x.yml~":     "{",
		"inv/group_vars/mail.yaml":      "v: gvmail\n",
		"inv/group_vars/eu":             "v: gveu\n",
		"inv/group_vars/empty.yml":      "",
		"inv/host_vars/mx1.yml":         "v: hv\n",
		"play/group_vars/all.yml":       "v: pall\n",
		"play/group_vars/mail.yml":      "v: pmail\n",
		"play/host_vars/mx1":            "v: ph\n",
		"play/host_vars/localhost.yml":  "v: local\n",
		"other/group_vars/all.yml":      "v: other\n",
	})
	inv, ds := Load([]string{dir + "/inv/hosts"}, Options{PlaybookDirs: []string{dir + "/play", dir + "/other"}})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	want := `3 all: v="all"
3 zz: v="zz"
3 aa: v="aa"
3 mail: v="mail"
4 inv/group_vars/all/10.yml: v="all10"
4 inv/group_vars/all/2: v="all2"
4 inv/group_vars/all/sub/x.json: v="allsub"
5 play/group_vars/all.yml: v="pall"
6 inv/group_vars/eu: v="gveu"
6 inv/group_vars/mail.yaml: v="gvmail"
7 play/group_vars/mail.yml: v="pmail"
8 mx1: v="host"
9 inv/host_vars/mx1.yml: v="hv"
10 play/host_vars/mx1: v="ph"
`
	if diff := cmp.Diff(want, layerText(inv.VarsFor(inv.Host("mx1"), dir+"/play/"), dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	local := layerText(inv.VarsFor(inv.Host("localhost"), dir+"/play"), dir)
	if !strings.Contains(local, "10 play/host_vars/localhost.yml: v=\"local\"") || strings.Contains(local, "mail") {
		t.Errorf("localhost:\n%s", local)
	}
}

func TestVarsFileProblems(t *testing.T) {
	dir := write(t, map[string]string{
		"hosts":               "[mail]\nmx1\n[web]\nw1\n[db]\ndb1\n",
		"group_vars/mail.yml": "- a\n",
		"group_vars/web":      "1: x\n",
		"group_vars/db.yml":   "$ANSIBLE_VAULT;1.1;AES256\n61\n",
		"group_vars/mial.yml": "a: 1\n",
		"group_vars/all.yml":  "a: {{ b }}\n",
		"group_vars/all.json": "{}",
	})
	_, ds := Load([]string{dir + "/hosts"}, Options{})
	ds.Sort()
	want := `group_vars/all.json is not read, because group_vars/all.yml is there (Ansible reads only one of them; move the first into a folder group_vars/all, which may hold several files)
group_vars/mial.yml is not read: the inventory knows no mial (did you mean "mail"?)
group_vars/all.yml:1:4: a value that starts with "{{" needs quotes (put quotes around the value: "{{ b }}")
group_vars/db.yml:1: the file is encrypted with ansible-vault, and no vault password was given
group_vars/mail.yml:1:1: a file of variables is a mapping of names to values, not a list
group_vars/web:1:1: the name of a variable must be a string, not the integer 1 (put quotes around it)`
	if diff := cmp.Diff(want, strings.ReplaceAll(ds.Error(), dir+"/", "")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	inv, _ := Load([]string{dir + "/hosts"}, Options{Decrypt: func(path, text string) (string, error) {
		return fmt.Sprintf("from: %q", filepath.Base(path)+text[:8]), nil
	}})
	if got := layerText(inv.VarsFor(inv.Host("db1"), ""), dir); got != "6 group_vars/db.yml: from=\"db.yml$ANSIBLE\"\n" {
		t.Errorf("decrypted: %s", got)
	}
}
