package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
)

// includeVars reads files of variables on the control node. What they hold becomes variables of the host; a template in them is computed when somebody looks at it.
func (ht *hostTask) includeVars(t *word.IncludeVars, scope jinja.Scope) ending {
	paths, err := ht.varsFiles(t)
	if err != nil {
		return ht.varsFailed(err)
	}
	read := jinja.NewDict()
	for _, p := range paths {
		d, faults := ht.Loader.VarsFile(p)
		ht.tellWarnings(faults)
		if err := faults.Err(); err != nil {
			return ht.varsFailed(err)
		}
		for k, v := range d.Items {
			read.Set(k, v)
		}
	}
	if t.Name != "" {
		whole := jinja.NewDict()
		whole.Set(t.Name, read)
		read = whole
	}
	if t.HashBehaviour == "merge" {
		ht.mergeInto(read, scope)
	}
	files := make([]any, len(paths))
	for i, p := range paths {
		files[i] = p
	}
	e := ht.done(&modules.Plan{Result: map[string]any{"ansible_included_var_files": files, "ansible_facts": ht.shownVars(read, scope)}}, false)
	if e.res.Status == event.OK || e.res.Status == event.Changed {
		names := ht.keepers()
		if ht.to.name != "" && ht.delegatesFacts() {
			names = []string{ht.to.name}
		}
		for _, n := range names {
			ht.Vars.Include(n, read)
		}
	}
	return e
}

func (ht *hostTask) delegatesFacts() bool {
	yes, err := optionalBool(ht.hard, ht.t.DelegateFacts, ht.scope())
	return err == nil && yes != nil && *yes
}

// varsFailed is the ending of an include_vars that could not read.
func (ht *hostTask) varsFailed(err error) ending { return asVars(ht.wordFailed(err)) }

// asVars adds to the ending of an include_vars that failed what Ansible's has: the reason as message, and that nothing was read.
func asVars(e ending) ending {
	if d, ok := e.value.(*jinja.Dict); ok {
		d.Set("message", e.res.Message)
		d.Set("ansible_facts", jinja.NewDict())
		d.Set("ansible_included_var_files", jinja.NewList())
		e.res.Result = jinja.ToGo(d)
	}
	return e
}

// shownVars gives variables as a result shows them: templates that can be computed now are.
func (ht *hostTask) shownVars(d *jinja.Dict, scope jinja.Scope) any {
	out := jinja.NewDict()
	for k, v := range d.Items {
		value, err := jinja.Force(ht.hard, v, scope)
		if err != nil {
			value = written(v)
		}
		out.Set(k, value)
	}
	return jinja.ToGo(out)
}

// mergeInto adds to mappings of the file what the variables of their names hold already.
func (ht *hostTask) mergeInto(d *jinja.Dict, scope jinja.Scope) {
	for k, v := range d.Items {
		old, there := scope.Lookup(jinja.Str(k))
		if !there {
			continue
		}
		d.Set(k, merged(old, v))
	}
}

func merged(old, v jinja.Value) jinja.Value {
	a, ok1 := old.(*jinja.Dict)
	b, ok2 := v.(*jinja.Dict)
	if !ok1 || !ok2 {
		return v
	}
	out := a.Copy()
	for k, item := range b.Items {
		if was, there := out.Get(k); there {
			item = merged(was, item)
		}
		out.Set(k, item)
	}
	return out
}

// varsFiles gives the files to read.
func (ht *hostTask) varsFiles(t *word.IncludeVars) ([]string, error) {
	if t.Dir == "" {
		path, err := ht.findVars(t.File)
		if err != nil {
			return nil, err
		}
		if !t.IgnoreUnknown && !hasExtension(path, t.Extensions) && filepath.Ext(path) != "" {
			return nil, fmt.Errorf("%s does not have a valid extension: %s", path, strings.Join(t.Extensions, ", "))
		}
		return []string{path}, nil
	}
	dir := ht.varsDir(t.Dir)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s directory does not exist", dir)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	return varsBelow(dir, t)
}

// findVars searches a file as Ansible does: in vars/ of the folders of the task, then in the folders themselves.
func (ht *hostTask) findVars(name string) (string, error) {
	if filepath.IsAbs(name) {
		if _, err := os.Stat(name); err != nil {
			return "", ht.noVarsFile(name)
		}
		return name, nil
	}
	for _, dir := range ht.Loader.SearchPath(ht.t) {
		for _, p := range []string{filepath.Join(dir, "vars", name), filepath.Join(dir, name)} {
			if info, err := os.Stat(p); err == nil && !info.IsDir() {
				return p, nil
			}
		}
	}
	return "", ht.noVarsFile(name)
}

func (ht *hostTask) noVarsFile(name string) error {
	d := diag.Errorf(ht.t.Pos, "Could not find or access '%s'", name)
	return d.WithHint("searched in vars/ of, and in: %s", strings.Join(ht.Loader.SearchPath(ht.t), ", "))
}

// varsDir gives a folder of variables: of a role its vars/DIR, else below the folder of the task's file.
func (ht *hostTask) varsDir(dir string) string {
	switch {
	case filepath.IsAbs(dir):
		return dir
	case ht.t.Role == nil:
		return filepath.Join(ht.t.Dir, dir)
	case dir == "vars" || strings.HasPrefix(dir, "vars/"):
		return filepath.Join(ht.t.Role.Path, dir)
	}
	return filepath.Join(ht.t.Role.Path, "vars", dir)
}

// varsBelow gives the files below a folder that the task asks for, folder by folder, in the order of their names.
func varsBelow(root string, t *word.IncludeVars) ([]string, error) {
	matching, err := patternOf("files_matching", t.FilesMatching)
	if err != nil {
		return nil, err
	}
	var ignored []*regexp.Regexp
	for _, text := range t.IgnoreFiles {
		re, err := patternOf("ignore_files", text+"$")
		if err != nil {
			return nil, err
		}
		ignored = append(ignored, re)
	}
	var found []string
	var walk func(dir string, depth int) error
	walk = func(dir string, depth int) error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		var below []string
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				below = append(below, path)
				continue
			}
			if matching != nil && !matching.MatchString(e.Name()) || slices.ContainsFunc(ignored, func(re *regexp.Regexp) bool { return re.MatchString(e.Name()) }) {
				continue
			}
			if !hasExtension(e.Name(), t.Extensions) {
				if t.IgnoreUnknown {
					continue
				}
				return fmt.Errorf("%s does not have a valid extension: %s", path, strings.Join(t.Extensions, ", "))
			}
			found = append(found, path)
		}
		for _, b := range below {
			if t.Depth == 0 || depth < t.Depth {
				if err := walk(b, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return found, walk(root, 1)
}

func patternOf(word, text string) (*regexp.Regexp, error) {
	if text == "" || text == "$" {
		return nil, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression in %s: %s", word, text)
	}
	return re, nil
}

func hasExtension(name string, extensions []string) bool {
	ext := strings.TrimPrefix(filepath.Ext(name), ".")
	return slices.Contains(extensions, ext)
}
