package postconf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

var (
	tryArgv      = []string{"postmap", "-c", host.ScratchDir, "-q", "x", "static:ok"}
	rawArgv      = []string{"postconf", "-c", host.ScratchDir, "--"}
	expandedArgv = []string{"postconf", "-x", "-c", host.ScratchDir, "--"}
	mapTypesArgv = []string{"postconf", "-m"}
)

// probes is all that the module asks: of a scratch copy, or what no file of the host's can change.
var probes = []host.Probe{
	{Argv: tryArgv},
	{Argv: append(rawArgv[:len(rawArgv):len(rawArgv)], "...")},
	{Argv: append(expandedArgv[:len(expandedArgv):len(expandedArgv)], "...")},
	{Argv: mapTypesArgv},
}

var errNoPostfix = errors.New("this host has no Postfix: the program postconf was not found (install postfix first; it is in /usr/sbin, which a user other than root may not have in PATH)")

// ask runs a program of Postfix, with main.cf as in text.
func (c *config) ask(ctx context.Context, r host.Reader, text string, argv []string) (host.Output, error) {
	p := host.Probe{Argv: argv, Scratch: map[string]string{"main.cf": text}}
	if c.master != "" {
		p.Scratch["master.cf"] = c.master
	}
	out, err := r.Probe(ctx, p)
	if err != nil {
		return out, fmt.Errorf("ask %s: %w", argv[0], err)
	}
	if out.Status == host.NotFound {
		return out, errNoPostfix
	}
	return out, nil
}

// refusal asks whether Postfix's programs stop at a main.cf, and gives what they say, or "".
func (c *config) refusal(ctx context.Context, r host.Reader, text string) (string, error) {
	out, err := c.ask(ctx, r, text, tryArgv)
	if err != nil || out.Status == 0 {
		return "", err
	}
	return c.complaint(out), nil
}

// complaint gives what a program that failed said: why it stopped, then the warnings that led there, with the folder of the user's file in place of the scratch copy's.
func (c *config) complaint(out host.Output) string {
	var stopped, warnings []string
	for line := range strings.Lines(out.Stderr) {
		line = scratchFile.Replace(strings.TrimSpace(line), func(m []string) string { return c.dir + "/" + m[1] })
		m := spoken.Groups(line)
		switch {
		case m == nil:
			warnings = append(warnings, line)
		case m[1] != "warning":
			stopped = append(stopped, m[2])
		case !layout.In(m[2]):
			warnings = append(warnings, m[2])
		}
	}
	said := strings.Join(append(stopped, slices.Compact(warnings)...), "; ")
	if said == "" {
		return fmt.Sprintf("status %d without a word", out.Status)
	}
	return said
}

var (
	spoken      = pyre.Must(`^\S*post[a-z]+: (fatal|panic|error|warning): (.*)$`, 0)
	layout      = pyre.Must(`overriding earlier entry|master\.cf: No such file|unused parameter|unknown parameter`, 0) // warnings that stop nothing
	scratchFile = pyre.Must(`/\S*/(main\.cf|master\.cf)\b`, 0)
	unknownName = pyre.Must(`^\S*postconf: warning: (.*): unknown parameter$`, pyre.Multiline)
	goingAway   = pyre.Must(`^\S*postconf: warning: .*: (support for parameter "(.*?)" will be removed.*)$`, pyre.Multiline) // since Postfix 3.9
)

// answer is what postconf told of some parameters.
type answer struct {
	values    map[string]string // white space folded, as postconf prints them
	unknown   map[string]bool   // the names that this Postfix does not know
	goingAway map[string]string // what is said of names that a later Postfix will not know
}

// values asks postconf about parameters of a main.cf: with $name expanded, or as they are written.
func (c *config) values(ctx context.Context, r host.Reader, text string, expanded bool, names []string) (*answer, error) {
	argv := rawArgv
	if expanded {
		argv = expandedArgv
	}
	// What config_directory is in the scratch copy tells the name of its folder, which values such as hash:$config_directory/access hold.
	argv = append(append(argv[:len(argv):len(argv)], "config_directory"), names...)
	out, err := c.ask(ctx, r, text, argv)
	if err != nil {
		return nil, err
	}
	if out.Status != 0 {
		return nil, fmt.Errorf("Postfix refuses %s: %s", c.about(), c.complaint(out)) //nolint:staticcheck // a name
	}
	a := &answer{values: map[string]string{}, unknown: map[string]bool{}, goingAway: map[string]string{}}
	for line := range strings.Lines(out.Stdout) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), " ="); ok {
			a.values[name] = strings.TrimSpace(value)
		}
	}
	for _, m := range unknownName.All(out.Stderr) {
		a.unknown[m[1]] = true
	}
	for _, m := range goingAway.All(out.Stderr) {
		a.goingAway[m[2]] = m[1]
	}
	a.relocate(c)
	return a, nil
}

// relocate puts the real folder in place of the scratch copy's.
func (a *answer) relocate(c *config) {
	scratch := a.values["config_directory"]
	if _, set := c.run.Lookup("config_directory"); set || scratch == "" || scratch == "/" {
		return
	}
	for name, value := range a.values {
		a.values[name] = strings.ReplaceAll(value, scratch, c.dir)
	}
}

// mapTypes gives the types of tables that this Postfix has.
func mapTypes(ctx context.Context, r host.Reader) ([]string, error) {
	out, err := r.Probe(ctx, host.Probe{Argv: mapTypesArgv, Reads: []change.Ref{change.Path("/etc/postfix/dynamicmaps.cf")}})
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask postconf: %w", err)
	case out.Status == host.NotFound:
		return nil, errNoPostfix
	case out.Status != 0:
		return nil, fmt.Errorf("postconf -m ended with status %d: %s", out.Status, strings.TrimSpace(out.Stderr))
	}
	return strings.Fields(out.Stdout), nil
}
