package ssh

import (
	"context"

	"github.com/pkg/sftp"
)

// writeBuffer is how much is sent at once: that many bytes travel in one round trip.
const writeBuffer = 256 << 10

// writer writes a file in large pieces. Its buffer is its own: a write that ctx has interrupted may still be reading from it, so nothing is written after an error.
type writer struct {
	ctx    context.Context
	f      *sftpFiles
	file   *sftp.File
	buffer []byte
	err    error
}

func newWriter(ctx context.Context, f *sftpFiles, file *sftp.File) *writer {
	return &writer{ctx: ctx, f: f, file: file}
}

// Write takes b into the buffer, and sends the buffer when it is full.
func (w *writer) Write(b []byte) (int, error) {
	taken := 0
	for taken < len(b) && w.err == nil {
		n := min(len(b)-taken, writeBuffer-len(w.buffer))
		w.buffer = append(w.buffer, b[taken:taken+n]...)
		taken += n
		if len(w.buffer) == writeBuffer {
			w.flush()
		}
	}
	return taken, w.err
}

func (w *writer) flush() {
	if w.err != nil || len(w.buffer) == 0 {
		return
	}
	w.err = w.f.done(w.ctx, "write", w.file.Name(), func() error {
		_, err := w.file.Write(w.buffer)
		return err
	})
	if w.err == nil {
		w.buffer = w.buffer[:0]
	}
}

// Close sends what is left and closes the file. It gives the first error of the whole writing.
func (w *writer) Close() error {
	w.flush()
	if w.ctx.Err() != nil {
		go w.file.Close() // frees the file on the host; nobody waits for it
	}
	err := w.f.done(w.ctx, "close", w.file.Name(), w.file.Close)
	if w.err == nil {
		w.err = err
	}
	return w.err
}
