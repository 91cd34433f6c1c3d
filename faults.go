package pfrun

import (
	"errors"
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
)

// Faults gives the faults that an error of Load or Run is made of; none where it is not of such.
func Faults(err error) []*Diagnostic {
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		return invalid.Diagnostics
	}
	var list diag.List
	if errors.As(err, &list) {
		return list
	}
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return []*Diagnostic{d}
	}
	return nil
}

// AnsibleExitCode gives the exit code that ansible-playbook of ansible-core 2.19 has for an error of Load or Run: of several faults that of the one which it comes upon first. What
// is not in a file is 1, as is any other error.
func AnsibleExitCode(err error) int {
	inFiles := slices.DeleteFunc(diag.List(slices.Clone(Faults(err))), func(d *diag.Diagnostic) bool { return !d.Pos.IsValid() })
	if len(inFiles) == 0 {
		return diag.Loaded.ExitCode()
	}
	return inFiles.First().ExitCode()
}
