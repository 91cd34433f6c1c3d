package host

import (
	"errors"
	"fmt"
	"io/fs"
)

var (
	// ErrUnreachable says that the connection to the host could not be made or was lost: the host counts as unreachable, not as failed.
	ErrUnreachable = errors.New("unreachable")
	// ErrNoForwarding says that the host's sshd forbids the forwarding that Dial needs.
	ErrNoForwarding = errors.New("forwarding is not allowed by the host")
	// ErrPlanned says that the answer depends on something that is planned to change and has not been changed: the task is deferred.
	ErrPlanned = errors.New("depends on a change that is only planned")
	// ErrStale says that a file is not what the change expected to find: somebody else changed it meanwhile.
	ErrStale = errors.New("changed meanwhile by somebody else")
	// ErrTooLarge says that a file is larger than the reader was ready to take.
	ErrTooLarge = errors.New("larger than can be read")
	// ErrLoop says that links lead to one another, or too many times on.
	ErrLoop = errors.New("too many levels of symbolic links")
	// ErrNotListed says that a module asked for a probe that its Spec does not list.
	ErrNotListed = errors.New("the module's spec does not list this probe")
)

// errUnsaid says that a change does not say what it expects to find.
var errUnsaid = errors.New("what is removed must be known")

// Validated gives the error of a WriteFile whose Validate command ended with this status, in Ansible's words, or nil where that is 0.
func Validated(status int, stderr []byte) error {
	if status == 0 {
		return nil
	}
	return fmt.Errorf("failed to validate: rc:%d error:%s", status, stderr)
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
func isTooLarge(err error) bool { return errors.Is(err, ErrTooLarge) }
func isPlanned(err error) bool  { return errors.Is(err, ErrPlanned) }
