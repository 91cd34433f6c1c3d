package generated

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Case is a playbook with what goes with it.
type Case struct {
	Seed  uint64
	Files map[string]any // documents by their paths; site.yml is the playbook. A string is a text that is not YAML
	Args  []string       // of the command line, without the inventory and the playbook
}

// texts gives the contents of the case's files.
func (c *Case) texts() map[string]string {
	out := map[string]string{}
	for name, v := range c.Files {
		if s, ok := v.(string); ok {
			out[name] = s
			continue
		}
		out[name] = yaml(v)
	}
	return out
}

// commandLine gives the arguments of ansible-playbook.
func (c *Case) commandLine() []string {
	return slices.Concat([]string{"-i", "hosts", "site.yml"}, c.Args)
}

// String shows the case as one text: the command line and every file below its name.
func (c *Case) String() string { return archive(c.commandLine(), c.texts()) }

func archive(args []string, files map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(args, " "))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, files[name])
	}
	return b.String()
}

// lay writes files below a folder.
func lay(folder string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
