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

// spare has the tasks that are listed go on in the copy of a target.
func (m *machines) spare(ctx context.Context, checkout, target, dir string) error {
	list, err := exceptions(apartText)
	if err != nil {
		return err
	}
	texts := map[string][]string{}
	for _, e := range list {
		if e.target != target {
			continue
		}
		if texts[e.file] == nil {
			b, err := os.ReadFile(filepath.Join(checkout, "test/integration/targets", target, e.file))
			if err != nil {
				return err
			}
			texts[e.file] = strings.Split(string(b), "\n")
		}
		if err := e.apply(texts[e.file]); err != nil {
			return err
		}
	}
	for file, lines := range texts {
		if err := m.write(ctx, dir+"/test/integration/targets/"+target+"/"+file, strings.Join(lines, "\n")); err != nil {
			return err
		}
	}
	return nil
}

// apply changes the one line at which a task begins; two lines stand in its place.
func (e exception) apply(lines []string) error {
	if e.line < 1 || e.line > len(lines) {
		return fmt.Errorf("apart.txt: %s/%s has no line %d", e.target, e.file, e.line)
	}
	m := taskStart.FindStringSubmatch(lines[e.line-1])
	if m == nil {
		return fmt.Errorf("apart.txt: no task begins at %s/%s:%d", e.target, e.file, e.line)
	}
	lines[e.line-1] = m[1] + "- ignore_errors: true\n" + m[1] + "  " + m[2]
	return nil
}
