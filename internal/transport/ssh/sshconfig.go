package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// askingTime bounds one question to the ssh client, which may run the programs of Match exec and look names up.
const askingTime = 20 * time.Second

// find gives the options that the configuration files set for a host, each query answered once.
func (r *Resolver) find(ctx context.Context, q query) ([]option, error) {
	if q.file == noConfigFile {
		return nil, nil
	}
	r.mu.Lock()
	a := r.answers[q]
	if a == nil {
		if r.answers == nil {
			r.answers = map[query]*answer{}
		}
		a = &answer{}
		r.answers[q] = a
	}
	r.mu.Unlock()
	a.once.Do(func() { a.options, a.err = r.ask(ctx, q) })
	if a.err != nil && ctx.Err() == nil {
		return nil, a.err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return a.options, nil
}

// ask reads the files, by the ssh client where there is one.
func (r *Resolver) ask(ctx context.Context, q query) ([]option, error) {
	files, err := r.files(q)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	client := r.client
	if client == "" {
		if client, err = exec.LookPath("ssh"); err != nil {
			client = none
		}
	}
	if client == none {
		return readFiles(files, q.host, r.warn)
	}
	c := sshClient{path: client, files: files, usual: q.file == "" && r.ownHome() && r.system == ""}
	defaults, err := r.clientDefaults(ctx, c)
	if err != nil {
		return nil, err
	}
	values, err := c.values(ctx, q)
	if err != nil {
		return nil, err
	}
	r.moveHome(values)
	return different(values, defaults, q), nil
}

// moveHome puts the user's home in place of the one that the client has looked up, where they differ, in what the client has expanded already.
func (r *Resolver) moveHome(values map[string][]string) {
	u, err := user.LookupId(strconv.Itoa(os.Getuid()))
	home := r.getenv("HOME")
	if err != nil || u.HomeDir == home || home == "" {
		return
	}
	for _, name := range []string{"userknownhostsfile", "globalknownhostsfile", "identityagent"} {
		for i, v := range values[name] {
			values[name][i] = strings.TrimPrefix(strings.ReplaceAll(" "+v, " "+strings.TrimSuffix(u.HomeDir, "/")+"/", " "+home+"/"), " ")
		}
	}
}

func (r *Resolver) warn(text string) {
	if r.Warn != nil {
		r.Warn(text)
	}
}

// files gives the configuration files that there are, the first to count first. One that is named and is not there is an error, as for ssh.
func (r *Resolver) files(q query) ([]string, error) {
	home := firstOf(r.getenv("HOME"), nowhere)
	if q.file != "" {
		file := q.file
		if rest, ok := strings.CutPrefix(file, "~/"); ok {
			file = filepath.Join(home, rest)
		}
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("ssh configuration file (-F): %w", err)
		}
		return []string{file}, nil
	}
	files := []string{filepath.Join(home, ".ssh", "config"), firstOf(r.system, systemConfigFile)}
	return slices.DeleteFunc(files, func(f string) bool {
		_, err := os.Stat(f)
		return err != nil
	}), nil
}

// ownHome says whether the home is the one where an ssh client looks, which asks the system and not the environment.
func (r *Resolver) ownHome() bool {
	u, err := user.LookupId(strconv.Itoa(os.Getuid()))
	return err == nil && u.HomeDir == r.getenv("HOME")
}

// clientDefaults gives what the client says without any configuration.
func (r *Resolver) clientDefaults(ctx context.Context, c sshClient) (map[string][]string, error) {
	r.mu.Lock()
	known := r.defaults
	r.mu.Unlock()
	if known != nil {
		return known, nil
	}
	values, err := c.run(ctx, "-F", noConfigFile, "-G", "--", "localhost")
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.defaults = values
	return values, nil
}

// different gives the options that differ from the defaults, in an order that is always the same. Who logs in and where the host is are taken as they are: what the client
// says without a configuration is about another host.
func different(values, defaults map[string][]string, q query) []option {
	var out []option
	for name, vs := range values {
		switch name {
		case "host":
			continue
		case "hostname":
			if strings.EqualFold(vs[0], firstOf(q.hostName, q.host)) {
				continue
			}
		case "user":
		default:
			if slices.Equal(vs, defaults[name]) {
				continue
			}
		}
		if name == "setenv" { // one a line, without quotes
			for i, v := range vs {
				vs[i] = "'" + strings.ReplaceAll(v, "'", `'\''`) + "'"
			}
		}
		for _, v := range vs {
			out = append(out, option{name, v})
		}
	}
	slices.SortStableFunc(out, func(a, b option) int { return strings.Compare(a.name, b.name) })
	return out
}

// sshClient is the ssh of this machine.
type sshClient struct {
	path  string
	files []string
	usual bool // the files are those that it reads by itself
}

// values asks for all options of a host.
func (c sshClient) values(ctx context.Context, q query) (map[string][]string, error) {
	args := []string{"-G"}
	if q.user != "" {
		args = append(args, "-l", q.user)
	}
	if q.port != 0 {
		args = append(args, "-p", strconv.Itoa(q.port))
	}
	if q.hostName != "" {
		args = append(args, "-o", "HostName="+q.hostName)
	}
	if q.tag != "" {
		args = append(args, "-P", q.tag)
	}
	switch {
	case c.usual:
	case len(c.files) == 1:
		args = append(args, "-F", c.files[0])
	default:
		both, err := includeFile(c.files)
		if err != nil {
			return nil, err
		}
		defer os.Remove(both)
		args = append(args, "-F", both)
	}
	return c.run(ctx, append(args, "--", q.host)...)
}

// includeFile writes a configuration file that includes others.
func includeFile(files []string) (name string, err error) {
	f, err := os.CreateTemp("", "pfrun-ssh-config-")
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	for _, file := range files {
		if _, err := fmt.Fprintf(f, "Include \"%s\"\n", file); err != nil {
			return "", err
		}
	}
	return f.Name(), nil
}

func (c sshClient) run(ctx context.Context, args ...string) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askingTime)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, time.Second
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		if strings.Contains(text, "jumphost loop") {
			text += " (" + jumpRemedy + ")"
		}
		if ctx.Err() != nil {
			text = fmt.Sprintf("no answer within %s (a program of Match exec?)", askingTime)
		}
		return nil, fmt.Errorf("ssh configuration: %s", strings.ReplaceAll(firstOf(text, err.Error()), "\r\n", "; "))
	}
	return parseOptions(stdout.String()), nil
}

// parseOptions reads the output of ssh -G: an option a line, its name in lower case.
func parseOptions(text string) map[string][]string {
	values := map[string][]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if name != "" {
			name = strings.ToLower(name)
			values[name] = append(values[name], value)
		}
	}
	return values
}
