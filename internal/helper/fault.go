package helper

import (
	"context"
	"errors"
	"io/fs"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// sentinels are the errors that callers ask for. What an error wraps of them travels with its text, as their places in this list.
var sentinels = []error{
	fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, context.Canceled, context.DeadlineExceeded, errors.ErrUnsupported,
	host.ErrUnreachable, host.ErrNoForwarding, host.ErrPlanned, host.ErrStale, host.ErrTooLarge, host.ErrNotListed,
	change.ErrNotHeld, modules.ErrNoAccount,
}

// fault is an error as it travels.
type fault struct {
	Text  string
	Is    []int64
	Panic *modules.Panic
}

func newFault(err error) fault {
	f := fault{Text: err.Error()}
	for i, s := range sentinels {
		if errors.Is(err, s) {
			f.Is = append(f.Is, int64(i))
		}
	}
	f.Panic, _ = errors.AsType[*modules.Panic](err)
	return f
}

// err gives the error again.
func (f fault) err() error {
	e := &remoteError{text: f.Text}
	for _, i := range f.Is {
		if i >= 0 && i < int64(len(sentinels)) {
			e.is = append(e.is, sentinels[i])
		}
	}
	if f.Panic != nil {
		e.is = append(e.is, f.Panic)
	}
	return e
}

// remoteError is an error that came from the host.
type remoteError struct {
	text string
	is   []error
}

func (e *remoteError) Error() string   { return e.text }
func (e *remoteError) Unwrap() []error { return e.is }
