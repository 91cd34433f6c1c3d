// Package inventory reads which hosts there are, how they are grouped, and what variables the inventory gives them, as ansible-core does: INI files, YAML
// files, scripts that print JSON, folders of all these, lists such as "h1,h2,", and groups and variables constructed of what is known by then. They are merged
// in the order in which they are given, with the group_vars and host_vars that lie beside them and beside the playbooks.
//
// Everything is read before anything is connected to, and every mistake is reported with its place. Values are yamlsrc nodes throughout, also those of INI
// files, so that whoever stacks and templates them sees one form.
package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// Var is a variable as an inventory source sets it.
type Var struct {
	Name string
	Pos  diag.Pos // of the name, or of the value where the name has no place of its own
	Node *yamlsrc.Node
}

// Host is a managed host.
type Host struct {
	Name     string // the inventory name; ansible_host may give another address
	Pos      diag.Pos
	Implicit bool     // the localhost that no source names
	File     string   // the source that named the host first (inventory_file); "" for an implicit host
	Dir      string   // the folder of that source (inventory_dir); "" where it is a list of hosts
	Vars     []Var    // from the sources, in order of first mention; a port in the host's pattern is ansible_port
	Groups   []*Group // all groups, those of groups too, in order of precedence: depth, priority, name
}

// GroupNames gives the names for the variable group_names: sorted, without "all".
func (h *Host) GroupNames() []string {
	names := []string{}
	for _, g := range h.Groups {
		if g.Name != allGroup {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return names
}

// ShortName gives the name up to the first dot (inventory_hostname_short).
func (h *Host) ShortName() string {
	short, _, _ := strings.Cut(h.Name, ".")
	return short
}

// Origin gives inventory_file and inventory_dir: absolute paths, or "" for what there is none of. A list of hosts given with -i is a file of that name, and has no folder.
func (h *Host) Origin() (file, dir string) {
	if h.Dir == "" {
		return h.File, ""
	}
	file, dir = h.File, h.Dir
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return file, dir
}

// Group is a named set of hosts and of other groups.
type Group struct {
	Name     string
	Pos      diag.Pos
	Depth    int // 0 for "all"; the longest way from there
	Priority int // ansible_group_priority; 1 if not set
	Parents  []*Group
	Children []*Group
	Direct   []*Host // the hosts named in the group itself
	Vars     []Var   // from the sources

	hosts []*Host // Direct and those of all children
}

// Hosts gives the hosts of the group and of the groups in it, in order of the inventory.
func (g *Group) Hosts() []*Host { return g.hosts }

// Inventory is what the sources say together. It does not change after Load, save that Match may add the implicit localhost.
type Inventory struct {
	Groups []*Group // in order of first mention; "all" and "ungrouped" come first
	Hosts  []*Host  // in order of first mention

	groups    map[string]*Group
	hosts     map[string]*Host
	members   map[*Group]map[*Host]bool
	localhost *Host
	dirs      []string            // folders of the sources, in order, where group_vars and host_vars are looked for
	files     map[string]*varsDir // by folder
	diags     diag.List
	badName   bool // a group name with odd characters has been warned about
	options   Options
	early     []early // constructed sources that may have come too early
}

// Options are what Load needs beside the sources.
type Options struct {
	// PlaybookDirs are the folders of the playbooks: their group_vars and host_vars are read too.
	PlaybookDirs []string
	// Decrypt gives the plain text of a file that is encrypted with ansible-vault as a whole. Where it is nil such a file is an error.
	Decrypt func(path, text string) (string, error)
	// ScriptTimeout bounds each call of an executable inventory; 0: 5 minutes.
	ScriptTimeout time.Duration
	// Evaluator computes the expressions of constructed inventories. Where it is nil such a source is an error.
	Evaluator Evaluator
	// UseExtraVars is what constructed inventories do that say nothing of use_extra_vars.
	UseExtraVars bool
	// MissingOK makes a source that is not there a warning.
	MissingOK bool
}

const (
	allGroup       = "all"
	ungroupedGroup = "ungrouped"
)

// Load reads sources as -i gives them: a file, a folder, or a list of names with a comma in it. Without sources there is only the implicit localhost.
// The inventory is to be used only if the list holds no errors.
func Load(sources []string, opts Options) (*Inventory, diag.List) {
	inv := &Inventory{
		groups: map[string]*Group{}, hosts: map[string]*Host{}, members: map[*Group]map[*Host]bool{}, files: map[string]*varsDir{}, options: opts,
	}
	inv.addChild(inv.addGroup(allGroup, diag.Pos{}), inv.addGroup(ungroupedGroup, diag.Pos{}), diag.Pos{})
	for _, src := range sources {
		inv.readSource(src)
	}
	inv.warnEarly()
	inv.reconcile()
	for _, dir := range append(slices.Clone(inv.dirs), opts.PlaybookDirs...) {
		inv.readVarsDir(cleanDir(dir), opts.Decrypt)
	}
	return inv, inv.diags
}

func (inv *Inventory) errorf(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(pos, format, args...)
	inv.diags.Add(d)
	return d
}

// readSource reads one -i argument.
func (inv *Inventory) readSource(src string) {
	info, err := os.Stat(src)
	switch {
	case err != nil && strings.Contains(src, ","):
		inv.readList(src)
		return
	case errors.Is(err, fs.ErrNotExist) && inv.options.MissingOK:
		inv.diags.Add(diag.Warnf(diag.Pos{}, "Unable to parse %s as an inventory source: there is no such file or folder", src)) // scripts look for these words
		return
	case errors.Is(err, fs.ErrNotExist):
		inv.errorf(diag.Pos{}, "inventory %s: there is no such file or folder", src).WithHint("a list of hosts has a comma at its end: -i %q", src+",")
		return
	case err != nil:
		inv.errorf(diag.Pos{}, "inventory: %v", err)
		return
	}
	dir := src
	if !info.IsDir() {
		dir = filepath.Dir(src)
	}
	if dir = cleanDir(dir); !slices.Contains(inv.dirs, dir) {
		inv.dirs = append(inv.dirs, dir)
	}
	if info.IsDir() {
		inv.readFolder(src)
		return
	}
	inv.readFile(src)
}

func cleanDir(dir string) string {
	if dir == "" {
		return "."
	}
	return filepath.Clean(dir)
}

// ignored are the names that Ansible passes over in a folder of sources.
var ignored = regexp.MustCompile(`^\.|^host_vars$|^group_vars$|^vars_plugins$|(\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.cfg|\.retry)$`)

// readFolder reads the sources in a folder, in order of their names.
func (inv *Inventory) readFolder(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		inv.errorf(diag.Pos{}, "inventory: %v", err)
		return
	}
	for _, e := range entries {
		if ignored.MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			inv.readFolder(path)
			continue
		}
		inv.readFile(path)
	}
}

