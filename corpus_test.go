package pfrun_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// corpusCase is a template of somebody's role or collection, with what ansible-core said of it.
type corpusCase struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	Template string            `json:"template"`
	Vars     json.RawMessage   `json:"vars,omitempty"`
	Files    map[string]string `json:"files,omitempty"`
	Value    any               `json:"value_2_19,omitempty"`
	Repr     string            `json:"repr_2_19,omitempty"`
	Error    string            `json:"error_2_19,omitempty"`
}

// conditions are the keywords whose values are bare expressions.
var conditions = map[string]bool{"when": true, "until": true, "failed_when": true, "changed_when": true, "that": true}

// corpus collects the templates below a folder.
type corpus struct {
	cases []corpusCase
	files int
	odd   int // files that are no YAML
}

func (c *corpus) add(kind, path, text string) {
	c.cases = append(c.cases, corpusCase{ID: path, Kind: kind, Template: text})
}

func (c *corpus) walk(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		slashed := filepath.ToSlash(path)
		ext := filepath.Ext(path)
		isTemplate := ext == ".j2" || strings.Contains(slashed, "/templates/")
		if !isTemplate && ext != ".yml" && ext != ".yaml" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) > 1<<20 || !utf8.Valid(b) || !bytes.Contains(b, []byte("{")) && !bytes.Contains(b, []byte("when")) {
			return err
		}
		c.files++
		if isTemplate {
			if jinja.IsTemplate(string(b)) {
				c.add("template", path, string(b))
			}
			return nil
		}
		nodes, faults := yamlsrc.Parse(&diag.Source{Name: path, Text: string(b)})
		if len(faults.Errors()) > 0 {
			c.odd++
			return nil
		}
		for _, n := range nodes {
			c.node(path, n, false)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (c *corpus) node(path string, n *yamlsrc.Node, condition bool) {
	switch {
	case n == nil || n.Tag != "":
	case n.Kind == yamlsrc.Sequence:
		for _, item := range n.Items {
			c.node(path, item, condition)
		}
	case n.Kind == yamlsrc.Mapping:
		for _, e := range n.Entries {
			c.node(path, e.Value, conditions[e.Key.Text] && e.Value != nil && e.Value.Kind != yamlsrc.Mapping)
		}
	case n.Kind == yamlsrc.String && condition:
		c.add("when", path, n.Text)
	case n.Kind == yamlsrc.String && jinja.IsTemplate(n.Text):
		c.add("arg", path, n.Text)
	}
}

// measure has ansible-core answer cases. PFRUN_MEASURE is the command that runs integration/expressions/measure.py.
func measure(t *testing.T, cases []corpusCase, flags string) []corpusCase {
	t.Helper()
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for i := range cases {
		if err := enc.Encode(cases[i]); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/sh", "-c", os.Getenv("PFRUN_MEASURE")+" "+flags)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []corpusCase
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var a corpusCase
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.UseNumber()
		if err := dec.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(cases) {
		t.Fatalf("%d cases were asked, %d answered", len(cases), len(answers))
	}
	return answers
}

func corpusFolders(t *testing.T) []string {
	t.Helper()
	folders := os.Getenv("PFRUN_CORPUS")
	if folders == "" || os.Getenv("PFRUN_MEASURE") == "" {
		t.Skip("PFRUN_CORPUS does not name folders of roles and collections, or PFRUN_MEASURE no way to ask ansible-core; neither is part of this repository (make expressions)")
	}
	return filepath.SplitList(folders)
}

// TestCorpusParses holds that pfrun finds every template, condition and expression of the folders of PFRUN_CORPUS right or wrong as Jinja2 does.
func TestCorpusParses(t *testing.T) {
	c := &corpus{}
	for _, folder := range corpusFolders(t) {
		c.walk(t, folder)
	}
	seen, unique := map[string]bool{}, []corpusCase{}
	for _, k := range c.cases {
		if key := k.Kind + k.Template; !seen[key] {
			seen[key] = true
			unique = append(unique, k)
		}
	}
	env := jinja.New(lookup.New(lookup.Options{})...)
	same, named := 0, 0
	for _, k := range measure(t, unique, "--parse") {
		compile := map[string]func(string, diag.Pos) (*jinja.Template, error){"arg": env.CompileArg, "when": env.CompileExpr, "template": env.CompileFile}[k.Kind]
		_, err := compile(k.Template, diag.Pos{})
		switch {
		case (err == nil) == (k.Error == ""):
			same++
		case err != nil && unknownName(err):
			named++
		default:
			t.Errorf("%s: %.200q: pfrun says %v, Jinja2 %q", k.ID, k.Template, err, k.Error)
		}
	}
	t.Logf("%d files (%d of them no YAML), %d templates, %d different ones: %d have the verdict of Jinja2, %d name a filter, test or lookup that nobody knows", c.files, c.odd, len(c.cases), len(unique), same, named)
}

// unknownName reports whether a template was refused for a name, which Jinja2's parser does not look at.
func unknownName(err error) bool {
	for _, words := range []string{"no filter named", "no test named", "no lookup named", "is not supported:"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// corpusFacts are facts that the roles ask for, the same on both sides.
const corpusFacts = `{"ansible_facts": {"os_family": "Debian", "distribution": "Debian", "distribution_release": "trixie", "distribution_major_version": "13", "distribution_version": "13",
"hostname": "mx1", "fqdn": "mx1.example.org", "domain": "example.org", "nodename": "mx1", "processor_vcpus": 4, "processor_count": 1, "memtotal_mb": 7973, "service_mgr": "systemd", "pkg_mgr": "apt",
"architecture": "x86_64", "virtualization_type": "kvm", "python": {"version": {"major": 3}}, "default_ipv4": {"address": "192.0.2.1", "interface": "eth0"}, "all_ipv4_addresses": ["192.0.2.1"]},
"ansible_os_family": "Debian", "ansible_distribution": "Debian", "ansible_distribution_release": "trixie", "ansible_distribution_major_version": "13", "ansible_distribution_version": "13",
"ansible_hostname": "mx1", "ansible_fqdn": "mx1.example.org", "ansible_domain": "example.org", "ansible_nodename": "mx1", "ansible_processor_vcpus": 4, "ansible_memtotal_mb": 7973,
"ansible_default_ipv4": {"address": "192.0.2.1", "interface": "eth0"}, "ansible_managed": "Ansible managed", "inventory_hostname": "mx1", "inventory_hostname_short": "mx1",
"groups": {"all": ["mx1"]}, "hostvars": {"mx1": {}}, "ansible_virtualization_type": "kvm", "ansible_service_mgr": "systemd", "ansible_python_version": "3.13.5", "env": "production"}`

// roleCases gives a case for each default of a role and each of its templates.
func roleCases(t *testing.T, defaults string) []corpusCase {
	t.Helper()
	b, err := os.ReadFile(defaults)
	if err != nil {
		t.Fatal(err)
	}
	nodes, faults := yamlsrc.Parse(&diag.Source{Name: defaults, Text: string(b)})
	if len(faults.Errors()) > 0 || len(nodes) != 1 || nodes[0].Kind != yamlsrc.Mapping {
		return nil
	}
	vs, err := lookup.YAML(t.Context(), string(b))
	if err != nil {
		return nil
	}
	vars, err := jinja.ParseJSON(corpusFacts)
	if err != nil {
		t.Fatal(err)
	}
	all := vars.(*jinja.Dict)
	var cases []corpusCase
	for k, v := range vs[0].(*jinja.Dict).Items {
		all.Set(k, v)
		cases = append(cases, corpusCase{ID: defaults, Kind: "arg", Template: "{{ " + jinja.Str(k) + " }}"})
	}
	text, err := jinja.JSON(all, 0)
	if err != nil {
		return nil
	}
	files := map[string]string{}
	dir := filepath.Join(filepath.Dir(filepath.Dir(defaults)), "templates")
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if b, err := os.ReadFile(path); err == nil && len(b) < 1<<20 && utf8.Valid(b) {
			name, _ := filepath.Rel(dir, path)
			files[name] = string(b)
			cases = append(cases, corpusCase{ID: path, Kind: "template", Template: string(b)})
		}
		return nil
	})
	for i := range cases {
		cases[i].Vars, cases[i].Files = json.RawMessage(text), files
	}
	return cases
}

// TestCorpusRenders holds that defaults and templates of the roles below PFRUN_CORPUS give what Ansible's templar gives, where both can.
func TestCorpusRenders(t *testing.T) {
	var cases []corpusCase
	roles := 0
	for _, folder := range corpusFolders(t) {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(filepath.ToSlash(path), "/defaults/main.yml") && !strings.Contains(path, "ansible_collections") {
				roles++
				cases = append(cases, roleCases(t, path)...)
			}
			return nil
		})
	}
	evaluator, err := pfrun.NewLineEvaluator(pfrun.Options{})
	if err != nil {
		t.Fatal(err)
	}
	same, both, theirs, ours := 0, 0, 0, 0
	for i, want := range measure(t, cases, "") {
		line, err := json.Marshal(cases[i])
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Value any    `json:"value"`
			Error string `json:"error"`
		}
		dec := json.NewDecoder(strings.NewReader(evaluator.Line(t.Context(), line, i+1)))
		dec.UseNumber()
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		switch {
		case got.Error != "" && want.Error != "":
			both++
		case got.Error != "" && unknownName(diag.Errorf(diag.Pos{}, "%s", got.Error)):
			ours++
		case got.Error != "" || want.Error != "":
			theirs++
			t.Errorf("%s: %.80q: pfrun says %q, Ansible %q", want.ID, want.Template, got.Error, want.Error)
		case reflect.DeepEqual(got.Value, want.Value):
			same++
		default:
			t.Errorf("%s: %.80q: got %.300v, want %.300v", want.ID, want.Template, got.Value, want.Value)
		}
	}
	t.Logf("%d roles, %d defaults and templates: %d alike, %d fail in both, %d name what pfrun has not, %d fail in one only", roles, len(cases), same, both, ours, theirs)
}
