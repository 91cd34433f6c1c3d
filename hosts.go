package pfrun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/inventory"
)

// loadInventory reads the inventory. group_vars and host_vars beside the playbooks count, and those in dirs.
func (p *Project) loadInventory(dirs ...string) {
	for _, path := range p.options.Playbooks {
		if dir := filepath.Dir(path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	var faults diag.List
	p.inv, faults = inventory.Load(p.options.Inventory, inventory.Options{
		PlaybookDirs: dirs, MissingOK: p.options.Lenient, UseExtraVars: p.options.Settings.InventoryUseExtraVars, Evaluator: newEvaluator(p.env, p.extra),
		Decrypt: func(_, text string) (string, error) { return p.opener.open(text) },
	})
	p.faults.Add(faults...)
	if p.options.Limit == "" || len(faults.Errors()) > 0 {
		return
	}
	p.loadLimit()
}

func (p *Project) loadLimit() {
	patterns, err := inventory.ReadLimit(p.options.Limit)
	if err != nil {
		p.faults.AddError(diag.Pos{}, err)
		return
	}
	hosts, warnings, err := p.inv.Match(patterns...)
	if err != nil {
		p.faults.Add(&diag.Diagnostic{Message: "--limit: " + err.Error(), Err: err})
		return
	}
	for _, w := range warnings {
		p.faults.Add(diag.Warnf(diag.Pos{}, "%s", w))
	}
	if len(hosts) == 0 && len(p.inv.Hosts) > 0 {
		message := fmt.Sprintf("--limit %s matches no host", p.options.Limit)
		if p.options.Lenient { // scripts look for these words
			message = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target."
		}
		p.faults.Add(diag.Errorf(diag.Pos{}, "%s", message).WithHint("the groups there are: %s", p.groupList()))
	}
	p.limit = map[string]bool{}
	for _, h := range hosts {
		p.limit[h.Name] = true
	}
}

// loadVariables compiles the variables of every host, each file and group once.
func (p *Project) loadVariables() {
	set := p.options.Settings
	o := vars.Options{
		Extra: p.extra, Groups: p.groupHosts(), Magic: p.magic(), SearchPath: p.loader.SearchPath, VarsFile: p.varsFile,
		FactsHidden: !set.InjectFactsAsVars, FactCache: p.factCache(),
	}
	p.compiler = &layerCompiler{p: p, done: map[*inventory.Var]*jinja.Dict{}}
	for _, h := range append(slices.Clone(p.inv.Hosts), p.inv.Host("localhost")) {
		o.Hosts = append(o.Hosts, p.hostVars(h))
	}
	p.vars = vars.New(o)
}

// varsFile reads a file that vars_files names by a template: in vars/ beside the playbook, or beside it.
func (p *Project) varsFile(pl *play.Play, name string) (*jinja.Dict, error) {
	paths := []string{name}
	if !filepath.IsAbs(name) {
		paths = []string{filepath.Join(pl.Dir, "vars", name), filepath.Join(pl.Dir, name)}
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			d, faults := p.loader.VarsFile(path)
			return d, faults.Err()
		}
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

// magicOf gives the variables that say where a host was named; an implicit host was named nowhere.
func magicOf(h *inventory.Host) map[string]jinja.Value {
	if h.Implicit {
		return nil
	}
	file, dir := h.Origin()
	magic := map[string]jinja.Value{"inventory_file": file, "inventory_dir": dir}
	if dir == "" {
		magic["inventory_dir"] = nil
	}
	return magic
}

// AnsibleVersion is the release of ansible-core whose language pfrun has.
const AnsibleVersion = "2.19.0"

// ansibleVersion is the release whose language pfrun has, as roles ask for it.
func ansibleVersion() *jinja.Dict {
	const text = AnsibleVersion
	d := jinja.NewDict()
	for _, e := range []struct {
		name  string
		value jinja.Value
	}{{"string", text}, {"full", text}, {"major", int64(2)}, {"minor", int64(19)}, {"revision", int64(0)}} {
		d.Set(e.name, e.value)
	}
	return d
}

// sources gives the sources of the inventory, files and folders as absolute paths.
func (p *Project) sources() []string {
	out := slices.Clone(p.options.Inventory)
	for i, src := range out {
		if abs, err := filepath.Abs(src); err == nil && !strings.Contains(src, ",") {
			out[i] = abs
		}
	}
	return out
}

// layerCompiler compiles layers of variables. A layer that several hosts share is compiled once: it is known by its first variable.
type layerCompiler struct {
	p    *Project
	done map[*inventory.Var]*jinja.Dict
}

func (c *layerCompiler) layers(h *inventory.Host) []*jinja.Dict {
	var out []*jinja.Dict
	for _, l := range c.p.inv.VarsFor(h, c.p.bookDir()) {
		d := c.done[&l.Vars[0]]
		if d == nil {
			d = jinja.NewDict()
			for _, v := range l.Vars {
				value, faults := lazy.Compile(c.p.env, v.Node)
				c.p.faults.Add(faults...)
				d.Set(v.Name, value)
			}
			c.done[&l.Vars[0]] = d
		}
		out = append(out, d)
	}
	return out
}

// magic gives the variables that are the same for every host and play.
func (p *Project) magic() map[string]jinja.Value {
	dir, err := filepath.Abs(p.bookDir())
	if err != nil {
		dir = p.bookDir()
	}
	m := map[string]jinja.Value{
		"playbook_dir":              dir,
		"ansible_check_mode":        p.options.Check,
		"ansible_diff_mode":         p.options.Diff,
		"ansible_verbosity":         int64(p.options.Verbosity),
		"ansible_forks":             int64(max(p.options.Forks, 1)),
		"ansible_run_tags":          jinja.FromGo(toAny(p.runTags())),
		"ansible_skip_tags":         jinja.FromGo(toAny(p.options.SkipTags)),
		"ansible_version":           ansibleVersion(),
		"ansible_inventory_sources": jinja.FromGo(toAny(p.sources())),
	}
	m["ansible_playbook_python"] = p.python()
	m["ansible_config_file"] = nil
	if s := p.options.Settings; s != nil && s.File != "" {
		m["ansible_config_file"] = s.File
	}
	if p.options.Limit != "" {
		m["ansible_limit"] = p.options.Limit
	}
	return m
}

// python gives what playbooks take for the Python of the control node, most of them to say which one its own tasks are to use: pfrun needs none. Where none is found it is where one
// would be.
func (p *Project) python() string {
	path := "/usr/bin/python3"
	for _, dir := range filepath.SplitList(p.options.Getenv("PATH")) {
		file := filepath.Join(dir, "python3")
		if st, err := os.Stat(file); filepath.IsAbs(dir) && err == nil && !st.IsDir() && st.Mode()&0o111 != 0 {
			return file
		}
	}
	return path
}

// runTags gives the tags that were asked for; without any it is all, as in Ansible.
func (p *Project) runTags() []string {
	if len(p.options.Tags) == 0 {
		return []string{"all"}
	}
	return p.options.Tags
}

func toAny(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}

// Match gives the names of the hosts that a pattern means, as far as --limit leaves them.
func (p *Project) Match(pattern string) (names, warnings []string, err error) {
	p.invMu.Lock()
	defer p.invMu.Unlock()
	hosts, warnings, err := p.inv.Match(pattern)
	switch {
	case p.options.Settings.HostPatternMismatch == "ignore":
		warnings = nil
	case p.options.Settings.HostPatternMismatch == "error" && len(warnings) > 0 && err == nil:
		return nil, nil, errors.New(warnings[0])
	}
	for _, h := range hosts {
		if p.limit == nil || p.limit[h.Name] {
			names = append(names, h.Name)
		}
	}
	return names, warnings, err
}

// checkHosts holds that some play matches a host: a run that would do nothing is an error, with the groups that there are.
func (p *Project) checkHosts() {
	var patterns []string
	for _, b := range p.books {
		for _, pl := range b.Plays {
			pattern, _, err := engine.Heading(context.Background(), pl, p.vars)
			if err != nil {
				p.faults.AddError(pl.Pos, err)
				return
			}
			names, _, err := p.Match(pattern)
			if err != nil {
				p.faults.Add(&diag.Diagnostic{Pos: pl.Pos, Message: err.Error(), Err: err})
				return
			}
			if len(names) > 0 {
				return
			}
			patterns = append(patterns, pattern)
		}
	}
	if len(patterns) > 0 && !p.options.Lenient {
		p.faults.Add(p.noHosts(patterns))
	}
}

func (p *Project) noHosts(patterns []string) *diag.Diagnostic {
	d := diag.Errorf(p.books[0].Plays[0].Pos, "no host matches: %s", strings.Join(patterns, ", "))
	d.Hint = "the groups there are: " + p.groupList()
	switch {
	case len(p.options.Inventory) == 0:
		d.Hint = "there is no inventory: give one with -i"
	case p.usesTarget():
		d.Hint += "; choose one with -e target=GROUP"
	}
	return d
}

// usesTarget reports whether a play lets the user choose its hosts by the variable target, as the shipped playbooks do.
func (p *Project) usesTarget() bool {
	for _, b := range p.books {
		for _, pl := range b.Plays {
			if t, ok := pl.Hosts.(*jinja.Template); ok && strings.Contains(t.Source(), "target") {
				return true
			}
		}
	}
	return false
}

func (p *Project) groupList() string {
	var shown []string
	for _, g := range p.inv.GroupNames() {
		if grp := p.inv.Group(g); grp != nil && len(grp.Hosts()) > 0 {
			shown = append(shown, fmt.Sprintf("%s (%d)", g, len(grp.Hosts())))
		}
	}
	if shown == nil {
		return "none"
	}
	return strings.Join(shown, ", ")
}

// Hosts gives the number of hosts in the inventory. The implicit localhost is none of them.
func (p *Project) Hosts() int { return len(p.inv.Hosts) }

// PlayInfo is a play as it would run, for lists.
type PlayInfo struct {
	Playbook, Name, Pattern string
	Hosts                   []string
	Tags                    []string
	Tasks                   []TaskInfo
	Warnings                []string // about the pattern
}

// TaskInfo is a task that would run.
type TaskInfo struct {
	Name  string
	Tags  []string
	Saves bool // it stands in rescue or always
}

// savers gives the tasks of rescue and always.
func savers(pl *play.Play) map[*play.Task]bool {
	found := map[*play.Task]bool{}
	var within func(nodes []play.Node)
	within = func(nodes []play.Node) {
		for _, n := range nodes {
			if b, ok := n.(*play.Block); ok {
				for _, t := range play.Tasks(slices.Concat(b.Rescue, b.Always)) {
					found[t] = true
				}
				within(b.Body)
			}
		}
	}
	for _, s := range pl.Sections {
		within(s.Nodes)
	}
	return found
}

// Plays gives the plays with their hosts and the tasks that the tags select.
func (p *Project) Plays() []PlayInfo {
	var infos []PlayInfo
	for _, b := range p.books {
		for _, pl := range b.Plays {
			infos = append(infos, p.playInfo(b, pl))
		}
	}
	return infos
}

func (p *Project) playInfo(b *play.Playbook, pl *play.Play) PlayInfo {
	info := PlayInfo{Playbook: b.File, Tags: engine.TagsOf(context.Background(), pl.Tags, p.vars.Scope(vars.View{Play: pl}))}
	info.Pattern, info.Name, _ = engine.Heading(context.Background(), pl, p.vars)
	info.Hosts, info.Warnings, _ = p.Match(info.Pattern)
	saves := savers(pl)
	for _, t := range pl.Tasks() {
		scope := p.vars.Scope(vars.View{Play: pl, Task: t})
		tags := engine.TagsOf(context.Background(), t.Tags, scope)
		if !engine.Wanted(tags, p.options.Tags, p.options.SkipTags) {
			continue
		}
		slices.Sort(tags)
		tags = slices.Compact(tags)
		role := ""
		if t.Role != nil && t.Name != nil {
			role = t.Role.FullName()
		}
		info.Tasks = append(info.Tasks, TaskInfo{Name: event.Title(role, engine.TaskName(context.Background(), t, scope)), Tags: tags, Saves: saves[t]})
	}
	return info
}
