//go:build !linux

package local

func executable(string) bool { return false }

func accessible(string) bool { return false }

// Look leaves it to a shell.
func (Conn) Look() (Look, error) { return Look{}, ErrNotPlain }
