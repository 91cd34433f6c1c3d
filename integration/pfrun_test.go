package integration_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/integration/lab"
)

const (
	story = "playbooks/ipv4-only.yml"
	// slow bounds one call of pfrun: whatever it meets, it ends.
	slow = 3 * time.Minute
)

// variants are the hosts of the story: three releases of Postfix, with and without systemd.
var variants = map[string]lab.Options{
	"debian11":        {Debian: 11, Init: true},
	"debian11-noinit": {Debian: 11},
	"debian12":        {Debian: 12, Init: true},
	"debian12-noinit": {Debian: 12},
	"debian13":        {Debian: 13, Init: true},
	"debian13-noinit": {Debian: 13},
}

// binary builds pfrun once a test process, with the helper in it, as `make build` does but for the race detector.
var binary = sync.OnceValues(func() (string, error) {
	if msg, err := exec.Command("make", "-C", "..", "helper").CombinedOutput(); err != nil {
		return "", fmt.Errorf("make helper: %w\n%s", err, msg)
	}
	dir, err := os.MkdirTemp("", "pfrun")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "pfrun")
	cmd := exec.Command("go", "build", "-race", "-o", out, "github.com/pfrun/pfrun/cmd/pfrun")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New(err.Error() + "\n" + string(msg))
	}
	return out, nil
})

// bothWays gives the arguments by which a test runs with the helper and without it.
func bothWays() map[string][]string {
	without := map[string][]string{"no-helper": {"--no-helper"}}
	if os.Getenv("PFRUN_HELPER") != "off" { // the whole suite does without
		without["helper"] = nil
	}
	return without
}

// ways gives the arguments by which a host's kind is run: with the helper and without it. The short form takes one of them for each kind, so that both are taken.
func ways(variant string) map[string][]string {
	with, without := []string{}, []string{"--no-helper"}
	switch {
	case os.Getenv("PFRUN_HELPER") == "off": // the whole suite does without
		return map[string][]string{"no-helper": without}
	case !testing.Short():
		return map[string][]string{"helper": with, "no-helper": without}
	case variant == "debian12" || variant == "debian13-noinit":
		return map[string][]string{"helper": with}
	}
	return map[string][]string{"no-helper": without}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// result is what a call of pfrun gave.
type result struct {
	t      testing.TB
	out    string // standard output
	errOut string
	code   int
	took   time.Duration
}

// command prepares a call of pfrun, in an empty folder.
func command(ctx context.Context, t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "SSH_AUTH_SOCK=")
	return cmd
}

// pfrun runs the program to its end.
func pfrun(t testing.TB, args ...string) *result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), slow)
	defer cancel()
	cmd := command(ctx, t, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	start := time.Now()
	err := cmd.Run()
	r := &result{t: t, out: out.String(), errOut: errOut.String(), code: cmd.ProcessState.ExitCode(), took: time.Since(start)}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("pfrun %s: %v", strings.Join(args, " "), err)
	}
	if ctx.Err() != nil {
		t.Fatalf("pfrun %s did not end in %s\n%s%s", strings.Join(args, " "), slow, r.out, r.errOut)
	}
	if strings.Contains(r.errOut, "DATA RACE") || strings.Contains(r.errOut, "panic:") {
		t.Errorf("pfrun %s:\n%s", strings.Join(args, " "), r.errOut)
	}
	return r
}

// exits holds the exit code.
func (r *result) exits(code int) *result {
	r.t.Helper()
	if r.code != code {
		r.t.Fatalf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.errOut)
	}
	return r
}

// says holds that the output, of either kind, has all these texts.
func (r *result) says(texts ...string) *result {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.out+r.errOut, text) {
			r.t.Errorf("the output does not say %q:\n%s%s", text, r.out, r.errOut)
		}
	}
	return r
}

func (r *result) neverSays(texts ...string) *result {
	r.t.Helper()
	for _, text := range texts {
		if strings.Contains(r.out+r.errOut, text) {
			r.t.Errorf("the output says %q:\n%s%s", text, r.out, r.errOut)
		}
	}
	return r
}

// count gives a number of a host's line of the recap.
func (r *result) count(hostName, column string) int {
	r.t.Helper()
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(hostName) + ` +:.*\b` + column + `=(\d+)`).FindStringSubmatch(r.out)
	if line == nil {
		return 0
	}
	n, _ := strconv.Atoi(line[1])
	return n
}

// diff gives the lines of every diff that was shown.
func (r *result) diff() string {
	var lines []string
	inside := false
	for line := range strings.SplitSeq(r.out, "\n") {
		switch {
		case strings.HasPrefix(line, "--- before: "):
			inside = true
		case line == "" || regexp.MustCompile(`^(ok|changed|skipping|fatal|deferred|undecided|TASK|PLAY)\b|^  \S`).MatchString(line):
			inside = false
		}
		if inside || strings.HasPrefix(line, "~ ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// inventoryName is the name that the lab's inventory has for a host.
func inventoryName(t testing.TB, h *lab.Host) string {
	t.Helper()
	name, _, _ := strings.Cut(h.InventoryLine("root"), " ")
	return name
}

// secretFile writes a password into a file, as --become-password-file takes it.
func secretFile(t testing.TB, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// write puts a file into a folder of the test and gives its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
