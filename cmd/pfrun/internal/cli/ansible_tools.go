package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

const (
	ansibleInventory = "ansible-inventory"
	ansibleVault     = "ansible-vault"
)

// ansibleTool is a program of Ansible's that a verb of pfrun does the work of, with that program's exit codes.
func ansibleTool(name, verb string, args []string, s Streams) int {
	if slices.Contains(args, "--version") {
		p := &playbookProgram{command: command{streams: s}}
		if err := p.configure(); err != nil {
			fmt.Fprintf(s.Err, "[ERROR]: %s\n", err)
			return ansibleOptions
		}
		fmt.Fprintln(s.Out, name+strings.TrimPrefix(p.version(), ansiblePlaybook))
		return exitOK
	}
	switch code := Main(append([]string{verb}, args...), s); code {
	case exitUsage:
		if name == ansibleVault { // what goes wrong with a file, too
			return ansibleError
		}
		return ansibleUsage
	case exitInvalid:
		return ansibleOptions
	default:
		return code
	}
}

// ignoredVerbosity is the flag -v of a verb that has nothing more to tell.
func ignoredVerbosity(fs *pflag.FlagSet) {
	fs.CountP("verbose", "v", "taken as Ansible takes it; there is nothing more to tell")
	_ = fs.MarkHidden("verbose")
}
