// Package playbooks holds the playbooks that ship with pfrun, embedded: `pfrun playbooks/ipv4-only.yml` works where there is no checkout.
package playbooks

import (
	"embed"
	"path"
	"strings"
)

//go:embed *.yml
var files embed.FS

// Open gives the text of a shipped playbook by its path: playbooks/NAME.yml, however it is written (./playbooks/NAME.yml).
func Open(name string) (text string, ok bool) {
	dir, base := path.Split(path.Clean(strings.ReplaceAll(name, "\\", "/")))
	if dir != "playbooks/" {
		return "", false
	}
	b, err := files.ReadFile(base)
	return string(b), err == nil
}

// Names gives the paths of the shipped playbooks, sorted.
func Names() []string {
	entries, _ := files.ReadDir(".")
	var names []string
	for _, e := range entries {
		names = append(names, "playbooks/"+e.Name())
	}
	return names
}
