package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// peer is a program that runs playbooks: pfrun, or a release of ansible-core.
type peer struct {
	name string
	dir  string   // where its programs are on the control node
	env  []string // what it needs beside
}

// peers by their names. The checkout is the release that the targets were written for; Debian's package is the one whose language pfrun speaks. A condition that is no
// boolean is taken by pfrun as by the older releases, with a warning; the newer one has a setting for that.
var peers = map[string]peer{
	"pfrun": {name: "pfrun", dir: at + "/pfrun"},
	newest:  {name: newest, dir: "/usr/bin", env: []string{"ANSIBLE_ALLOW_BROKEN_CONDITIONALS=true"}},
	own:     {name: own, dir: at + "/checkout/bin", env: []string{"PYTHONPATH=" + at + "/checkout/lib"}},
}

// Releases of ansible-core.
const (
	newest = "2.19"
	own    = "2.18"
)

// limit is how long a target may take; ansible-core takes minutes for the longest, on a machine that is not busy.
const limit = time.Hour

// work is the folder that a target runs in, in a copy of the checkout. As where ansible-core's own tests run, its name is not plain ASCII.
func work(target string) string {
	return at + "/run/" + target + "-\u00c5\u00d1\u015a\u00cc\u03b2\u0141\u00c8"
}

// inventory is what ansible-core's tests get: one host to manage.
const inventory = `[testgroup]
testhost ansible_host=managed ansible_user=root ansible_ssh_private_key_file=` + at + `/key ansible_pipelining=yes ansible_python_interpreter=/usr/bin/python3
`

// environment is what ansible-core's tests run in, as far as it changes what is done: no colours, no plug-ins from elsewhere, an error for a pattern that matches nothing.
func environment(p peer, dir string) []string {
	env := []string{
		"PATH=" + at + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"CONFORMANCE_REAL=" + p.dir, "CONFORMANCE_LOG=" + dir + "/log", "BASH_ENV=" + at + "/bash_env",
		"OUTPUT_DIR=" + output, "INVENTORY_PATH=" + dir + "/test/integration/inventory",
		"ANSIBLE_TEST_PYTHON_VERSION=3.13", "ANSIBLE_TEST_PYTHON_INTERPRETER=/usr/bin/python3",
		"ANSIBLE_CONFIG=" + at + "/ansible.cfg", "ANSIBLE_COLLECTIONS_PATH=" + at + "/checkout/test/support/integration/collections",
		"ANSIBLE_FORCE_COLOR=false", "ANSIBLE_FORCE_HANDLERS=true", "ANSIBLE_HOST_PATTERN_MISMATCH=error", "ANSIBLE_INVENTORY=/dev/null",
		"ANSIBLE_DEPRECATION_WARNINGS=false", "ANSIBLE_HOST_KEY_CHECKING=false", "ANSIBLE_RETRY_FILES_ENABLED=false", "ANSIBLE_DEVEL_WARNING=false",
		"PAGER=/bin/cat", "LANG=C.UTF-8", "HOME=/root",
	}
	return append(env, p.env...)
}

// errExit finds what makes a script end at the first command that fails.
var errExit = regexp.MustCompile(`(?m)^(\s*)set -([a-z]*)e([a-z]*)( pipefail)?$`)

