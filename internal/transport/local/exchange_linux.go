package local

import (
	"errors"

	"golang.org/x/sys/unix"
)

func exchange(path, other string) error {
	err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE)
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EOPNOTSUPP): // an old kernel, or a file system that does not know it
		return errors.ErrUnsupported
	}
	return err
}
