package helper

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/modules/host"
)

// Binary is a helper program to be put on hosts.
type Binary struct {
	Kernel, Arch string // the hosts that it runs on, as uname -s and -m call them
	Hash         string // SHA-256, hex
	Form         string // of what it speaks, see Form; it says it in its hello
	Gzip         []byte // the program, compressed
}

// Where the helper lies: with the login, or where other users can reach it, in a folder that still only the login can write to.
const (
	withLogin  = target.LoginHome + "/.cache/pfrun"
	forOthers  = "/var/tmp/pfrun-" + target.LoginID
	inHome     = "home"
	inTemp     = "temp"
	startLimit = time.Minute     // from the start of the helper to its hello
	storeLimit = 5 * time.Minute // to send it
	maxNoise   = 64 << 10        // of what may be said before hello
)

// start becomes the helper of a hash ($2), which it is told, in a folder ($1) where it is there, belongs to the login ($3) who alone can write to it, and has that hash. Else it
// says so, with what the host is.
const start = `d=$1 f=$1/helper-$2
own() { case $(stat -c "%u %a" -- "$1") in "$2 "*[2367]?|"$2 "*[2367]) return 1 ;; "$2 "*) return 0 ;; esac; return 1; }
if [ -d "$d" ] && ! [ -L "$d" ] && [ -f "$f" ] && ! [ -L "$f" ] && own "$d" "$3" && own "$f" "$3"; then
s=$(sha256sum < "$f") && [ "${s%% *}" = "$2" ] && exec "$f" "$2"
fi
echo "` + sayMissing + `$(uname -s) $(uname -m)"`

// store puts the helper of a hash ($2), compressed on stdin, into the folder at home or in /var/tmp ($1), which it makes, and removes what nobody has put there for a month.
const store = `set -e
umask 077
fail() { echo "$1" >&2; exit 1; }
case $1 in
` + inHome + `) [ -n "$HOME" ] || fail "there is no home"; d=$HOME/.cache/pfrun dm=0700 fm=0700; mkdir -p -- "$HOME/.cache" ;;
*) d=/var/tmp/pfrun-$(id -u) dm=0711 fm=0755 ;;
esac
[ -d "$d" ] || mkdir -- "$d" || [ -d "$d" ]
if [ -L "$d" ] || [ "$(stat -c %u -- "$d")" != "$(id -u)" ]; then fail "$d belongs to somebody else"; fi
chmod -- $dm "$d"
t=$(mktemp -- "$d/.new-XXXXXXXXXX")
trap 'rm -f -- "$t"' EXIT; trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
gunzip -c > "$t"
s=$(sha256sum < "$t")
[ "${s%% *}" = "$2" ] || fail "what arrived is not what was sent"
chmod -- $fm "$t"
mv -f -- "$t" "$d/helper-$2"
find "$d" -type f \( -name "helper-*" -o -name ".new-*" \) ! -name "helper-$2" -mtime +30 -exec rm -f -- {} + 2>/dev/null || :
echo "` + sayStored + `"`

// Connect starts a helper on a host, as the user that o wants, and speaks to it. One exec finds out whether it is there and starts it; where it is not, it is put there once. An
// error that wraps ErrNoHelper says that all has to be done without it, for a reason that is none of the host's faults; any other would be that of every way (unreachable,
// *target.BecomeError, the end of ctx). The connection stays the caller's.
func Connect(ctx context.Context, conn host.Conn, o target.Options, b Binary) (*Host, error) {
	t, err := target.Open(ctx, conn, o)
	if err != nil {
		return nil, err
	}
	c := &connecting{conn: conn, o: o, b: b, t: t, dir: withLogin, place: inHome}
	if u := o.Become; u != nil && u.User != "" && u.User != "root" && u.User != o.Login {
		c.dir, c.place = forOthers, inTemp
	}
	h, err := c.connect(ctx)
	if err != nil {
		t.Close()
		return nil, err
	}
	return h, nil
}

