package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/cmd/pfrun/internal/render"
)

const ansiblePlaybook = "ansible-playbook"

// The exit codes of ansible-playbook.
const (
	ansibleError       = 1
	ansibleUsage       = 2 // as Python's argparse has it; a failed host, too
	ansibleFailed      = 2
	ansibleUnreachable = 4
	ansibleOptions     = 5
	ansibleInterrupted = 99
	ansibleUnexpected  = 250
)

// playbookProgram is one call of ansible-playbook.
type playbookProgram struct {
	command
	called     calledAs
	modulePath string
	screen     *render.Ansible
}

// Ansible is ansible-playbook: its command line, its exit codes, its output.
func Ansible(args []string, s Streams) (code int) {
	p := &playbookProgram{command: command{streams: s}, called: calledAs{
		name: ansiblePlaybook, synopsis: "playbook.yml [playbook2 ...]", about: "playbooks over SSH, without Python", required: "playbook",
	}}
	defer p.recovered(&code)
	return p.main(context.Background(), args)
}

// flagSet declares the command line.
func (p *playbookProgram) flagSet() *pflag.FlagSet {
	fs := p.commonFlags()
	p.flags.register(fs)
	fs.BoolVar(&p.flags.options.ForceHandlers, "force-handlers", false, "run handlers though a task failed")
	fs.StringVarP(&p.modulePath, "module-path", "M", "", "refused where such a folder holds something: no module written in Python is loaded")
	for _, name := range []string{"exit-code", "no-helper", "inventory-file"} {
		_ = fs.MarkHidden(name)
	}
	return fs
}

func (p *playbookProgram) main(ctx context.Context, args []string) int {
	fs := p.flagSet()
	over, err := p.parse(fs, args)
	if err != nil {
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			err = fmt.Errorf("unrecognized arguments: %s%s", strings.Repeat("-", min(2, len(unknown.GetSpecifiedName()))), unknown.GetSpecifiedName())
		}
		return p.misused(fs, err)
	}
	if over {
		return exitOK
	}
	if err := p.prepare(fs.Args()); err != nil {
		p.complain(&pfrun.Diagnostic{Message: err.Error()})
		return ansibleOptions
	}
	return p.exit(p.do(ctx, fs.Args()))
}

// prepare reads the settings and checks the flags.
func (p *playbookProgram) prepare(playbooks []string) error {
	f := &p.flags
	if err := p.configure(); err != nil {
		return err
	}
	f.options.Lenient = true
	if f.listTags && len(f.tags)+len(f.skipTags) == 0 {
		f.tags = []string{"never", "all"}
	}
	for _, dir := range strings.Split(p.modulePath, ":") {
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return fmt.Errorf("--module-path %s is not supported: no module written in Python is loaded", dir)
		}
	}
	return f.complete(playbooks)
}

// do runs or lists the playbooks, and gives the exit code.
func (p *playbookProgram) do(ctx context.Context, playbooks []string) (int, error) {
	f := &p.flags
	for _, path := range playbooks {
		if err := readable(path); err != nil {
			return ansibleError, err
		}
	}
	listing := f.syntaxCheck || f.listHosts || f.listTasks || f.listTags
	if err := p.secrets(listing); err != nil {
		return ansibleError, err
	}
	f.options.Confirm, f.options.Passphrase, f.options.Prompt = p.confirm(), p.passphrase(), p.prompter()
	if f.step && !listing {
		var err error
		if f.options.Step, err = p.stepper(); err != nil {
			return ansibleError, err
		}
	}
	stop := p.newStopping()
	f.options.Stop = stop.C
	closeLog := p.show(stop)
	defer closeLog()
	project, err := pfrun.Load(f.options)
	p.screen.Mask = project.Mask
	p.warn(project)
	switch {
	case err != nil:
		return pfrun.AnsibleExitCode(err), err
	case listing:
		return exitOK, p.listed(project)
	}
	p.screen.Playbook(playbooks[0], len(project.Plays()))
	return p.playbooks(ctx, stop, project)
}

// listed lists the playbooks as they would run.
func (p *playbookProgram) listed(project *pfrun.Project) error {
	for _, play := range project.Plays() {
		for _, w := range play.Warnings {
			p.screen.Emit(pfrun.Warning{Diagnostic: &pfrun.Diagnostic{Message: w}})
		}
	}
	return p.list(project, false)
}

