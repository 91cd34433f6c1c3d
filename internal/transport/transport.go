// Package transport holds what the transports (ssh, local) share beyond host.Conn: file access fine enough for atomic writes.
package transport

import (
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

// FileInfo is what the lower levels tell about a path. Names of owner and group are not in it: SFTP speaks in numbers.
type FileInfo struct {
	Name     string      // base name, as in a directory listing
	Mode     fs.FileMode // type and permission bits, with fs.ModeSetuid, fs.ModeSetgid and fs.ModeSticky
	UID, GID int
	Size     int64
	ModTime  time.Time // whole seconds over SFTP
}

// Files is file access on a managed host as one user. Paths are absolute. Methods may be called concurrently; errors wrap fs.ErrNotExist, fs.ErrExist and fs.ErrPermission,
// and host.ErrUnreachable when the connection is gone.
type Files interface {
	Lstat(ctx context.Context, path string) (FileInfo, error)
	Readlink(ctx context.Context, path string) (string, error)
	ReadDir(ctx context.Context, path string) ([]FileInfo, error)
	Open(ctx context.Context, path string) (io.ReadCloser, error)
	// Create makes a new file (O_EXCL) with these permission bits while it is empty, whatever the umask.
	Create(ctx context.Context, path string, perm fs.FileMode) (io.WriteCloser, error)
	Chmod(ctx context.Context, path string, mode fs.FileMode) error
	Chown(ctx context.Context, path string, uid, gid int) error
	// Rename replaces newpath where it is there, atomically, as rename(2).
	Rename(ctx context.Context, oldpath, newpath string) error
	Symlink(ctx context.Context, target, path string) error
	Mkdir(ctx context.Context, path string, perm fs.FileMode) error
	// Remove removes a file, a link or an empty folder.
	Remove(ctx context.Context, path string) error
	Close() error
}

// FileOpener is a host.Conn that offers Files. With a command (sudo … sftp-server) the file access runs through that program's stdin and stdout instead of the
// connection's own subsystem, so as the user that the command becomes.
type FileOpener interface {
	OpenFiles(ctx context.Context, through *host.Command) (Files, error)
}

// PipeOpener is a host.Conn that speaks its file protocol (SFTP) over any pair of pipes: to a server program that somebody else has started, for instance through sudo with
// a password asked for first. The program's start is the caller's, with host.Conn.Run; closing the Files closes stdin.
type PipeOpener interface {
	OpenFilesOn(ctx context.Context, stdin io.WriteCloser, stdout io.Reader) (Files, error)
}

// Exchanger is a Files that can swap what two paths name in one step, as renameat2(2) does with RENAME_EXCHANGE: what came out can be looked at, and be put back. The error is
// errors.ErrUnsupported where the system or the file system cannot.
type Exchanger interface {
	Exchange(ctx context.Context, path, other string) error
}