// readFile reads a source file: YAML where its name says so or where it has no extension and holds a mapping, else INI.
func (inv *Inventory) readFile(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		inv.errorf(diag.Pos{}, "inventory: %v", err)
		return
	}
	src := &diag.Source{Name: path, Text: string(data)}
	if !inv.open(src, inv.options.Decrypt) {
		return
	}
	if isScript(src.Text) {
		inv.readScript(path, inv.options.ScriptTimeout)
		return
	}
	switch filepath.Ext(path) {
	case ".yml", ".yaml", ".json", ".config":
		inv.readYAML(src)
		return
	case ".toml":
		inv.errorf(diag.Pos{Source: src, Line: 1}, "TOML inventories are not supported").WithHint("write the inventory as INI or YAML")
		return
	case "":
		if root, ds := yamlsrc.ParseOne(src); ds.Err() == nil && root != nil && root.Kind == yamlsrc.Mapping {
			inv.readYAML(src)
			return
		}
	}
	inv.readINI(src)
}

// readList reads hosts given as "h1,h2,", with ranges as advanced_host_list has them. What is no address is taken as it is, as Ansible takes it.
func (inv *Inventory) readList(list string) {
	src := &diag.Source{Name: "<-i>", Text: list}
	at := 0
	for part := range strings.SplitSeq(list, ",") {
		name := strings.TrimSpace(part)
		pos := diag.At(src, at+max(strings.Index(part, name), 0))
		at += len(part) + 1
		if name == "" {
			continue
		}
		host, port, ok := parseAddress(name)
		if !ok {
			host, port = name, 0
		}
		hosts := []string{host}
		if ok && strings.Contains(host, "[") {
			var err error
			if hosts, err = expandRange(host, maxRange); err != nil {
				inv.errorf(pos, "%v", err)
			}
		}
		for _, h := range hosts {
			if inv.hosts[h] == nil {
				inv.addHost(hostSpec{name: h, port: port, pos: pos, file: list}, inv.groups[ungroupedGroup])
			}
		}
	}
}

// GroupNames gives the names of all groups, sorted.
func (inv *Inventory) GroupNames() []string {
	names := make([]string, len(inv.Groups))
	for i, g := range inv.Groups {
		names[i] = g.Name
	}
	slices.Sort(names)
	return names
}

// Group gives a group by name, or nil.
func (inv *Inventory) Group(name string) *Group { return inv.groups[name] }

// Host gives a host by name, or nil. For localhost, 127.0.0.1 and ::1 it gives the implicit localhost where no source names one of them.
func (inv *Inventory) Host(name string) *Host {
	if h := inv.hosts[name]; h != nil {
		return h
	}
	if !slices.Contains(localNames, name) {
		return nil
	}
	if inv.localhost == nil {
		inv.localhost = &Host{Name: name, Implicit: true}
		setVar(&inv.localhost.Vars, Var{Name: "ansible_connection", Node: &yamlsrc.Node{Kind: yamlsrc.String, Text: "local", Value: "local"}})
	}
	return inv.localhost
}

var localNames = []string{"127.0.0.1", "localhost", "::1"}

// String says what the inventory holds, for messages.
func (inv *Inventory) String() string {
	return fmt.Sprintf("%d hosts in %d groups", len(inv.Hosts), len(inv.Groups))
}