// run runs one target with one peer, on a managed host of its own, to its end: the script goes on behind a command that fails and an exit that says so, so that what comes after a place where
// the releases differ is seen too. The tasks that are out of reach are left out.
func run(ctx context.Context, m *machines, p peer, opts options, target string, out reach) (*outcome, error) {
	if err := m.fresh(ctx); err != nil {
		return nil, err
	}
	dir := work(target)
	script := fmt.Sprintf("rm -rf '%[1]s' /root/.ansible %[4]s/* && mkdir -p '%[1]s/test' '%[1]s/log' && cp -a %[2]s/checkout/test/integration '%[1]s/test/' && printf '%%s' '%[3]s' >'%[1]s/test/integration/inventory'",
		dir, at, inventory, output)
	if _, err := m.sh(ctx, script); err != nil {
		return nil, err
	}
	if err := m.spare(ctx, opts.checkout, target, dir, out); err != nil {
		return nil, err
	}
	argv, cwd, err := m.prepare(ctx, opts.checkout, target, dir)
	if err != nil {
		return nil, err
	}
	env := environment(p, dir)
	if argv[0] == playbookProgram {
		env = append(env, "ANSIBLE_ROLES_PATH="+cwd+"/targets", "ANSIBLE_PLAYBOOK_DIR="+cwd)
	} else {
		env = append(env, "ANSIBLE_PLAYBOOK_DIR="+cwd)
	}
	o, output, err := m.execute(ctx, env, cwd, argv)
	if err != nil {
		return nil, err
	}
	if err := m.read(ctx, dir, o); err != nil || opts.keep == "" {
		return o, err
	}
	return o, keep(filepath.Join(opts.keep, p.name+"-"+target), output, o)
}

// prepare lays down what starts a target: its script, or a playbook with its role.
func (m *machines) prepare(ctx context.Context, checkout, target, dir string) (argv []string, cwd string, err error) {
	cwd = dir + "/test/integration"
	text, err := os.ReadFile(filepath.Join(checkout, "test/integration/targets", target, "runme.sh"))
	if errors.Is(err, os.ErrNotExist) {
		play := []map[string]any{{"hosts": "testhost", "gather_facts": true, "vars_files": []string{}, "vars": map[string]any{"output_dir": output}, "roles": []string{target}}}
		b, err := json.MarshalIndent(play, "", "    ")
		if err != nil {
			return nil, "", err
		}
		return []string{playbookProgram, target + "-run.yml", "-i", "inventory"}, cwd, m.write(ctx, cwd+"/"+target+"-run.yml", string(b))
	}
	if err != nil {
		return nil, "", err
	}
	cwd += "/targets/" + target
	return []string{"./runme.sh"}, cwd, m.write(ctx, cwd+"/runme.sh", goOn(string(text)))
}

// goOn has a script go on behind a command that fails.
func goOn(script string) string {
	return errExit.ReplaceAllStringFunc(script, func(line string) string {
		f := errExit.FindStringSubmatch(line)
		if f[2]+f[3]+f[4] == "" {
			return f[1] + ":"
		}
		return f[1] + "set -" + f[2] + f[3] + f[4]
	})
}

// write writes a file on the control node.
func (m *machines) write(ctx context.Context, path, content string) error {
	cmd := exec.CommandContext(ctx, "docker", "exec", "-i", m.control(), "bash", "-c", `cat >"$0"`, path)
	cmd.Stdin = strings.NewReader(content)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("writing %s: %w: %s", path, err, out)
	}
	return nil
}

// execute runs a target's command.
func (m *machines) execute(ctx context.Context, env []string, cwd string, argv []string) (o *outcome, output []byte, err error) {
	args := []string{"exec", "-w", cwd}
	for _, e := range env {
		args = append(args, "-e", e)
	}
	// The limit is kept inside of the container: ending the client ends nothing there.
	args = append(args, m.control(), "timeout", "-k", "10", fmt.Sprint(int(limit.Seconds())))
	output, err = exec.CommandContext(ctx, "docker", append(args, argv...)...).CombinedOutput()
	o = &outcome{}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		o.Exit, err = exit.ExitCode(), nil
	}
	return o, output, err
}

// keep writes down what a target and each of its calls said.
func keep(base string, output []byte, o *outcome) error {
	err := os.WriteFile(base+".txt", output, 0o644)
	for i, c := range o.Calls {
		text := fmt.Sprintf("%s %q: %d\n%s\n--- standard error\n%s", c.program, c.args, c.Exit, c.out, c.errOut)
		err = errors.Join(err, os.WriteFile(fmt.Sprintf("%s-%03d.txt", base, i+1), []byte(text), 0o644))
	}
	return err
}
