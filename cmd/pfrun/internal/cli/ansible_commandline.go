package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pfrun/pfrun"
)

// calledAs is the command of Ansible's under whose name the program was called.
type calledAs struct {
	name, synopsis, about string
	required              string // the argument that must be there
	most                  int    // arguments that may be given; 0: any number
}

// recovered, deferred, tells of a panic as Ansible tells of an exception.
func (p *playbookProgram) recovered(code *int) {
	if broken := recover(); broken != nil {
		p.complain(&pfrun.Diagnostic{Message: fmt.Sprintf("Unexpected Exception, this is probably a bug: %v", broken)})
		*code = ansibleUnexpected
	}
}

// commonFlags declares what pfrun itself has no flag for, and every command of Ansible's has.
func (p *playbookProgram) commonFlags() *pflag.FlagSet {
	fs := pflag.NewFlagSet(p.called.name, pflag.ContinueOnError)
	fs.SetOutput(p.streams.Err)
	fs.Usage = func() {}
	fs.StringArrayVar(&p.flags.options.Inventory, "inventory-file", nil, "the same as --inventory")
	fs.BoolVar(&p.flags.options.FlushCache, "flush-cache", false, "forget the facts that were cached")
	fs.Bool("version", false, "show the version")
	return fs
}

// parse reads the command line. over says that it asked for the usage or the version, which was shown.
func (p *playbookProgram) parse(fs *pflag.FlagSet, args []string) (over bool, err error) {
	err = fs.Parse(whole(fs, args))
	version, _ := fs.GetBool("version")
	switch {
	case errors.Is(err, pflag.ErrHelp):
		p.usage(fs, p.streams.Out)
		return true, nil
	case err != nil:
		return false, err
	case version:
		p.flags.options.Settings, _ = pfrun.ReadSettings()
		fmt.Fprintln(p.streams.Out, p.called.name+strings.TrimPrefix(p.version(), ansiblePlaybook))
		return true, nil
	case fs.NArg() == 0:
		return false, errors.New("the following arguments are required: " + p.called.required)
	case p.called.most > 0 && fs.NArg() > p.called.most:
		return false, fmt.Errorf("unrecognized arguments: %s", strings.Join(fs.Args()[p.called.most:], " "))
	}
	return false, p.excluded(fs)
}

// misused tells what is wrong with the command line, and gives the exit code.
func (p *playbookProgram) misused(fs *pflag.FlagSet, err error) int {
	fmt.Fprintf(p.streams.Err, "usage: %s [options] %s\n%s: error: %s\n \n", p.called.name, p.called.synopsis, p.called.name, err)
	p.usage(fs, p.streams.Err)
	return ansibleUsage
}

func (p *playbookProgram) usage(fs *pflag.FlagSet, out io.Writer) {
	fmt.Fprintf(out, "usage: %s [options] %s\n\nThis is pfrun under the name of %s: %s.\n\noptions:\n%s", p.called.name, p.called.synopsis, p.called.name, p.called.about, fs.FlagUsages())
}

// excluded refuses flags that exclude one another.
func (p *playbookProgram) excluded(fs *pflag.FlagSet) error {
	for _, pair := range [][2]string{
		{"ask-pass", "connection-password-file"}, {"ask-pass", "conn-pass-file"}, {"ask-become-pass", "become-password-file"}, {"ask-become-pass", "become-pass-file"},
		{"ask-vault-pass", "vault-password-file"}, {"ask-vault-pass", "vault-pass-file"}, {"ask-vault-password", "vault-password-file"},
	} {
		if fs.Changed(pair[0]) && fs.Changed(pair[1]) {
			return fmt.Errorf("argument --%s: not allowed with argument --%s", pair[1], pair[0])
		}
	}
	return nil
}

// whole writes long flags out: argparse takes the beginning of a name where only one begins so.
func whole(fs *pflag.FlagSet, args []string) []string {
	out := slices.Clone(args)
	for i, arg := range out {
		if arg == "--" {
			break
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !strings.HasPrefix(arg, "--") || fs.Lookup(name) != nil {
			continue
		}
		var fits []string
		fs.VisitAll(func(f *pflag.Flag) {
			if strings.HasPrefix(f.Name, name) {
				fits = append(fits, f.Name)
			}
		})
		if len(fits) == 1 {
			out[i] = "--" + fits[0]
			if hasValue {
				out[i] += "=" + value
			}
		}
	}
	return out
}
