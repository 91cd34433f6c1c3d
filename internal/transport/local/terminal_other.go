//go:build !linux

package local

import (
	"errors"
	"fmt"
	"os"
)

func openTerminal() (near, far *os.File, err error) {
	return nil, nil, fmt.Errorf("a terminal for a program on this machine: %w (only Linux has it)", errors.ErrUnsupported)
}
