package inventory

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// names of variables are the only expressions of this evaluator; a template is a text in which {{name}} stands for one.
type lookups struct{}

type lookupOf struct{ head, name, tail string }

func (lookups) Expression(text string, pos diag.Pos) (Expression, error) {
	if strings.ContainsAny(text, " |") {
		return nil, diag.Errorf(pos, "cannot read %q", text)
	}
	return lookupOf{name: text}, nil
}

func (lookups) Template(text string, _ diag.Pos) (Expression, error) {
	head, rest, _ := strings.Cut(text, "{{")
	name, tail, _ := strings.Cut(rest, "}}")
	return lookupOf{head, name, tail}, nil
}

func (l lookupOf) Eval(s Scope) (*yamlsrc.Node, error) {
	if l.name == "" {
		return stringNode(l.head, diag.Pos{}), nil
	}
	n := s.Lookup(l.name)
	if n == nil {
		return nil, errors.New(l.name + " is undefined")
	}
	if l.head+l.tail != "" {
		return stringNode(l.head+pythonText(n)+l.tail, diag.Pos{}), nil
	}
	return n, nil
}

func (l lookupOf) Holds(s Scope) (bool, error) {
	n, err := l.Eval(s)
	return err == nil && truthy(n), err
}

// construct loads an inventory of two sources, the second of which is constructed.
func construct(t *testing.T, hosts, config string) (*Inventory, diag.List, string) {
	t.Helper()
	dir := write(t, map[string]string{"a/hosts": hosts, "b/x.config": config, "a/group_vars/mail.yml": "beside: file\n"})
	inv, ds := Load([]string{dir + "/a/hosts", dir + "/b/x.config"}, Options{Evaluator: lookups{}})
	return inv, ds, dir
}

const constructedHosts = `[mail]
m1 os=debian empty='' n=5 tags="['x','y','']" labels="{'env':'prod','none':''}" yes=True
m2 os=rocky yes=False zone=eu
[all:vars]
hidden=1
`

