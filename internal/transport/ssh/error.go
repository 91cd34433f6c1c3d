package ssh

import (
	"errors"
	"fmt"

	"github.com/pfrun/pfrun/modules/host"
)

// The steps of making a connection, as Error.Step names them.
const (
	StepJump           = "jump host"
	StepResolve        = "resolve"
	StepConnect        = "connect"
	StepHostKey        = "host key"
	StepAuthentication = "authentication"
)

// Error says why a host could not be connected to. It wraps host.ErrUnreachable and the cause.
type Error struct {
	Host    string // the inventory's name
	Address string // host:port
	Step    string // one of the Step constants
	Err     error  // the cause
	Hint    string // what to do about it; may be empty
}

// Error gives host, address, step and cause on one line, and the hint in brackets.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s (%s): %s: %v", e.Host, e.Address, e.Step, e.Err)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap gives host.ErrUnreachable and the cause.
func (e *Error) Unwrap() []error { return []error{host.ErrUnreachable, e.Err} }

// lostError says that a connection that had been made is gone.
type lostError struct {
	name  string
	cause error
}

func (e *lostError) Error() string   { return fmt.Sprintf("%s: connection lost: %v", e.name, e.cause) }
func (e *lostError) Unwrap() []error { return []error{host.ErrUnreachable, e.cause} }

// hinted is an error that knows what to do about it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

func hintOf(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}
