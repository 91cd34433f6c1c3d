package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// ready makes the temporary file ($1) what it has to be. In a folder of somebody else's its name may stand for another file at any moment: it is opened once, has to be the one file
// of that name and of no other, and gets owner and mode through what is open ($f), where the host has /proc.
const ready = placing + `t=$1 p=$2 sum=$3 meta=$4 more=$5 mode=$6 own=$7 new=$8
exec 3< "$t" || exit 91
f=/proc/self/fd/3
if [ -e $f ]; then
i=$(stat -L -c "%d %i %h" $f) || exit 91
[ "$i" = "$(stat -c "%d %i %h" -- "$t")" ] && [ "${i##* }" = 1 ] || { echo "somebody else has put another file in place of the temporary one" >&2; exit 91; }
else f=$t; fi
s=$(sha256sum <&3) || exit 91
[ "${s%% *}" = "$new" ] || { echo "what arrived is not what was sent" >&2; exit 91; }
[ "$(stat -L -c %u:%g -- "$f")" = "$own" ] || chown -- "$own" "$f" || exit 91
chmod -- "$mode" "$f" || exit 91
exec 3<&-
`

// put gives the file its place ($2). prepare leaves that to an exchange, and only looks whether what is to be replaced is still there.
const (
	put     = ready + `place "$t" "$p" "$sum" "$meta" "$more"`
	prepare = ready + `check "$p" "$sum" "$meta" "$more"
if selinuxenabled 2>/dev/null; then chcon -h --reference="$p" -- "$t" 2>/dev/null || :; fi`
)

// writeFile lays the content beside its place, readable for nobody else, has it validated, and has one command on the target compare and rename.
func (h *Host) writeFile(ctx context.Context, c change.WriteFile) (err error) {
	if err := checkPath(c.Path); err != nil {
		return h.at("", err)
	}
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	temp := beside(c.Path)
	foreign := false // what has the temporary name is somebody else's
	defer func() {
		if err != nil && !foreign {
			err = h.at(c.Path, errors.Join(err, h.discard(ctx, temp)))
		}
	}()
	if err := h.lay(ctx, temp, c.Content); err != nil {
		return err
	}
	if err := h.validate(ctx, c, temp); err != nil {
		return err
	}
	before := c.Replaces
	if c.Before != nil {
		n := change.NodeOf(c.Before)
		before = &n
	}
	args := append(append([]string{temp, c.Path}, expectation(before)...), octal(c.Meta), own(c.Meta), c.Content.SHA256)
	if x := h.exchanger(ctx, c); x != nil {
		if err := h.commit(ctx, c.Path, prepare, args...); err != nil {
			return err
		}
		foreign, err = h.exchange(ctx, x, temp, c)
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return h.commit(ctx, c.Path, put, args...)
}

// validate runs the command that has to accept the new content.
func (h *Host) validate(ctx context.Context, c change.WriteFile, temp string) error {
	if len(c.Validate) == 0 {
		return nil
	}
	r, err := h.run(ctx, program{argv: c.ValidateArgv(temp)})
	if err != nil {
		return err
	}
	return host.Validated(r.status, r.stderr)
}

// lay makes a file that nobody else can read.
func (h *Host) lay(ctx context.Context, temp string, c change.Content) error {
	f, err := h.open(ctx)
	if err != nil {
		return err
	}
	w, err := f.Create(ctx, temp, 0o600)
	if err != nil {
		err = h.noTemp(ctx, f, folder(temp), err)
	} else {
		err = fill(w, c)
	}
	if err == nil || h.lost(ctx, f, err) {
		return err
	}
	return h.obstacle(ctx, temp, err)
}

// noTemp explains why no file could be made beside another one.
func (h *Host) noTemp(ctx context.Context, f transport.Files, dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("its folder %s is not there, make it first: %w", dir, fs.ErrNotExist)
	}
	if _, statErr := f.Lstat(ctx, dir); errors.Is(statErr, fs.ErrNotExist) {
		return fmt.Errorf("its folder %s is not there, make it first: %w", dir, fs.ErrNotExist)
	}
	return fmt.Errorf("no file can be made in %s: %w", dir, err)
}

// fill writes the content and proves that it is the one that was announced.
func fill(w io.WriteCloser, c change.Content) (err error) {
	defer func() {
		if cerr := w.Close(); err == nil {
			err = cerr
		}
	}()
	r, err := c.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	hash := sha256.New()
	n, err := io.Copy(w, io.TeeReader(r, hash))
	if err != nil {
		return err
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); n != c.Size || sum != c.SHA256 {
		return fmt.Errorf("the content is not the one that was announced: %d bytes with sha256 %s, not %d with %s", n, sum, c.Size, c.SHA256)
	}
	if s, ok := w.(interface{ Sync() error }); ok {
		return s.Sync()
	}
	return nil
}

// discard removes a temporary file that may be there, also when ctx has ended, and by a command where the file session is lost.
func (h *Host) discard(ctx context.Context, temp string) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	f, err := h.open(ctx)
	if err == nil {
		err = f.Remove(ctx, temp)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	r, err := h.run(ctx, script(`rm -f -- "$1"`, temp))
	if err == nil && r.status != 0 {
		err = failure(string(r.stderr), r.status)
	}
	if err != nil {
		return h.at(temp, fmt.Errorf("a temporary file may still be there: %w", err))
	}
	return nil
}

// shown gives mode, uid and gid as stat -c "%a %u %g" does.
func shown(m change.Meta) string { return fmt.Sprintf("%o %d %d", m.Mode, m.UID, m.GID) }

// own gives owner and group for chown.
func own(m change.Meta) string { return fmt.Sprintf("%d:%d", m.UID, m.GID) }

// octal gives the mode for chmod. Five digits clear setuid and setgid of a folder too.
func octal(m change.Meta) string { return fmt.Sprintf("%05o", m.Mode) }

// failure makes an error of what a script said.
func failure(said string, status int) error {
	text := fmt.Sprintf("%s (status %d)", tail(said), status)
	switch last := strings.TrimSpace(said); {
	case strings.HasSuffix(last, "Permission denied"), strings.HasSuffix(last, "Operation not permitted"):
		return fmt.Errorf("%w: %s", fs.ErrPermission, text)
	case strings.HasSuffix(last, "No such file or directory"):
		return fmt.Errorf("%w: %s", fs.ErrNotExist, text)
	}
	return errors.New(text)
}
