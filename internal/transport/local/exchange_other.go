//go:build !linux

package local

import "errors"

func exchange(path, other string) error { return errors.ErrUnsupported }