// readable holds that there is a playbook, as a file or in this program.
func readable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && pfrun.Ships(path):
		return nil
	case err != nil:
		return fmt.Errorf("the playbook: %s could not be found", path)
	case info.IsDir():
		return fmt.Errorf("the playbook: %s does not appear to be a file", path)
	}
	return nil
}

// show makes the renderer. What it gives closes the log.
func (p *playbookProgram) show(stop *stopping) func() {
	f := &p.flags
	set := f.options.Settings
	out, errors, done := p.logged(output{p.streams.Out, stop}, p.streams.Err)
	p.screen = &render.Ansible{
		Out: out, Err: errors, Colour: p.colour(), Check: f.options.Check, Diff: f.options.Diff || set.DiffAlways, Verbosity: f.options.Verbosity, Settings: set,
	}
	if file, ok := p.streams.Out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.screen.Columns, _, _ = term.GetSize(int(file.Fd()))
	}
	f.options.Sink = p.retries(p.screen)
	p.screen.Begin(p.version())
	return done
}

// warn tells what is odd about the inventory and the files.
func (p *playbookProgram) warn(project *pfrun.Project) {
	set := p.flags.options.Settings
	say := func(d *pfrun.Diagnostic) { p.screen.Emit(pfrun.Warning{Diagnostic: d}) }
	for _, w := range project.Warnings() {
		say(w)
	}
	if project.Hosts() > 0 {
		return
	}
	if set.InventoryUnparsedWarns && !slices.ContainsFunc(p.flags.options.Inventory, func(s string) bool { return strings.Contains(s, ",") }) {
		say(&pfrun.Diagnostic{Message: "No inventory was parsed, only implicit localhost is available"})
	}
	if set.EmptyInventoryWarns {
		say(&pfrun.Diagnostic{Message: "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'"})
	}
}

func (p *playbookProgram) playbooks(ctx context.Context, stop *stopping, project *pfrun.Project) (int, error) {
	ctx, done := stop.onSignals(ctx)
	defer done()
	report, err := project.Run(ctx)
	switch {
	case ctx.Err() != nil || report != nil && report.Interrupted:
		return ansibleInterrupted, errors.New("User interrupted execution")
	case err != nil:
		return pfrun.AnsibleExitCode(err), err
	case report.Unreachable():
		return ansibleUnreachable, nil
	case report.Failed():
		return ansibleFailed, nil
	}
	return exitOK, nil
}

// exit tells an error, and gives the exit code.
func (p *playbookProgram) exit(code int, err error) int {
	if err == nil {
		return code
	}
	if faults := pfrun.Faults(err); len(faults) > 0 {
		for _, d := range faults {
			p.complain(d)
		}
		return pfrun.AnsibleExitCode(err)
	}
	p.complain(&pfrun.Diagnostic{Message: err.Error()})
	if code == exitOK {
		code = ansibleError
	}
	return code
}

// complain tells an error in the form of ansible-core 2.19. Where no terminal reads it, the form of the releases before stands on the same line: scripts look for the one or the
// other, and count the lines.
func (p *playbookProgram) complain(d *pfrun.Diagnostic) {
	text := "[ERROR]: " + render.Fault(d) + "\n"
	if file, ok := p.streams.Err.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		first, rest, _ := strings.Cut(text, "\n")
		old, _, _ := strings.Cut(d.Message, "\n")
		text = first + " | ERROR! " + old + "\n" + rest
	}
	if p.screen != nil && p.screen.Mask != nil {
		text = p.screen.Mask(text)
	}
	fmt.Fprint(p.streams.Err, text)
}

// version is the text of --version, as far as it means something here.
func (p *playbookProgram) version() string {
	config, collections := "None", ""
	if set := p.flags.options.Settings; set != nil {
		config, collections = cmp.Or(set.File, config), strings.Join(set.CollectionsPath, ":")
	}
	return fmt.Sprintf("%s [core %s]\n  config file = %s\n  ansible collection location = %s\n  executable location = %s\n  this is pfrun %s: there is no Python",
		ansiblePlaybook, pfrun.AnsibleVersion, config, collections, executable(), buildVersion())
}

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
