package inventory

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// varsFile is one file of group_vars or host_vars.
type varsFile struct {
	path string
	vars []Var
}

// varsDir is what group_vars and host_vars in one folder hold, by name of group or host.
type varsDir struct{ groups, hosts map[string][]varsFile }

// varsReader reads the variable files of one folder.
type varsReader struct {
	inv     *Inventory
	decrypt func(path, text string) (string, error)
	quiet   bool // files of others are not spoken of
}

// varsExts are the extensions that a variable file may have, in the order in which they are looked for.
var varsExts = []string{"", ".yml", ".yaml", ".json"}

// readVarsDir reads group_vars and host_vars beside a source or a playbook, for the groups and hosts there are.
func (inv *Inventory) readVarsDir(dir string, decrypt func(path, text string) (string, error)) {
	if inv.files[dir] == nil {
		inv.files[dir] = inv.varsBeside(dir, decrypt)
	}
}

// varsBeside reads the files in group_vars and host_vars of a folder, for the groups and hosts known by now.
func (inv *Inventory) varsBeside(dir string, decrypt func(path, text string) (string, error)) *varsDir {
	r := &varsReader{inv: inv, decrypt: decrypt}
	groups := make([]string, len(inv.Groups))
	for i, g := range inv.Groups {
		groups[i] = g.Name
	}
	hosts := make([]string, 0, len(inv.Hosts)+len(localNames))
	for _, h := range inv.Hosts {
		hosts = append(hosts, h.Name)
	}
	for _, name := range localNames {
		if inv.localhost == nil || inv.localhost.Implicit {
			hosts = append(hosts, name)
		}
	}
	return &varsDir{groups: r.folder(filepath.Join(dir, "group_vars"), groups), hosts: r.folder(filepath.Join(dir, "host_vars"), hosts)}
}

// folder reads the files of the given names in a folder, which may not exist.
func (r *varsReader) folder(dir string, names []string) map[string][]varsFile {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.inv.diags.Add(diag.Warnf(diag.Pos{}, "%s is not read: %v", dir, err))
		}
		return nil
	}
	listed := map[string]bool{}
	for _, e := range entries {
		listed[e.Name()] = true
	}
	out := map[string][]varsFile{}
	for _, name := range names {
		if files := r.find(dir, name, listed); len(files) > 0 {
			out[name] = files
		}
	}
	if !r.quiet {
		r.strays(dir, entries, names)
	}
	return out
}

// readFor reads the files of a group and of a host that have come while a run is under way; an empty name is of none.
func (inv *Inventory) readFor(group, host string) {
	r := &varsReader{inv: inv, decrypt: inv.options.Decrypt, quiet: true}
	for dir, d := range inv.files {
		if group != "" {
			d.groups = withFiles(d.groups, r.folder(filepath.Join(dir, "group_vars"), []string{group}))
		}
		if host != "" {
			d.hosts = withFiles(d.hosts, r.folder(filepath.Join(dir, "host_vars"), []string{host}))
		}
	}
}

func withFiles(known, found map[string][]varsFile) map[string][]varsFile {
	if known == nil {
		return found
	}
	maps.Copy(known, found)
	return known
}

// find gives the files of one group or host: those in a folder of that name, or else one file, with or without extension.
func (r *varsReader) find(dir, name string, listed map[string]bool) []varsFile {
	for i, ext := range varsExts {
		if !listed[name+ext] {
			continue
		}
		for _, other := range varsExts[i+1:] {
			if listed[name+other] {
				r.inv.diags.Add(diag.Warnf(diag.Pos{}, "%s is not read, because %s is there", filepath.Join(dir, name+other), filepath.Join(dir, name+ext)).
					WithHint("Ansible reads only one of them; move the first into a folder %s, which may hold several files", filepath.Join(dir, name)))
			}
		}
		path := filepath.Join(dir, name+ext)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return r.inFolder(path)
		}
		return r.files(path)
	}
	return nil
}

// inFolder reads the files of a folder and of the folders in it, sorted by name; hidden files, backups and other extensions are passed over.
func (r *varsReader) inFolder(dir string) []varsFile {
	entries, err := os.ReadDir(dir)
	if err != nil {
		r.inv.errorf(diag.Pos{}, "variables: %v", err)
		return nil
	}
	var out []varsFile
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
			continue
		}
		path, ext := filepath.Join(dir, name), filepath.Ext(name)
		info, err := os.Stat(path)
		switch {
		case err != nil:
			r.inv.errorf(diag.Pos{}, "variables: %v", err)
		case info.IsDir() && ext == "":
			out = append(out, r.inFolder(path)...)
		case info.Mode().IsRegular() && slices.Contains(varsExts, ext):
			out = append(out, r.files(path)...)
		}
	}
	return out
}

// files reads one file; one without content gives nothing.
func (r *varsReader) files(path string) []varsFile {
	data, err := os.ReadFile(path)
	if err != nil {
		r.inv.errorf(diag.Pos{}, "variables: %v", err)
		return nil
	}
	src := &diag.Source{Name: path, Text: string(data)}
	if !r.inv.open(src, r.decrypt) {
		return nil
	}
	root, ds := yamlsrc.ParseOne(src)
	r.inv.diags.Add(ds...)
	if root == nil || ds.Err() != nil {
		return nil
	}
	if root.Kind != yamlsrc.Mapping {
		r.inv.errorf(root.Pos, "a file of variables is a mapping of names to values, not %s", root.Kind.WithArticle())
		return nil
	}
	return []varsFile{{path, r.inv.variables(root)}}
}

// open decrypts a file, where it is encrypted as a whole.
func (inv *Inventory) open(src *diag.Source, decrypt func(path, text string) (string, error)) bool {
	if !strings.HasPrefix(src.Text, "$ANSIBLE_VAULT;") {
		return true
	}
	at := diag.Pos{Source: src, Line: 1}
	if decrypt == nil {
		inv.errorf(at, "the file is encrypted with ansible-vault, and no vault password was given")
		return false
	}
	text, err := decrypt(src.Name, src.Text)
	if err != nil {
		inv.diags.AddError(at, err)
		return false
	}
	src.Text, src.Hidden = text, true
	return true
}

// variables gives the entries of a mapping as variables. Names must be strings.
func (inv *Inventory) variables(m *yamlsrc.Node) []Var {
	var out []Var
	for _, e := range m.Entries {
		if e.Key.Kind != yamlsrc.String {
			inv.errorf(e.Key.Pos, "the name of a variable must be a string, not the %s %s", e.Key.Kind, e.Key.Text).WithHint("put quotes around it")
			continue
		}
		out = append(out, Var{Name: e.Key.Text, Pos: e.Key.Pos, Node: e.Value})
	}
	return out
}

// strays warns of files whose name is nearly that of a group or host.
func (r *varsReader) strays(dir string, entries []fs.DirEntry, names []string) {
	known := map[string]bool{}
	for _, n := range names {
		known[n] = true
	}
	for _, e := range entries {
		name := e.Name()
		base := strings.TrimSuffix(name, filepath.Ext(name))
		if known[name] || known[base] || strings.HasPrefix(name, ".") || !slices.Contains(varsExts, filepath.Ext(name)) || len(names) > 1000 {
			continue
		}
		if hint := diag.DidYouMean(base, names); hint != "" {
			r.inv.diags.Add(diag.Warnf(diag.Pos{}, "%s is not read: the inventory knows no %s", filepath.Join(dir, name), base).WithHint("%s", hint))
		}
	}
}