func TestConstructed(t *testing.T) {
	for name, c := range map[string]struct{ config, want string }{
		"prefix":             {"keyed_groups:\n  - key: os\n    prefix: os", "os_debian(m1) os_rocky(m2)"},
		"no prefix":          {"keyed_groups:\n  - key: os", "_debian(m1) _rocky(m2)"},
		"no leading":         {"leading_separator: false\nkeyed_groups:\n  - key: os", "debian(m1) rocky(m2)"},
		"separator":          {"keyed_groups:\n  - key: os\n    prefix: os\n    separator: '-'", "os_debian(m1) os_rocky(m2)"},
		"list":               {"keyed_groups:\n  - key: tags\n    prefix: t", "t_(m1) t_x(m1) t_y(m1)"},
		"list and default":   {"keyed_groups:\n  - key: tags\n    prefix: t\n    default_value: z", "t_x(m1) t_y(m1) t_z(m1)"},
		"mapping":            {"keyed_groups:\n  - key: labels\n    prefix: l", "l_env_prod(m1) l_none_(m1)"},
		"no trailing":        {"keyed_groups:\n  - key: labels\n    prefix: l\n    trailing_separator: false", "l_env_prod(m1) l_none(m1)"},
		"mapping default":    {"keyed_groups:\n  - key: labels\n    prefix: l\n    default_value: z", "l_env_prod(m1) l_none_z(m1)"},
		"empty":              {"keyed_groups:\n  - key: empty\n    prefix: e", ""},
		"empty and default":  {"keyed_groups:\n  - key: empty\n    prefix: e\n    default_value: z", "e_z(m1)"},
		"parent":             {"keyed_groups:\n  - key: os\n    prefix: os\n    parent_group: all_os", "all_os(m1,m2) os_debian(m1) os_rocky(m2)"},
		"parent template":    {"keyed_groups:\n  - key: os\n    prefix: os\n    parent_group: 'in_{{zone}}'", "in_eu(m2) os_rocky(m2)"},
		"groups":             {"groups:\n  good: yes\n  odd: nowhere", "good(m1)"},
		"compose then group": {"compose:\n  fresh: yes\ngroups:\n  g: fresh", "g(m1)"},
		"all is not seen":    {"groups:\n  g: hidden", ""},
		"files are not seen": {"groups:\n  g: beside", ""},
		"files":              {"use_vars_plugins: true\ngroups:\n  g: beside", "g(m1,m2)"},
	} {
		t.Run(name, func(t *testing.T) {
			inv, ds, _ := construct(t, constructedHosts, "plugin: constructed\n"+strings.ReplaceAll(c.config, ": yes", ": \"yes\"")+"\n")
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range inv.GroupNames() {
				if g != "all" && g != "ungrouped" && g != "mail" {
					got = append(got, g+"("+strings.ReplaceAll(names(inv.Group(g).Hosts()), " ", ",")+")")
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConstructedVariables(t *testing.T) {
	inv, ds, dir := construct(t, constructedHosts, "plugin: ansible.builtin.constructed\ncompose:\n  ansible_host: inventory_hostname\n  where: inventory_dir\n  gs: group_names\n  second: ansible_host\n")
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	got := varsText(inv, "m2")
	for _, want := range []string{" ansible_host=!unsafem2", " where=!unsafe" + dir + "/a", " gs=[!unsafemail]"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if strings.Contains(got, "second=") {
		t.Error("a composed variable was seen by another one: they are computed side by side")
	}
}

func TestConstructedFaults(t *testing.T) {
	for name, c := range map[string]struct{ config, want string }{
		"option":      {"compse: {}", "x.config:2:1: constructed has no option compse (did you mean \"compose\"?)"},
		"suboption":   {"keyed_groups: [{key: os, prefx: a}]", "x.config:2:26: an item of keyed_groups has no option prefx (did you mean \"prefix\"?)"},
		"no key":      {"keyed_groups: [{prefix: a}]", "an item of keyed_groups needs a key"},
		"both":        {"keyed_groups: [{key: os, default_value: a, trailing_separator: true}]", "exclude one another"},
		"no list":     {"keyed_groups: {key: os}", "keyed_groups must be a list, not a mapping"},
		"no mapping":  {"groups: [a]", "groups must be a mapping of names to expressions, not a list"},
		"expression":  {"compose: {a: b c}", "x.config:2:14: cannot read \"b c\""},
		"value":       {"compose: {a: [b]}", "an expression must be a string, not a list"},
		"number":      {"keyed_groups: [{key: n}]", "the key of host m1 must be a string, a list or a mapping, not an integer"},
		"strict":      {"strict: true\ncompose: {a: nowhere}", "x.config:3:11: constructed: a of host m1: nowhere is undefined"},
		"strict key":  {"strict: true\nkeyed_groups: [{key: nowhere}]", "the key of host m1: nowhere is undefined"},
		"strict none": {"strict: true\nkeyed_groups: [{key: empty}]", "the key of host m1 is empty"},
		"strict cond": {"strict: true\ngroups: {g: nowhere}", "whether host m1 is in group g: nowhere is undefined"},
		"flag":        {"strict: maybe", "strict must be true or false, not a string"},
	} {
		t.Run(name, func(t *testing.T) {
			_, ds, _ := construct(t, constructedHosts, "plugin: constructed\n"+c.config+"\n")
			if got := ds.Errors().Error(); !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestConstructedTooEarly(t *testing.T) {
	dir := write(t, map[string]string{"constructed.yml": "plugin: constructed\ngroups: {g: 'x'}\n", "hosts": "h1\nh2\n"})
	_, ds := Load([]string{dir}, Options{Evaluator: lookups{}})
	if got := ds.Warnings().Error(); !strings.Contains(got, "2 hosts come from sources after this one") {
		t.Errorf("warnings: %s", got)
	}
}

func TestConstructedWithoutEvaluator(t *testing.T) {
	dir := write(t, map[string]string{"c.yml": "plugin: constructed\n"})
	if _, ds := Load([]string{dir + "/c.yml"}, Options{}); !strings.Contains(ds.Errors().Error(), "c.yml:1:9: constructed inventories are not supported here") {
		t.Error(ds)
	}
}
