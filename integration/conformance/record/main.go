// Program record stands in for ansible-playbook and its siblings on the control node of the conformance table. It runs the program that was
// called from the folder CONFORMANCE_REAL, hands everything through, and keeps what the call was and what came of it, as files N.json, N.out and N.err in
// the folder CONFORMANCE_LOG, N being 0001, 0002 and so on.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// call is what is kept of one call, but for its output.
type call struct {
	Program string   `json:"program"`
	Args    []string `json:"args"`
	Exit    int      `json:"exit"`
}

// notThere is what a shell says of a program that it cannot find.
const notThere = 127

func main() {
	exit, err := run(os.Args, os.Getenv("CONFORMANCE_REAL"), os.Getenv("CONFORMANCE_LOG"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
	}
	os.Exit(exit)
}

func run(argv []string, real, log string) (int, error) {
	c := call{Program: filepath.Base(argv[0]), Args: argv[1:], Exit: notThere}
	base, meta, err := number(log)
	if err != nil {
		return c.Exit, err
	}
	defer meta.Close()
	out, err := os.Create(base + ".out")
	if err != nil {
		return c.Exit, err
	}
	defer out.Close()
	errOut, err := os.Create(base + ".err")
	if err != nil {
		return c.Exit, err
	}
	defer errOut.Close()
	cmd := exec.Command(filepath.Join(real, c.Program), c.Args...)
	cmd.Stdin = os.Stdin
	cmd.Stdout, cmd.Stderr = io.MultiWriter(out, os.Stdout), io.MultiWriter(errOut, os.Stderr)
	err = cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		err = nil
	}
	if cmd.ProcessState != nil {
		c.Exit = cmd.ProcessState.ExitCode()
	}
	return c.Exit, errors.Join(err, json.NewEncoder(meta).Encode(c))
}

// number takes the next free number in the folder of the log.
func number(log string) (base string, meta *os.File, err error) {
	for n := 1; ; n++ {
		base = filepath.Join(log, fmt.Sprintf("%04d", n))
		meta, err = os.OpenFile(base+".json", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if !errors.Is(err, os.ErrExist) {
			return base, meta, err
		}
	}
}
