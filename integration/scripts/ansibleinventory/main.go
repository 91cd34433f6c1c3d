// Command ansibleinventory writes down what ansible-inventory prints for the calls in cmd/pfrun/internal/cli/testdata/inventories. It is run by hand, from the top of the checkout,
// when calls are added there:
//
//	ANSIBLE_INVENTORY_PROGRAM='docker exec -w {dir} CONTAINER ansible-inventory' go run ./integration/scripts/ansibleinventory FOLDER
//
// The command is run in a folder below FOLDER for each archive, and {dir} in it is that folder. Without the variable it is ansible-inventory.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

const archives = "cmd/pfrun/internal/cli/testdata/inventories/*.txtar"

// answer is what a call prints, and how it ends.
type answer struct {
	Call string `json:"call"`
	Code int    `json:"code"`
	Out  string `json:"out"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ansibleinventory:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("name a folder for the inventories, and archives if not all of them are to be run")
	}
	files, err := filepath.Glob(archives)
	if err != nil || len(files) == 0 {
		return errors.Join(err, fmt.Errorf("there is no %s here", archives))
	}
	for _, f := range files {
		if len(args) > 1 && !slices.Contains(args[1:], strings.TrimSuffix(filepath.Base(f), ".txtar")) {
			continue
		}
		if err := record(f, args[0]); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	return nil
}

// record asks for every call of an archive, and writes the answers beside it.
func record(file, below string) error {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(file, ".txtar")
	dir := filepath.Join(below, filepath.Base(name))
	if err := lay(archive, dir); err != nil {
		return err
	}
	var answers []answer
	for line := range strings.Lines(string(archive.Comment)) {
		call, ok := strings.CutPrefix(strings.TrimSpace(line), "call: ")
		if !ok {
			continue
		}
		a, err := ask(dir, call)
		if err != nil {
			return err
		}
		answers = append(answers, a)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(answers); err != nil {
		return err
	}
	return os.WriteFile(name+".json", out.Bytes(), 0o644)
}

// lay writes the files of an archive; those that are scripts can be run.
func lay(archive *txtar.Archive, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range archive.Files {
		path, mode := filepath.Join(dir, f.Name), os.FileMode(0o644)
		if bytes.HasPrefix(f.Data, []byte("#!")) {
			mode = 0o755
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, mode)); err != nil {
			return err
		}
	}
	return nil
}

func ask(dir, call string) (answer, error) {
	words := strings.Fields(cmp.Or(os.Getenv("ANSIBLE_INVENTORY_PROGRAM"), "ansible-inventory"))
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "{dir}", dir)
	}
	words = append(words, strings.Fields(call)...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return answer{}, err
	}
	return answer{Call: call, Code: cmd.ProcessState.ExitCode(), Out: string(out)}, nil
}
