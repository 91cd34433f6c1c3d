// Program testreport runs "go test -json" commands, prints what failed, and ends
// with one line that counts: "123 passed, 0 failed, 2 skipped".
//
//	testreport -skips FILE "go test -json ./a" "go test -json ./b" …
//
// Every command runs, whatever became of the one before. A test that skips itself
// counts as failed, unless FILE names it with a reason: in continuous integration
// a skipped test proves nothing, and nobody reads that it was skipped.
// It exits 1 when anything failed.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("testreport", flag.ContinueOnError)
	file := fs.String("skips", "", "file that names the tests that may be skipped")
	if err := fs.Parse(args); err != nil {
		return err
	}
	var allowed skips
	if *file != "" {
		b, err := os.ReadFile(*file)
		if err != nil {
			return err
		}
		if allowed, err = parseSkips(string(b)); err != nil {
			return fmt.Errorf("%s: %w", *file, err)
		}
	}
	r := newReport(out, allowed)
	for _, line := range fs.Args() {
		if err := r.command(strings.Fields(line)); err != nil {
			return err
		}
	}
	return r.end()
}

// command runs one "go test -json".
func (r *report) command(argv []string) error {
	before := r.failed
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := r.read(pipe); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	// Its exit status says no more than the events do, unless there were none.
	if err := cmd.Wait(); err != nil && r.failed == before {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	return nil
}