// connecting is a helper that is being started.
type connecting struct {
	conn  host.Conn
	o     target.Options
	b     Binary
	t     *target.Host
	dir   string
	place string
}

// missing says that the helper is not there; uname is what the host is.
type missing struct{ uname string }

func (m *missing) Error() string { return "it is not there" }

func (c *connecting) connect(ctx context.Context) (*Host, error) {
	s, err := c.start(ctx)
	if m, ok := errors.AsType[*missing](err); ok {
		if m.uname != c.b.Kernel+" "+c.b.Arch {
			return nil, c.none(ctx, fmt.Errorf("it is for %s %s, and this is %s", c.b.Kernel, c.b.Arch, m.uname))
		}
		if err := c.store(ctx); err != nil {
			return nil, c.none(ctx, fmt.Errorf("it cannot be put there: %w", err))
		}
		s, err = c.start(ctx)
	}
	if err != nil {
		return nil, c.none(ctx, err)
	}
	h, err := newHost(*s, begin{Name: c.o.Name, Timeout: c.o.Timeout})
	if err != nil {
		s.end()
		return nil, c.none(ctx, err)
	}
	return h, nil
}

// none says why there is no helper, unless the reason would keep every other way from the host too.
func (c *connecting) none(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*target.BecomeError](err); ok || ctx.Err() != nil || errors.Is(err, host.ErrUnreachable) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", c.o.Name, ErrNoHelper, err)
}

// start starts the helper and waits for its hello.
func (c *connecting) start(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	p := target.Script(start, c.dir, c.b.Hash, target.LoginID)
	said := &tail{}
	p.OfLogin, p.Stderr = true, said
	s := c.t.Stream(ctx, p)
	in := bufio.NewReaderSize(s, maxBody)
	err := c.hello(in)
	if err == nil {
		err = s.Begun()
	}
	if err != nil {
		s.Close()
		if errors.Is(err, io.ErrUnexpectedEOF) && said.text() != "" {
			err = fmt.Errorf("%w: %s", err, said.text())
		}
		return nil, err
	}
	return &session{name: c.o.Name, in: in, out: s, end: func() error { return errors.Join(s.Close(), c.t.Close()) }}, nil
}

// hello reads what is said until the helper says who it is, or the host that it is not there.
func (c *connecting) hello(in *bufio.Reader) error {
	for noise := 0; noise < maxNoise; {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(line, "\r\n")
		if uname, ok := strings.CutPrefix(line, sayMissing); ok {
			return &missing{uname}
		}
		if who, ok := strings.CutPrefix(line, sayHello); ok {
			if want := c.b.Hash + " " + c.b.Form; who != want {
				return fmt.Errorf("%w: it says that it is %q, not %q", ErrOtherSources, who, want)
			}
			return nil
		}
		noise += len(line) + 1
	}
	return errors.New("it did not say hello")
}

// store puts the helper where it is started from, as the login.
func (c *connecting) store(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	o := c.o
	o.Become = nil
	login, err := target.Open(ctx, c.conn, o)
	if err != nil {
		return err
	}
	defer login.Close()
	var out, said tail
	p := target.Script(store, c.place, c.b.Hash)
	p.Stdin, p.Stdout, p.Stderr = bytes.NewReader(c.b.Gzip), &out, &said
	status, err := login.Run(ctx, p)
	switch {
	case err != nil:
		return err
	case status != 0 || !strings.Contains(out.text(), sayStored):
		return fmt.Errorf("status %d: %s", status, said.text())
	}
	return nil
}

// tail keeps the end of what a program says.
type tail struct{ b []byte }

const maxTail = 2 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	t.b = t.b[max(0, len(t.b)-maxTail):]
	return len(p), nil
}

// text gives what was said, on one line.
func (t *tail) text() string {
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(t.b), ""), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.TrimSpace(strings.Join(lines, "; "))
}
