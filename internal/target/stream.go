package target

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Program is something to run on the host as the wanted user.
type Program struct {
	Argv   []string
	Stdin  io.Reader // nil: empty. Not for Stream, whose stdin is written to
	Stdout io.Writer // nil: discarded. Not for Stream, whose stdout is read
	Stderr io.Writer // nil: discarded
	// OfLogin has LoginHome and LoginID in Argv replaced by home and user id of the login, whoever the program is run as.
	OfLogin bool
}

// What stands in a Program's Argv for the login's home and user id. A home whose path needs quotes is given as one that is not there.
const (
	LoginHome = "@login-home@"
	LoginID   = "@login-id@"
)

// ofLogin replaces LoginHome and LoginID in the words of a command ($@), and becomes it.
const ofLogin = `h=$HOME u=$(id -u)
case $h in /*) ;; *) h=/nonexistent ;; esac
case $h in *[!A-Za-z0-9/._+-]*) h=/nonexistent ;; esac
n=$#
while [ "$n" -gt 0 ]; do
a=$1; shift; n=$((n-1))
while :; do
case $a in
*@login-home@*) a=${a%%@login-home@*}$h${a#*@login-home@} ;;
*@login-id@*) a=${a%%@login-id@*}$u${a#*@login-id@} ;;
*) break ;;
esac
done
set -- "$@" "$a"
done
exec "$@"`

func (p Program) inner() program {
	return program{argv: p.Argv, stdin: p.Stdin, stdout: p.Stdout, stderr: p.Stderr, ofLogin: p.OfLogin}
}

// Script makes the program of a fixed text for sh and its arguments. Data belongs into the arguments.
func Script(text string, args ...string) Program { return Program{Argv: script(text, args...).argv} }

// Run runs a program to its end and gives its status. What a login shell or sudo says before it is left out. A sudo that refuses is a *BecomeError.
func (h *Host) Run(ctx context.Context, p Program) (int, error) { return h.launch(ctx, p.inner()) }

// Stream starts a program to speak with. The program outlives ctx, which bounds its beginning only, until Begun is called; its end shows at the end of what is read from it.
//
// Where a password must be typed, the program's stdin and stdout are a raw terminal (not its controlling one) and its stderr is discarded. Close then hangs the terminal up at
// once: reading from it fails or ends, as writing to it does.
func (h *Host) Stream(ctx context.Context, p Program) *Stream {
	return h.stream(ctx, p.inner(), "the program")
}

// Stream is a program to speak with: what is written goes to its stdin, what is read comes from its stdout.
type Stream struct {
	*io.PipeWriter
	stdout *io.PipeReader
	stop   func() bool
	ctx    context.Context
	end    context.CancelCauseFunc
	h      *Host
}

func (h *Host) stream(ctx context.Context, p program, name string) *Stream {
	life, end := context.WithCancelCause(h.life)
	stop := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	p.stdin, p.stdout, p.live = inR, outW, true
	go func() {
		status, err := h.launch(life, p)
		if err == nil {
			err = fmt.Errorf("%s ended with status %d: %w", name, status, io.ErrUnexpectedEOF)
		}
		outW.CloseWithError(err)
		inR.CloseWithError(err)
		end(err)
	}()
	return &Stream{inW, outR, stop, ctx, end, h}
}

// Read reads what the program says. At its end the error tells how it ended.
func (s *Stream) Read(b []byte) (int, error) { return s.stdout.Read(b) }

// Begun says that the program has begun: it no longer ends with the context that it was started with. The error is that context's where it has ended already.
func (s *Stream) Begun() error {
	if !s.stop() {
		return context.Cause(s.ctx)
	}
	return nil
}

// streamGrace is how long a program may go on after the end of its stdin.
const streamGrace = 2 * time.Second

// Close ends the stdin of the program, which is the program's end: one that does not see it is ended a little later.
func (s *Stream) Close() error {
	grace := streamGrace
	if s.h.terminal.Load() { // which does not pass on the end of stdin
		grace = 0
	}
	time.AfterFunc(grace, func() {
		s.end(errClosed)
		s.stdout.Close()
	})
	return s.PipeWriter.Close()
}
