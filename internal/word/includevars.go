package word

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules"
)

// IncludeVars is the word include_vars.
type IncludeVars struct {
	engine
	File          string        `arg:"file" doc:"File of variables, YAML or JSON; looked for in vars/ of the role and beside the tasks. The name may also stand in place of all arguments."`
	Dir           string        `arg:"dir" doc:"Folder whose files are read, in the order of their names."`
	Name          string        `arg:"name" doc:"Name of a variable that holds what was read, as a mapping. Without one every key becomes a variable."`
	Depth         int           `arg:"depth" doc:"How many levels of folders below dir are read. 0: all of them."`
	FilesMatching string        `arg:"files_matching" doc:"Regular expression: of the files below dir, those whose names it matches."`
	IgnoreFiles   []string      `arg:"ignore_files" doc:"Regular expressions, each of the whole end of a file name: such files below dir are left out."`
	Extensions    []string      `arg:"extensions" doc:"Extensions that files below dir have."`
	IgnoreUnknown bool          `arg:"ignore_unknown_extensions" doc:"Leave out files with other extensions. False: they are an error."`
	HashBehaviour HashBehaviour `arg:"hash_behaviour" doc:"What becomes of mappings that are there already: they are replaced, or merged."`
}

// HashBehaviour is what becomes of a mapping that is read when one is there already. The zero value is the setting hash_behaviour.
type HashBehaviour string

// Enum gives the words.
func (HashBehaviour) Enum() []string { return []string{"replace", "merge"} }

func includeVars() modules.Spec {
	return modules.Spec{
		Name:  "include_vars",
		Short: "read variables from files while the play runs",
		Long: "Reads a file of variables, or all of a folder, on the control node. The variables are those of the host from then on, above those of the play and of roles.\n\n" +
			"Where a file is encrypted with ansible-vault it is decrypted.",
		New: func() modules.Task { return &IncludeVars{Extensions: []string{"json", "yaml", "yml"}} },
	}
}

// FreeForm takes the name of a file in place of arguments, with arguments behind it: `include_vars: net.yml name=net`.
func (t *IncludeVars) FreeForm(s string) error {
	names := []string{"file", "dir", "name", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions", "hash_behaviour"}
	text, pairs, err := modules.SplitFreeForm(s, names...)
	if err != nil {
		return err
	}
	if text = strings.TrimRight(strings.TrimSpace(text), "\n"); text != "" {
		t.File = unquote(text)
	}
	for _, p := range pairs {
		if err := t.set(p); err != nil {
			return fmt.Errorf("argument %q %w", p.Name, err)
		}
	}
	return nil
}

func (t *IncludeVars) set(p modules.Pair) (err error) {
	switch p.Name {
	case "file":
		t.File = p.Value
	case "dir":
		t.Dir = p.Value
	case "name":
		t.Name = p.Value
	case "depth":
		if t.Depth, err = strconv.Atoi(p.Value); err != nil {
			err = fmt.Errorf("must be an integer, got: %s", p.Value)
		}
	case "files_matching":
		t.FilesMatching = p.Value
	case "ignore_files":
		t.IgnoreFiles = strings.Fields(p.Value)
	case "extensions":
		t.Extensions = strings.Split(p.Value, ",")
	case "ignore_unknown_extensions":
		t.IgnoreUnknown, err = modules.Bool(p.Value)
	case "hash_behaviour":
		if t.HashBehaviour = HashBehaviour(p.Value); !slices.Contains(t.HashBehaviour.Enum(), p.Value) {
			err = fmt.Errorf("must be one of: %s, got: %s", strings.Join(t.HashBehaviour.Enum(), ", "), p.Value)
		}
	}
	return err
}

func unquote(s string) string {
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[0] == s[n-1] {
		return s[1 : n-1]
	}
	return s
}

// Validate wants a file or a folder, and for a file nothing that only folders have.
func (t *IncludeVars) Validate() error {
	ofDir := t.Dir != "" || t.Depth != 0 || t.FilesMatching != "" || len(t.IgnoreFiles) > 0 || t.IgnoreUnknown
	switch {
	case t.File != "" && ofDir:
		return errors.New("you are mixing file only and dir only arguments, these are incompatible")
	case t.File == "" && t.Dir == "":
		return errors.New("Could not find file or dir: neither is given")
	}
	return nil
}
