package modules

import (
	"errors"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// ArgumentError is a fault of a task's arguments. Its message, which names the module, is for who reads the playbook; Words are those of Ansible, which the result of the failed
// task has: playbooks look for them.
type ArgumentError struct {
	Message string
	Words   string
	Err     error // the cause; may be nil
}

// Error gives the message.
func (e *ArgumentError) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *ArgumentError) Unwrap() error { return e.Err }

// missingWords stands before the names of required arguments that are not given.
const missingWords = "missing required arguments: "

// ArgumentWords gives what Ansible says of faults of arguments, or nothing where the error is of another kind. As there, arguments that are missing come before all else.
func ArgumentWords(err error) string {
	var all []*ArgumentError
	collect(err, &all)
	var missing []string
	for _, e := range all {
		if name, ok := strings.CutPrefix(e.Words, missingWords); ok {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) > 0:
		slices.Sort(missing)
		return missingWords + strings.Join(missing, ", ")
	case len(all) > 0:
		return all[0].Words
	}
	return ""
}

func collect(err error, into *[]*ArgumentError) {
	if list := (diag.List)(nil); errors.As(err, &list) {
		for _, d := range list {
			collect(d, into)
		}
		return
	}
	if e := (*ArgumentError)(nil); errors.As(err, &e) {
		*into = append(*into, e)
	}
}
