package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// sftpFiles is transport.Files over one SFTP session.
type sftpFiles struct {
	c       *Conn
	client  *sftp.Client
	stop    func()            // ends the session
	trouble func(error) error // gives the reason why the SFTP session ended
}

var _ transport.Files = (*sftpFiles)(nil)

// on runs one operation of the SFTP client and translates its error.
func on[T any](ctx context.Context, f *sftpFiles, op, name string, do func() (T, error), drop func(T)) (T, error) {
	v, err := await(ctx, do, drop)
	if err != nil {
		err = f.explain(ctx, op, name, err)
	}
	return v, err
}

// done is on for an operation without a result.
func (f *sftpFiles) done(ctx context.Context, op, name string, do func() error) error {
	_, err := on(ctx, f, op, name, func() (struct{}, error) { return struct{}{}, do() }, nil)
	return err
}

// explain gives the errors of the fs package, in a PathError that names the host, for what SFTP says; and host.ErrUnreachable where the connection is behind it.
func (f *sftpFiles) explain(ctx context.Context, op, name string, err error) error {
	if context.Cause(ctx) != nil {
		return f.c.explain(ctx, err)
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	status, isStatus := errors.AsType[*sftp.StatusError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrClosed), errors.Is(err, errors.ErrUnsupported):
	case isStatus && status.FxCode() != sftp.ErrSSHFxConnectionLost && status.FxCode() != sftp.ErrSSHFxNoConnection:
	default:
		return f.c.explain(ctx, fmt.Errorf("%s %s: %w", op, name, f.trouble(err)))
	}
	return fmt.Errorf("%s: %w", f.c.cfg.Name, &fs.PathError{Op: op, Path: name, Err: err})
}

// vague says whether SFTP gave only its general failure, which it does for everything but "not there" and "not allowed".
func vague(err error) bool {
	status, ok := errors.AsType[*sftp.StatusError](err)
	return ok && status.FxCode() == sftp.ErrSSHFxFailure
}

// orExist turns a general failure to make something into fs.ErrExist where something is at the path.
func (f *sftpFiles) orExist(name string, err error) error {
	if !vague(err) {
		return err
	}
	if _, statErr := f.client.Lstat(name); statErr != nil {
		return err
	}
	return fs.ErrExist
}

// Lstat describes a path, not following a link at its end.
func (f *sftpFiles) Lstat(ctx context.Context, name string) (transport.FileInfo, error) {
	info, err := on(ctx, f, "lstat", name, func() (os.FileInfo, error) { return f.client.Lstat(name) }, nil)
	if err != nil {
		return transport.FileInfo{}, err
	}
	return fileInfo(info), nil
}

func fileInfo(info os.FileInfo) transport.FileInfo {
	t := transport.FileInfo{Name: info.Name(), Mode: info.Mode(), Size: info.Size(), ModTime: info.ModTime()}
	if st, ok := info.Sys().(*sftp.FileStat); ok {
		t.UID, t.GID = int(st.UID), int(st.GID)
	}
	return t
}

// Readlink gives the target of a link.
func (f *sftpFiles) Readlink(ctx context.Context, name string) (string, error) {
	return on(ctx, f, "readlink", name, func() (string, error) { return f.client.ReadLink(name) }, nil)
}

