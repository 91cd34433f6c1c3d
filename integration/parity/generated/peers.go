package generated

import (
	"bufio"
	"bytes"
	"context"
	_ "embed" // batch.py
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed batch.py
var batch string

// image has ansible-core 2.19.
const image = "pfrun/lab-parity:control"

// ansible is ansible-core in a container, which goes away with it.
type ansible struct {
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

// startAnsible brings up a container. It ends with the context, or with close.
func startAnsible(ctx context.Context, how ...string) (*ansible, error) {
	cmd := exec.CommandContext(ctx, "docker", "run", "--rm", "--init", "-i", "--network", "none", "--label", "pfrun=generated", image, "python3", "-c", batch)
	cmd.Args = append(cmd.Args, how...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &ansible{in: in, out: bufio.NewReader(out), cmd: cmd}, cmd.Start()
}

// play runs a case.
func (a *ansible) play(args []string, files map[string]string) (output, error) {
	job, err := json.Marshal(map[string]any{"args": args, "files": files})
	if err != nil {
		return output{}, err
	}
	if _, err := a.in.Write(append(job, '\n')); err != nil {
		return output{}, err
	}
	line, err := a.out.ReadBytes('\n')
	if err != nil {
		return output{}, fmt.Errorf("ansible-core's container: %w", err)
	}
	var o output
	return o, json.Unmarshal(line, &o)
}

func (a *ansible) close() error {
	a.in.Close()
	return a.cmd.Wait()
}

// pfrun is pfrun under the name ansible-playbook, on this machine.
type pfrun struct {
	binary string
	folder string // for cases, one after another
}

// buildPfrun builds pfrun into a folder.
func buildPfrun(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "ansible-playbook")
	if msg, err := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/pfrun/pfrun/cmd/pfrun").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, msg)
	}
	return path, nil
}

// long is how long pfrun may take for a case.
const long = 60 * time.Second

func (p *pfrun) play(ctx context.Context, args []string, files map[string]string) (output, error) {
	folder := filepath.Join(p.folder, "case")
	if err := errors.Join(os.RemoveAll(folder), lay(folder, files)); err != nil {
		return output{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &errs
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "ANSIBLE_") && !strings.HasPrefix(e, "HOME=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+p.folder, "ANSIBLE_NOCOLOR=1", "ANSIBLE_FORKS=1", "ANSIBLE_SHOW_CUSTOM_STATS=1", "COLUMNS=80")
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return output{}, err
	}
	return output{Out: out.String(), Err: errs.String(), Exit: cmd.ProcessState.ExitCode()}, nil
}
