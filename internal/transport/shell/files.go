package shell

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/transport"
)

const format = "%f %u %g %s %Y" // of stat: what parseInfo reads

// Lstat describes a path without following a link at its end.
func (f *Files) Lstat(ctx context.Context, name string) (transport.FileInfo, error) {
	out, err := f.call(ctx, `stat -c "`+format+`" -- "$1"`, name)
	if err != nil {
		return transport.FileInfo{}, at("lstat", name, err)
	}
	fi, err := parseInfo(string(bytes.TrimSpace(out)), path.Base(name))
	return fi, at("lstat", name, err)
}

// Readlink gives what is written in a link.
func (f *Files) Readlink(ctx context.Context, name string) (string, error) {
	out, err := f.call(ctx, `stat -c "" -- "$1" >/dev/null && readlink -n -- "$1"`, name)
	return string(out), at("readlink", name, err)
}

// The shell's patterns leave out . and .., and stat names nothing that vanished meanwhile.
const readDir = `stat -c "" -- "$1/." >/dev/null && ls -a -- "$1" >/dev/null && cd -- "$1" && for f in * .[!.]* ..?*; do
if [ -e "$f" ] || [ -L "$f" ]; then s=$(stat -c "` + format + `" -- "$f" 2>/dev/null) && printf "%s %s\000" "$s" "$f"; fi; :
done`

// ReadDir lists a folder, unsorted.
func (f *Files) ReadDir(ctx context.Context, name string) ([]transport.FileInfo, error) {
	out, err := f.call(ctx, readDir, name)
	if err != nil {
		return nil, at("readdir", name, err)
	}
	var infos []transport.FileInfo
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if entry == "" {
			continue
		}
		fields := strings.SplitN(entry, " ", 6)
		if len(fields) != 6 {
			return nil, at("readdir", name, fmt.Errorf("answer %q is not understood", entry))
		}
		fi, err := parseInfo(strings.Join(fields[:5], " "), fields[5])
		if err != nil {
			return nil, at("readdir", name, err)
		}
		infos = append(infos, fi)
	}
	return infos, nil
}

// Chmod sets permission bits with setuid, setgid and sticky.
func (f *Files) Chmod(ctx context.Context, name string, mode fs.FileMode) error {
	_, err := f.call(ctx, `chmod -- "$1" "$2"`, octal(mode), name)
	return at("chmod", name, err)
}

// Chown sets owner and group.
func (f *Files) Chown(ctx context.Context, name string, uid, gid int) error {
	_, err := f.call(ctx, `chown -- "$1" "$2"`, fmt.Sprintf("%d:%d", uid, gid), name)
	return at("chown", name, err)
}

// Rename replaces newpath where it is there, atomically.
func (f *Files) Rename(ctx context.Context, oldpath, newpath string) error {
	_, err := f.call(ctx, `mv -f -T -- "$1" "$2"`, oldpath, newpath)
	return at("rename", oldpath, err)
}

// Symlink makes a link at name that says target.
func (f *Files) Symlink(ctx context.Context, target, name string) error {
	_, err := f.call(ctx, `ln -s -T -- "$1" "$2"`, target, name)
	return at("symlink", name, err)
}

// Mkdir makes a folder.
func (f *Files) Mkdir(ctx context.Context, name string, perm fs.FileMode) error {
	_, err := f.call(ctx, `mkdir -m "$1" -- "$2"`, octal(perm), name)
	return at("mkdir", name, err)
}

// Remove removes a file, a link or an empty folder.
func (f *Files) Remove(ctx context.Context, name string) error {
	_, err := f.call(ctx, `if [ -d "$1" ] && [ ! -L "$1" ]; then rmdir -- "$1"; else rm -- "$1"; fi`, name)
	return at("remove", name, err)
}

// parseInfo reads what stat printed: raw mode in hex, uid, gid, size, modification time.
func parseInfo(line, name string) (transport.FileInfo, error) {
	fi := transport.FileInfo{Name: name}
	var raw uint32
	var seconds int64
	if n, err := fmt.Sscanf(line, "%x %d %d %d %d", &raw, &fi.UID, &fi.GID, &fi.Size, &seconds); n != 5 || err != nil {
		return fi, fmt.Errorf("answer %q is not understood", line)
	}
	fi.Mode, fi.ModTime = fileMode(raw), time.Unix(seconds, 0)
	return fi, nil
}

// types gives the file types of st_mode on Linux.
var types = map[uint32]fs.FileMode{
	0o010000: fs.ModeNamedPipe, 0o020000: fs.ModeDevice | fs.ModeCharDevice, 0o040000: fs.ModeDir, 0o060000: fs.ModeDevice,
	0o100000: 0, 0o120000: fs.ModeSymlink, 0o140000: fs.ModeSocket,
}

// specials gives the bits above the permissions.
var specials = []struct {
	raw  uint32
	mode fs.FileMode
}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}}

func fileMode(raw uint32) fs.FileMode {
	kind, ok := types[raw&0o170000]
	if !ok {
		kind = fs.ModeIrregular
	}
	m := kind | fs.FileMode(raw&0o777)
	for _, s := range specials {
		if raw&s.raw != 0 {
			m |= s.mode
		}
	}
	return m
}

func octal(m fs.FileMode) string {
	raw := uint32(m.Perm())
	for _, s := range specials {
		if m&s.mode != 0 {
			raw |= s.raw
		}
	}
	return "0" + strconv.FormatUint(uint64(raw), 8)
}
