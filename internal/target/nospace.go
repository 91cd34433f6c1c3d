package target

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// tryToWrite writes to a file ($1) that is to be removed in any case. dd says what SFTP has no word for.
const tryToWrite = `LC_ALL=C dd if=/dev/zero of="$1" bs=65536 count=1 oflag=append conv=notrunc 2>&1 >/dev/null`

// obstacles are what may stand in the way of every write to a file system.
var obstacles = []struct {
	words string
	err   error
}{
	{"No space left on device", syscall.ENOSPC}, {"Disk quota exceeded", syscall.EDQUOT}, {"Read-only file system", syscall.EROFS}, {"Input/output error", syscall.EIO},
	{"File too large", syscall.EFBIG},
}

// obstacle explains why a temporary file could not be made or written, where that has a reason that the file session did not tell.
func (h *Host) obstacle(ctx context.Context, temp string, err error) error {
	if ctx.Err() != nil || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r, runErr := h.run(ctx, script(tryToWrite, temp))
	if runErr != nil || r.status == 0 {
		return err
	}
	for _, o := range obstacles {
		if strings.Contains(string(r.stdout), o.words) {
			return fmt.Errorf("%s cannot be written to: %w", folder(temp), o.err)
		}
	}
	return err
}
