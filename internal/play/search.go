package play

import (
	"path/filepath"
	"slices"
	"strings"
)

// find gives the place of a file of tasks that a task in this file names, or where it would be. The order is Ansible's, and not the same for imports and includes: in a role an
// include looks in the role's own folder first, an import beside the file that names it.
func (f *file) find(name, folder string, role *Role, static bool) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	var dirs []string
	near := func() {
		for at := f; at != nil; at = at.up {
			if role == nil {
				dirs = append(dirs, at.dir)
			} else if at.up != nil { // below the role's own folder
				dirs = append(dirs, filepath.Join(at.dir, folder), at.dir)
			}
		}
	}
	book := []string{f.book.abs}
	if top := f.top().dir; role == nil && top != f.book.abs {
		book = append(book, top)
	}
	switch {
	case role == nil:
		near()
		dirs = append(dirs, book...)
	case static:
		near()
		dirs = append(dirs, filepath.Join(role.Path, folder), filepath.Join(role.Path, "tasks"), role.Path, filepath.Join(f.book.abs, folder), f.book.abs)
	default:
		dirs = append(dirs, filepath.Join(role.Path, folder), filepath.Join(role.Path, "tasks"), role.Path, filepath.Join(f.book.abs, folder), f.book.abs)
		near()
	}
	for _, dir := range dirs {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	}
	return filepath.Join(dirs[0], name)
}

// top is the file that was not imported or included by another: a playbook, or a file of a role.
func (f *file) top() *file {
	for f.up != nil {
		f = f.up
	}
	return f
}

// FindTasks gives the place of the file that an include_tasks names. The error wraps fs.ErrNotExist where there is none.
func (l *Loader) FindTasks(t *Task, name string) (string, error) {
	path := t.at.find(strings.TrimSpace(name), folderOf(t), t.Role, false)
	return path, stat(path)
}

// SearchPath gives the folders in which files of a task are looked for: those of the roles on the way to it, nearest first, that of its own file, and that of the playbook.
func (l *Loader) SearchPath(t *Task) []string {
	var dirs []string
	if t.Role != nil {
		dirs = append(dirs, t.Role.Path)
		for _, r := range slices.Backward(t.Role.Parents) {
			dirs = append(dirs, r.Path)
		}
	}
	dirs = append(dirs, t.Dir)
	if t.at != nil {
		dirs = append(dirs, t.at.book.abs)
	}
	var unique []string
	for _, d := range dirs {
		if !slices.Contains(unique, d) {
			unique = append(unique, d)
		}
	}
	return unique
}
