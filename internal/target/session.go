package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/internal/transport/shell"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// fileServer becomes the SFTP server of the host where there is one and it is wanted, else a shell, and says which with its first byte. A shell on a terminal would think that a
// person types.
const fileServer = `if [ "$1" = sftp ]; then
for s in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/sftp-server /usr/lib/sftp-server; do
if [ -x "$s" ]; then printf s; exec "$s"; fi
done; fi
printf h
if [ -t 0 ]; then cat | sh; else exec sh; fi`

const (
	speaksSFTP  = 's'
	speaksShell = 'h'
)

// open gives the file session, which is made when it is first needed and again when it was lost.
func (h *Host) open(ctx context.Context) (transport.Files, error) {
	f, err := h.files.get(ctx, h.openFiles)
	if err != nil {
		return nil, h.at("", err)
	}
	return f, nil
}

// lost drops the file session where an error comes of its end, so that the next look makes a new one, and reports whether it did. An error that nobody expects of a healthy
// session is not believed: the session is asked for something that every host has.
func (h *Host) lost(ctx context.Context, f transport.Files, err error) bool {
	for _, known := range []error{nil, fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, host.ErrTooLarge, errNotRegular, errTooManyLinks, change.ErrNotHeld} {
		if err == known || errors.Is(err, known) {
			return false
		}
	}
	if ctx.Err() != nil {
		return false
	}
	if _, err := f.Lstat(ctx, "/"); err == nil || ctx.Err() != nil {
		return false
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	h.files.drop(ctx, func(now transport.Files) bool { return now == f })
	f.Close()
	return true
}

func (h *Host) openFiles(ctx context.Context) (transport.Files, error) {
	if opener, ok := h.conn.(transport.FileOpener); ok && h.become == nil {
		f, err := opener.OpenFiles(ctx, nil)
		if err == nil || errors.Is(err, host.ErrUnreachable) || ctx.Err() != nil {
			return f, err
		}
	}
	return h.startFiles(ctx)
}

// startFiles starts a file server as the wanted user. The session outlives ctx, which bounds its beginning only.
func (h *Host) startFiles(ctx context.Context) (transport.Files, error) {
	pipes, wanted := (transport.PipeOpener)(nil), "sh"
	if p, ok := h.conn.(transport.PipeOpener); ok {
		pipes, wanted = p, "sftp"
	}
	s := h.stream(ctx, script(fileServer, wanted), "the file session")
	f, err := serve(ctx, pipes, s, s.stdout)
	if err == nil {
		err = s.Begun()
	}
	if err != nil {
		s.Close()
		return nil, errors.Join(err, context.Cause(ctx))
	}
	return f, nil
}

// serve speaks to a file server whose first byte says what it is.
func serve(ctx context.Context, pipes transport.PipeOpener, stdin io.WriteCloser, stdout io.Reader) (transport.Files, error) {
	var kind [1]byte
	if _, err := io.ReadFull(stdout, kind[:]); err != nil {
		return nil, err
	}
	switch {
	case kind[0] == speaksSFTP && pipes != nil:
		return pipes.OpenFilesOn(ctx, stdin, stdout)
	case kind[0] == speaksShell:
		return shell.Open(ctx, stdin, stdout)
	}
	return nil, fmt.Errorf("the file session began with %q", kind)
}
