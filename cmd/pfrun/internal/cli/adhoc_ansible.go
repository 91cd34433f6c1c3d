package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/cmd/pfrun/internal/render"
)

const ansibleAdHoc = "ansible"

// adHocProgram is one call of Ansible's command ansible.
type adHocProgram struct {
	playbookProgram
	task              pfrun.AdHoc
	list, oneLine     bool
	tree, playbookDir string
	background        int
	taskTimeout       int
}

// AnsibleAdHoc is ansible, which runs one module on hosts: its command line, its exit codes, its output.
func AnsibleAdHoc(args []string, s Streams) (code int) {
	p := &adHocProgram{playbookProgram: playbookProgram{command: command{streams: s}, called: calledAs{
		name: ansibleAdHoc, synopsis: "pattern", about: "one module on hosts, without Python", required: "pattern", most: 1,
	}}}
	defer p.recovered(&code)
	return p.main(context.Background(), args)
}

func (p *adHocProgram) flagSet() *pflag.FlagSet {
	fs := p.commonFlags()
	p.flags.registerHosts(fs)
	p.flags.registerLogin(fs)
	fs.StringVarP(&p.task.Module, "module-name", "m", "command", "the module")
	fs.StringVarP(&p.task.Args, "args", "a", "", "its arguments: k=v pairs, the line of a command, or a JSON object")
	fs.BoolVar(&p.list, "list-hosts", false, "list the hosts that match, and connect to nothing")
	fs.BoolVarP(&p.oneLine, "one-line", "o", false, "show each result in one line")
	fs.StringVarP(&p.tree, "tree", "t", "", "not supported")
	fs.IntVarP(&p.background, "background", "B", 0, "not supported")
	fs.IntP("poll", "P", 15, "goes with --background")
	fs.IntVar(&p.taskTimeout, "task-timeout", 0, "not supported")
	fs.StringVar(&p.playbookDir, "playbook-dir", "", "not supported")
	fs.StringVarP(&p.modulePath, "module-path", "M", "", "not supported: no module written in Python is loaded")
	for _, name := range []string{"no-helper", "inventory-file", "tree", "background", "poll", "task-timeout", "playbook-dir", "module-path"} {
		_ = fs.MarkHidden(name)
	}
	return fs
}

func (p *adHocProgram) main(ctx context.Context, args []string) int {
	fs := p.flagSet()
	switch over, err := p.parse(fs, args); {
	case err != nil:
		return p.misused(fs, err)
	case over:
		return exitOK
	}
	p.task.Pattern = fs.Arg(0)
	if err := p.prepare(); err != nil {
		p.complain(&pfrun.Diagnostic{Message: err.Error()})
		return ansibleOptions
	}
	return p.exit(p.do(ctx))
}

// prepare reads the settings and checks the flags.
func (p *adHocProgram) prepare() error {
	f := &p.flags
	if err := p.configure(); err != nil {
		return err
	}
	f.options.Lenient = true
	for _, refused := range []struct {
		given bool
		name  string
	}{{p.tree != "", "--tree"}, {p.background != 0, "--background"}, {p.taskTimeout != 0, "--task-timeout"}, {p.playbookDir != "", "--playbook-dir"}, {p.modulePath != "", "--module-path"}} {
		if refused.given {
			return fmt.Errorf("%s is not supported", refused.name)
		}
	}
	if !p.list && p.task.Args == "" && slices.Contains(needArgs, strings.TrimPrefix(p.task.Module, "ansible.builtin.")) {
		text := "No argument passed to " + p.task.Module + " module"
		if strings.HasSuffix(p.task.Pattern, ".yml") {
			text += " (did you mean to run ansible-playbook?)"
		}
		return errors.New(text)
	}
	return f.checkLogin()
}

// do runs the task or lists its hosts, and gives the exit code.
func (p *adHocProgram) do(ctx context.Context) (int, error) {
	if err := p.secrets(p.list); err != nil {
		return ansibleError, err
	}
	f := &p.flags
	f.options.AdHoc = &p.task
	if p.list && p.task.Args == "" {
		f.options.AdHoc = &pfrun.AdHoc{Pattern: p.task.Pattern, Module: "meta", Args: "noop"}
	}
	f.options.Confirm, f.options.Passphrase = p.confirm(), p.passphrase()
	stop := p.newStopping()
	f.options.Stop = stop.C
	closeLog := p.show(stop) // for warnings and errors
	defer closeLog()
	shown := &render.AdHoc{Human: render.Human{Out: p.screen.Out, Colour: p.colour(), Diff: p.screen.Diff, Verbosity: f.options.Verbosity}, Exact: true, OneLine: p.oneLine}
	f.options.Sink = pairedSink{shown, p.screen}
	project, err := pfrun.Load(f.options)
	p.screen.Mask, shown.Mask = project.Mask, project.Mask
	p.warn(project)
	if err != nil {
		return ansibleError, err
	}
	plays := project.Plays()
	if len(plays) == 0 || len(plays[0].Hosts) == 0 {
		if f.options.Limit != "" {
			return ansibleError, errors.New("Specified inventory, host pattern and/or --limit leaves us with no hosts to target.")
		}
		p.screen.Emit(pfrun.Warning{Diagnostic: &pfrun.Diagnostic{Message: "No hosts matched, nothing to do"}})
	}
	if p.list {
		p.matched(plays)
		return exitOK, nil
	}
	return p.playbookProgram.playbooks(ctx, stop, project)
}

// pairedSink shows results as ansible does, and warnings as ansible-playbook does.
type pairedSink struct {
	results  *render.AdHoc
	warnings *render.Ansible
}

// Emit shows one event.
func (s pairedSink) Emit(e pfrun.Event) {
	switch e.(type) {
	case pfrun.Warning:
		s.warnings.Emit(e)
	case pfrun.TaskResult:
		s.results.Emit(e)
	}
}
