package pfrun

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
	"github.com/pfrun/pfrun/internal/netclient"
)

// newEnv makes the Env of the project's templates: with the lookups and the files of the control node.
func (p *Project) newEnv() *jinja.Env {
	getenv := func(name string) (string, bool) { v := p.options.Getenv(name); return v, v != "" }
	kept := &keptFiles{write: !p.options.Check, files: map[string][]byte{}}
	opts := lookup.New(lookup.Options{
		BaseDir: p.bookDir(), Getenv: getenv, ReadFile: p.opener.reader(kept.read), WriteFile: kept.keep, Run: runShell, Match: p.matchHosts,
		Fetch: netclient.Get, Config: p.setting,
	})
	p.odd.to(func(d *diag.Diagnostic) { p.faults.Add(d) })
	control := lookup.Control(nil, getenv)
	control.ReadFile = kept.read
	return jinja.New(append(opts, jinja.WithControl(control), jinja.WithYAML(lookup.YAML), jinja.WithWarn(p.odd.warn),
		jinja.WithDecrypt(p.opener.value), jinja.WithVault(filters{}))...)
}

// setting gives a setting of ansible.cfg for the lookup config.
func (p *Project) setting(name string) (jinja.Value, bool) {
	v, ok := p.options.Settings.Value(name)
	if list, isList := v.([]string); isList {
		return jinja.FromGo(toAny(list)), ok
	}
	return jinja.FromGo(v), ok
}

// warner takes what templates warn of: to the project's faults while it is loaded, and to the run's events from then on.
type warner struct {
	mu   sync.Mutex
	sink func(*diag.Diagnostic)
}

func (w *warner) to(sink func(*diag.Diagnostic)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sink = sink
}

func (w *warner) warn(d *diag.Diagnostic) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sink(d)
}

// matchHosts gives the names of the hosts that patterns select.
func (p *Project) matchHosts(patterns []string) ([]string, error) {
	if p.inv == nil {
		return nil, nil
	}
	hosts, _, err := p.inv.Match(patterns...)
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names, err
}

func runShell(ctx context.Context, command, dir string) (string, error) {
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	c.Dir = dir
	out, err := c.Output()
	return string(out), err
}

// keptFiles are the files that lookups make on the control node, such as new passwords: written, or in check mode only remembered.
type keptFiles struct {
	write bool

	mu    sync.Mutex
	files map[string][]byte
}

func (k *keptFiles) read(path string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if data, ok := k.files[path]; ok {
		return data, nil
	}
	return os.ReadFile(path)
}

func (k *keptFiles) keep(path string, data []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.files[path] = data
	if !k.write {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
