package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed apart.txt
var apartText string

// exception is a task that the newer release fails for what it changed.
type exception struct {
	target, file string
	line         int
	reason       string
}

func exceptions(text string) ([]exception, error) {
	var list []exception
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		target, rest, _ := strings.Cut(line, " ")
		place, reason, _ := strings.Cut(rest, " ")
		file, number, _ := strings.Cut(place, ":")
		n, err := strconv.Atoi(number)
		if err != nil || reason == "" {
			return nil, fmt.Errorf("apart.txt: %q is not TARGET FILE:LINE REASON", line)
		}
		list = append(list, exception{target: target, file: file, line: n, reason: reason})
	}
	return list, nil
}

// taskStart is the beginning of a task in a list of YAML.
var taskStart = regexp.MustCompile(`^(\s*)- (\S.*)$`)

// edited are the lines of the files of a target that its copy has otherwise.
type edited struct {
	folder string // of the target, in the checkout
	files  map[string][]string
}

// lines are those of one file, as they are by now.
func (e *edited) lines(file string) ([]string, error) {
	if e.files[file] == nil {
		b, err := os.ReadFile(filepath.Join(e.folder, file))
		if err != nil {
			return nil, err
		}
		e.files[file] = strings.Split(string(b), "\n")
	}
	return e.files[file], nil
}

// spare has the tasks that are listed go on in the copy of a target, and leaves out those that are out of reach.
func (m *machines) spare(ctx context.Context, checkout, target, dir string, out reach) error {
	list, err := exceptions(apartText)
	if err != nil {
		return err
	}
	texts := &edited{folder: filepath.Join(checkout, "test/integration/targets", target), files: map[string][]string{}}
	for _, e := range list {
		if e.target != target || out.removes(e.file, e.line) {
			continue
		}
		lines, err := texts.lines(e.file)
		if err == nil {
			err = e.apply(lines)
		}
		if err != nil {
			return err
		}
	}
	for _, b := range out {
		if b.line == 0 {
			continue
		}
		lines, err := texts.lines(b.file)
		if err == nil {
			err = b.remove(lines)
		}
		if err != nil {
			return err
		}
	}
	for file, lines := range texts.files {
		if err := m.write(ctx, dir+"/test/integration/targets/"+target+"/"+file, strings.Join(lines, "\n")); err != nil {
			return err
		}
	}
	return nil
}

// apply changes the one line at which a task begins; two lines stand in its place.
func (e exception) apply(lines []string) error {
	m, err := begins("apart.txt", e.target, e.file, e.line, lines)
	if err == nil {
		lines[e.line-1] = m[1] + "- ignore_errors: true\n" + m[1] + "  " + m[2]
	}
	return err
}

// begins takes the line at which a task begins apart: what stands before the dash, and what behind it. An error names the list that is wrong about it.
func begins(list, target, file string, line int, lines []string) ([]string, error) {
	if line < 1 || line > len(lines) {
		return nil, fmt.Errorf("%s: %s/%s has no line %d", list, target, file, line)
	}
	m := taskStart.FindStringSubmatch(lines[line-1])
	if m == nil {
		return nil, fmt.Errorf("%s: no task begins at %s/%s:%d", list, target, file, line)
	}
	return m, nil
}
