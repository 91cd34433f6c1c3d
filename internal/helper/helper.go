// Package helper is both ends of the helper: a small program on the managed host that runs the same module code as pfrun itself, so that a task costs one round trip.
//
// The client (Connect, Host) finds the program in a cache on the host by its hash, puts it there where it is missing, starts it over one exec as the user that the play becomes,
// and speaks with it over its stdin and stdout: a line that says hello, then frames. The server (Serve) looks at its machine and changes it by the code that does so from afar
// where there is no helper (package target, over the connection to the machine itself). Which is used makes no difference but in time.
//
// A frame is a length, a kind, the number of the request or stream that it belongs to, and a body; a longer message travels in several. Requests are answered in any order, can
// be given up, and errors keep what they wrap of the sentinels that callers ask for. Connections that modules dial and large contents travel as streams with credit, so that none
// keeps another waiting.
package helper

import "errors"

// protocol is the version of what is spoken after hello, as far as no type tells it.
const protocol = 2

// What the program and the scripts that start it say about themselves: a line of its own each.
const (
	sayHello   = "pfrun-helper hello "
	sayMissing = "pfrun-helper missing "
	sayStored  = "pfrun-helper stored"
)

// ErrOtherSources says that a helper speaks another form than this pfrun: the one that pfrun carries was built before or after it.
var ErrOtherSources = errors.New(`the helper was built from other sources than pfrun (run "make helper", then build pfrun)`)

// ErrNoHelper says that the helper cannot be used on a host: everything it does can be done from the control node.
var ErrNoHelper = errors.New("the helper cannot be used on this host")
