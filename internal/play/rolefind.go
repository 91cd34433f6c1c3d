package play

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// foundRole is a role that is there.
type foundRole struct{ name, collection, path string }

// roleDirs gives the folders in which roles are looked for, in Ansible's order.
func (l *loading) roleDirs(in *level) []string {
	var dirs []string
	books := []string{in.file.book.abs}
	if in.play != nil && in.play.Dir != in.file.book.abs {
		books = []string{in.play.Dir, in.file.book.abs}
	}
	for _, b := range books {
		dirs = append(dirs, filepath.Join(b, "roles"))
	}
	for _, p := range l.o.RolesPath {
		dirs = append(dirs, absolute(p))
	}
	if in.role != nil {
		dirs = append(dirs, filepath.Dir(in.role.Path))
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(append(dirs, books...), func(dir string) bool {
		again := seen[dir]
		seen[dir] = true
		return again
	})
}

// findRole looks for a role; nil: it is not there.
func (l *loading) findRole(name string, in *level) *foundRole {
	if r := l.collectionRole(name, in); r != nil {
		return r
	}
	for _, dir := range l.roleDirs(in) {
		path := filepath.Join(dir, name)
		if filepath.IsAbs(name) {
			break
		}
		if isDir(path) {
			return &foundRole{name: name, path: path}
		}
	}
	if path := absolute(expandHome(name)); isDir(path) {
		if filepath.IsAbs(name) { // as with Ansible, which finds it by its first folder of roles and keeps what was written
			return &foundRole{name: name, path: path}
		}
		return &foundRole{name: filepath.Base(path), path: path}
	}
	return nil
}

// collectionRole looks for a role of a collection: by its full name, or in the collections that are searched.
func (l *loading) collectionRole(name string, in *level) *foundRole {
	if parts := strings.SplitN(name, ".", 3); len(parts) == 3 && !strings.ContainsAny(name, "/ ") {
		return l.roleOf(parts[0]+"."+parts[1], parts[2], in)
	}
	for _, c := range in.Collections {
		if r := l.roleOf(c, name, in); r != nil {
			return r
		}
	}
	return nil
}

func (l *loading) roleOf(collection, name string, in *level) *foundRole {
	for _, dir := range l.collectionDirs(collection, in) {
		if path := filepath.Join(dir, "roles", filepath.FromSlash(strings.ReplaceAll(name, ".", "/"))); isDir(path) {
			return &foundRole{name: name, collection: collection, path: path}
		}
	}
	return nil
}

// collectionDirs gives the places where a collection may be.
func (l *loading) collectionDirs(collection string, in *level) []string {
	namespace, name, _ := strings.Cut(collection, ".")
	var dirs []string
	add := func(root string) {
		if filepath.Base(root) != "ansible_collections" {
			root = filepath.Join(root, "ansible_collections")
		}
		dirs = append(dirs, filepath.Join(root, namespace, name))
	}
	if in.play != nil {
		add(filepath.Join(in.play.Dir, "collections"))
	}
	add(filepath.Join(in.file.book.abs, "collections"))
	for _, p := range l.o.CollectionsPath {
		add(absolute(p))
	}
	return dirs
}

// rolesThere gives the names of the roles in the folders that are searched, for a hint.
func (l *loading) rolesThere(in *level) []string {
	var names []string
	for _, dir := range l.roleDirs(in) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if e.IsDir() && isDir(filepath.Join(dir, e.Name(), "tasks")) {
				names = append(names, e.Name())
			}
		}
	}
	return names
}

func expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}
