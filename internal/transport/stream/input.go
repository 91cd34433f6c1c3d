package stream

import (
	"errors"
	"io"
)

// Feed copies a program's input and gives only the errors of reading it: a program may end, or close its input, without reading it all. A nil r is empty.
func Feed(w io.Writer, r io.Reader) error {
	if r == nil {
		return nil
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, writeErr := w.Write(buf[:n]); writeErr != nil {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
