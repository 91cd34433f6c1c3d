// Command ansibleerrors writes down what ansible-playbook says of the playbooks in internal/play/testdata/broken.txtar. It is run by hand, from the top of the checkout, when
// playbooks are added there:
//
//	ANSIBLE_PLAYBOOK='docker exec -w {dir} CONTAINER ansible-playbook' go run ./integration/scripts/ansibleerrors FOLDER
//
// The command is run in a folder below FOLDER for each playbook, and {dir} in it is that folder. Without the variable it is ansible-playbook.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

const (
	playbooks = "internal/play/testdata/broken.txtar"
	answers   = "internal/play/testdata/ansible-errors.txt"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ansibleerrors:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("name a folder for the playbooks, and playbooks if not all of them are to be run")
	}
	archive, err := txtar.ParseFile(playbooks)
	if err != nil {
		return err
	}
	known := old()
	var out strings.Builder
	out.WriteString("# What ansible-core 2.19 says of broken.txtar: NAME, when (load, run, warning or nothing), exit code, place, message. Written by integration/scripts/ansibleerrors.\n")
	for _, name := range lay(archive, args[0]) {
		line, ok := known[name]
		if len(args) == 1 || slices.Contains(args[1:], name) || !ok {
			s, err := ask(filepath.Join(args[0], name))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			line = fmt.Sprintf("%s\t%s\t%d\t%s\t%s", name, s.when, s.exit, s.place, s.message)
		}
		out.WriteString(line + "\n")
	}
	return os.WriteFile(answers, []byte(out.String()), 0o644)
}

// old gives the lines that are there already, by the playbook.
func old() map[string]string {
	b, _ := os.ReadFile(answers)
	lines := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, _, _ := strings.Cut(line, "\t")
		lines[name] = strings.TrimSuffix(line, "\n")
	}
	return lines
}

// lay writes each playbook, with what is around it, into a folder of its own.
func lay(archive *txtar.Archive, dir string) []string {
	var names []string
	for _, f := range archive.Files {
		path := f.Name
		if name, ok := strings.CutSuffix(f.Name, ".yml"); ok && !strings.Contains(name, "/") {
			names = append(names, name)
			path = name + "/site.yml"
		}
		if strings.HasSuffix(path, ".want") {
			continue
		}
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, 0o644)); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return names
}

// said is what ansible-playbook says of a playbook.
type said struct {
	when, place, message string
	exit                 int
}

func ask(dir string) (said, error) {
	words := strings.Fields(cmp.Or(os.Getenv("ANSIBLE_PLAYBOOK"), "ansible-playbook"))
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "{dir}", dir)
	}
	words = append(words, "-i", "localhost,", "-c", "local", "site.yml")
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		return said{}, err
	}
	when := "load"
	if strings.Contains(stdout.String(), "\nPLAY [") {
		when = "run"
	}
	s := read(when, dir, stdout.String(), stderr.String())
	s.exit = cmd.ProcessState.ExitCode()
	return s, nil
}

// read finds the first error, else the first warning.
func read(when, dir, stdout, stderr string) said {
	for _, mark := range []struct{ word, when string }{{"[ERROR]: ", when}, {"[WARNING]: ", "warning"}, {"[DEPRECATION WARNING]: ", "warning"}} {
		_, text, ok := strings.Cut(stderr+"\n"+stdout, mark.word)
		if !ok {
			continue
		}
		s := said{when: mark.when}
		var lines []string
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if place, ok := strings.CutPrefix(line, "Origin: "); ok {
				s.place = strings.TrimPrefix(place, dir+"/")
				break
			}
			if line == "" || strings.HasPrefix(line, "[") {
				break
			}
			lines = append(lines, line)
		}
		s.message = strings.ReplaceAll(strings.Join(lines, " "), dir, "")
		return s
	}
	return said{when: "nothing"}
}
