package inventory

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// scriptTimeout is how long one call of an inventory script may take where Options says nothing.
const scriptTimeout = 5 * time.Minute

// scriptCalls is how many --host calls of a script run at a time.
const scriptCalls = 8

// script is an executable inventory: it prints its groups as JSON when it is called with --list, and the variables of a host with --host NAME.
type script struct {
	*Inventory
	path    string
	timeout time.Duration
	hosts   []*Host // that it named, in order
	named   map[*Host]bool
	mu      sync.Mutex // guards diags while several calls run
}

// isScript reports whether a file is to be run: it starts as a program does, whatever its mode.
func isScript(text string) bool {
	return strings.HasPrefix(text, "#!") || strings.HasPrefix(text, "\x7fELF")
}

func (inv *Inventory) readScript(path string, timeout time.Duration) {
	s := &script{Inventory: inv, path: path, timeout: cmp.Or(timeout, scriptTimeout), named: map[*Host]bool{}}
	out, d := s.run("--list")
	if d != nil {
		inv.diags.Add(d)
		return
	}
	root, d := readJSON(&diag.Source{Name: path + " --list", Text: out})
	switch {
	case d != nil:
		inv.diags.Add(d)
	case root.Kind != yamlsrc.Mapping:
		inv.errorf(root.Pos, "an inventory script prints an object of groups, not %s", root.Kind.WithArticle())
	default:
		s.groups(root)
	}
}

// groups reads the answer to --list. Variables of hosts are those of _meta.hostvars, or where that is missing what --host says.
func (s *script) groups(root *yamlsrc.Node) {
	var meta *yamlsrc.Node
	for _, e := range root.Entries {
		if e.Key.Text != "_meta" {
			s.group(e.Key, e.Value)
			continue
		}
		if e.Value.Kind != yamlsrc.Mapping {
			s.errorf(e.Value.Pos, "_meta must be an object, not %s", e.Value.Kind.WithArticle())
			return
		}
		meta = e.Value.Get("hostvars")
	}
	switch {
	case meta == nil:
		s.askHosts()
	case meta.Kind != yamlsrc.Mapping:
		s.errorf(meta.Pos, "_meta.hostvars must be an object of hosts, not %s", meta.Kind.WithArticle())
	default:
		for _, e := range meta.Entries {
			if h := s.Inventory.hosts[e.Key.Text]; h != nil && s.named[h] {
				s.hostVars(h, e.Value)
			}
		}
	}
}

func (s *script) group(key, data *yamlsrc.Node) {
	if key.Text == "" {
		s.errorf(key.Pos, "the name of a group is empty")
		return
	}
	g := s.addGroup(key.Text, key.Pos)
	hosts, vars, children := data, (*yamlsrc.Node)(nil), (*yamlsrc.Node)(nil)
	if data.Kind == yamlsrc.Mapping {
		hosts, vars, children = data.Get("hosts"), data.Get("vars"), data.Get("children")
		if hosts == nil && vars == nil && children == nil { // as Ansible has it: a host of that name with these variables
			s.host(key, g)
			vars = data
		}
	}
	if hosts != nil {
		s.names(hosts, "hosts of group "+g.Name, func(n *yamlsrc.Node) { s.host(n, g) })
	}
	switch {
	case vars == nil:
	case vars.Kind != yamlsrc.Mapping:
		s.errorf(vars.Pos, "vars of group %s must be an object, not %s", g.Name, vars.Kind.WithArticle())
	default:
		for _, v := range s.variables(vars) {
			s.setVariable(g.Name, v)
		}
	}
	if children != nil {
		s.names(children, "children of group "+g.Name, func(n *yamlsrc.Node) { s.addChild(g, s.addGroup(n.Text, n.Pos), n.Pos) })
	}
}

// names calls f for each name of a list.
func (s *script) names(list *yamlsrc.Node, what string, f func(*yamlsrc.Node)) {
	if list.Kind != yamlsrc.Sequence {
		s.errorf(list.Pos, "%s must be a list, not %s", what, list.Kind.WithArticle())
		return
	}
	for _, n := range list.Items {
		if n.Kind != yamlsrc.String || n.Text == "" {
			s.errorf(n.Pos, "%s: a name must be a string that is not empty, not the %s %s", what, n.Kind, n.Text)
			continue
		}
		f(n)
	}
}

