package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// reasons gives the meaning of how messages end. The shells have words of their own for a redirection that fails.
var reasons = []struct {
	ending string
	err    error
}{
	{"no such file or directory", fs.ErrNotExist},
	{"no such file", fs.ErrNotExist},                // dash, busybox: cannot open
	{"directory nonexistent", fs.ErrNotExist},       // dash: cannot create
	{"nonexistent directory", fs.ErrNotExist},       // busybox: can't create
	{"file exists", fs.ErrExist},                    // all but bash
	{"cannot overwrite existing file", fs.ErrExist}, // bash
	{"permission denied", fs.ErrPermission},
	{"operation not permitted", fs.ErrPermission},
}

// answer makes an error of a status other than 0, of the last line that was printed.
func answer(status int, out []byte) error {
	if status == 0 {
		return nil
	}
	text := strings.TrimSpace(string(out))
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	if text == "" {
		text = fmt.Sprintf("status %d", status)
	}
	for _, r := range reasons {
		if strings.HasSuffix(strings.ToLower(text), r.ending) {
			return fmt.Errorf("%w (%s)", r.err, text)
		}
	}
	return errors.New(text)
}

// at says in which operation on which path an error came up.
func at(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}
