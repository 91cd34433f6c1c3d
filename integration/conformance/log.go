package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// read takes the log of a target from the control node.
func (m *machines) read(ctx context.Context, dir string, o *outcome) error {
	cmd := exec.CommandContext(ctx, "docker", "exec", m.control(), "tar", "-C", dir+"/log", "-c", ".")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	files, err := untar(pipe)
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return fmt.Errorf("the log of %s: %w", dir, err)
	}
	return o.fill(files)
}

func untar(r io.Reader) (map[string]string, error) {
	files := map[string]string{}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		files[path.Clean(h.Name)] = string(b)
	}
}

// fill makes calls and failed lines of the files of a log.
func (o *outcome) fill(files map[string]string) error {
	names := []string{}
	for name := range files {
		if strings.HasSuffix(name, ".json") {
			names = append(names, strings.TrimSuffix(name, ".json"))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		var c struct {
			Program string
			Args    []string
			Exit    int
		}
		if err := json.Unmarshal([]byte(files[name+".json"]), &c); err != nil {
			return fmt.Errorf("call %s did not end: %w", name, err)
		}
		i := &invocation{Exit: c.Exit, program: c.Program, args: c.Args, out: files[name+".out"], errOut: files[name+".err"]}
		if c.Program == playbookProgram {
			i.steps = parse(i.out)
		}
		i.seal()
		o.Calls = append(o.Calls, i)
	}
	for line := range strings.Lines(files["lines"]) {
		var l failedLine
		if _, err := fmt.Sscan(line, &l.Line, &l.After); err != nil {
			return fmt.Errorf("failed line %q: %w", line, err)
		}
		o.Lines = append(o.Lines, l)
	}
	return nil
}