func (s *script) host(n *yamlsrc.Node, g *Group) {
	h := s.addHost(hostSpec{name: n.Text, pos: n.Pos, file: s.path, dir: filepath.Dir(s.path)}, g)
	if !s.named[h] {
		s.named[h] = true
		s.hosts = append(s.hosts, h)
	}
}

func (s *script) hostVars(h *Host, vars *yamlsrc.Node) {
	if vars.Kind != yamlsrc.Mapping {
		s.errorf(vars.Pos, "the variables of host %s must be an object, not %s", h.Name, vars.Kind.WithArticle())
		return
	}
	for _, v := range s.variables(vars) {
		s.setVariable(h.Name, v)
	}
}

// askHosts asks the script for the variables of each host, of several at a time; they are set in order.
func (s *script) askHosts() {
	answers, faults := make([]*yamlsrc.Node, len(s.hosts)), make([]*diag.Diagnostic, len(s.hosts))
	slots := make(chan struct{}, scriptCalls)
	var wg sync.WaitGroup
	for i, h := range s.hosts {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			answers[i], faults[i] = s.ask(h)
		})
	}
	wg.Wait()
	for i, h := range s.hosts {
		switch {
		case faults[i] != nil:
			s.diags.Add(faults[i])
		case answers[i] != nil:
			s.hostVars(h, answers[i])
		}
	}
}

// ask gives the variables of a host, or nil where the script prints nothing.
func (s *script) ask(h *Host) (*yamlsrc.Node, *diag.Diagnostic) {
	out, d := s.run("--host", h.Name)
	if d != nil || strings.TrimSpace(out) == "" {
		return nil, d
	}
	return readJSON(&diag.Source{Name: s.path + " --host " + h.Name, Text: out})
}

// run calls the script and gives what it prints. What it says on standard error goes into the error, or is a warning.
func (s *script) run(args ...string) (string, *diag.Diagnostic) {
	program, err := filepath.Abs(s.path)
	if err != nil {
		program = s.path
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), s.timeout, errScriptTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second // a child of the script that keeps its output open is not waited for
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	call := strings.Join(append([]string{s.path}, args...), " ")
	said := strings.TrimSpace(stderr.String())
	if err != nil {
		return "", s.failed(ctx, call, said, err)
	}
	if said != "" {
		s.warn(diag.Warnf(diag.Pos{}, "the inventory script %s said on standard error: %s", s.path, lastLines(said)))
	}
	return stdout.String(), nil
}

var errScriptTime = errors.New("out of time")

// warn keeps a warning; calls of a script run at the same time.
func (s *script) warn(d *diag.Diagnostic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.diags, func(o *diag.Diagnostic) bool { return o.Message == d.Message }) {
		s.diags.Add(d)
	}
}

func (s *script) failed(ctx context.Context, call, said string, err error) *diag.Diagnostic {
	d := &diag.Diagnostic{Err: err}
	var status *exec.ExitError
	switch {
	case errors.Is(context.Cause(ctx), errScriptTime):
		d.Message = fmt.Sprintf("the inventory script %s did not end within %s", call, s.timeout)
	case errors.As(err, &status):
		d.Message = fmt.Sprintf("the inventory script %s ended with %s", call, strings.Replace(status.Error(), "exit status", "status", 1))
	default:
		d.Message = fmt.Sprintf("the inventory script %s cannot be run: %s", call, pathReason(err))
		d.Hint = s.whyNot(err)
	}
	if said != "" {
		d.Hint = "it said on standard error: " + lastLines(said)
	}
	return d
}

func pathReason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// whyNot says what to do about a program that could not be started.
func (s *script) whyNot(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "its first line says that it is a program: chmod +x " + s.path
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	data, _ := os.ReadFile(s.path)
	first, _, _ := strings.Cut(string(data), "\n")
	return fmt.Sprintf("the program that its first line names (%s) is not on this machine", strings.TrimSpace(first))
}

// lastLines gives the last lines of what a program said.
func lastLines(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) > 10 {
		lines = append([]string{"…"}, lines[len(lines)-10:]...)
	}
	return strings.Join(lines, "\n  ")
}
