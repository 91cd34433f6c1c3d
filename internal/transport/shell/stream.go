package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

const (
	readSize  = 256 << 10 // bytes that one request asks for
	writeSize = 16 << 10  // bytes that one request carries: four times as many when none of them is text

	closeTimeout = 10 * time.Second
)

// Open opens a file for reading. At most seven files are open at a time; one more waits.
func (f *Files) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	fd, err := f.open(ctx, "open", name, "<")
	if err != nil {
		return nil, err
	}
	return &reader{stream{f, ctx, name, fd}, nil}, nil
}

// Create makes a new file (O_EXCL) with these permission bits while it is empty.
func (f *Files) Create(ctx context.Context, name string, perm fs.FileMode) (io.WriteCloser, error) {
	fd, err := f.open(ctx, "create", name, ">")
	if err != nil {
		return nil, err
	}
	s := stream{f, ctx, name, fd}
	if err := f.Chmod(ctx, name, perm); perm != 0o600 && err != nil {
		return nil, errors.Join(err, s.Close(), f.Remove(ctx, name))
	}
	return &writer{s}, nil
}

// open has the shell itself open the file, so that later requests reach the same file whatever becomes of its name. `command` keeps a shell alive whose exec fails; with
// noclobber, > is O_EXCL.
func (f *Files) open(ctx context.Context, op, name, mode string) (int, error) {
	if strings.ContainsRune(name, 0) {
		return 0, at(op, name, errNUL)
	}
	var fd int
	select {
	case fd = <-f.fds:
	case <-ctx.Done():
		return 0, at(op, name, context.Cause(ctx))
	}
	piece := fmt.Sprintf(`set -C; umask 077; command exec %d%s%s; s=$?; set +C; [ "$s" = 0 ]`, fd, mode, host.Quote(name))
	out, status, err := f.do(ctx, piece)
	if err == nil {
		err = answer(status, out)
	}
	if err != nil {
		f.fds <- fd
		return 0, at(op, name, err)
	}
	return fd, nil
}

// stream is a file that the shell has open.
type stream struct {
	f    *Files
	ctx  context.Context // of the call that opened it: io.Reader and io.Writer have none
	name string
	fd   int // 0: closed
}

// Close closes the file. What was written is with the kernel.
func (s *stream) Close() error {
	if s.fd == 0 {
		return at("close", s.name, fs.ErrClosed)
	}
	fd := s.fd
	s.fd = 0
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), closeTimeout)
	defer cancel()
	_, _, err := s.f.do(ctx, fmt.Sprintf("exec %d>&-", fd))
	s.f.fds <- fd
	return at("close", s.name, err)
}

type reader struct {
	stream
	rest []byte
}

func (r *reader) Read(p []byte) (int, error) {
	if r.fd == 0 {
		return 0, at("read", r.name, fs.ErrClosed)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.rest) == 0 {
		out, status, err := r.f.do(r.ctx, fmt.Sprintf("dd bs=%d count=1 <&%d 2>/dev/null", readSize, r.fd))
		switch {
		case err != nil:
			return 0, at("read", r.name, err)
		case status != 0:
			return 0, at("read", r.name, fmt.Errorf("dd ended with status %d", status))
		case len(out) == 0:
			return 0, io.EOF
		}
		r.rest = out
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

type writer struct{ stream }

func (w *writer) Write(p []byte) (int, error) {
	if w.fd == 0 {
		return 0, at("write", w.name, fs.ErrClosed)
	}
	written := 0
	for written < len(p) {
		part := p[written:min(len(p), written+writeSize)]
		out, status, err := w.f.do(w.ctx, fmt.Sprintf("printf %s >&%d", Literal(part), w.fd))
		if err == nil {
			err = answer(status, out)
		}
		if err != nil {
			return written, at("write", w.name, err)
		}
		written += len(part)
	}
	return written, nil
}

// Sync has the host write the file to its disk, where its sync(1) can.
func (w *writer) Sync() error {
	_, err := w.f.call(w.ctx, `sync -- "$1" 2>/dev/null || :`, w.name)
	return at("sync", w.name, err)
}
