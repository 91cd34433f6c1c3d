package inventory

import "slices"

// Level is a place in Ansible's list of variable precedence; the number is the one in its documentation.
type Level int

// The levels that an inventory fills. A higher level overrides a lower one.
const (
	GroupInFile       Level = 3  // group variables in the inventory source
	AllBesideSource   Level = 4  // group_vars/all beside the source
	AllBesidePlaybook Level = 5  // group_vars/all beside the playbook
	GroupsBesideSrc   Level = 6  // group_vars/* beside the source
	GroupsBesidePlay  Level = 7  // group_vars/* beside the playbook
	HostInFile        Level = 8  // host variables in the inventory source
	HostBesideSource  Level = 9  // host_vars/* beside the source
	HostBesidePlay    Level = 10 // host_vars/* beside the playbook
)

// Layer is the variables of one origin. They replace those of earlier layers whole, name by name.
type Layer struct {
	Level  Level
	Origin string // the group or host, for a source; the path of a variables file
	Vars   []Var
}

// VarsFor gives the variables of a host, weakest layer first, for plays of a playbook in playbookDir (one of Options.PlaybookDirs; others add nothing).
// Where playbookDir is empty there is no playbook. Layers without variables are left out.
func (inv *Inventory) VarsFor(h *Host, playbookDir string) []Layer {
	b := layerBuilder{from: inv.files}
	playDir := playDirs(playbookDir)
	all := inv.groups[allGroup]
	groups := slices.DeleteFunc(slices.Clone(h.Groups), func(g *Group) bool { return g == all })
	for _, g := range append([]*Group{all}, groups...) {
		b.add(GroupInFile, g.Name, g.Vars)
	}
	b.groupFiles(AllBesideSource, inv.dirs, []*Group{all})
	b.groupFiles(AllBesidePlaybook, playDir, []*Group{all})
	b.groupFiles(GroupsBesideSrc, inv.dirs, groups)
	b.groupFiles(GroupsBesidePlay, playDir, groups)
	b.add(HostInFile, h.Name, h.Vars)
	b.hostFiles(HostBesideSource, inv.dirs, h)
	b.hostFiles(HostBesidePlay, playDir, h)
	return b.layers
}

// VarsOf gives the variables that are set for a group itself, weakest layer first; playbookDir as with VarsFor.
func (inv *Inventory) VarsOf(g *Group, playbookDir string) []Layer {
	b := layerBuilder{from: inv.files}
	b.add(GroupInFile, g.Name, g.Vars)
	b.groupFiles(GroupsBesideSrc, inv.dirs, []*Group{g})
	b.groupFiles(GroupsBesidePlay, playDirs(playbookDir), []*Group{g})
	return b.layers
}

func playDirs(playbookDir string) []string {
	if playbookDir == "" {
		return nil
	}
	return []string{cleanDir(playbookDir)}
}

type layerBuilder struct {
	from   map[string]*varsDir
	layers []Layer
}

func (b *layerBuilder) add(level Level, origin string, vars []Var) {
	if len(vars) > 0 {
		b.layers = append(b.layers, Layer{level, origin, vars})
	}
}

func (b *layerBuilder) groupFiles(level Level, dirs []string, groups []*Group) {
	for _, dir := range dirs {
		if d := b.from[dir]; d != nil {
			for _, g := range groups {
				b.files(level, d.groups[g.Name])
			}
		}
	}
}

func (b *layerBuilder) hostFiles(level Level, dirs []string, h *Host) {
	for _, dir := range dirs {
		if d := b.from[dir]; d != nil {
			b.files(level, d.hosts[h.Name])
		}
	}
}

func (b *layerBuilder) files(level Level, files []varsFile) {
	for _, f := range files {
		b.add(level, f.path, f.vars)
	}
}