// ReadDir lists a folder, sorted by name.
func (f *sftpFiles) ReadDir(ctx context.Context, name string) ([]transport.FileInfo, error) {
	infos, err := on(ctx, f, "readdir", name, func() ([]os.FileInfo, error) { return f.client.ReadDir(name) }, nil)
	if err != nil {
		return nil, err
	}
	out := make([]transport.FileInfo, len(infos))
	for i, info := range infos {
		out[i] = fileInfo(info)
	}
	slices.SortFunc(out, func(a, b transport.FileInfo) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Chmod sets permission bits, setuid, setgid and sticky; a link is followed.
func (f *sftpFiles) Chmod(ctx context.Context, name string, mode fs.FileMode) error {
	return f.done(ctx, "chmod", name, func() error { return f.client.Chmod(name, mode) })
}

// Chown sets owner and group; a link is followed, and -1 leaves one as it is.
func (f *sftpFiles) Chown(ctx context.Context, name string, uid, gid int) error {
	return f.done(ctx, "chown", name, func() error { return f.client.Chown(name, uid, gid) })
}

// Rename renames, and replaces newname where it is there.
func (f *sftpFiles) Rename(ctx context.Context, oldname, newname string) error {
	return f.done(ctx, "rename", oldname, func() error {
		if _, ok := f.client.HasExtension("posix-rename@openssh.com"); !ok {
			return fmt.Errorf("to %s: the host's SFTP server cannot replace a file by renaming (posix-rename@openssh.com): %w", newname, errors.ErrUnsupported)
		}
		return f.client.PosixRename(oldname, newname)
	})
}

// Symlink makes a link at name.
func (f *sftpFiles) Symlink(ctx context.Context, target, name string) error {
	return f.done(ctx, "symlink", name, func() error { return f.orExist(name, f.client.Symlink(target, name)) })
}

// Mkdir makes a folder with these permission bits, whatever the umask.
func (f *sftpFiles) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	return f.done(ctx, "mkdir", name, func() error {
		if err := f.client.Mkdir(name); err != nil {
			return f.orExist(name, err)
		}
		if err := f.client.Chmod(name, perm); err != nil {
			return errors.Join(err, f.client.RemoveDirectory(name))
		}
		return nil
	})
}

// Remove removes a file, a link or an empty folder.
func (f *sftpFiles) Remove(ctx context.Context, name string) error {
	return f.done(ctx, "remove", name, func() error {
		err := f.client.Remove(name)
		if err == nil {
			return nil
		}
		info, statErr := f.client.Lstat(name)
		switch {
		case statErr != nil:
			return statErr
		case info.IsDir() && vague(err):
			return fmt.Errorf("the folder is not empty: %w", fs.ErrExist)
		case errors.Is(err, fs.ErrNotExist): // what the client makes of a dangling link that may not be removed
			return fs.ErrPermission
		}
		return err
	})
}

// Open opens a file for reading. The reading ends when ctx ends.
func (f *sftpFiles) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	file, err := on(ctx, f, "open", name, func() (*sftp.File, error) { return f.client.Open(name) }, func(file *sftp.File) { file.Close() })
	if err != nil {
		return nil, err
	}
	return f.newReader(ctx, file), nil
}

// newReader reads ahead through a pipe: many requests travel at once, and nothing touches the caller's buffer after ctx has ended.
func (f *sftpFiles) newReader(ctx context.Context, file *sftp.File) io.ReadCloser {
	pr, pw := io.Pipe()
	stop := context.AfterFunc(ctx, func() { pw.CloseWithError(f.c.explain(ctx, nil)) })
	go func() {
		err := readAll(pw, file)
		file.Close()
		stop()
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			err = f.explain(ctx, "read", file.Name(), err)
		}
		pw.CloseWithError(err)
	}()
	return pr
}

// readAll copies a file. The first part is read without asking for the size, which is all there is of most files.
func readAll(w io.Writer, file *sftp.File) error {
	first := make([]byte, 32<<10)
	n, err := file.Read(first)
	if _, writeErr := w.Write(first[:n]); writeErr != nil {
		return writeErr
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		_, err = file.WriteTo(w)
	}
	return err
}

// Create makes a new file; see transport.Files. It is made with mode 0600, then given perm, so that nobody can have opened it who may not read it.
func (f *sftpFiles) Create(ctx context.Context, name string, perm fs.FileMode) (io.WriteCloser, error) {
	create := func() (*sftp.File, error) {
		file, err := f.client.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return nil, f.orExist(name, err)
		}
		if err := file.Chmod(perm); err != nil {
			return nil, errors.Join(err, file.Close(), f.client.Remove(name))
		}
		return file, nil
	}
	file, err := on(ctx, f, "create", name, create, func(file *sftp.File) {
		file.Close() // nobody waits for it any more
		f.client.Remove(name)
	})
	if err != nil {
		return nil, err
	}
	return newWriter(ctx, f, file), nil
}

// Close ends the SFTP session.
func (f *sftpFiles) Close() error {
	f.stop()
	return nil
}

// cleanupTime bounds the removal of what could not be finished, when the call's own time is over.
const cleanupTime = 5 * time.Second

// Put creates a file with content and permission bits; see host.Conn.
func (c *Conn) Put(ctx context.Context, name string, content io.Reader, perm fs.FileMode) (err error) {
	f, err := c.ownFiles(ctx)
	if err != nil {
		return err
	}
	w, err := f.Create(ctx, name, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		if removeErr := f.Remove(ctx, name); removeErr != nil && !errors.Is(removeErr, host.ErrUnreachable) {
			err = errors.Join(err, removeErr)
		}
	}()
	_, err = io.Copy(w, content)
	return errors.Join(err, w.Close())
}

// Get opens a file for reading; see host.Conn. The reading ends when ctx ends.
func (c *Conn) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	f, err := c.ownFiles(ctx)
	if err != nil {
		return nil, err
	}
	return f.Open(ctx, path.Clean(name))
}
